"""What somebody was writing when a conversation was taken from them: their note to whoever has it next.

A draft that a hand-off takes anyway becomes one in the same transaction; any other is its author's to pass on.
"""

import datetime as dt

from django.db import transaction

from textbank import news
from textbank.conversations.models import Conversation, Draft, Move, Note
from textbank.conversations.sending import NotYours, Unsendable
from textbank.organizations.models import Membership

# So long after it was taken from them somebody may pass on what they were writing.
WHILE = dt.timedelta(hours=24)

# A part of the statement that hands the cards on: what their givers were writing, where that is taken too.
TAKE = """,
taken as (
    delete from conversations_draft d using cards
    where %s and left_alone is null and d.conversation_id = conversation and d.author_id = giver
    returning d.conversation_id, d.author_id, d.text
),
noted as (
    insert into conversations_note (conversation_id, handoff_id, author_id, text, at)
    select conversation_id, %s, author_id, text, %s from taken
)
"""


def taken_from(member: Membership, conversation: int, now: dt.datetime) -> Move | None:
    """The move that took the conversation from this person: if nobody has lost it since, and it was lately."""
    given = Move.objects.filter(conversation=conversation, left_alone=None, giver__isnull=False)
    last = given.exclude(conversation__texter=member).order_by("-pk").first()
    return last if last and last.giver_id == member.pk and last.at > now - WHILE else None


@transaction.atomic
def pass_on(conversation: int, text: str, *, by: Membership, now: dt.datetime) -> Note:
    """Leaves the words with a conversation that was taken from this person, for whoever has it next.

    Another time they take the place of the first. Raises NotYours, Unsendable.
    """
    words = text.replace("\0", "").strip()
    if not words:
        raise Unsendable("Write something first.")
    # Nobody hands it on meanwhile: the note is told to who has it then.
    here = Conversation.objects.filter(organization_id=by.organization_id, pk=conversation)
    thread = here.select_for_update(of=("self",), no_key=True).first()
    move = taken_from(by, conversation, now)
    if thread is None or move is None:
        raise NotYours("Nothing of this conversation is yours to pass on any more.")
    note, _ = Note.objects.update_or_create(
        conversation=thread, handoff_id=move.handoff_id, defaults={"author": by, "text": words, "at": now}
    )
    Draft.objects.filter(conversation=thread, author=by).delete()
    news.tell_of(thread, by=by.pk)
    return note
