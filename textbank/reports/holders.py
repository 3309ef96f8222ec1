"""Who had a conversation from when to when, and how it came to them."""

import datetime as dt
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple

from textbank.conversations.models import Action, Conversation, Handoff, Move, Note
from textbank.organizations.models import Membership
from textbank.reports.timeline import timeline


class Spell(NamedTuple):
    """The time in one pair of hands; without a holder in the pool, without an end until now."""

    holder: Membership | None
    since: dt.datetime
    until: dt.datetime | None
    how: str
    reason: str
    note: str
    by: Membership | None
    handoff: int
    # What whoever had it before was writing.
    left: Note | None


HOW = {
    Action.OPENING: "At the start",
    Action.REASSIGN: "{by} reassigned it",
    Action.UNASSIGN: "{by} unassigned it",
    Action.RELEASE_UNSENT: "{by} released unsent messages",
    Action.RELEASE_UNREPLIED: "{by} released unreplied conversations",
    Action.RELEASE_UNHANDLED: "{by} released unhandled replies",
    Action.AUTOMATIC_RELEASE: "Released by itself",
    Action.SCHEDULED_RELEASE: "Released on {by}'s schedule",
    Action.REQUEST: "{by} asked for texts",
    Action.GIVE_BACK: "{by} gave it back",
    Action.DONE_FOR_THE_DAY: "{by} was done for the day",
    Action.ESCALATE: "{by} escalated it",
    Action.UNDO: "{by} undid a hand-off",
}


def spells(conversation: Conversation) -> list[Spell]:
    """Oldest first, in two statements. What it was before its first change of hands is not told: it was in the pool."""
    left = {note.handoff_id: note for note in conversation.notes.select_related("author__user")}
    return list(told([*timeline(conversation)], left))


def told(moves: list[Move], left: Mapping[int, Note]) -> Iterator[Spell]:
    for move, following in pairwise([*moves, None]):
        if move is not None:
            act = move.handoff
            until = following.at if following else None
            yield Spell(move.receiver, move.at, until, how(act), act.reason, act.note, act.by, act.pk, left.get(act.pk))


def how(act: Handoff) -> str:
    return HOW[Action(act.action)].format(by=act.by.user.first_name if act.by else "Somebody")
