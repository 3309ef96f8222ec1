"""What a texter has to do now, counted over exactly the conversations that the pages then show."""

import datetime as dt
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Count, Min, Q

from textbank.assignments.pool import open_somewhere
from textbank.campaigns.models import Campaign, CampaignQuerySet
from textbank.campaigns.texting_hours import NO_MARGIN, opens_at
from textbank.conversations.models import Conversation, Kind, Message, Status
from textbank.conversations.models.conversation import ConversationQuerySet
from textbank.organizations.models import Membership

PAST = (Status.FIRST_MESSAGE_SENT, Status.ACTIVE, Status.CLOSED)


class ToDo(NamedTuple):
    """First messages that may go out now and those whose hours are closed, replies waiting since when, the past.

    The last two are what waits in paused campaigns, and is in none of the other counts.
    """

    first_messages: int
    later: int
    replies: int
    oldest: dt.datetime | None
    past: int
    paused_first: int = 0
    paused_replies: int = 0

    @property
    def paused(self) -> int:
        return self.paused_first + self.paused_replies


def to_do(texter: Membership, now: dt.datetime) -> ToDo:
    """Two statements, however much there is."""
    live = Q(opted_out=False, campaign__in=live_campaigns(texter))
    first, waits = live & Q(status=Status.NEEDS_FIRST_MESSAGE), live & Q(status=Status.NEEDS_RESPONSE)
    paused = Q(opted_out=False, campaign__in=paused_campaigns(texter))
    found = Conversation.objects.held_by(texter).aggregate(
        first=Count("pk", filter=first & open_to(texter, now)),
        all=Count("pk", filter=first),
        replies=Count("pk", filter=waits),
        oldest=Min("waiting_since", filter=waits),
        past=Count("pk", filter=Q(status__in=PAST)),
        paused_first=Count("pk", filter=paused & Q(status=Status.NEEDS_FIRST_MESSAGE)),
        paused_replies=Count("pk", filter=paused & Q(status=Status.NEEDS_RESPONSE)),
    )
    return ToDo(later=found.pop("all") - found["first"], first_messages=found.pop("first"), **found)


def first_messages(texter: Membership, now: dt.datetime) -> ConversationQuerySet:
    """The texter's own that need a first message and may be texted this minute, in the order they are sent."""
    return (
        Conversation.objects.held_by(texter)
        .workable()
        .needing_first_message()
        .filter(open_to(texter, now))
        .order_by("pk")
    )


def replies(texter: Membership) -> ConversationQuerySet:
    """The texter's own that wait for an answer, oldest first. Shown at every hour: the composer says when to send."""
    return Conversation.objects.held_by(texter).workable().needing_response().order_by("waiting_since", "pk")


def paused_replies(texter: Membership) -> ConversationQuerySet:
    """The texter's own whose answer waits until their campaign is resumed."""
    held = Conversation.objects.held_by(texter).needing_response()
    return held.filter(opted_out=False, campaign__in=paused_campaigns(texter))


def past(texter: Membership) -> ConversationQuerySet:
    """The texter's own that wait for nothing of theirs; archived campaigns too."""
    return Conversation.objects.held_by(texter).filter(status__in=PAST)


def open_to(texter: Membership, now: dt.datetime) -> Q:
    """Where it is texting hours now, in a campaign that has something to say."""
    written = live_campaigns(texter).exclude(first_step=None).select_related("service")
    return open_somewhere(written, now, NO_MARGIN)


def live_campaigns(texter: Membership) -> CampaignQuerySet:
    return Campaign.objects.live().filter(organization_id=texter.organization_id)


def paused_campaigns(texter: Membership) -> CampaignQuerySet:
    started = Campaign.objects.active().exclude(started_at=None)
    return started.filter(organization_id=texter.organization_id).exclude(paused_at=None)


def next_opening(texter: Membership, now: dt.datetime) -> dt.datetime | None:
    """When the first of the texter's first messages that are held by the clock may go out."""
    held = Conversation.objects.held_by(texter).workable().needing_first_message()
    places = (
        held.select_related("campaign__service").order_by("campaign", "hours_key").distinct("campaign", "hours_key")
    )
    moments = (opens_at(one.hours_key, one.campaign.hours, one.campaign.legal_hours, now) for one in places)
    return min((moment for moment in moments if moment), default=None)


def sent_today(texter: Membership, now: dt.datetime) -> int:
    """First messages the texter has sent since midnight on the organization's clock, among what they still hold."""
    clock = ZoneInfo(texter.organization.settings.timezone)
    midnight = now.astimezone(clock).replace(hour=0, minute=0, second=0, microsecond=0)
    # Through what they hold, because messages have no index by author: it would cost every send.
    return Message.objects.filter(
        author=texter,
        kind=Kind.FIRST,
        created_at__gte=midnight,
        conversation__texter=texter,
        conversation__last_activity__gte=midnight,
    ).count()
