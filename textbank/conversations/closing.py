"""A conversation ends, and begins again."""

import datetime as dt
from collections.abc import Collection

from django.db import transaction
from django.db.models import Case, Expression, Value, When
from django.utils import timezone

from textbank import news
from textbank.conversations.models import Conversation, Status
from textbank.conversations.snapshots import CurrentTransaction
from textbank.organizations.models import Membership

MOST = 2_000  # closed, reopened or tagged in one transaction, which no texter's send should wait for


class StillOptedOut(Exception):
    """A conversation with somebody who opted out stays closed."""


def close(conversation: Conversation) -> bool:
    """Closes it; returns whether it was open."""
    return change(conversation, Status.CLOSED)


@transaction.atomic
def reopen(conversation: Conversation) -> bool:
    """Reopens it: it needs a response if an inbound text is unanswered, else it is active."""
    # Locked and looked at again: a text that comes at this moment must not be taken for answered.
    thread = Conversation.objects.select_for_update(of=("self",)).get(pk=conversation.pk)
    if thread.opted_out:
        raise StillOptedOut("The contact has opted out, so the conversation stays closed.")
    if thread.status != Status.CLOSED:
        return False
    done = change(thread, Status.NEEDS_RESPONSE if thread.waiting_since else Status.ACTIVE)
    conversation.status = thread.status
    return done


def change(conversation: Conversation, status: Status) -> bool:
    changed = (
        Conversation.objects.filter(pk=conversation.pk)
        .exclude(status=status)
        .update(status=status, worked_at=timezone.now(), changed_in=CurrentTransaction())
    )
    conversation.status = status
    if changed:
        news.tell_of(conversation)
    return bool(changed)


@transaction.atomic
def close_all(ids: Collection[int], *, by: Membership, now: dt.datetime) -> int:
    """Closes those that this person sees; returns how many were open."""
    return turn([thread for thread in locked(ids, by) if thread.status != Status.CLOSED], Value(Status.CLOSED), now)


@transaction.atomic
def reopen_all(ids: Collection[int], *, by: Membership, now: dt.datetime) -> int:
    """Reopens those that this person sees and that have not opted out; returns how many were closed."""
    shut = [thread for thread in locked(ids, by) if thread.status == Status.CLOSED and not thread.opted_out]
    waits = When(waiting_since__isnull=False, then=Value(Status.NEEDS_RESPONSE))
    return turn(shut, Case(waits, default=Value(Status.ACTIVE)), now)


def locked(ids: Collection[int], by: Membership) -> list[Conversation]:
    return list(Conversation.objects.visible_to(by).among(ids).order_by("pk").select_for_update(of=("self",)))


def turn(threads: list[Conversation], status: Expression, now: dt.datetime) -> int:
    Conversation.objects.filter(pk__in=[thread.pk for thread in threads]).update(
        status=status, worked_at=now, changed_in=CurrentTransaction()
    )
    for thread in threads:
        news.tell_of(thread)
    return len(threads)
