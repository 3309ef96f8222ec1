"""Releases that happen by themselves."""

import datetime as dt
from typing import Annotated, Any, Literal

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router, Status
from pydantic import BaseModel, Field, StrictBool, StrictInt

from textbank.access import MemberRequest
from textbank.api import shapes
from textbank.api.campaigns import campaigns_of
from textbank.api.door import admins
from textbank.api.errors import REFUSALS
from textbank.api.shapes import After, Clock, Id, Limit, Listed, Said
from textbank.assignments import automatic
from textbank.assignments.models import Schedule
from textbank.contacts.zones import CLOCKS
from textbank.conversations.snapshots import Snapshot
from textbank.organizations.models import Membership
from textbank.reports.answers import Person, person
from textbank.reports.pages import page

router = Router(auth=admins)


class ScheduleShape(BaseModel):
    """`says` is the whole of it in a sentence; `next_at` is null when it is over; `last` is the last hand-off's id."""

    id: int
    says: str
    campaign: int | None
    paused: bool
    next_at: dt.datetime | None
    last: int | None
    made_by: Person


class Making(Said):
    """On days of the week (Monday is 0), or once, on a date. The clock is the organization's unless said."""

    releases: Literal["unsent", "unreplied"]
    campaign: Id | None = None
    idle_minutes: Annotated[StrictInt, Field(ge=0, le=60 * 24 * 365)] = 0
    time: Clock
    timezone: Literal[tuple(CLOCKS)] | None = None  # type: ignore[valid-type]
    weekdays: Annotated[list[Annotated[StrictInt, Field(ge=0, le=6)]], Field(max_length=7)] = []
    date: dt.date | None = None


class Changing(Said):
    paused: StrictBool


def shape(schedule: Schedule) -> ScheduleShape:
    return ScheduleShape(
        id=schedule.pk,
        says=automatic.in_words(schedule),
        campaign=schedule.campaign_id,
        paused=schedule.paused_at is not None,
        next_at=schedule.next_at,
        last=schedule.last_handoff_id,
        made_by=person(schedule.made_by),
    )


@router.get("/schedules", response={200: Listed[ScheduleShape], **REFUSALS})
def listed(request: MemberRequest, limit: Limit = 50, after: After = "") -> Any:
    """The oldest first."""
    found = schedules_of(request.member)
    seen, shown = Snapshot.now(), page(found, "oldest", after, limit)
    return shapes.listed(request, found.count(), seen, shown, shape)


@router.post("/schedules", response={201: ScheduleShape, **REFUSALS})
def make(request: MemberRequest, said: Making) -> Any:
    """Puts a release on a schedule."""
    by, wanted = request.member, said.model_dump()
    if said.campaign is not None:
        get_object_or_404(campaigns_of(by), pk=said.campaign)
    wanted |= {
        "campaign_id": wanted.pop("campaign"),
        "time": dt.time.fromisoformat(said.time),
        "timezone": said.timezone or by.organization.settings.timezone,
    }
    made = automatic.put_on(Schedule(organization=by.organization, made_by=by, **wanted), timezone.now())
    return Status(201, shape(made))


@router.patch("/schedules/{int:schedule}", response={200: ScheduleShape, **REFUSALS})
def change(request: MemberRequest, schedule: int, said: Changing) -> Any:
    """Pauses or resumes it. What came due meanwhile is not made up for."""
    one = one_of(request.member, schedule)
    (automatic.pause if said.paused else automatic.resume)(one, timezone.now())
    return shape(one)


@router.delete("/schedules/{int:schedule}", response={204: None, **REFUSALS})
def delete(request: MemberRequest, schedule: int) -> Status:
    """Takes it off. What it released stays as it is."""
    automatic.take_off(one_of(request.member, schedule), by=request.member)
    return Status(204, None)


def schedules_of(member: Membership) -> QuerySet[Schedule]:
    return Schedule.objects.filter(organization=member.organization_id).select_related("made_by__user")


def one_of(member: Membership, pk: int) -> Schedule:
    return get_object_or_404(schedules_of(member), pk=pk)
