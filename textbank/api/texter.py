"""The texter's own work: what there is to do, asking for more, and giving back."""

import datetime as dt
import uuid
from collections.abc import Mapping
from functools import reduce
from operator import or_
from typing import Annotated, Any, Literal

from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router, Status
from pydantic import BaseModel, Field, StrictBool, StrictInt

from textbank.access import MemberRequest
from textbank.api import shapes
from textbank.api.campaigns import campaigns_of
from textbank.api.errors import REFUSALS
from textbank.api.handoffs import begun
from textbank.api.shapes import After, Id, Limit, Listed, Row, Said, Titled
from textbank.assignments import giving_back, offers, requesting, undoing
from textbank.assignments.models import Request
from textbank.assignments.offers import by_team
from textbank.assignments.pool import KINDS
from textbank.conversations import models
from textbank.conversations.models.conversation import ConversationQuerySet
from textbank.conversations.snapshots import Snapshot
from textbank.organizations.models import Gives, Membership
from textbank.reports import listing, to_do
from textbank.reports.answers import HandoffShape, answer
from textbank.reports.asking import why_not_all, why_nothing
from textbank.reports.pages import page

router = Router()

StatusKey = Literal["needs_first_message", "first_message_sent", "needs_response", "active", "closed"]


@router.get("/texter/queue", response={200: Listed[Row], **REFUSALS})
def queue(request: MemberRequest, status: StatusKey | None = None, limit: Limit = 50, after: After = "") -> Any:
    """What you hold. Without a status, what there is to do now: replies, longest waiting first, then first messages
    that may be sent at this hour."""
    seen, now = Snapshot.now(), timezone.now()
    found, order = held(request.member, status, now)
    shown = page(found, order, after, limit, listing.listed)
    return shapes.listed(request, found.count(), seen, shown, lambda row: shapes.row(row, request.member))


def held(texter: Membership, status: StatusKey | None, now: dt.datetime) -> tuple[ConversationQuerySet, str]:
    """The texter's own of that status, and the order in which they are worked on."""
    wanted = models.Status.named(status) if status else None
    if wanted in to_do.PAST:
        return to_do.past(texter).filter(status=wanted), "activity"
    work = {
        models.Status.NEEDS_FIRST_MESSAGE: to_do.first_messages(texter, now),
        models.Status.NEEDS_RESPONSE: to_do.replies(texter),
    }
    parts = [found.order_by() for name, found in work.items() if wanted in {name, None}]
    return reduce(or_, parts), "waiting"


# In an address, where a number is written as text.
Named = Annotated[int, Field(ge=1, le=2**63 - 1)]


class Asked(Said):
    count: Annotated[StrictInt, Field(ge=1)]
    campaign: Id | None = None
    kind: Gives = Gives.BOTH
    team: Id | None = None


class Kinds(BaseModel):
    first_messages: int
    replies: int


class Part(Titled):
    count: int


class Reason(BaseModel):
    code: str
    message: str


class Offered(Kinds):
    """What is there to be had of that choice, counted up to 1,001 of a kind in a campaign: more are not told apart.
    `would_bring` is what asking for `count` would give at this moment. `why` says what keeps everything back, or the
    rest."""

    most_at_once: int
    would_bring: Kinds
    why: Reason | None
    campaigns: list[Part]
    teams: list[Part]


@router.get("/texter/offer", response={200: Offered, **REFUSALS})
def offer(
    request: MemberRequest,
    count: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None,
    kind: Gives = Gives.BOTH,
    team: Named | None = None,
    campaign: Named | None = None,
) -> Any:
    """What you may ask for now. Without a count it says what as many as are given at once would bring."""
    texter, now = request.member, timezone.now()
    wished = wish(texter, Asked(count=count or 1, kind=kind, team=team, campaign=campaign))
    there = offers.offer(texter, now, team=wished.team)
    wished.count = count or there.most
    why = why_not_all(texter, there, now) if there.counts else why_nothing(texter, now)
    return Offered(
        **by_kind({status: there.count(status, campaign) for status in KINDS[kind]}),
        most_at_once=there.most,
        would_bring=Kinds(**by_kind(offers.given(wished, there))),
        why=Reason(code=why.code, message=why.words) if why else None,
        campaigns=[Part(id=one.pk, title=one.title, count=number) for one, number in there.campaigns(kind)],
        teams=[Part(id=one.pk, title=one.title, count=number) for one, number in by_team(texter, there, kind)],
    )


def by_kind(figures: Mapping[models.Status, int]) -> dict[str, int]:
    return {
        "first_messages": figures.get(models.Status.NEEDS_FIRST_MESSAGE, 0),
        "replies": figures.get(models.Status.NEEDS_RESPONSE, 0),
    }


def wish(texter: Membership, said: Asked) -> Request:
    """The request as it would be made. Raises Http404 for a team the texter is not in, a campaign of others."""
    return Request(
        texter=texter,
        count=said.count,
        kind=said.kind,
        team=get_object_or_404(texter.teams, pk=said.team) if said.team else None,
        campaign=get_object_or_404(campaigns_of(texter), pk=said.campaign) if said.campaign else None,
    )


class Made(BaseModel):
    """`state` is `given`, `waiting` for approval, `denied` or `withdrawn`; `given` is how many came."""

    id: int
    state: str
    given: int


@router.post("/texter/requests", response={201: Made, **REFUSALS})
def ask(request: MemberRequest, said: Asked) -> Any:
    """Asks for conversations from the pool, of one kind, campaign or team of yours if you like. 409 `request_open`
    while an earlier request waits for approval."""
    wished = wish(request.member, said)
    made = requesting.request(
        request.member,
        wished.count,
        campaign=wished.campaign_id,
        team=wished.team,
        kind=said.kind,
        now=timezone.now(),
    )
    return Status(201, shape(made))


def shape(asked: Request) -> Made:
    return Made(id=asked.pk, state=asked.state, given=asked.given)


@router.get("/texter/requests/{int:asked}", response={200: Made, **REFUSALS})
def one(request: MemberRequest, asked: int) -> Made:
    """What became of one of yours."""
    return shape(mine(request.member, asked))


@router.delete("/texter/requests/{int:asked}", response={204: None, **REFUSALS})
def withdraw(request: MemberRequest, asked: int) -> Any:
    """Withdraws one that waits. 409 `already_decided`."""
    requesting.withdraw(mine(request.member, asked), by=request.member, now=timezone.now())
    return Status(204, None)


def mine(texter: Membership, pk: int) -> Request:
    return get_object_or_404(Request, texter=texter, pk=pk)


class Day(Said):
    """`dry_run` moves nothing and says what would: 200."""

    campaign: Id | None = None
    dry_run: StrictBool = False
    client_id: uuid.UUID | None = None


@router.post("/texter/done-for-the-day", response={(200, 201, 202): HandoffShape, **REFUSALS})
def done_for_the_day(request: MemberRequest, said: Day | None = None) -> Any:
    """Gives back every first message and reply that you have to do (of one campaign). What is escalated, pinned to
    you or just being answered stays."""
    said = said or Day()
    where = get_object_or_404(campaigns_of(request.member), pk=said.campaign) if said.campaign else None
    act = giving_back.done_for_the_day(
        request.member, campaign=where, now=timezone.now(), client_id=said.client_id, dry_run=said.dry_run
    )
    return Status(200, answer(act)) if said.dry_run else begun(act)


@router.post("/texter/handoffs/{int:handoff}/undo", response={(201, 202): HandoffShape, **REFUSALS})
def take_back(request: MemberRequest, handoff: int) -> Any:
    """Takes back what you gave back yourself, for a quarter of an hour: as far as nobody else has it by now. 409
    `too_late`, `still_running`, `already_undone`."""
    own = models.Handoff.objects.filter(by=request.member, action__in=undoing.GIVING_BACK)
    return begun(undoing.take_back(get_object_or_404(own, pk=handoff), by=request.member, now=timezone.now()))
