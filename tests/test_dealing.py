from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textbank.assignments.dealing import deal

TESS, THEO, TARA = 1, 2, 3
POOL = None


def test_in_the_order_chosen():
    assert deal([POOL] * 5, [THEO, TARA]) == [THEO, TARA, THEO, TARA, THEO]


def test_a_card_that_falls_to_its_holder_stays():
    holders = [THEO, THEO, TESS]

    dealt = deal(holders, [THEO, TARA])

    assert dealt == [THEO, TARA, THEO]
    assert [now == before for before, now in zip(holders, dealt, strict=True)] == [True, False, False]


def test_nothing_to_deal():
    assert deal([], [TESS]) == []


@pytest.mark.parametrize("texters", [[], [TESS, TESS], [TESS, THEO, TESS]])
def test_somebody_must_take_them_and_nobody_twice(texters):
    with pytest.raises(ValueError, match="Deal"):
        deal([POOL], texters)


holders = st.lists(st.none() | st.integers(1, 9), max_size=60)
texters = st.lists(st.integers(1, 9), min_size=1, max_size=7, unique=True)


@given(holders, texters, st.integers(0, 1000))
def test_shares_differ_by_at_most_one(holders, texters, start):
    shares = Counter(dict.fromkeys(texters, 0))

    shares.update(deal(holders, texters, start))

    assert sum(shares.values()) == len(holders)
    assert max(shares.values()) - min(shares.values()) <= 1
    assert set(shares) == set(texters)


@given(holders, texters, st.integers(0, 60))
def test_batch_after_batch_is_one_deal(holders, texters, cut):
    first, rest = holders[:cut], holders[cut:]

    assert deal(first, texters) + deal(rest, texters, start=len(first)) == deal(holders, texters)
