"""The simulator's contacts: who they are and what they do with a text.

All of it follows from the seed, the number and the texts themselves; the time of day and what
others do change nothing, so a demo with the same seed plays the same way.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from . import listening
from .phrases import POOLS

T = TypeVar("T")

# (kind of contact, share of all numbers in per cent). The shares add up to 100.
KINDS: list[tuple[str, float]] = [
    ("silent", 35),
    ("stop", 4),
    ("failing", 2),
    ("yes", 17),
    ("no", 8),
    ("maybe", 8),
    ("asks", 9),
    ("already", 5),
    ("spanish", 4),
    ("curious", 4),
    ("wrong", 2.5),
    ("rude", 1),
    ("busy", 0.5),
]
QUESTIONS = {"question", "when", "where", "how many", "why"}
ANSWERING = {"yes", "no", "maybe", "asks", "already", "spanish", "curious", "wrong", "rude", "busy"}

# (code, what it says, share of the failing numbers)
CARRIER_ERRORS: list[tuple[str, str, float]] = [
    ("30003", "Unreachable destination handset", 45),
    ("30005", "Unknown destination handset", 35),
    ("30007", "Message filtered", 20),
]

# How many texts of ours a willing contact answers: (turns, share).
TURNS: list[tuple[int, float]] = [(1, 25), (2, 35), (3, 25), (4, 15)]
SHORT = {"wrong", "rude", "already", "no"}

# One in a hundred: carriers repeat themselves and dawdle, and so does this one.
ODD = 0.01


@dataclass(frozen=True, slots=True)
class Memory:
    """What a contact remembers of the organization that texts them."""

    texts: int = 0
    turn: int = 0
    topic: str = ""
    texter: str = ""


@dataclass(frozen=True, slots=True)
class Reaction:
    """What comes of one text. `error_code` empty: delivered. `words` empty: no answer.

    `pause` says where between the quickest and the slowest answer this one lies, 0 to 1.
    """

    error_code: str = ""
    error: str = ""
    report_late: bool = False
    report_twice: bool = False
    words: str = ""
    pause: float = 0.0
    words_twice: bool = False

    @property
    def state(self) -> str:
        return "failed" if self.error_code else "delivered"


def react(seed: int, number: str, text: str, memory: Memory) -> tuple[Reaction, Memory]:
    """What the contact with that number does with one more text, and what they remember afterwards."""
    memory = replace(memory, texts=memory.texts + 1)

    def oddly(what: str) -> bool:
        return draw(seed, number, f"{what} {memory.texts}") < ODD

    if kind(seed, number) == "failing":
        code, error = carrier_error(seed, number)
        return Reaction(error_code=code, error=error, report_twice=oddly("report twice")), memory
    words = ""
    if not listening.is_farewell(text):
        memory = listen(seed, number, text, memory)
        words = answer(seed, number, text, memory)
    reaction = Reaction(
        report_late=oddly("report late"),
        report_twice=oddly("report twice"),
        words=words,
        pause=draw(seed, number, f"pause {memory.texts}"),
        words_twice=oddly("words twice"),
    )
    return reaction, memory


def listen(seed: int, number: str, text: str, memory: Memory) -> Memory:
    """One turn further, or, when all was said and somebody introduces themselves, the first turn again."""
    again = memory.turn >= turns(seed, number) and listening.is_introduction(text)
    return replace(
        memory,
        turn=1 if again else memory.turn + 1,
        topic=listening.topic(text) or ("" if again else memory.topic),
        texter=listening.texter_name(text) or memory.texter,
    )


def answer(seed: int, number: str, text: str, memory: Memory) -> str:
    """The words, or nothing."""
    who = kind(seed, number)
    if who == "stop" and memory.turn == 1:
        return say(seed, number, "stop spanish" if listening.is_spanish(text) else "stop", memory)
    if who not in ANSWERING or memory.turn > turns(seed, number):
        return ""
    # The first text we hear may be the middle of a conversation that began before us.
    begins = memory.turn == 1 and listening.is_opening(text)
    pool = opening(who, memory) if begins else following(seed, number, who, text, memory)
    return in_own_style(seed, number, say(seed, number, pool, memory))


def opening(who: str, memory: Memory) -> str:
    """The pool a first answer comes from."""
    of_topic = f"{who} {memory.topic}"
    return of_topic if of_topic in POOLS else who


def following(seed: int, number: str, who: str, text: str, memory: Memory) -> str:
    """The pool a later answer comes from: this reads what the text wants."""
    wish = listening.wish(text)
    if who == "spanish":
        return "spanish later"
    if who == "wrong":
        return "sorry"
    if wish in QUESTIONS and who in {"no", "rude"}:
        return "says no"
    if wish == "question":
        mood = {"maybe": "maybe", "busy": "maybe", "curious": "maybe"}
        return f"says {mood.get(who, 'yes')}"
    if wish in POOLS:
        return wish
    return "follow up" if draw(seed, number, f"asks on {memory.turn}") < 0.25 else "noted"


def kind(seed: int, number: str) -> str:
    """Which of KINDS has that number."""
    return _share(draw(seed, number, "kind"), KINDS)


def carrier_error(seed: int, number: str) -> tuple[str, str]:
    """The code and the words with which texts to a failing number fail."""
    choices = [((code, words), share) for code, words, share in CARRIER_ERRORS]
    return _share(draw(seed, number, "error"), choices)


def turns(seed: int, number: str) -> int:
    """How many texts in one conversation that contact answers."""
    who = kind(seed, number)
    most = _share(draw(seed, number, "turns"), TURNS)
    if who in SHORT:
        return min(most, 2)
    # Who asks "who is this?" hears the answer, which is an introduction, without asking again.
    return max(most, 2) if who == "curious" else most


def say(seed: int, number: str, pool: str, memory: Memory) -> str:
    """Words from a pool. Numbers side by side walk through its templates, so neighbours never sound alike."""
    templates = POOLS[pool]
    start = int(draw(seed, pool, f"{memory.turn}") * len(templates))
    sentences = templates[(start + int(number.lstrip("+"))) % len(templates)]
    words = sentences[int(draw(seed, number, f"{pool} {memory.turn}") * len(sentences))]
    if memory.texter:
        return words.replace("NAME", memory.texter)
    return words.replace(", NAME", "").replace(" NAME", "")


def in_own_style(seed: int, number: str, words: str) -> str:
    """Some people never reach for the shift key, some never for the full stop."""
    style = draw(seed, number, "style")
    if style < 0.25:
        return words.lower().removesuffix(".")
    return words.removesuffix(".") if style < 0.4 else words


def draw(seed: int, number: str, what: str) -> float:
    """A number from 0 up to 1 that is always the same for the same three."""
    digest = hashlib.blake2b(f"{seed} {number} {what}".encode(), digest_size=7).digest()
    return int.from_bytes(digest) / 2**56


def _share(drawn: float, choices: Sequence[tuple[T, float]]) -> T:
    below = 0.0
    for choice, share in choices:
        below += share / 100
        if drawn < below:
            return choice
    return choices[-1][0]
