"""Links by which people join."""

import datetime as dt
from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router, Status
from pydantic import BaseModel

from textbank.access import MemberRequest
from textbank.api import shapes
from textbank.api.door import admins
from textbank.api.errors import REFUSALS
from textbank.api.members import RoleSaid
from textbank.api.shapes import After, Limit, Listed
from textbank.conversations.snapshots import Snapshot
from textbank.organizations import joining
from textbank.organizations.models import Invite, Role
from textbank.reports.answers import Person, person
from textbank.reports.pages import page

router = Router(auth=admins)


class InviteShape(BaseModel):
    """`once`: good for one person. Whoever opens `url` joins in the role."""

    id: int
    url: str
    role: str
    once: bool
    open: bool
    created_by: Person | None
    created_at: dt.datetime


def shape(link: Invite) -> InviteShape:
    return InviteShape(
        id=link.pk,
        url=link.url,
        role=Role(link.role).key,
        once=link.once,
        open=link.open,
        created_by=person(link.created_by),
        created_at=link.created_at,
    )


@router.get("/invites", response={200: Listed[InviteShape], **REFUSALS})
def invites(request: MemberRequest, limit: Limit = 50, after: After = "") -> Any:
    """Those that still let somebody in, to roles that one may give, newest first."""
    found = joining.open_links_of(request.member)
    seen, shown = Snapshot.now(), page(found, "newest", after, limit, with_maker)
    return shapes.listed(request, found.count(), seen, shown, shape)


def with_maker(rows: Any) -> Any:
    return rows.select_related("created_by__user")


@router.post("/invites", response={201: InviteShape, **REFUSALS})
def invite(request: MemberRequest, said: RoleSaid) -> Any:
    """A link for many texters, or for one person in a higher role."""
    made = joining.invite(Role[said.role.upper()], by=request.member)
    return Status(201, shape(joining.links_of(request.member).get(pk=made.pk)))


@router.post("/invites/{int:invite}/revoke", response={200: InviteShape, **REFUSALS})
def revoke(request: MemberRequest, invite: int) -> InviteShape:
    """Lets nobody in any more."""
    link = get_object_or_404(with_maker(joining.links_of(request.member)), pk=invite)
    return shape(joining.revoke(link, by=request.member, now=timezone.now()))
