"""Cards are dealt by the database, as these few lines deal them."""

from collections import Counter

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from textbank.assignments.dealing import deal, so_many_each
from textbank.conversations.arrays import as_array
from textbank.conversations.models import LeftAlone

TESS, THEO, TARA = 1, 2, 3
POOL = None
ESCALATED, THEIRS = LeftAlone.ESCALATED.value, LeftAlone.ALREADY_THEIRS.value

LOOKED = """
select id, holder, stays, null::timestamptz
from unnest(%s::bigint[], %s::bigint[]) with ordinality rows (holder, stays, id)
"""

pytestmark = pytest.mark.django_db


def dealt(holders, texters, stays=None, **limits) -> list[tuple]:
    """(who has it, who gets it, why it stays) of each conversation looked at, in order; their ids are their places."""
    columns = [as_array(holders), as_array(stays or [None] * len(holders))]
    cards = deal(LOOKED, columns, texters, **limits)
    with connection.cursor() as cursor:
        cursor.execute(
            f"select giver, receiver, left_alone, conversation from ({cards.sql}) "
            "cards (conversation, giver, receiver, left_alone, place) order by place",
            cards.params,
        )
        rows = cursor.fetchall()
    assert [place for *_, place in rows] == list(range(1, len(rows) + 1))
    return [(giver, receiver, left) for giver, receiver, left, _ in rows]


def by_hand(holders, texters, stays, start, most) -> list[tuple]:
    """The same with a pack of cards."""
    told, cards = [], 0
    for holder, reason in zip(holders, stays, strict=True):
        if cards == most:
            break
        if reason:
            told.append((holder, None, reason))
            continue
        receiver = texters[(start + cards) % len(texters)] if texters else None
        told.append((holder, receiver, THEIRS if receiver == holder else None))
        cards += 1
    return told


def test_in_the_order_chosen():
    assert [who for _, who, _ in dealt([POOL] * 5, [THEO, TARA])] == [THEO, TARA, THEO, TARA, THEO]


def test_a_card_that_falls_to_its_holder_stays():
    assert dealt([THEO, THEO, TESS], [THEO, TARA]) == [(THEO, THEO, THEIRS), (THEO, TARA, None), (TESS, THEO, None)]


def test_what_stays_is_no_card_and_nothing_is_looked_at_behind_the_last_one():
    told = dealt([TESS] * 5, [THEO, TARA], [None, ESCALATED, None, ESCALATED, None], most=2)

    assert told == [(TESS, THEO, None), (TESS, None, ESCALATED), (TESS, TARA, None)]


def test_nothing_to_deal():
    assert dealt([], [TESS]) == []


def test_so_many_each():
    cards = so_many_each([TESS, THEO], [3, 1])

    assert cards == [TESS, THEO, TESS, TESS]
    assert [who for _, who, _ in dealt([POOL] * 9, cards, most=4)] == [TESS, THEO, TESS, TESS]


packs = st.lists(st.tuples(st.none() | st.integers(1, 9), st.none() | st.just(ESCALATED)), max_size=40)
people = st.lists(st.integers(1, 9), max_size=7, unique=True)
oracle = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)


@oracle
@given(packs, people, st.integers(0, 1000), st.none() | st.integers(0, 40))
def test_as_by_hand(pack, texters, start, most):
    holders, stays = [holder for holder, _ in pack], [reason for _, reason in pack]

    assert dealt(holders, texters, stays, start=start, most=most) == by_hand(holders, texters, stays, start, most)


@oracle
@given(packs, people.filter(bool), st.integers(0, 1000))
def test_shares_differ_by_at_most_one(pack, texters, start):
    told = dealt([holder for holder, _ in pack], texters, [reason for _, reason in pack], start=start)

    shares = Counter(dict.fromkeys(texters, 0))
    shares.update(who for _, who, _ in told if who)
    assert sum(shares.values()) == sum(1 for _, reason in pack if reason is None)
    assert max(shares.values()) - min(shares.values()) <= 1
    assert set(shares) == set(texters)


@oracle
@given(st.lists(st.none() | st.integers(1, 9), max_size=40), people.filter(bool), st.integers(0, 60))
def test_batch_after_batch_is_one_deal(holders, texters, cut):
    first, rest = holders[:cut], holders[cut:]

    assert dealt(first, texters) + dealt(rest, texters, start=len(first)) == dealt(holders, texters)
