from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import phonenumbers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from phonenumbers import geocoder

from textbank.campaigns.texting_hours import STATES
from textbank.contacts.zones import CLOCKS, SAME_CLOCK, Zone, hours_key, normalise, zone


def by_phonenumbers(text: str) -> str | None:
    try:
        number = phonenumbers.parse(text, "US")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@pytest.mark.parametrize(
    "text",
    [
        "2025550123",
        "12025550123",
        "+12025550123",
        "(202) 555-0123",
        "(202)555-0123",
        "202-555-0123",
        "202.555.0123",
        "1-202-555-0123",
        "+1 202 555 0123",
        "  202 555 0123 ",
        "+1 (202) 555‑0123",
        "tel:+1-202-555-0123",
        "２０２５５５０１２３",
    ],
)
def test_a_number_is_read_however_it_is_written(text):
    assert normalise(text) == "+12025550123"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "555",
        "555-0123",
        "1234567890",
        "0000000000",
        "(555) 555-0123",
        "202555012",
        "20255501234",
        "none",
        "ada@riverton.org",
        "+999 123456",
        "2025550123\n2025550124",
    ],
)
def test_what_is_no_number_is_none(text):
    assert normalise(text) is None


@pytest.mark.parametrize("line", ["0100", "0123", "0199"])
def test_the_numbers_kept_free_for_stories_are_accepted(line):
    assert normalise(f"202555{line}") == f"+1202555{line}"


def test_abroad_is_read_when_it_says_so():
    assert normalise("+44 20 7946 0000") == "+442079460000"
    assert normalise("020 7946 0000") is None
    assert normalise("020 7946 0000", "GB") == "+442079460000"
    assert normalise("2025550123", "GB") is None


ordinary_shapes = st.sampled_from(["{}{}{}", "({}) {}-{}", "{}-{}-{}", "{}.{}.{}", "+1{}{}{}", "1 {} {} {}"])
digits = st.text("0123456789", min_size=3, max_size=3)


@given(ordinary_shapes, digits, digits, st.text("0123456789", min_size=4, max_size=4))
@example("{}{}{}", "242", "357", "0123")
@example("{}{}{}", "242", "999", "0123")
@example("{}{}{}", "523", "123", "0123")
def test_the_quick_way_agrees_with_phonenumbers(shape, area, exchange, line):
    text = shape.format(area, exchange, line)

    assert normalise(text) == by_phonenumbers(text)


@pytest.mark.parametrize("exchange", ["555", "234", "911", "055"])
def test_every_area_code_agrees_with_phonenumbers(exchange):
    for area in range(200, 1000):
        text = f"{area}{exchange}0123"
        assert normalise(text) == by_phonenumbers(text), text


@given(st.text("0123456789+()-. x\tabc０", max_size=16))
@example("+1 1 202 555 0123")
@example("1(202)5550123")
@example("(2025550123")
@example("202)5550123")
def test_any_scribble_agrees_with_phonenumbers(text):
    assert normalise(text) == by_phonenumbers(text)


def test_a_zip_code_says_where_a_contact_is_whatever_the_number_says():
    new_york_number = "+12125550123"

    assert zone("33101", new_york_number) == Zone("America/New_York", "FL")
    assert zone("60601-1234", new_york_number) == Zone("America/Chicago", "IL")
    assert zone("96813", new_york_number) == Zone("Pacific/Honolulu", "HI")
    assert zone("83702", new_york_number) == Zone("America/Denver", "ID")


@pytest.mark.parametrize("zip_code", ["", "00000", "x", "M5V 2T6", "09012"])
def test_without_a_zip_code_we_know_the_number_says_it(zip_code):
    assert zone(zip_code, "+13055550123") == Zone("America/New_York", "FL")


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("+12125550123", Zone("America/New_York", "NY")),
        ("+16025550123", Zone("America/Phoenix", "AZ")),
        ("+12085550123", Zone("America/Denver", "ID")),
        ("+17755550123", Zone("America/Los_Angeles", "NV")),
        ("+17015550123", Zone("America/Chicago", "ND")),
        ("+19075550123", Zone("America/Anchorage", "AK")),
        ("+17875550123", Zone("America/Puerto_Rico", "PR")),
        ("+13245550123", Zone("America/New_York", "FL")),
        ("+15195550123", Zone("America/Toronto", "")),
        ("+12425550123", Zone("America/New_York", "")),
        ("+18765550123", Zone("America/Jamaica", "")),
    ],
)
def test_an_area_code_has_a_clock_and_a_state(cell, expected):
    assert zone("", cell) == expected


@pytest.mark.parametrize("cell", ["+18885550123", "+15005550123", "", "+999", "+442079460000"])
def test_a_number_of_no_place_has_the_default_clock(cell):
    assert zone("", cell, "America/Chicago") == Zone("America/Chicago", "")


def test_every_contact_has_one_of_the_clocks():
    """Or a query that lists the hours keys where it is open would never find them."""
    for area in range(200, 1000):
        assert zone("", f"+1{area}5550123").timezone in CLOCKS, area
    for district in range(1000):
        for offset in (1, 10, 50):
            assert zone(f"{district:03}{offset:02}", "").timezone in CLOCKS
    assert zone("", "", "America/Detroit") == Zone("America/New_York", "")


def test_the_key_names_a_state_only_where_it_has_hours_of_its_own():
    assert hours_key(Zone("America/New_York", "FL")) == "America/New_York/FL"
    assert hours_key(Zone("America/Chicago", "FL")) == "America/Chicago/FL"
    assert hours_key(Zone("America/New_York", "NY")) == "America/New_York"
    assert hours_key(Zone("America/Toronto", "")) == "America/Toronto"


def test_clocks_we_call_the_same_are_the_same():
    hour = datetime(2026, 1, 1, tzinfo=UTC)
    while hour < datetime(2028, 1, 1, tzinfo=UTC):
        for name, clock in SAME_CLOCK.items():
            assert hour.astimezone(ZoneInfo(name)).utcoffset() == hour.astimezone(ZoneInfo(clock)).utcoffset()
        hour += timedelta(hours=97)
    assert set(SAME_CLOCK.values()) <= set(CLOCKS)
    assert not set(SAME_CLOCK) & set(CLOCKS)


WITH_HOURS_OF_THEIR_OWN = {
    "Alabama": "AL",
    "Connecticut": "CT",
    "Florida": "FL",
    "Kentucky": "KY",
    "Louisiana": "LA",
    "Maryland": "MD",
    "Massachusetts": "MA",
    "Michigan": "MI",
    "Minnesota": "MN",
    "Mississippi": "MS",
    "Nevada": "NV",
    "New Mexico": "NM",
    "Oklahoma": "OK",
    "Rhode Island": "RI",
    "South Dakota": "SD",
    "Texas": "TX",
    "Washington State": "WA",
    "Wyoming": "WY",
}


def test_every_area_code_of_a_state_with_hours_of_its_own_is_known():
    assert set(WITH_HOURS_OF_THEIR_OWN.values()) == set(STATES), "a new state needs its name here"
    compared = 0
    for area in range(200, 1000):
        number = phonenumbers.parse(f"+1{area}5550123")
        described = geocoder.description_for_number(number, "en")
        state = WITH_HOURS_OF_THEIR_OWN.get(described, described[-2:] if ", " in described else "")
        if state in STATES:
            assert zone("", f"+1{area}5550123").state == state, area
            compared += 1
    assert compared > 120
