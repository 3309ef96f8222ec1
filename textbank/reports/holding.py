"""What people have to do now: first messages to send, replies to give."""

from collections.abc import Iterable
from typing import NamedTuple

from django.db.models import Count, Q, QuerySet

from textbank.conversations.models import Conversation, Status
from textbank.conversations.models.conversation import ConversationQuerySet
from textbank.organizations.models import Membership, Organization

WAITING = [Status.NEEDS_FIRST_MESSAGE, Status.NEEDS_RESPONSE]


class Held(NamedTuple):
    """Open conversations of one member: not opted out, in campaigns that are not archived."""

    first_messages: int = 0
    replies: int = 0


def held_by(members: Iterable[int]) -> dict[int, Held]:
    """What each of these (membership ids) has, in one query; who has nothing is there with zeros."""
    members = list(members)
    counts = (
        Conversation.objects.filter(
            texter__in=members,
            status__in=WAITING,
            opted_out=False,
            campaign__archived_at=None,
        )
        .values_list("texter")
        .annotate(
            first_messages=Count("pk", filter=Q(status=Status.NEEDS_FIRST_MESSAGE)),
            replies=Count("pk", filter=Q(status=Status.NEEDS_RESPONSE)),
        )
    )
    found = {texter: Held(first, replies) for texter, first, replies in counts}
    return {member: found.get(member, Held()) for member in members}


class Stuck(NamedTuple):
    """What waits in the hands of suspended members, who cannot come in and send it."""

    members: int = 0
    conversations: int = 0


def stuck(organization: Organization) -> Stuck:
    """Of every campaign that is not archived."""
    found = held_by_suspended(organization).filter(campaign__archived_at=None)
    figures = found.aggregate(members=Count("texter", distinct=True), conversations=Count("pk"))
    return Stuck(**figures)


def stuck_by_campaign(organization: Organization, campaigns: Iterable[int]) -> dict[int, int]:
    """The same for each of these campaigns (ids) that has any, in one statement."""
    found = held_by_suspended(organization).filter(campaign__in=list(campaigns)).order_by()
    return dict(found.values_list("campaign").annotate(count=Count("pk")))


def held_by_suspended(organization: Organization) -> ConversationQuerySet:
    gone: QuerySet[Membership] = organization.memberships.exclude(suspended_at=None)
    return Conversation.objects.filter(texter__in=gone.values("pk"), status__in=WAITING, opted_out=False)
