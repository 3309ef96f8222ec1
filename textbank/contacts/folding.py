"""Names as they are searched: "Łukasz GÓMEZ" is found by "lukasz gomez"."""

import unicodedata

# Letters that no accent can be taken from, and that people type without.
PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "’": "'"})


def fold(name: str) -> str:
    """The name without case and accents; what is searched for is folded too."""
    if name.isascii():
        return name.lower()
    spread = unicodedata.normalize("NFKD", name)
    return "".join(c for c in spread if not unicodedata.combining(c)).casefold().translate(PLAIN)


# What stands between the words of a name; the index of names divides them in the same places.
BETWEEN = "-.,'\"()/"
DIVIDE = str.maketrans(BETWEEN, " " * len(BETWEEN))


def words(name: str) -> list[str]:
    """The folded words of a name: "O'Brien-Gómez" has three."""
    return fold(name).translate(DIVIDE).split()
