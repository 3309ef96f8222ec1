"""What people have to do now: first messages to send, replies to give."""

from collections.abc import Iterable
from typing import NamedTuple

from django.db.models import Count, Q

from textbank.conversations.models import Conversation, Status


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
            status__in=[Status.NEEDS_FIRST_MESSAGE, Status.NEEDS_RESPONSE],
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
