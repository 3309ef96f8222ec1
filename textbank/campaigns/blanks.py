"""Blanks in a script: `{firstName}` becomes the contact's first name when a text is sent.

A blank is named by one of the names below or by a heading of the contact list. Names are compared as
people type them: `{first name}`, `{First_Name}` and `{firstName}` are one.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from difflib import get_close_matches

# Whoever wrote to the contact before. A sentence that names them is said only where there is somebody to name.
PREVIOUS = "previousTexterFirstName"
NAMES = ("firstName", "lastName", "texterFirstName", "texterLastName", PREVIOUS)

BLANK = re.compile(r"\{\s*([^{}]*[^{}\s])\s*\}")
# A brace that opens or closes no blank would reach the contact as it is.
STRAY = re.compile(r"\{[^{}\s]*\}?|[^{}\s]*\}")
CLOSES = " \n,.;:!?)"
ENDING = re.compile(r"[^\S\n]+(?=\n|\Z)")
# With what ends it and the space after it. What stands in braces ends none.
SENTENCE = re.compile(r"(?:\{[^{}]*\}|[^.!?\n])+[.!?]*[^\S\n]*")


def tokens(text: str) -> list[str]:
    """The names in the blanks of a text, as typed, each once, in order."""
    once: dict[str, str] = {}
    for name in BLANK.findall(text):
        once.setdefault(key(name), name)
    return list(once.values())


def unknown(text: str, fields: Iterable[str] = ()) -> list[str]:
    """What in a text's braces would not be filled: names neither ours nor among `fields`, and stray braces.

    `fields` are the headings of the contact list. Names come bare ("frist name"), stray bits with their brace
    ("{firstName,").
    """
    known = {key(name) for name in (*NAMES, *fields)}
    return [name for name in tokens(text) if key(name) not in known] + STRAY.findall(BLANK.sub("", text))


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its blanks filled, once: braces in a value stay as they are.

    A blank without a value goes with the space before it, and at the start of a line with the comma after
    it: "Hi {firstName}, it's Tess" becomes "Hi, it's Tess".
    """
    by_key = {key(name): value.strip() for name, value in values.items()}
    if not by_key.get(key(PREVIOUS)) and _names_previous(text):
        text = _said_of_nobody(text)
    filled = ""
    rest = 0
    for blank in BLANK.finditer(text):
        filled += text[rest : blank.start()]
        rest = blank.end()
        value = by_key.get(key(blank[1]), "")
        filled += value
        if not value:
            filled, rest = _without_gap(filled, text, rest)
    return filled + text[rest:]


def suggest(unknown: str, fields: Iterable[str] = ()) -> str | None:
    """The name that was probably meant, spelt as it should be, for a "did you mean"; None if none is near."""
    by_key = {key(name): name for name in (*NAMES, *fields)}
    near = get_close_matches(key(unknown.strip("{}")), by_key, n=1, cutoff=0.7)
    return by_key[near[0]] if near else None


def key(name: str) -> str:
    """A name as it is compared: no case, accents, spaces or punctuation, unless it has nothing else."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if c.isalnum())
    return plain or name.strip()


def _without_gap(filled: str, text: str, rest: int) -> tuple[str, int]:
    if rest == len(text) or text[rest] in CLOSES:
        filled = filled.rstrip(" ")
    if not filled or filled.endswith("\n"):
        while rest < len(text) and text[rest] in " ,;:":
            rest += 1
    return filled, rest


def _said_of_nobody(text: str) -> str:
    """Without the sentences that name whoever wrote before."""
    said = SENTENCE.sub(lambda sentence: "" if _names_previous(sentence[0]) else sentence[0], text)
    return ENDING.sub("", said)


def _names_previous(text: str) -> bool:
    return any(key(name) == key(PREVIOUS) for name in BLANK.findall(text))
