"""Dealt like cards: who gets which conversation, said as one statement for the preview and the act."""

from collections.abc import Sequence
from typing import Any

from textbank.conversations.arrays import as_array
from textbank.conversations.ledger import Cards
from textbank.conversations.models import LeftAlone

# `before` is how many cards lie before a conversation: it falls to that texter, and behind the last card that may be
# dealt nothing is looked at. A card that falls to its present holder stays there.
DEAL = """
with looked (conversation, holder, stays, waiting_since) as materialized ({looked}),
numbered as (
    select *, row_number() over waiting place,
        count(*) filter (where stays is null) over (waiting rows unbounded preceding) - (stays is null)::int before
    from looked window waiting as (order by waiting_since nulls last, conversation)
),
dealt as (
    select *, case when stays is null then texters[1 + (%s + before) %% greatest(cardinality(texters), 1)] end receiver
    from numbered, (select %s::bigint[] texters) chosen where before < %s
)
select conversation, holder, receiver,
    coalesce(stays, case when receiver is not distinct from holder then {already_theirs} end), place
from dealt
"""

EVERYTHING = 2**62


def so_many_each(texters: Sequence[int], each: Sequence[int]) -> list[int]:
    """One round in which each texter gets their own number of cards, dealt in turn as long as they want more."""
    return [texter for turn in range(max(each, default=0)) for texter, n in zip(texters, each, strict=True) if turn < n]


def deal(
    looked: str, params: Sequence[Any], texters: Sequence[int], *, start: int = 0, most: int | None = None
) -> Cards:
    """For each conversation the texter it falls to: the first to `texters[start]`, the next to the one after.

    `looked` is a statement of (conversation, who has it, why it stays as a LeftAlone or null, waiting since); those
    waiting longest are dealt first, then by id. A card that falls to its present holder stays there and counts in
    that texter's share, so that shares (moved + already theirs) differ by at most one. With `start` the number already
    dealt, batch after batch is one deal. `texters` are in the order chosen; none is the pool, and one who stands there
    more than once gets so many cards of each round. At most `most` are dealt.
    """
    sql = DEAL.format(looked=looked, already_theirs=LeftAlone.ALREADY_THEIRS.value)
    return Cards(sql, [*params, start, as_array(texters), EVERYTHING if most is None else most])
