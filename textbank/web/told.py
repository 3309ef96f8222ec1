"""What stands above a thread: what it is about for whoever is new to it, what colleagues left for them, and who else
is answering just now."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from textbank.conversations.models import Answer, Conversation, Direction, Kind, Message, Status
from textbank.conversations.taking_over import previous_texter
from textbank.organizations.models import Membership, Tag
from textbank.reports.holders import Spell
from textbank.reports.writing import writing_in


class Word(NamedTuple):
    """`draft`: it was meant for the contact, and may still be said."""

    who: str
    text: str
    at: dt.datetime
    draft: bool


@dataclass(frozen=True)
class SoFar:
    """What whoever is new to a conversation should know of it: who had it before, until when, and how it came on."""

    before: Spell | None
    how: str
    answers: list[Answer]
    tags: list[Tag]


def so_far(
    thread: Conversation, spells: Sequence[Spell], messages: Sequence[Message], viewer: Membership
) -> SoFar | None:
    """For who has it now and has not written in it since, where somebody else had it or wrote before."""
    if thread.status == Status.NEEDS_FIRST_MESSAGE or not is_new(thread, spells, messages, viewer):
        return None
    others = [place for place, spell in enumerate(spells[:-1]) if spell.holder and spell.holder != viewer]
    if not others and not previous_texter(thread, viewer, messages):
        return None
    after = spells[others[-1] + 1] if others else None
    return SoFar(
        before=spells[others[-1]] if others else None,
        how=f"{after.how}: {after.reason}" if after and after.reason else after.how if after else "",
        answers=list(thread.answers.select_related("step").order_by("step")),
        tags=list(Tag.objects.filter(taggings__conversation=thread).order_by("title")),
    )


def is_new(thread: Conversation, spells: Sequence[Spell], messages: Sequence[Message], viewer: Membership) -> bool:
    if thread.texter_id != viewer.pk or not spells or spells[-1].holder != viewer:
        return False
    mine = (one for one in reversed(messages) if one.author_id == viewer.pk and one.kind != Kind.AUTOMATIC)
    last = next(mine, None)
    return last is None or last.created_at < spells[-1].since


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
