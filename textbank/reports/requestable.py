"""What a hand-off gave back to the pool: how much of it texters may ask for now, and why not the rest."""

import datetime as dt
from collections import Counter
from typing import NamedTuple

from django.db.models import Count

from textbank.assignments.pool import MARGINS
from textbank.campaigns.models import Campaign
from textbank.campaigns.texting_hours import open_now
from textbank.conversations.models import Conversation, Handoff, Status
from textbank.reports import serving
from textbank.reports.receipts import counted
from textbank.reports.serving import Serving


class Requestable(NamedTuple):
    """How many may be asked for now, and how many not, by the reason: it goes behind the number."""

    now: int
    later: dict[str, int]


def requestable(act: Handoff, now: dt.datetime) -> Requestable:
    """Five statements, however many moved. What has left the pool since is not counted."""
    moved = Conversation.objects.filter(moves__handoff=act, moves__left_alone=None, texter=None).order_by()
    alike = list(
        moved.values_list("campaign", "status", "hours_key", "opted_out", "escalated").annotate(count=Count("*"))
    )
    campaigns = Campaign.objects.select_related("service").in_bulk({campaign for campaign, *_ in alike})
    pools = serving.serving([*campaigns.values()], act.organization_id)
    figures: Counter[str] = Counter()
    for campaign, status, hours_key, opted_out, escalated, count in alike:
        barred = "opted out" if opted_out else "escalated, until that is resolved" if escalated else ""
        figures[barred or why_not(campaigns[campaign], Status(status), hours_key, now, pools)] += count
    may = figures.pop("", 0)
    return Requestable(may, dict(figures.most_common()))


def in_words(act: Handoff, now: dt.datetime) -> list[str]:
    """How many may be asked for now; of the others, why not."""
    pool = requestable(act, now)
    first = [f"{counted(pool.now, 'conversation')} may be asked for now."] if pool.now else []
    return [*first, *(f"{count:,} may not be asked for now: {why}." for why, count in pool.later.items())]


def why_not(campaign: Campaign, status: Status, hours_key: str, now: dt.datetime, pools: Serving) -> str:
    """Why such a conversation is not offered to texters now; nothing if it is."""
    if status not in MARGINS:
        return "with nothing to send or answer now"
    if campaign.state != "started":
        return {"paused": "when their campaign resumes", "draft": "when their campaign starts"}.get(
            campaign.state, "in an archived campaign"
        )
    if not campaign.autoassign:
        return "because autoassign is off"
    if status == Status.NEEDS_FIRST_MESSAGE and campaign.past_due(now):
        return "past their campaign's due date"
    if serving.in_words(campaign, [status], pools).nobody:
        return "because no pool hands them out"
    is_open = open_now(hours_key, campaign.hours, campaign.legal_hours, now, MARGINS[status])
    return "" if is_open else "when their hours open"
