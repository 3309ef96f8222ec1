"""What may be handed out now. *Assignable* is defined here, once; every count on a screen is of this set."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from enum import Enum

from django.db.models import Q

from textbank.campaigns.models import Campaign, CampaignQuerySet
from textbank.campaigns.texting_hours import STATES, Hours, open_keys
from textbank.contacts.zones import CLOCKS
from textbank.conversations.models import Conversation, Status
from textbank.conversations.models.conversation import ConversationQuerySet
from textbank.organizations.models import Membership

# Every hours key there can be: a clock, and where a state has hours of its own, the clock in that state.
HOURS_KEYS = [*CLOCKS, *(f"{clock}/{state}" for clock in CLOCKS for state in STATES)]

# Who is given a conversation shortly before closing time should still be able to text.
MARGINS = {
    Status.NEEDS_RESPONSE: dt.timedelta(minutes=2),
    Status.NEEDS_FIRST_MESSAGE: dt.timedelta(minutes=10),
}


def assignable(
    texter: Membership, status: Status, now: dt.datetime, campaign: int | None = None
) -> ConversationQuerySet:
    """Conversations of that status in the general pool that the texter may be given now, oldest waiting first.

    In the pool, campaign started and neither paused nor archived, autoassign on, not past its due date (first
    messages), textable now with a margin, not opted out, not escalated, not pinned to somebody else.
    """
    campaigns = handing_out(texter, status, now)
    if campaign is not None:
        campaigns = campaigns.filter(pk=campaign)
    return (
        free_for(texter, status)
        .filter(open_somewhere(campaigns, now, MARGINS[status]))
        .order_by(*(["waiting_since", "pk"] if status == Status.NEEDS_RESPONSE else ["campaign__priority", "pk"]))
    )


def handing_out(texter: Membership, status: Status, now: dt.datetime) -> CampaignQuerySet:
    """Campaigns that give out conversations of that status by themselves, whatever the hour."""
    campaigns = Campaign.objects.live().filter(organization_id=texter.organization_id, autoassign=True)
    if status == Status.NEEDS_FIRST_MESSAGE:
        campaigns = campaigns.in_time(now)
    return campaigns.select_related("service")


def free_for(texter: Membership, status: Status) -> ConversationQuerySet:
    """What is in the general pool for this texter, of whatever campaign and at whatever hour."""
    return Conversation.objects.filter(texter=None, opted_out=False, escalated=False, status=status).filter(
        Q(pinned_to=None) | Q(pinned_to=texter)
    )


class Nothing(Enum):
    """Why a texter is offered nothing."""

    RUNS = "No campaign is running."
    BY_ITSELF = "Campaigns run, but each hands its texts out by an admin only."
    OPEN = "There are texts, but it is outside texting hours where the contacts are."
    LEFT = "Every text of the running campaigns has been handed out."


def why_nothing(texter: Membership, now: dt.datetime) -> Nothing:
    """Asked when nothing is assignable: the first of the reasons that holds."""
    live = Campaign.objects.live().filter(organization_id=texter.organization_id)
    if not live.exists():
        return Nothing.RUNS
    if not live.filter(autoassign=True).exists():
        return Nothing.BY_ITSELF
    waits = any(
        free_for(texter, status).filter(campaign__in=handing_out(texter, status, now)).exists() for status in MARGINS
    )
    return Nothing.OPEN if waits else Nothing.LEFT


def open_somewhere(campaigns: Iterable[Campaign], now: dt.datetime, margin: dt.timedelta) -> Q:
    """Conversations of these campaigns whose contacts may be texted now: campaigns that share hours, together."""
    alike: dict[tuple[Hours, bool], list[int]] = defaultdict(list)
    for campaign in campaigns:
        alike[campaign.hours, campaign.legal_hours].append(campaign.pk)
    found = Q(pk__in=[])
    for (hours, legal), ids in alike.items():
        here = Q(campaign__in=ids)
        always = hours.start == hours.end and not legal
        found |= here if always else here & Q(hours_key__in=open_keys(HOURS_KEYS, hours, legal, now, margin))
    return found
