import pytest
from hypothesis import given
from hypothesis import strategies as st

from textbank.campaigns.blanks import fill, suggest, tokens, unknown

ANA = {"firstName": "Ana", "lastName": "Gómez", "texterFirstName": "Tess", "Polling Place": "Elm School"}


def test_the_names_in_a_text_each_once_as_typed():
    text = "Hi {firstName}, it's {texterFirstName}. {FIRSTNAME}, you vote at { Polling Place }."

    assert tokens(text) == ["firstName", "texterFirstName", "Polling Place"]


@pytest.mark.parametrize("text", ["", "Hi there", "{}", "{ }", "{{}}", "}{"])
def test_no_name_no_blank(text):
    assert tokens(text) == []


@pytest.mark.parametrize(
    "typed", ["firstName", "firstname", "FIRSTNAME", "First Name", "first_name", "first-name", "  firstName "]
)
def test_names_are_known_as_people_type_them(typed):
    text = f"Hi {{{typed}}}!"

    assert unknown(text) == []
    assert fill(text, ANA) == "Hi Ana!"


def test_headings_of_the_list_are_names_too():
    text = "You vote at {pollingPlace}."

    assert unknown(text, ["Polling Place"]) == []
    assert fill(text, ANA) == "You vote at Elm School."


def test_a_name_nobody_knows_is_told():
    assert unknown("Hi {fristName}, {Polling Place} and {x}", ["Polling Place"]) == ["fristName", "x"]


@pytest.mark.parametrize(
    ("text", "stray"),
    [
        ("Hi {firstName, it's Tess", ["{firstName,"]),
        ("Hi firstName}, it's Tess", ["firstName}"]),
        ("Hi {}, it's Tess", ["{}"]),
        ("Hi {{firstName}}", ["{}"]),
    ],
)
def test_a_stray_brace_is_told(text, stray):
    assert unknown(text) == stray


def test_a_blank_in_a_value_is_not_filled_again():
    assert fill("Hi {firstName}", {"firstName": "{lastName}", "lastName": "secret"}) == "Hi {lastName}"


TAKING_OVER = "I'm {texterFirstName}, taking over from {previousTexterFirstName}."


def test_whoever_wrote_before_is_named():
    assert fill(TAKING_OVER, ANA | {"previousTexterFirstName": "Theo"}) == "I'm Tess, taking over from Theo."
    assert unknown(TAKING_OVER) == []


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        (TAKING_OVER, ""),
        (f"{TAKING_OVER} Where do you vote?", "Where do you vote?"),
        (f"Hi {{firstName}}! {TAKING_OVER}\nWhere do you vote?", "Hi Ana!\nWhere do you vote?"),
        ("It's Tess, {Previous texter first name} told me... Shall we?", "Shall we?"),
        ("No. Nobody. {texterFirstName}", "No. Nobody. Tess"),
    ],
)
def test_a_sentence_that_names_nobody_is_not_said(text, filled):
    assert fill(text, ANA) == filled
    assert fill(text, ANA | {"previousTexterFirstName": " "}) == filled


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("Hi {firstName}, it's Tess", "Hi, it's Tess"),
        ("Hi {firstName}!", "Hi!"),
        ("Hi {firstName} how are you?", "Hi how are you?"),
        ("Dear {firstName} {lastName}, hello", "Dear, hello"),
        ("Thanks {firstName}", "Thanks"),
        ("{firstName}, can we count on you?", "can we count on you?"),
        ("Hello\n{firstName}, can we?", "Hello\ncan we?"),
        ("Hello {firstName}\nCan we?", "Hello\nCan we?"),
        ("(ask {firstName})", "(ask)"),
        ("vote-{firstName}-now", "vote--now"),
        ("{firstName}", ""),
        ("Two  spaces, {firstName} stay  elsewhere", "Two  spaces, stay  elsewhere"),
    ],
)
def test_a_missing_value_leaves_no_gap(text, filled):
    assert fill(text, {}) == filled
    assert fill(text, {"firstName": "   "}) == filled


def test_a_name_is_filled_without_the_spaces_around_it():
    assert fill("Hi {firstName}!", {"firstName": " Ana "}) == "Hi Ana!"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("fristName", "firstName"),
        ("name first", None),
        ("{firstNam,", "firstName"),
        ("texterName", "texterLastName"),
        ("poling place", "Polling Place"),
        ("zzz", None),
    ],
)
def test_what_was_probably_meant(typed, meant):
    assert suggest(typed, ["Polling Place"]) == meant


@given(st.text())
def test_a_text_without_braces_is_sent_as_written(text):
    text = text.replace("{", "").replace("}", "")

    assert fill(text, ANA) == text
    assert unknown(text) == []


@given(st.text(alphabet="{} aN,.\n", max_size=30))
def test_what_is_not_told_as_unknown_leaves_no_brace(text):
    if not unknown(text, ["a", "N", "aN", "aa", "Na"]):
        assert "{" not in fill(text, {})
        assert "}" not in fill(text, {})


@given(st.text(min_size=1).filter(str.strip), st.text(min_size=1).filter(str.strip))
def test_every_blank_takes_its_value(before, value):
    before = before.replace("{", "").replace("}", "")

    assert fill(before + "{firstName}.", {"firstName": value}) == f"{before}{value.strip()}."
