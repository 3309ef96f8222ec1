"""What may be handed out now. *Assignable* is defined here, once; every count on a screen is of this set."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Q

from textbank.campaigns.models import Campaign
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
    campaigns = Campaign.objects.live().filter(organization_id=texter.organization_id, autoassign=True)
    if campaign is not None:
        campaigns = campaigns.filter(pk=campaign)
    campaigns = campaigns.select_related("service")
    if status == Status.NEEDS_FIRST_MESSAGE:
        campaigns = campaigns.filter(Q(due_by=None) | Q(due_by__gte=now.date()))
    return (
        Conversation.objects.filter(texter=None, opted_out=False, escalated=False, status=status)
        .filter(Q(pinned_to=None) | Q(pinned_to=texter))
        .filter(open_somewhere(campaigns, now, MARGINS[status]))
        .order_by(*(["waiting_since", "pk"] if status == Status.NEEDS_RESPONSE else ["campaign__priority", "pk"]))
    )


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
