"""Who did something with a conversation since it was seen, as far as that is written down."""

import datetime as dt
from collections.abc import Collection
from typing import NamedTuple

from django.db.models import BooleanField, ExpressionWrapper, Q, Value

from textbank.conversations.models import Direction, Message, Move, Tagging
from textbank.organizations.models import Membership


class Change(NamedTuple):
    """When, and by which member; by nobody where the contact did it, or where it is not known."""

    at: dt.datetime
    by: Membership | None = None
    by_contact: bool = False


def latest(conversations: Collection[int], since: dt.datetime) -> dict[int, Change]:
    """The latest hand-off, text or tag of each, if there is one: two statements, however many they are."""
    if not conversations:
        return {}
    among = {"conversation__in": conversations}
    not_them = Value(False, output_field=BooleanField())
    them = ExpressionWrapper(Q(direction=Direction.INBOUND), output_field=BooleanField())
    told = (
        Move.objects.filter(**among, left_alone=None, at__gte=since)
        .values_list("conversation", "at", "handoff__by", not_them)
        .union(
            Message.objects.filter(**among, created_at__gte=since).values_list(
                "conversation", "created_at", "author", them
            ),
            Tagging.objects.filter(**among, at__gte=since).values_list("conversation", "at", "by", not_them),
            all=True,
        )
    )
    last = {pk: (at, by, by_contact) for pk, at, by, by_contact in sorted(told, key=lambda change: change[1])}
    people = Membership.objects.select_related("user").in_bulk([by for _, by, _ in last.values() if by])
    return {pk: Change(at, people.get(by) if by else None, by_contact) for pk, (at, by, by_contact) in last.items()}
