"""What somebody was typing is kept, on every device of theirs."""

import datetime as dt

from django.db import transaction

from textbank import news
from textbank.conversations.models import Conversation, Draft
from textbank.conversations.sending import refuse_person
from textbank.organizations.models import Membership

# Who touched a draft this lately is just answering.
LEASE = dt.timedelta(minutes=2)


@transaction.atomic
def keep(conversation: Conversation, text: str, *, by: Membership, now: dt.datetime) -> None:
    """Keeps the draft, but for NUL characters, which no text of ours can hold; an empty one is forgotten.

    Raises sending.NotYours.
    """
    # Locked and looked at again: who hands it on at this moment finds the draft, or has it refused.
    thread = Conversation.objects.select_for_update(of=("self",), no_key=True).get(pk=conversation.pk)
    refuse_person(thread, by)
    text = text.replace("\0", "")
    mine, writes = Draft.objects.filter(conversation=thread, author=by), bool(text.strip())
    if mine.filter(touched_at__gt=now - LEASE).exists() != writes:
        # Somebody begins to answer, or does not after all.
        news.tell_of(thread, by=by.pk)
    if writes:
        mine.update_or_create(conversation=thread, author=by, defaults={"text": text, "touched_at": now})
    else:
        mine.delete()
