"""How many segments a text costs: what carriers bill, and what a contact's phone puts together again.

`web/static/js/segments.js` counts the same way while a script is being typed.
"""

from typing import Literal, NamedTuple

# 3GPP TS 23.038, the default alphabet and its extension table.
BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("\f^{}\\[~]|€")

# Units (septets, or UTF-16 code units) in a text of one segment, and in each of several: they have a header.
SIZES = {"GSM-7": (160, 153), "Unicode": (70, 67)}


class Segments(NamedTuple):
    """What a text costs.

    `characters` are the units a carrier counts: two for "€" in GSM-7, two for "😀" in Unicode. `left` are the
    units that still fit without another segment. `culprits` are the characters that force Unicode, each once.
    """

    encoding: Literal["GSM-7", "Unicode"]
    characters: int
    segments: int
    left: int
    culprits: tuple[str, ...]


def count(text: str) -> Segments:
    """What the text costs when it is sent as it is."""
    culprits = tuple(dict.fromkeys(c for c in text if c not in BASIC and c not in EXTENSION))
    encoding: Literal["GSM-7", "Unicode"] = "Unicode" if culprits else "GSM-7"
    widths = [_utf_16_width(c) if culprits else _septets(c) for c in text]
    characters = sum(widths)
    alone, together = SIZES[encoding]
    if characters <= alone:
        return Segments(encoding, characters, int(bool(text)), alone - characters, culprits)
    segments, left = _packed(widths, together)
    return Segments(encoding, characters, segments, left, culprits)


def _packed(widths: list[int], size: int) -> tuple[int, int]:
    """Segments filled one after the other, and the room left in the last: no character lies across two."""
    segments, left = 1, size
    for width in widths:
        if width > left:
            segments, left = segments + 1, size
        left -= width
    return segments, left


def _septets(character: str) -> int:
    return 2 if character in EXTENSION else 1


def _utf_16_width(character: str) -> int:
    return 2 if ord(character) > 0xFFFF else 1
