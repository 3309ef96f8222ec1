import pytest
from hypothesis import given
from hypothesis import strategies as st

from textbank.messaging.pacing import Pace


def test_a_second_of_texts_and_one_may_go_at_once_and_then_it_is_a_steady_pace():
    pace = Pace(3)

    assert pace.take(0, 10) == 4
    assert pace.take(0, 10) == 0
    assert pace.take(1, 10) == 3
    assert pace.take(1.5, 10) == 1
    assert pace.take(2, 10) == 2


def test_no_more_is_taken_than_wanted():
    pace = Pace(10)

    assert pace.take(0, 5) == 5
    assert pace.take(0, 0) == 0
    assert pace.take(0, -5) == 0
    assert pace.take(0, 9) == 6


def test_a_long_rest_saves_up_no_more_than_the_bucket_holds():
    pace = Pace(2, burst=5)
    pace.take(0, 5)

    assert pace.take(3600, 100) == 5


def test_a_slow_number_still_sends_one_at_a_time():
    pace = Pace(0.25, burst=1)

    assert pace.take(100, 3) == 1
    assert pace.wait(100) == 4
    assert pace.take(103.9, 3) == 0
    assert pace.take(104, 3) == 1


def test_there_is_no_wait_while_something_may_go():
    pace = Pace(2, burst=2)

    assert pace.wait(0) == 0
    pace.take(0, 1)
    assert pace.wait(0) == 0
    pace.take(0, 1)
    assert pace.wait(0) == 0.5
    assert pace.wait(0.25) == 0.25


def test_a_clock_that_goes_back_adds_nothing():
    pace = Pace(1, burst=1)
    pace.take(100, 1)

    assert pace.take(50, 1) == 0
    assert pace.take(100.5, 1) == 0
    assert pace.take(101, 1) == 1


@pytest.mark.parametrize("per_second", [0, -1])
def test_a_pace_is_more_than_nothing(per_second):
    with pytest.raises(ValueError, match="pace"):
        Pace(per_second)


rates = st.floats(0.01, 500)
steps = st.lists(st.tuples(st.floats(0, 30), st.integers(0, 100)), max_size=40)


@given(rates, steps)
def test_never_faster_than_the_pace(per_second, steps):
    pace = Pace(per_second)
    now = sent = 0.0
    pace.take(now, 0)

    for pause, wanted in steps:
        now += pause
        sent += pace.take(now, wanted)

        assert sent <= pace.burst + per_second * now + 0.01


@given(rates, st.floats(0, 1e6))
def test_who_waits_as_long_as_told_may_send(per_second, now):
    pace = Pace(per_second)
    pace.take(now, 1000)

    assert pace.take(now + pace.wait(now), 1) == 1


@given(st.floats(0.5, 200), st.integers(1, 300))
def test_always_wanting_sends_the_whole_pace(per_second, seconds):
    pace = Pace(per_second)

    sent = sum(pace.take(tick / 4, 10_000) for tick in range(seconds * 4 + 1))

    assert sent >= per_second * seconds - 1
