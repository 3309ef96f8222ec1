"""Requests for texts that wait for approval."""

import datetime as dt
from typing import Any, Literal

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router
from pydantic import BaseModel

from textbank.access import MemberRequest
from textbank.api import shapes
from textbank.api.door import supervolunteers
from textbank.api.errors import REFUSALS
from textbank.api.shapes import After, Limit, Listed
from textbank.assignments import requesting
from textbank.assignments.models import Request
from textbank.conversations.snapshots import Snapshot
from textbank.organizations.models import Membership
from textbank.reports.answers import Person, person
from textbank.reports.pages import page

router = Router(auth=supervolunteers)

StateName = Literal["waiting", "given", "denied", "withdrawn"]


class RequestShape(BaseModel):
    """`given` is how many came; `decided_by` is null for what needed no approval."""

    id: int
    texter: Person
    count: int
    kind: str
    campaign: int | None
    team: int | None
    state: str
    given: int
    at: dt.datetime
    decided_by: Person | None


def shape(asked: Request) -> RequestShape:
    return RequestShape(
        id=asked.pk,
        texter=person(asked.texter),
        count=asked.count,
        kind=asked.kind,
        campaign=asked.campaign_id,
        team=asked.team_id,
        state=asked.state,
        given=asked.given,
        at=asked.at,
        decided_by=person(asked.decided_by),
    )


@router.get("/requests", response={200: Listed[RequestShape], **REFUSALS})
def listed(request: MemberRequest, state: StateName = "waiting", limit: Limit = 50, after: After = "") -> Any:
    """The oldest first."""
    found = requests_of(request.member).filter(state=state)
    seen, shown = Snapshot.now(), page(found, "oldest", after, limit)
    return shapes.listed(request, found.count(), seen, shown, shape)


@router.post("/requests/{int:asked}/approve", response={200: RequestShape, **REFUSALS})
def approve(request: MemberRequest, asked: int) -> Any:
    """Gives what was asked for. 409 `already_decided`, and `nothing_to_give` if the pool is empty: then it waits on."""
    done = requesting.approve(one_of(request.member, asked), by=request.member, now=timezone.now())
    return shape(done)


@router.post("/requests/{int:asked}/deny", response={200: RequestShape, **REFUSALS})
def deny(request: MemberRequest, asked: int) -> Any:
    """409 `already_decided`."""
    return shape(requesting.deny(one_of(request.member, asked), by=request.member, now=timezone.now()))


def requests_of(member: Membership) -> QuerySet[Request]:
    found = Request.objects.filter(organization=member.organization_id)
    return found.select_related("texter__user", "decided_by__user")


def one_of(member: Membership, pk: int) -> Request:
    return get_object_or_404(requests_of(member), pk=pk)
