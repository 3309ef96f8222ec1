"""A hand-off is taken back: each conversation returns to who had it before, unless life has gone on with it."""

import datetime as dt
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from django.db import IntegrityError
from django.db.models import Exists, OuterRef, QuerySet

from textbank.assignments import carrying_out
from textbank.assignments.judging import LEASE
from textbank.conversations import ledger
from textbank.conversations.arrays import is_among
from textbank.conversations.ledger import Card
from textbank.conversations.models import Action, Draft, Handoff, LeftAlone, Move, State
from textbank.organizations import people
from textbank.organizations.models import Membership


class StillRunning(Exception):
    """It is still handing on: stop it first."""


class AlreadyUndone(Exception):
    """It was taken back before; what can be undone is the undo."""


def undo(handoff: Handoff, *, by: Membership, now: dt.datetime) -> Handoff:
    """Gives everything back that nobody has worked on or moved since; returns the record, itself a hand-off.

    What was worked on (an outgoing text, a close, a tag or an answer; an inbound text alone does not count), what
    was moved again, and what belonged to somebody who is gone stays, and the record says so.
    """
    refuse(handoff, by)
    try:
        return carrying_out.begin(Undoing(handoff, by, now))
    except IntegrityError as error:
        if "undoes" not in str(error):
            raise
        raise AlreadyUndone("It was undone before.") from error


def preview(handoff: Handoff, *, by: Membership, now: dt.datetime) -> Handoff:
    """What undoing it now would write down; nothing is written. Raises OutOfReach, StillRunning, AlreadyUndone."""
    refuse(handoff, by)
    undoing = Undoing(handoff, by, now)
    back = undoing.record()
    ledger.count(back, undoing.cards(None, dealt=0))
    return back


def refuse(handoff: Handoff, by: Membership) -> None:
    """Raises OutOfReach for what is not theirs to undo, StillRunning or AlreadyUndone for what cannot be undone now."""
    handoff.refuse_out_of_reach(by)
    if handoff.state == State.RUNNING:
        raise StillRunning("It is still running. Stop it first.")
    if Handoff.objects.filter(undoes=handoff).exists():
        raise AlreadyUndone("It was undone before.")


class Moved(NamedTuple):
    """A move to be taken back, and what became of its conversation."""

    conversation: int
    giver: int | None
    receiver: int | None
    at: dt.datetime
    holder: int | None
    worked_at: dt.datetime | None
    again: bool
    drafting: bool


class Undoing:
    """An undo on its way."""

    def __init__(self, original: Handoff, by: Membership, now: dt.datetime) -> None:
        self.original, self.by, self.now = original, by, now

    @classmethod
    def recorded(cls, handoff: Handoff) -> "Undoing":
        if handoff.undoes is None or handoff.by is None:
            raise ValueError(f"Hand-off {handoff.pk} undoes nothing.")
        return cls(handoff.undoes, handoff.by, handoff.at)

    def record(self) -> Handoff:
        return Handoff(
            organization_id=self.original.organization_id,
            action=Action.UNDO,
            by=self.by,
            at=self.now,
            # By its id: the original does not count as undone while this is only looked at.
            undoes_id=self.original.pk,
            campaign_id=self.original.campaign_id,
        )

    def moves(self) -> QuerySet[Move]:
        return Move.objects.filter(handoff=self.original, left_alone=None).order_by("pk")

    def ids(self) -> Iterable[int]:
        return self.moves().values_list("conversation_id", flat=True).iterator(chunk_size=10_000)

    def count(self) -> int:
        return self.moves().count()

    def cards(self, ids: Collection[int] | None, *, dealt: int) -> list[Card]:
        """Each of the conversations (of all that were moved, for None) with who gets it back, or why it stays.

        Ids are locked, in their order, after those who get them back, none of whom can be suspended meanwhile.
        """
        moves = self.moves()
        if ids is not None:
            moves = moves.filter(is_among("conversations_move.conversation_id", ids))
        givers = set(moves.order_by().values_list("giver", flat=True).distinct()) - {None}
        here = people.keep_in(givers)
        if ids is not None:
            carrying_out.lock(ids)
        return [Card(one.conversation, one.holder, one.giver, stays(one, here)) for one in self.looked_at(moves)]

    def looked_at(self, moves: QuerySet[Move]) -> Iterator[Moved]:
        """The moves, with what became of their conversations."""
        later = Move.objects.filter(conversation=OuterRef("conversation"), pk__gt=OuterRef("pk"), left_alone=None)
        touched = Draft.objects.filter(
            conversation=OuterRef("conversation"), author=OuterRef("receiver"), touched_at__gt=self.now - LEASE
        )
        rows = moves.annotate(again=Exists(later), drafting=Exists(touched)).values_list(
            *("conversation_id", "giver_id", "receiver_id", "at", "conversation__texter_id"),
            *("conversation__worked_at", "again", "drafting"),
        )
        return map(Moved._make, rows)

    def finish(self, handoff: Handoff) -> None:
        """Every figure is right as it was counted."""


def stays(one: Moved, here: set[int]) -> LeftAlone | None:
    """Why the conversation is not given back, if it is not; `here` is who of the givers may receive."""
    if one.again or one.holder != one.receiver:
        return LeftAlone.MOVED_AGAIN
    if one.worked_at and one.worked_at > one.at:
        return LeftAlone.WORKED_ON
    if one.giver and one.giver not in here:
        return LeftAlone.GONE
    return LeftAlone.BEING_ANSWERED if one.drafting else None
