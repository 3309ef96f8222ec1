"""The people of the organization."""

from typing import Annotated, Any, Literal

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router
from pydantic import Field

from textbank.access import MemberRequest
from textbank.api import shapes
from textbank.api.door import admins
from textbank.api.errors import REFUSALS
from textbank.api.shapes import After, Id, Limit, Listed, Member, Said
from textbank.assignments import leaving
from textbank.conversations.snapshots import Snapshot
from textbank.organizations.models import Membership, Role
from textbank.organizations.models.membership import MembershipQuerySet
from textbank.reports.answers import HandoffShape, answer
from textbank.reports.holding import held_by
from textbank.reports.pages import page

router = Router(auth=admins)

RoleKey = Literal["texter", "supervolunteer", "admin", "owner"]


@router.get("/members", response={200: Listed[Member], **REFUSALS})
def members(
    request: MemberRequest, role: RoleKey | None = None, search: str = "", limit: Limit = 50, after: After = ""
) -> Any:
    """Everybody, suspended or not, with what waits in their hands. `search` looks in names and e-mail addresses."""
    found = people(request.member).found_by(search)
    if role:
        found = found.filter(role=Role[role.upper()])
    seen, shown = Snapshot.now(), page(found, "oldest", after, limit, with_user)
    held = held_by(who.pk for who in shown.rows)
    return shapes.listed(request, found.count(), seen, shown, lambda who: shapes.member(who, held[who.pk]))


def people(of: Membership) -> MembershipQuerySet:
    return Membership.objects.filter(organization_id=of.organization_id)


def with_user(rows: Any) -> Any:
    return rows.select_related("user")


def chosen(of: Membership, ids: list[int]) -> list[Membership]:
    """These members of the organization, in the order chosen. Raises Http404 if one is of another."""
    found = with_user(people(of)).in_bulk(ids)
    if len(found) != len(set(ids)):
        raise Http404
    return [found[pk] for pk in ids]


class Suspension(Said):
    then: leaving.Then
    texters: Annotated[list[Id], Field(max_length=1000)] = []


class Suspended(Member):
    handoff: HandoffShape | None


@router.post("/members/{int:member}/suspend", response={200: Suspended, **REFUSALS})
def suspend(request: MemberRequest, member: int, said: Suspension) -> Any:
    """Shuts a member out, and says what becomes of their conversations: `pool`, `leave`, or `reassign` to `texters`."""
    who = get_object_or_404(with_user(people(request.member)), pk=member)
    texters = chosen(request.member, said.texters)
    left = leaving.suspend(who, said.then, texters, by=request.member, now=timezone.now())
    held = held_by([who.pk])[who.pk]
    act = answer(left.handoff) if left.handoff else None
    return {**shapes.member(left.member, held).model_dump(), "handoff": act}
