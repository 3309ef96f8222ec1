from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from textbank.campaigns.texting_hours import (
    FEDERAL,
    STATES,
    Hours,
    legal_window,
    open_keys,
    open_now,
    opens_at,
)

NINE_TO_NINE = Hours(time(9), time(21))
ALL_DAY = Hours(time(0), time(0))
NIGHT = Hours(time(22), time(2))
NEW_YORK, CHICAGO, MIAMI = "America/New_York", "America/Chicago", "America/New_York/FL"


def at(clock: str, zone: str = NEW_YORK, day: str = "2026-07-15", fold: int = 0) -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=ZoneInfo(zone), fold=fold)


@pytest.mark.parametrize(
    ("clock", "is_open"),
    [("08:59:59", False), ("09:00", True), ("20:59:59", True), ("21:00", False), ("03:00", False)],
)
def test_open_from_the_start_until_just_before_the_end(clock, is_open):
    assert open_now(NEW_YORK, NINE_TO_NINE, True, at(clock)) is is_open


def test_the_clock_is_the_contacts_own():
    nine_in_the_evening_in_new_york = at("21:00")

    assert not open_now(NEW_YORK, NINE_TO_NINE, True, nine_in_the_evening_in_new_york)
    assert open_now(CHICAGO, NINE_TO_NINE, True, nine_in_the_evening_in_new_york)


def test_florida_closes_an_hour_before_its_neighbours():
    assert legal_window(MIAMI) == Hours(time(8), time(20))
    assert legal_window(NEW_YORK) == FEDERAL == Hours(time(8), time(21))

    assert open_now(NEW_YORK, NINE_TO_NINE, True, at("20:00"))
    assert not open_now(MIAMI, NINE_TO_NINE, True, at("20:00"))
    assert open_now(MIAMI, NINE_TO_NINE, True, at("19:59"))


def test_the_law_holds_whatever_the_campaign_says_and_only_the_simulator_is_free():
    late = at("23:00")

    assert not open_now(NEW_YORK, ALL_DAY, True, late)
    assert open_now(NEW_YORK, ALL_DAY, False, late)


def test_no_state_allows_more_than_the_federal_hours():
    assert "FL" in STATES
    for hours in STATES.values():
        assert FEDERAL.start <= hours.start < hours.end <= FEDERAL.end
        assert hours != FEDERAL


def test_a_margin_stops_work_before_closing_time():
    ten_minutes = timedelta(minutes=10)

    assert open_now(NEW_YORK, NINE_TO_NINE, True, at("20:49"), ten_minutes)
    assert not open_now(NEW_YORK, NINE_TO_NINE, True, at("20:50"), ten_minutes)


@pytest.mark.parametrize(
    ("clock", "is_open"),
    [("21:59", False), ("22:00", True), ("00:30", True), ("01:59", True), ("02:00", False)],
)
def test_hours_may_cross_midnight(clock, is_open):
    assert open_now(NEW_YORK, NIGHT, False, at(clock)) is is_open


def test_it_opens_now_when_it_is_open():
    assert opens_at(NEW_YORK, NINE_TO_NINE, True, at("12:00")) == at("12:00")


@pytest.mark.parametrize(
    ("now", "opening"),
    [
        (at("07:00"), at("09:00")),
        (at("21:00"), at("09:00", day="2026-07-16")),
        (at("23:59", day="2026-12-31"), at("09:00", day="2027-01-01")),
    ],
)
def test_it_opens_at_the_next_start(now, opening):
    assert opens_at(NEW_YORK, NINE_TO_NINE, True, now) == opening


def test_it_opens_when_the_law_does_if_the_campaign_starts_earlier():
    early = Hours(time(5), time(12))

    assert opens_at(NEW_YORK, early, True, at("05:30")) == at("08:00")
    assert opens_at(NEW_YORK, early, False, at("04:30")) == at("05:00")


def test_night_hours_open_only_in_the_laws_morning():
    night = Hours(time(20), time(10))

    assert open_now(NEW_YORK, night, True, at("20:30"))
    assert opens_at(NEW_YORK, night, True, at("21:30")) == at("08:00", day="2026-07-16")
    assert opens_at(NEW_YORK, night, True, at("11:00")) == at("20:00")


def test_hours_that_never_meet_the_law_never_open():
    assert opens_at(NEW_YORK, Hours(time(21), time(23)), True, at("12:00")) is None
    assert opens_at(MIAMI, Hours(time(20), time(21)), True, at("12:00")) is None


def test_the_day_the_clocks_go_forward_opens_by_the_new_clock():
    before = at("23:00", day="2026-03-07")

    opening = opens_at(NEW_YORK, NINE_TO_NINE, True, before)

    assert opening == datetime(2026, 3, 8, 13, tzinfo=UTC)
    assert opening - before.astimezone(UTC) == timedelta(hours=9)


def test_the_day_the_clocks_go_back_opens_by_the_new_clock():
    before = at("23:00", day="2026-10-31")

    opening = opens_at(NEW_YORK, NINE_TO_NINE, True, before)

    assert opening == datetime(2026, 11, 1, 14, tzinfo=UTC)


def test_an_opening_time_the_clocks_jump_over_is_told_an_hour_later():
    half_past_two = Hours(time(2, 30), time(5))

    opening = opens_at(NEW_YORK, half_past_two, False, at("01:00", day="2026-03-08"))

    assert opening == at("03:30", day="2026-03-08")


def test_an_hour_that_comes_twice_is_open_twice():
    one_to_two = Hours(time(1), time(2))

    assert open_now(NEW_YORK, one_to_two, False, at("01:30", day="2026-11-01", fold=0))
    assert open_now(NEW_YORK, one_to_two, False, at("01:30", day="2026-11-01", fold=1))
    assert not open_now(NEW_YORK, one_to_two, False, at("02:00", day="2026-11-01"))


def test_arizona_keeps_its_clock_in_summer():
    now = datetime(2026, 7, 15, 15, 30, tzinfo=UTC)

    assert open_keys({"America/Denver", "America/Phoenix"}, NINE_TO_NINE, True, now) == {"America/Denver"}


def test_the_keys_where_it_is_open():
    keys = [NEW_YORK, MIAMI, CHICAGO, "Pacific/Honolulu"]

    assert open_keys(keys, NINE_TO_NINE, True, at("20:30")) == {NEW_YORK, CHICAGO, "Pacific/Honolulu"}
    assert open_keys(keys, NINE_TO_NINE, True, at("20:30"), timedelta(hours=1)) == {
        CHICAGO,
        "Pacific/Honolulu",
    }


def test_an_unknown_clock_is_an_error_and_not_an_open_door():
    with pytest.raises(ZoneInfoNotFoundError):
        open_now("America/Atlantis", ALL_DAY, False, at("12:00"))


half_hours = st.builds(time, st.integers(0, 23), st.sampled_from([0, 30]))
moments = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))
keys = st.sampled_from([NEW_YORK, CHICAGO, MIAMI, "America/Phoenix", "Pacific/Honolulu", "America/St_Johns"])


@given(keys, st.builds(Hours, half_hours, half_hours), st.booleans(), moments)
@example(NEW_YORK, Hours(time(2, 30), time(3)), False, datetime(2026, 3, 8, 6, tzinfo=UTC))
def test_when_it_says_it_opens_it_is_open_and_before_that_it_was_not(key, hours, legal, now):
    opening = opens_at(key, hours, legal, now)

    assume(opening is not None)
    assert opening >= now
    assert open_now(key, hours, legal, opening)
    jumped = timedelta(hours=1)
    step = timedelta(minutes=10)
    moment = now
    while moment < opening - jumped:
        assert not open_now(key, hours, legal, moment)
        moment += step


@given(keys, st.builds(Hours, half_hours, half_hours), moments)
def test_nothing_legal_is_ever_outside_the_law(key, hours, now):
    if open_now(key, hours, True, now):
        assert legal_window(key).cover(now.astimezone(ZoneInfo(key.removesuffix("/FL"))).time())
        assert open_now(key, hours, False, now)
