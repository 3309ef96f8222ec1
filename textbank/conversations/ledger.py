"""The only writer of who has a conversation: every change of hands is a move in the ledger, with who and why."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.db import connection

from textbank import news
from textbank.conversations import noting
from textbank.conversations.arrays import as_array
from textbank.conversations.models import Handoff, LeftAlone, State


class Card(NamedTuple):
    """One conversation of a hand-off: who had it, who gets it (nobody: the pool), or why it stays."""

    conversation: int
    giver: int | None
    receiver: int | None
    left_alone: LeftAlone | None = None


GIVE = """
update conversations_conversation c
set texter_id = dealt.receiver, held_since = %s, changed_in = pg_current_xact_id()
from unnest(%s::bigint[], %s::bigint[]) dealt (id, receiver)
where c.id = dealt.id
"""

WRITE = """
insert into conversations_move (handoff_id, conversation_id, giver_id, receiver_id, left_alone, at)
select %s, id, giver, receiver, left_alone, %s
from unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::smallint[]) with ordinality
    dealt (id, giver, receiver, left_alone, place)
order by place
"""


def hand(handoff: Handoff, cards: Sequence[Card], *, at: dt.datetime) -> None:
    """Gives each card to its receiver and writes the moves, adding to the hand-off's counts (which it saves).

    The caller holds the conversations' row locks, taken in the order of their ids, in this transaction.
    """
    given = [card for card in cards if card.left_alone is None]
    with connection.cursor() as cursor:
        if given:
            cursor.execute(GIVE, [at, as_array(c.conversation for c in given), as_array(c.receiver for c in given)])
            if cursor.rowcount != len(given):
                raise RuntimeError(f"{len(given)} conversations were to be handed on, {cursor.rowcount} are there.")
        if cards:
            cursor.execute(WRITE, [handoff.pk, at, *map(as_array, zip(*cards, strict=True))])
    noting.keep_drafts(handoff, ((card.conversation, card.giver) for card in given), at=at)
    count(handoff, cards)
    handoff.save(update_fields=["matched", "moved", "left_alone", "shares", "gives"])
    news.tell(touched(given), "queue")
    news.tell_watchers(handoff.organization_id)


def count(handoff: Handoff, cards: Iterable[Card]) -> None:
    """Adds the cards to the hand-off's figures: what a preview shows is added up by the same lines."""
    cards = list(cards)
    moved = [card for card in cards if card.left_alone is None]
    theirs = [card for card in cards if card.left_alone == LeftAlone.ALREADY_THEIRS and card.receiver]
    handoff.matched += len(cards)
    handoff.moved += len(moved)
    add(handoff.left_alone, (card.left_alone.label for card in cards if card.left_alone))
    add(handoff.shares, (str(card.receiver) for card in [*moved, *theirs] if card.receiver))
    add(handoff.gives, (str(card.giver or "") for card in moved))


def add(figures: dict[str, int], names: Iterable[str]) -> None:
    for name, times in Counter(names).items():
        figures[name] = figures.get(name, 0) + times


def touched(cards: Iterable[Card]) -> set[int]:
    """The members whose work these cards change."""
    return {member for card in cards for member in (card.giver, card.receiver) if member}


def opening(handoff: Handoff, *, at: dt.datetime) -> Handoff:
    """Records the beginning of conversations that are born in the pool: there is nothing to move yet."""
    handoff.state, handoff.finished_at = State.DONE, at
    handoff.save()
    return handoff
