"""Why a campaign offers its texters nothing, in words for the admin; and where and when texting hours open."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from zoneinfo import ZoneInfo

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Q

from textbank.assignments.pool import HOURS_KEYS, MARGINS
from textbank.campaigns.models import Campaign
from textbank.campaigns.texting_hours import STATES, open_keys, opens_at
from textbank.conversations.models import Conversation, Status
from textbank.reports import serving
from textbank.reports.counts import Counts

# Whose clocks are asked when a closed campaign says when it opens: enough to meet every zone of most lists.
ASKED = 200


def why_nothing(campaigns: Iterable[Campaign], counts: Mapping[int, Counts], now: dt.datetime) -> dict[int, str]:
    """A sentence for each of these campaigns of an organization that has conversations in the pool and hands none of
    them out now, or not to everybody.

    Silent about drafts and archived ones, and where everything has been handed out. At most four statements.
    """
    waiting = [(campaign, waits) for campaign in campaigns if (waits := to_hand_out(campaign, counts[campaign.pk]))]
    if not waiting:
        return {}
    pools = serving.serving([campaign for campaign, _ in waiting], waiting[0][0].organization_id)
    found: dict[int, str] = {}
    closed: list[tuple[Campaign, list[Status]]] = []
    for campaign, waits in waiting:
        due = in_time(campaign, waits, now)
        if reason := held_back(campaign, waits, due):
            found[campaign.pk] = reason
            continue
        said = serving.in_words(campaign, due, pools)
        if said.words:
            found[campaign.pk] = said.words
        if not said.nobody and not open_everywhere(campaign, due, now):
            closed.append((campaign, due))
    for pk, opens in (until_open(closed, now) if closed else {}).items():
        found[pk] = f"{found[pk]} {opens}" if pk in found else opens
    return found


def to_hand_out(campaign: Campaign, counts: Counts) -> dict[Status, int]:
    """What waits in the pool of a campaign that hands out, or would if it were not paused."""
    return in_pool(counts) if campaign.state in {"started", "paused"} else {}


def in_pool(counts: Counts) -> dict[Status, int]:
    """What the pool is there to hand out: by status, without what is escalated."""
    free = {status: counts.that(status=status, in_pool=True, escalated=False) for status in MARGINS}
    return {status: count for status, count in free.items() if count}


def held_back(campaign: Campaign, waits: dict[Status, int], due: Sequence[Status]) -> str | None:
    """The admin's own reasons, whatever the hour."""
    if campaign.paused_at:
        return "Paused: nothing is sent or offered until it resumes."
    if not campaign.autoassign:
        return f"Autoassign is off: {sum(waits.values()):,} stay in the pool until somebody hands them on."
    return None if due else "Past its due date: first messages are not offered any more."


def in_time(campaign: Campaign, waits: Iterable[Status], now: dt.datetime) -> list[Status]:
    """What is still offered on this day: after the due date, answers only."""
    over = campaign.past_due(now)
    return [status for status in waits if not (over and status == Status.NEEDS_FIRST_MESSAGE)]


def open_keys_of(campaign: Campaign, status: Status, now: dt.datetime) -> set[str]:
    return open_keys(HOURS_KEYS, campaign.hours, campaign.legal_hours, now, MARGINS[status])


def open_everywhere(campaign: Campaign, waits: Iterable[Status], now: dt.datetime) -> bool:
    return any(len(open_keys_of(campaign, status, now)) == len(HOURS_KEYS) for status in waits)


def until_open(closed: Sequence[tuple[Campaign, list[Status]]], now: dt.datetime) -> dict[int, str]:
    """For those of these campaigns that are open to no contact now: where and when they open first."""
    pool = Conversation.objects.filter(
        campaign=OuterRef("pk"), texter=None, opted_out=False, escalated=False, status__in=MARGINS
    )
    offered = Q(pk__in=[])
    for campaign, waits in closed:
        for status in waits:
            offered |= Q(campaign=campaign, status=status, hours_key__in=open_keys_of(campaign, status, now))
    asked = Campaign.objects.filter(pk__in=[campaign.pk for campaign, _ in closed]).annotate(
        offers=Exists(pool.filter(offered)), keys=ArraySubquery(pool.values("hours_key")[:ASKED])
    )
    answers = {campaign.pk: (campaign.offers, campaign.keys) for campaign in asked}
    return {
        campaign.pk: opening([(campaign, key) for key in set(answers[campaign.pk][1])], now) or NEVER
        for campaign, _ in closed
        if not answers[campaign.pk][0]
    }


NEVER = "Its texting hours never meet the hours in which the law allows texts."


def opening(places: Iterable[tuple[Campaign, str]], now: dt.datetime) -> str:
    """Of campaigns and hours keys, where it opens first, and when by the clock there; empty where it never does."""
    later = now + max(MARGINS.values())  # what closes within the margin is closed already
    moments = [(opens_at(key, campaign.hours, campaign.legal_hours, later), key) for campaign, key in places]
    first = min(((moment, key) for moment, key in moments if moment), default=None)
    if first is None:
        return ""
    clock = ZoneInfo(clock_of(first[1]))
    there = first[0].astimezone(clock)
    day = "" if there.date() == now.astimezone(clock).date() else "tomorrow "
    return f"Opens {day}at {there:%-I:%M %p} in {place(clock.key)}."


def clock_of(hours_key: str) -> str:
    """The zone in an hours key, without the state whose law is meant."""
    zone, _, state = hours_key.rpartition("/")
    return zone if state in STATES else hours_key


def place(timezone: str) -> str:
    """America/New_York is New York."""
    return timezone.rpartition("/")[2].replace("_", " ")
