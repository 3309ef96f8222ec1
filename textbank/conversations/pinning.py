"""A conversation stays with its texter: hand-offs of many, and what happens by itself, leave it alone."""

import datetime as dt

from django.db import transaction

from textbank import news
from textbank.conversations.models import Conversation
from textbank.conversations.sending import Refused, refuse_person
from textbank.conversations.snapshots import CurrentTransaction
from textbank.organizations.models import Membership


class NobodyHasIt(Refused):
    """A conversation in the pool has nobody to stay with."""

    code = "nobody_has_it"


@transaction.atomic
def pin(conversation: Conversation, *, by: Membership, now: dt.datetime) -> bool:
    """To whoever has it now; returns whether that is new. Raises NotYours, NobodyHasIt."""
    thread = look_again(conversation, by)
    if thread.texter_id is None:
        raise NobodyHasIt("Nobody has this conversation. Give it to somebody first.")
    return change(thread, thread.texter_id, now)


@transaction.atomic
def unpin(conversation: Conversation, *, by: Membership, now: dt.datetime) -> bool:
    """Returns whether it was pinned. Raises NotYours."""
    return change(look_again(conversation, by), None, now)


def look_again(conversation: Conversation, by: Membership) -> Conversation:
    thread = Conversation.objects.select_for_update(of=("self",)).get(pk=conversation.pk)
    refuse_person(thread, by)
    return thread


def change(thread: Conversation, pinned_to: int | None, now: dt.datetime) -> bool:
    if thread.pinned_to_id == pinned_to:
        return False
    seen = {"worked_at": now, "changed_in": CurrentTransaction()}
    Conversation.objects.filter(pk=thread.pk).update(pinned_to=pinned_to, **seen)
    news.tell_of(thread)
    return True
