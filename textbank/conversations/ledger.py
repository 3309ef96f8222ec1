"""The only writer of who has a conversation: every change of hands is a move in the ledger, with who and why."""

import datetime as dt
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from textbank import news, prepared
from textbank.conversations import noting
from textbank.conversations.arrays import as_array
from textbank.conversations.models import Handoff, LeftAlone, State


class Card(NamedTuple):
    """One conversation of a hand-off: who had it, who gets it (nobody: the pool), or why it stays."""

    conversation: int
    giver: int | None
    receiver: int | None
    left_alone: LeftAlone | None = None


@dataclass(frozen=True)
class Cards:
    """Any number of them as a statement, whose columns are those of a Card and their place in the order: what a
    hundred thousand conversations become is worked out where they are."""

    sql: str
    params: Sequence[Any]

    @classmethod
    def listed(cls, cards: Sequence[Card]) -> "Cards":
        return cls(LISTED, [as_array(column) for column in zip(*cards, strict=True)])


LISTED = "select * from unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::smallint[]) with ordinality"

THESE = "with cards (conversation, giver, receiver, left_alone, place) as materialized ({cards})"

HAND = """,
given as (
    update conversations_conversation c
    set texter_id = receiver, held_since = %s, changed_in = pg_current_xact_id()
    from cards where c.id = conversation and left_alone is null
    returning 1
),
written as (
    insert into conversations_move (handoff_id, conversation_id, giver_id, receiver_id, left_alone, at)
    select %s, conversation, giver, receiver, left_alone, %s from cards order by place
)
"""

# A receiver's share is what moved to them and what was already theirs.
FIGURES = """
select 'left_alone', left_alone::bigint, count(*) from cards where left_alone is not null group by left_alone
union all select 'gives', giver, count(*) from cards where left_alone is null group by giver
union all select 'shares', receiver, count(*) from cards where receiver is not null group by receiver
union all select 'answering', giver, count(*) from cards where left_alone = {answering} group by giver
"""
GIVEN = "union all select 'given', null, count(*) from given"


def hand(handoff: Handoff, cards: Sequence[Card] | Cards, *, at: dt.datetime) -> None:
    """Gives each card to its receiver and writes the moves, adding to the hand-off's counts (which it saves).

    The caller holds the conversations' row locks, taken in the order of their ids, in this transaction; or `cards` is
    a statement that takes them.
    """
    if cards:
        move(handoff, cards, at=at)
    handoff.save(update_fields=["matched", "moved", "left_alone", "shares", "gives", "answering"])
    news.tell_watchers(handoff.organization_id)


def move(handoff: Handoff, cards: Sequence[Card] | Cards, *, at: dt.datetime) -> None:
    """The same, for a hand-off that is saved when it has all its counts; it has its id already."""
    before = handoff.moved
    told = cards if isinstance(cards, Cards) else Cards.listed(cards)
    params = (at, handoff.pk, at, handoff.include_drafting, handoff.pk, at)
    figures = run(told, HAND + noting.TAKE + FIGURES + GIVEN, *params)
    given = add(handoff, figures)
    if given != handoff.moved - before:
        raise RuntimeError(f"{handoff.moved - before} conversations were to be handed on, {given} are there.")
    if given:
        news.tell(members_of(figures), "queue")


def new_id() -> int:
    """For a hand-off whose moves are written before it is."""
    [[pk]] = prepared.rows("select nextval(pg_get_serial_sequence('conversations_handoff', 'id'))", {})
    return int(pk)


def count(handoff: Handoff, cards: Cards) -> None:
    """Adds the cards to the hand-off's figures and hands nothing on: a preview is added up by the same lines."""
    add(handoff, run(cards, FIGURES))


def conversations_of(cards: Cards) -> "array[int]":
    """Their ids, in order; eight bytes each, so that a million are no burden."""
    return array("q", (pk for (pk,) in run(cards, " select conversation from cards order by place")))


def run(cards: Cards, then: str, *params: Any) -> list[tuple[Any, ...]]:
    """What a statement about the cards answers."""
    sql = (THESE + then).format(cards=cards.sql, answering=LeftAlone.BEING_ANSWERED.value)
    return prepared.rows(sql, [*cards.params, *params])


def add(handoff: Handoff, figures: Iterable[tuple[Any, ...]]) -> int:
    """Adds what was counted to the hand-off; returns how many conversations were given."""
    given = 0
    for figure, who, number in figures:
        match figure:
            case "left_alone":
                leave(handoff, LeftAlone(who), number)
            case "gives":
                handoff.matched += number
                handoff.moved += number
                more(handoff.gives, str(who or ""), number)
            case "shares":
                more(handoff.shares, str(who), number)
            case "answering":
                more(handoff.answering, str(who), number)
            case "given":
                given = number
    return given


def leave(handoff: Handoff, reason: LeftAlone, number: int) -> None:
    """So many more stay, for that reason."""
    handoff.matched += number
    more(handoff.left_alone, reason.label, number)


def more(figures: dict[str, int], name: str, number: int) -> None:
    figures[name] = figures.get(name, 0) + number


def members_of(figures: Iterable[tuple[Any, ...]]) -> set[int]:
    """The members whose work the cards change."""
    return {who for figure, who, _ in figures if figure in {"gives", "shares"} and who}


def opening(handoff: Handoff, *, at: dt.datetime) -> Handoff:
    """Records the beginning of conversations that are born in the pool: there is nothing to move yet."""
    handoff.state, handoff.finished_at = State.DONE, at
    handoff.save()
    return handoff
