"""Somebody goes on where somebody else wrote: whom they may name, and the line that says so."""

from collections.abc import Sequence

from textbank.campaigns import blanks
from textbank.conversations import sending
from textbank.conversations.models import Conversation, Direction, Kind, Message
from textbank.organizations.models import Membership


def previous_texter(thread: Conversation, by: Membership, messages: Sequence[Message] | None = None) -> str:
    """The first name of whoever wrote to the contact last; empty if that is the person who goes on, or nobody yet.

    The contact has heard from them, whoever has had the conversation since. One statement, or none with the thread's
    messages at hand.
    """
    if messages is None:
        messages = list(thread.messages.filter(direction=Direction.OUTGOING).select_related("author__user"))
    written = (one.author for one in reversed(messages) if one.direction == Direction.OUTGOING and is_somebodys(one))
    last = next(written, None)
    return last.user.first_name if last and last != by else ""


def is_somebodys(message: Message) -> bool:
    return message.kind != Kind.AUTOMATIC and message.author_id is not None


def words_for(thread: Conversation, by: Membership, previous: str) -> dict[str, str]:
    """What the blanks of a later step, of a canned response and of the intro line stand for."""
    return {**sending.words_for(thread, by), blanks.PREVIOUS: previous}


def intro(thread: Conversation, by: Membership, previous: str) -> str:
    """What whoever took over may begin with, in the organization's words; never sent by itself."""
    if not previous or thread.texter_id != by.pk:
        return ""
    return blanks.fill(by.organization.settings.intro_line, words_for(thread, by, previous))
