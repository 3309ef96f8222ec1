"""Campaigns: planned, started, paused, archived."""

import datetime as dt
from typing import Annotated, Any, Literal

from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router, Status
from pydantic import Field, StrictBool, StrictInt

from textbank.access import MemberRequest
from textbank.api import shapes
from textbank.api.door import NotUnderstood, admins, supervolunteers
from textbank.api.errors import REFUSALS
from textbank.api.shapes import After, CampaignRow, CampaignWhole, Clock, Id, Limit, Listed, Said, Zone
from textbank.api.teams import teams_of
from textbank.assignments import archiving
from textbank.campaigns import editing, launching, planning
from textbank.campaigns.models import Campaign, CampaignQuerySet
from textbank.conversations.snapshots import Snapshot
from textbank.organizations.models import Membership
from textbank.reports.counts import Counts, by_campaign
from textbank.reports.pages import page

router = Router(auth=admins)

Text = Annotated[str, Field(max_length=1600)]


class StepAnswer(Said):
    value: Annotated[str, Field(min_length=1, max_length=200)]
    next: "Step | None" = None


class Step(Said):
    """What is said, and what is asked: `text`, or `texts` for several versions of it."""

    text: Text | None = None
    texts: list[Text] | None = None
    question: Annotated[str, Field(max_length=200)] = ""
    answers: list[StepAnswer] = []


class HoursSaid(Said):
    """On the contact's own clock; the same start and end is all day."""

    start: Clock | None = None
    end: Clock | None = None
    timezone: Zone | None = None


class CampaignChanged(Said):
    """Any of them; those that are not said stay as they are. `teams` are offered it first, or, where it is limited to
    them, alone."""

    title: Annotated[str, Field(min_length=1, max_length=200)] = ""
    description: Annotated[str, Field(max_length=10_000)] = ""
    due_by: dt.date | None = None
    autoassign: StrictBool = True
    texting_hours: HoursSaid = HoursSaid()
    teams: Annotated[list[Id], Field(max_length=100)] = []
    limited_to_teams: StrictBool = False
    priority: Annotated[StrictInt, Field(ge=0, le=editing.LAST, description="The lowest is given out first.")] = 500
    release_after_minutes: (
        Annotated[StrictInt, Field(ge=1, le=editing.LONGEST_IDLE, description="Replies idle so long; null is never.")]
        | None
    ) = None


class CampaignSaid(CampaignChanged):
    title: Annotated[str, Field(min_length=1, max_length=200)]
    script: Annotated[list[Step], Field(description="The first step; the others hang on its answers.")] = []


def campaigns_of(member: Membership) -> CampaignQuerySet:
    return Campaign.objects.filter(organization_id=member.organization_id)


def campaign_of(member: Membership, pk: int) -> Campaign:
    return get_object_or_404(campaigns_of(member).select_related("organization", "first_step", "service"), pk=pk)


@router.get("/campaigns", auth=supervolunteers, response={200: Listed[CampaignRow], **REFUSALS})
def campaigns(
    request: MemberRequest,
    state: Literal["active", "archived"] | None = None,
    search: str = "",
    limit: Limit = 50,
    after: After = "",
) -> Any:
    """Newest first, each with its counts. `search` looks in titles and ids."""
    found = campaigns_of(request.member).found_by(search)
    if state:
        found = found.filter(archived_at__isnull=state == "active")
    seen, shown = Snapshot.now(), page(found, "newest", after, limit, with_teams)
    counts = by_campaign([campaign.pk for campaign in shown.rows])
    return shapes.listed(
        request, found.count(), seen, shown, lambda row: shapes.campaign_row(row, counts.get(row.pk) or Counts())
    )


def with_teams(rows: Any) -> Any:
    return rows.prefetch_related("teams")


@router.post("/campaigns", response={201: CampaignWhole, **REFUSALS})
def plan(request: MemberRequest, said: CampaignSaid) -> Any:
    """A new campaign, a draft: contacts come next, then its start."""
    if len(said.script) > 1:
        raise NotUnderstood(script="A script begins with one step; the others hang on its answers.")
    script = said.script[0].model_dump(exclude_none=True) if said.script else None
    made = planning.plan(by=request.member, script=script, **basics(said, request.member))
    return Status(201, shapes.campaign_whole(made, Counts()))


def basics(said: CampaignChanged, by: Membership) -> dict[str, Any]:
    """What was said, by the names that the rules have for it."""
    found = said.model_dump(exclude_unset=True, include=editing.BASICS)
    if "teams" in said.model_fields_set:
        found["teams"] = teams_of(by, said.teams)
    return found | hours(said.texting_hours)


def hours(said: HoursSaid) -> dict[str, Any]:
    """What was said of the hours, as the campaign keeps it."""
    given = {
        "texting_starts": said.start and dt.time.fromisoformat(said.start),
        "texting_ends": said.end and dt.time.fromisoformat(said.end),
        "timezone": said.timezone,
    }
    return {name: value for name, value in given.items() if value is not None}


@router.get("/campaigns/{int:campaign}", auth=supervolunteers, response={200: CampaignWhole, **REFUSALS})
def campaign(request: MemberRequest, campaign: int) -> Any:
    """One campaign with its script and its counts by status."""
    return whole(campaign_of(request.member, campaign))


@router.patch("/campaigns/{int:campaign}", response={200: CampaignWhole, **REFUSALS})
def change(request: MemberRequest, campaign: int, said: CampaignChanged) -> Any:
    """Changes its basics, started or not."""
    found = campaign_of(request.member, campaign)
    editing.change(found, by=request.member, **basics(said, request.member))
    return whole(campaign_of(request.member, campaign))


def whole(campaign: Campaign) -> dict[str, Any]:
    return shapes.campaign_whole(campaign, by_campaign([campaign.pk]).get(campaign.pk) or Counts())


@router.post("/campaigns/{int:campaign}/start", response={200: CampaignWhole, **REFUSALS})
def start(request: MemberRequest, campaign: int) -> Any:
    """Lets its texts go out. 409 `not_ready` says what is missing."""
    found = campaign_of(request.member, campaign)
    launching.start(found, by=request.member, now=timezone.now())
    return whole(found)


@router.post("/campaigns/{int:campaign}/pause", response={200: CampaignWhole, **REFUSALS})
def pause(request: MemberRequest, campaign: int) -> Any:
    """Holds every text back until it resumes."""
    found = campaign_of(request.member, campaign)
    launching.pause(found, by=request.member, now=timezone.now())
    return whole(found)


@router.post("/campaigns/{int:campaign}/resume", response={200: CampaignWhole, **REFUSALS})
def resume(request: MemberRequest, campaign: int) -> Any:
    """Goes on after a pause."""
    found = campaign_of(request.member, campaign)
    launching.resume(found, by=request.member)
    return whole(found)


@router.post("/campaigns/{int:campaign}/archive", response={200: CampaignWhole, **REFUSALS})
def archive(request: MemberRequest, campaign: int) -> Any:
    """Takes it out of every working list, and cancels its texts that have not gone out yet."""
    found = campaign_of(request.member, campaign)
    archiving.archive(found, by=request.member, now=timezone.now())
    return whole(found)


@router.post("/campaigns/{int:campaign}/unarchive", response={200: CampaignWhole, **REFUSALS})
def unarchive(request: MemberRequest, campaign: int) -> Any:
    """Brings it back. What was cancelled stays cancelled."""
    found = campaign_of(request.member, campaign)
    archiving.unarchive(found, by=request.member)
    return whole(found)
