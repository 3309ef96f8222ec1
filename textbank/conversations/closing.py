"""A conversation ends, and begins again."""

from django.db import transaction
from django.utils import timezone

from textbank import news
from textbank.conversations.models import Conversation, Status
from textbank.conversations.snapshots import CurrentTransaction


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
    if changed and conversation.texter_id:
        news.tell([conversation.texter_id], f"conversation:{conversation.pk}")
    return bool(changed)
