"""The look keeps its promises: readable in both themes, nothing inline, numbers drawn as they are."""

import re
from pathlib import Path

import pytest
from django.template import Context, Template
from django.template.loader import render_to_string

from textbank.conversations.models import Status
from textbank.organizations.models import Colour, Tag
from textbank.web.templatetags.look import STATUSES, hue, initials, stacked_bar

WEB = Path(__file__).parent.parent / "textbank" / "web"
TOKENS = (WEB / "static" / "css" / "tokens.css").read_text()
BY_SYSTEM = ':root:not([data-theme="light"])'
BY_CHOICE = ':root[data-theme="dark"]'

KINDS = ["good", "warn", "bad", "note", "first", "sent", "waiting", "active", "closed"]
WORDS = [
    *[(f"{kind}-text", f"{kind}-soft") for kind in KINDS],
    *[(f"hue-{number}-ink", f"hue-{number}") for number in range(6)],
    *[(ink, paper) for ink in ("ink", "ink-2", "ink-3") for paper in ("paper", "surface", "sunken", "hover")],
    *[(text, "surface") for text in ("accent-text", "bad-text", "warn-text")],
    *[("accent-ink", "accent"), ("accent-ink", "accent-hover"), ("bad-ink", "bad"), ("bad-ink", "bad-hover")],
    *[("bubble-in-ink", "bubble-in"), ("bubble-out-ink", "bubble-out"), ("accent-text", "accent-soft")],
]
SHAPES = [(shape, "surface") for shape in ("line-strong", "focus", "sent", "waiting", "active", "closed", "first")]


def colours(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))


def block(selector: str) -> str:
    return TOKENS.split(selector + " {")[1].split("}")[0]


LIGHT = colours(block(":root"))
THEMES = {"light": LIGHT, "dark": LIGHT | colours(block(BY_CHOICE))}


def brightness(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, bright = sorted((brightness(one), brightness(other)))
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", THEMES)
def test_words_and_shapes_stand_out_as_much_as_wcag_asks(theme: str) -> None:
    colour = THEMES[theme]

    faint = [pair for pair in WORDS if contrast(*(colour[name] for name in pair)) < 4.5]
    faint += [pair for pair in SHAPES if contrast(*(colour[name] for name in pair)) < 3]

    assert faint == []


def test_dark_is_the_same_by_system_and_by_choice() -> None:
    assert block(BY_SYSTEM).split() == block(BY_CHOICE).split()


def test_no_template_holds_a_style_or_a_script_of_its_own() -> None:
    inline = re.compile(r"\sstyle=|<style|\son[a-z]+=|<script(?![^>]*\ssrc=)|hx-on|javascript:")

    found = [page.name for page in WEB.rglob("*.html") if inline.search(page.read_text())]

    assert found == []


def test_every_icon_that_is_asked_for_is_drawn() -> None:
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', (WEB / "static" / "icons.svg").read_text()))

    asked = {
        name
        for page in WEB.rglob("*.html")
        for name in re.findall(r'\{% icon "([\w-]+)"|picture="([\w-]+)"', page.read_text())
        for name in name
        if name
    }

    assert asked <= drawn


def test_every_colour_of_a_tag_is_a_pair_that_can_be_read() -> None:
    parts = (WEB / "static" / "css" / "parts.css").read_text()
    pair = r'data-colour="(\w+)"\] \{\s*--wash: var\(--([\w-]+)\);\s*--tint: var\(--([\w-]+)\);'

    pairs = {colour: (tint, wash) for colour, wash, tint in re.findall(pair, parts)}

    assert set(pairs) == set(Colour)
    assert set(pairs.values()) <= set(WORDS)


def test_a_tag_says_that_it_escalates_and_is_never_taken_for_markup() -> None:
    tag = Tag(title="<b>Urgent</b>", colour=Colour.RED, assignable=False)
    drawn = Template("{% load look %}{% tag_chip tag %}").render(Context({"tag": tag}))

    assert 'data-colour="red"' in drawn
    assert 'aria-label="Escalates:"' in drawn
    assert "&lt;b&gt;Urgent" in drawn


def test_statuses_are_called_what_the_domain_calls_them() -> None:
    assert {status.key: status.label for status in Status} == STATUSES


def test_initials_are_of_the_first_and_the_last_name() -> None:
    assert [initials(name) for name in ("Ada King Lovelace", "tess", "")] == ["AL", "T", "?"]
    assert hue("Ada") == hue("Ada") < 6


def test_a_bar_shows_the_few_who_wait_among_the_many() -> None:
    drawn = stacked_bar({Status.NEEDS_RESPONSE: 7, Status.FIRST_MESSAGE_SENT: 9_993})

    sent, waiting = drawn["parts"]
    assert (sent["start"], sent["width"]) == (0, 9_993)
    assert (waiting["start"], waiting["count"], waiting["width"]) == (9_993, 7, 166)
    assert drawn["total"] == 9_993 + 166


def test_a_page_that_is_not_there_says_so() -> None:
    assert "There is nothing at this address" in render_to_string("404.html")
