"""How much a texter may be given now, whatever there is, and in which words nothing is offered."""

import datetime as dt
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import Enum

from django.db.models import Count, Q

from textbank.assignments.pool import ORDER, Pool, Shelf, assignable, free_for, handing_out, pools_of, shelves
from textbank.campaigns.models import Campaign
from textbank.conversations.models import Conversation, Status
from textbank.conversations.models.conversation import ConversationQuerySet
from textbank.organizations.models import Membership, Team


class Nothing(Enum):
    """Why a texter is offered nothing."""

    RUNS = "No campaign is running."
    OFF = "Asking is switched off in the general pool, and the texter is in no team that hands out."
    BY_ITSELF = "Campaigns run, but each hands its texts out by an admin only."
    REPLIES_FIRST = "The texter has replies to answer first."
    FULL = "The texter holds as many as they may."
    OPEN = "There are texts, but it is outside texting hours where the contacts are."
    TEAMS = "There are texts, but for teams alone that the texter is not in."
    KIND = "There are texts, but of a kind that the texter's pools do not give, or that the texter does not get."
    BACKLOG = "So many replies wait in the pool that no first messages are given."
    LEFT = "Every text of the running campaigns has been handed out."


@dataclass(frozen=True)
class Limits:
    """The kinds of conversations that may be given, how many at most (None: no limit), and what stands in the way."""

    kinds: Sequence[Status]
    room: int | None = None
    because: Nothing | None = None


def limits(texter: Membership, pools: Sequence[Pool], now: dt.datetime) -> Limits:
    """What the texter's own cap, send-only and the organization's gates leave: no statement where there is none."""
    settings = texter.organization.settings
    kinds = [kind for kind in ORDER if not (texter.sends_only and kind == Status.NEEDS_RESPONSE)]
    room, because = None, None
    if texter.cap is not None or settings.finish_replies_first:
        first, replies = in_hand(texter)
        if texter.cap is not None:
            room = max(0, texter.cap - first - replies)
            because = None if room else Nothing.FULL
        if settings.finish_replies_first and replies:
            kinds, because = without_first(kinds), because or Nothing.REPLIES_FIRST
    gate = settings.backlog_gate
    if gate is not None and Status.NEEDS_FIRST_MESSAGE in kinds and not texter.sends_only:
        waiting = assignable(texter, Status.NEEDS_RESPONSE, now, pools=pools)
        if waiting[:gate].count() >= gate:
            kinds, because = without_first(kinds), because or Nothing.BACKLOG
    return Limits(kinds, room, because)


def without_first(kinds: Sequence[Status]) -> list[Status]:
    return [kind for kind in kinds if kind != Status.NEEDS_FIRST_MESSAGE]


def in_hand(texter: Membership) -> tuple[int, int]:
    """First messages and replies that the texter has to send, at whatever hour."""
    mine = Conversation.objects.held_by(texter).workable()
    figures = mine.aggregate(
        first=Count("pk", filter=Q(status=Status.NEEDS_FIRST_MESSAGE)),
        replies=Count("pk", filter=Q(status=Status.NEEDS_RESPONSE)),
    )
    return figures["first"], figures["replies"]


def holding(texters: Collection[int]) -> Counter[int]:
    """How many first messages and replies each of these has to send, at whatever hour: in one statement."""
    mine = Conversation.objects.filter(texter__in=texters, status__in=ORDER).workable().order_by()
    return Counter(dict(mine.values_list("texter").annotate(Count("pk"))))


def why_nothing(texter: Membership, now: dt.datetime) -> Nothing:
    """Asked when nothing is offered: the first of the reasons that holds."""
    live = Campaign.objects.live().filter(organization_id=texter.organization_id)
    if not live.exists():
        return Nothing.RUNS
    pools = pools_of(texter)
    if not pools:
        return Nothing.OFF
    if not live.filter(autoassign=True).exists():
        return Nothing.BY_ITSELF
    if because := limits(texter, pools, now).because:
        return because
    return why_not_now(texter, pools, now)


def why_not_now(texter: Membership, pools: Sequence[Pool], now: dt.datetime) -> Nothing:
    """Where something might be given: what keeps it back."""
    if any(free_for(texter, shelf.status).filter(shelf.at_any_hour).exists() for shelf in served(texter, pools, now)):
        return Nothing.OPEN
    if teams_for(texter, now):
        return Nothing.TEAMS
    return Nothing.KIND if any(general(texter, kind, now).exists() for kind in ORDER) else Nothing.LEFT


def served(texter: Membership, pools: Sequence[Pool], now: dt.datetime) -> list[Shelf]:
    """Every shelf from which these pools give the texter something, if it is texting hours there."""
    return shelves(texter, limits(texter, pools, now).kinds, now, pools=pools)


def general(texter: Membership, kind: Status, now: dt.datetime) -> ConversationQuerySet:
    """What is in the pool of that kind for everybody, at whatever hour."""
    campaigns = handing_out(texter.organization_id, kind, now).filter(limited_to_teams=False)
    return free_for(texter, kind).filter(escalated=False, campaign__in=campaigns)


def teams_for(texter: Membership, now: dt.datetime) -> list[Team]:
    """The teams whose campaigns have something in the pool, and from which this texter is not served: of another's
    team, or of one that is off."""
    waits = Q(pk__in=[])
    for kind in ORDER:
        limited = handing_out(texter.organization_id, kind, now).filter(limited_to_teams=True)
        waits |= Q(campaigns__in=limited.filter(conversations__in=free_for(texter, kind).filter(escalated=False)))
    served = Q(members=texter) & Q(is_on=True)
    return list(Team.objects.filter(waits).exclude(served).distinct().order_by("title"))
