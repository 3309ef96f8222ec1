"""The people of the organization."""

from typing import Annotated, Any, Literal

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router
from pydantic import BaseModel, Field, StrictBool, StrictInt

from textbank.access import MemberRequest
from textbank.api import shapes
from textbank.api.door import admins
from textbank.api.errors import REFUSALS
from textbank.api.shapes import After, Id, Limit, Listed, Said
from textbank.assignments import leaving
from textbank.conversations.snapshots import Snapshot
from textbank.organizations import allotting, people
from textbank.organizations.models import Approval, Membership, Role
from textbank.organizations.models.membership import MembershipQuerySet
from textbank.reports import people as shown
from textbank.reports.holding import held_by
from textbank.reports.pages import page
from textbank.reports.people import Member, Suspended

router = Router(auth=admins)

RoleKey = Literal["texter", "supervolunteer", "admin", "owner"]


@router.get("/members", response={200: Listed[Member], **REFUSALS})
def members(
    request: MemberRequest, role: RoleKey | None = None, search: str = "", limit: Limit = 50, after: After = ""
) -> Any:
    """Everybody, suspended or not, with what waits in their hands. `search` looks in names and e-mail addresses."""
    found = everybody(request.member).found_by(search)
    if role:
        found = found.filter(role=Role[role.upper()])
    seen, part = Snapshot.now(), page(found, "oldest", after, limit, dressed)
    held = held_by(who.pk for who in part.rows)
    return shapes.listed(request, found.count(), seen, part, lambda who: shown.member(who, held[who.pk]))


def everybody(of: Membership) -> MembershipQuerySet:
    return Membership.objects.filter(organization_id=of.organization_id)


def with_user(rows: Any) -> Any:
    return rows.select_related("user")


def dressed(rows: Any) -> Any:
    return with_user(rows).prefetch_related("teams")


def chosen(of: Membership, ids: list[int]) -> list[Membership]:
    """These members of the organization, in the order chosen. Raises Http404 if one is of another."""
    found = with_user(everybody(of)).in_bulk(ids)
    if len(found) != len(set(ids)):
        raise Http404
    return [found[pk] for pk in ids]


class Suspension(Said):
    then: leaving.Then
    texters: Annotated[list[Id], Field(max_length=1000)] = []


@router.post("/members/{int:member}/suspend", response={200: Suspended, **REFUSALS})
def suspend(request: MemberRequest, member: int, said: Suspension) -> Suspended:
    """Shuts a member out, and says what becomes of their conversations: `pool`, `leave`, or `reassign` to `texters`."""
    texters = chosen(request.member, said.texters)
    who = someone(request.member, member)
    return shown.suspended(leaving.suspend(who, said.then, texters, by=request.member, now=timezone.now()))


@router.post("/members/{int:member}/unsuspend", response={200: Member, **REFUSALS})
def unsuspend(request: MemberRequest, member: int) -> Member:
    """Lets a member in again, as before."""
    return shown.one(people.unsuspend(someone(request.member, member), by=request.member))


ApprovalKey = Literal["auto_approve", "approval_required", "do_not_assign"]
APPROVALS = {level.key: level for level in Approval}


class Allotment(Said):
    """Any of them; those that are not said stay as they are."""

    approval: ApprovalKey = "auto_approve"
    sends_only: StrictBool = False
    cap: Annotated[StrictInt, Field(ge=0, le=allotting.MOST, description="Null is no limit.")] | None = None

    @property
    def wishes(self) -> dict[str, Any]:
        said = self.model_dump(exclude_unset=True, include=set(allotting.COLUMNS))
        return said | ({"approval": APPROVALS[said["approval"]]} if "approval" in said else {})


class AllotmentOfSeveral(Allotment):
    members: Annotated[list[Id], Field(min_length=1, max_length=1000)]


class Changed(BaseModel):
    changed: int
    unchanged: int


@router.patch("/members/{int:member}", response={200: Member, **REFUSALS})
def allot(request: MemberRequest, member: int, said: Allotment) -> Member:
    """Changes whether a member's requests are approved, whether they are given replies, and how many they hold."""
    who = someone(request.member, member)
    allotting.allot([who], by=request.member, **said.wishes)
    return shown.one(someone(request.member, member))


@router.post("/members/allot", response={200: Changed, **REFUSALS})
def allot_all(request: MemberRequest, said: AllotmentOfSeveral) -> Changed:
    """The same for several in one step: all of them, or with 403 none."""
    those = chosen(request.member, list(dict.fromkeys(said.members)))
    changed = len(allotting.allot(those, by=request.member, **said.wishes))
    return Changed(changed=changed, unchanged=len(those) - changed)


class RoleSaid(Said):
    role: RoleKey


@router.post("/members/{int:member}/role", response={200: Member, **REFUSALS})
def change_role(request: MemberRequest, member: int, said: RoleSaid) -> Member:
    """Gives a member another role: an admin one below admin, an owner any. 409 `last_owner`."""
    return shown.one(people.change_role(someone(request.member, member), Role[said.role.upper()], by=request.member))


def someone(of: Membership, pk: int) -> Membership:
    return get_object_or_404(everybody(of).select_related("user"), pk=pk)
