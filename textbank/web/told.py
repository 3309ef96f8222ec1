"""What stands above a thread: what colleagues left for whoever has it, and who else is answering just now."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from textbank.conversations.models import Conversation, Direction, Kind, Message
from textbank.organizations.models import Membership
from textbank.reports.holders import Spell
from textbank.reports.writing import writing_in


class Word(NamedTuple):
    """`draft`: it was meant for the contact, and may still be said."""

    who: str
    text: str
    at: dt.datetime
    draft: bool


def words(spells: Iterable[Spell], messages: Sequence[Message], viewer: Membership) -> list[Word]:
    """What was left since the last answer, oldest first, and the note that came with the present holder."""
    answers = (one for one in reversed(messages) if one.direction == Direction.OUTGOING and one.kind != Kind.AUTOMATIC)
    answered = next((one.created_at for one in answers), None)
    found = [
        word
        for spell in spells
        for word in left_with(spell, viewer)
        if answered is None or word.at > answered or (spell.until is None and not word.draft)
    ]
    return sorted(found, key=lambda word: word.at)


def left_with(spell: Spell, viewer: Membership) -> Iterator[Word]:
    if spell.note:
        by = spell.by
        who = "Your note" if by == viewer else f"{by.user.first_name}’s note" if by else "Note"
        yield Word(who, spell.note, spell.since, draft=False)
    if spell.left:
        author = spell.left.author
        who = "You were writing" if author == viewer else f"{author.user.first_name} was writing"
        yield Word(who, spell.left.text, spell.left.at, draft=True)


def answering(thread: Conversation, viewer: Membership, now: dt.datetime) -> str:
    """In words, who else is writing to this contact; empty where nobody is."""
    names = [who.user.first_name for who in writing_in(thread, now, but=viewer)]
    if not names:
        return ""
    return f"{' and '.join(names)} {'is' if len(names) == 1 else 'are'} answering this just now."
