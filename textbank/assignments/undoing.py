"""A hand-off is taken back: each conversation returns to who had it before, unless life has gone on with it."""

import datetime as dt
from collections.abc import Iterable, Sequence
from functools import cached_property

from django.db import IntegrityError
from django.db.models import QuerySet

from textbank.assignments import carrying_out
from textbank.conversations import ledger
from textbank.conversations.arrays import as_array
from textbank.conversations.drafting import LEASE
from textbank.conversations.ledger import Cards
from textbank.conversations.models import Action, Handoff, LeftAlone, Move, State
from textbank.organizations import people
from textbank.organizations.models import Membership


class StillRunning(Exception):
    """It is still handing on: stop it first."""


class TooLate(Exception):
    """What somebody gave back themselves is the pool's by now."""


class AlreadyUndone(Exception):
    """It was taken back before; what can be undone is the undo."""


# So long whoever gave work back may take it back themselves: then it is the pool's, and asked for like any other.
REGRET = dt.timedelta(minutes=15)
GIVING_BACK = {Action.GIVE_BACK, Action.DONE_FOR_THE_DAY}


def undo(handoff: Handoff, *, by: Membership, now: dt.datetime) -> Handoff:
    """Gives everything back that nobody has worked on or moved since; returns the record, itself a hand-off.

    What was worked on (an outgoing text, a close, a tag or an answer; an inbound text alone does not count), what
    was moved again, and what belonged to somebody who is gone stays, and the record says so.
    """
    refuse(handoff, by, now)
    try:
        return carrying_out.begin(Undoing(handoff, by, now))
    except IntegrityError as error:
        if "undoes" not in str(error):
            raise
        raise AlreadyUndone("It was undone before.") from error


def preview(handoff: Handoff, *, by: Membership, now: dt.datetime) -> Handoff:
    """What undoing it now would write down; nothing is written. Raises OutOfReach, StillRunning, AlreadyUndone."""
    refuse(handoff, by, now)
    undoing = Undoing(handoff, by, now)
    back = undoing.record()
    ledger.count(back, undoing.cards(None, dealt=0))
    return back


def refuse(handoff: Handoff, by: Membership, now: dt.datetime) -> None:
    """Raises OutOfReach for what is not theirs to undo, StillRunning or AlreadyUndone for what cannot be undone now."""
    if not may_take_back(handoff, by, now):
        handoff.refuse_out_of_reach(by)
    if handoff.state == State.RUNNING:
        raise StillRunning("It is still running. Stop it first.")
    if Handoff.objects.filter(undoes=handoff).exists():
        raise AlreadyUndone("It was undone before.")


def take_back(handoff: Handoff, *, by: Membership, now: dt.datetime) -> Handoff:
    """Undoes one's own giving back. Raises TooLate, StillRunning, AlreadyUndone."""
    if not may_take_back(handoff, by, now):
        raise TooLate("That was too long ago: it is the pool’s now. Ask for texts again.")
    return undo(handoff, by=by, now=now)


def may_take_back(handoff: Handoff, member: Membership, now: dt.datetime) -> bool:
    """Whether they gave it back themselves just now: thinking better of it takes no admin."""
    return handoff.by_id == member.pk and handoff.action in GIVING_BACK and handoff.at > now - REGRET


# By what is on the conversation's own row, as it is under the lock: whoever had it from another hand-off has it since
# another moment. Its moves are not asked, one conversation after the other, which one is the last.
LOOK = """
with locked as materialized (
    select id, texter_id, held_since, worked_at from conversations_conversation where {which}
),
moved as materialized (
    select conversation_id, giver_id, receiver_id, at, id from conversations_move
    where handoff_id = %s and left_alone is null {between}
),
looked as materialized (
    select c.id conversation_id, c.texter_id, m.giver_id, m.id, case
        when c.texter_id is distinct from m.receiver_id or c.held_since is distinct from m.at then {moved_again}
        when c.worked_at > m.at then {worked_on}
        when m.giver_id is not null and m.giver_id <> all(%s::bigint[]) then {gone}
        when exists (
            select from conversations_draft d
            where d.conversation_id = c.id and d.author_id = c.texter_id and d.touched_at > %s
        ) then {being_answered}
    end stays
    from locked c join moved m on m.conversation_id = c.id
)
select conversation_id, texter_id, case when stays is null then giver_id end, stays, id from looked
"""
SOME = "id = any(%s::bigint[]) order by id for update"
ALL = "id in (select conversation_id from conversations_move where handoff_id = %s and left_alone is null)"
# Those of some come in the order of their moves, which lie side by side in the ledger.
BETWEEN = """and id between
    (select min(id) from conversations_move where handoff_id = %s and conversation_id = any(%s::bigint[]))
    and (select max(id) from conversations_move where handoff_id = %s and conversation_id = any(%s::bigint[]))
"""


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

    @cached_property
    def givers(self) -> set[int]:
        found = self.moves().exclude(giver=None).order_by().values_list("giver", flat=True)
        return set(found.distinct())

    def ids(self) -> Iterable[int]:
        return self.moves().values_list("conversation_id", flat=True).iterator(chunk_size=10_000)

    def count(self) -> int:
        return self.moves().count()

    def cards(self, ids: Sequence[int] | None, *, dealt: int) -> Cards:
        """Each of the conversations (of all that were moved, for None) with who gets it back, or why it stays.

        Ids are locked, in their order, after those who get them back, none of whom can be suspended meanwhile.
        """
        here = people.keep_in(self.givers)
        original = self.original.pk
        reasons = {reason.name.lower(): reason.value for reason in LeftAlone}
        after = [as_array(here), self.now - LEASE]
        if ids is None:
            return Cards(LOOK.format(which=ALL, between="", **reasons), [original, original, *after])
        ends = [original, as_array([*ids[:1], *ids[-1:]])] * 2
        return Cards(LOOK.format(which=SOME, between=BETWEEN, **reasons), [as_array(ids), original, *ends, *after])

    def finish(self, handoff: Handoff) -> None:
        """Every figure is right as it was counted."""

    def warn(self, handoff: Handoff) -> None:
        """Each gets back what was theirs: nothing speaks against that."""
