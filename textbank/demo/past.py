"""The life that a conversation of the demo has had so far: texts that go back and forth until now.

The contacts are the simulator's own, so that they go on live as they began here. Nothing of it touches the database.
"""

import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from textbank.campaigns import blanks
from textbank.contacts import opt_out_words
from textbank.contacts.opt_out_words import Word
from textbank.conversations.models import Direction, Kind, MessageStatus, Status
from textbank.demo import talk
from textbank.demo.talk import Script
from textbank.messaging.providers.simulator import contacts
from textbank.messaging.providers.simulator.contacts import Memory

SECOND, MINUTE, HOUR = dt.timedelta(seconds=1), dt.timedelta(minutes=1), dt.timedelta(hours=1)

# Shares: contacts who would answer but never do; replies of these last hours that nobody has got round to.
FORGETFUL = 0.2
UNATTENDED = 0.6
LATELY = 7 * HOUR
# Replies of the day before that were overlooked, and talks that were closed when they were over.
OVERLOOKED, YESTERDAY = 0.06, 36 * HOUR
TIDY = 0.55
# Texts that the carrier never reported on.
UNREPORTED = 0.01


class Said(NamedTuple):
    """A text of the past, as its row will be."""

    at: dt.datetime
    direction: Direction
    kind: Kind
    status: MessageStatus
    text: str
    author: int | None = None
    error: str = ""


class Answered(NamedTuple):
    step: int
    value: str
    at: dt.datetime


@dataclass
class Thread:
    """A conversation of the past: who is texted by whom, with which words for the blanks, and what came of it."""

    pk: int
    cell: str
    texter: int
    words: dict[str, str]
    said: list[Said] = field(default_factory=list)
    answers: list[Answered] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    status: Status = Status.NEEDS_FIRST_MESSAGE
    stop: Said | None = None
    closed_at: dt.datetime | None = None

    @property
    def waiting_since(self) -> dt.datetime | None:
        """The oldest text that no person has answered."""
        since = None
        for one in self.said:
            if one.direction == Direction.INBOUND:
                since = since or one.at
            elif one.kind != Kind.AUTOMATIC:
                since = None
        return since

    @property
    def last_activity(self) -> dt.datetime:
        return max(one.at for one in self.said if one.kind != Kind.AUTOMATIC)

    @property
    def worked_at(self) -> dt.datetime:
        """The last that a person of ours did with it."""
        texted = max(one.at for one in self.said if one.author)
        return max(texted, self.closed_at) if self.closed_at else texted


class Life:
    """Lets conversations happen, up to `now`; the same seed brings the same ones."""

    def __init__(self, seed: int, now: dt.datetime, opt_out_reply: str) -> None:
        self.lot = random.Random(seed)
        # How much was sent does not hang on the hour of the day, as what is drawn along the way does.
        self.shares = random.Random(seed)
        self.now = now
        self.opt_out_reply = opt_out_reply

    def live(self, thread: Thread, script: Script, begins: dt.datetime, until: dt.datetime) -> None:
        """The whole conversation; nobody of ours texts after `until`."""
        memory, node, at = Memory(), script.first, begins
        kind, words = Kind.FIRST, script.nodes[script.first].text
        open_at: int | None = node
        for spoken in range(1, 9):
            text = blanks.fill(words, thread.words)
            reaction, memory = contacts.react(talk.SEED, thread.cell, text, memory)
            self.write(thread, at, kind, text, f"{reaction.error_code} {reaction.error}".strip())
            thread.status = Status.FIRST_MESSAGE_SENT if kind == Kind.FIRST else Status.ACTIVE
            arrives = at + self.thinks(spoken)
            if not reaction.words or self.forgets(spoken) or arrives > min(self.now - 20 * SECOND, until + 12 * HOUR):
                break
            self.hear(thread, arrives, reaction.words)
            if thread.stop:
                return
            turn = talk.respond(script, thread.cell, reaction.words, open_at, spoken)
            at = arrives + self.types()
            if at > min(self.now, until) or self.leaves(arrives):
                return
            if turn.step:
                thread.answers.append(Answered(turn.step, turn.value, at - 5 * SECOND))
                open_at = script.nodes[turn.step].choices[turn.value]
            if turn.tag:
                thread.tags.append(turn.tag)
            if not turn.words:
                # Thanks want no answer: the conversation is closed as it is.
                thread.status, thread.closed_at = Status.CLOSED, at
                return
            kind, words = Kind.REPLY, turn.words
        self.tidy(thread, until)

    def write(self, thread: Thread, at: dt.datetime, kind: Kind, text: str, error: str) -> None:
        reported = MessageStatus.FAILED if error else MessageStatus.DELIVERED
        status = MessageStatus.SENT if self.lot.random() < UNREPORTED else reported
        error = error if status == MessageStatus.FAILED else ""
        thread.said.append(Said(at, Direction.OUTGOING, kind, status, text, thread.texter, error))

    def hear(self, thread: Thread, at: dt.datetime, words: str) -> None:
        text = Said(at, Direction.INBOUND, Kind.REPLY, MessageStatus.RECEIVED, words)
        thread.said.append(text)
        thread.status = Status.NEEDS_RESPONSE
        if opt_out_words.read(words) == Word.OPT_OUT:
            thread.stop, thread.status = text, Status.CLOSED
            answer = (at + SECOND, Direction.OUTGOING, Kind.AUTOMATIC, MessageStatus.DELIVERED, self.opt_out_reply)
            thread.said.append(Said(*answer))

    def tidy(self, thread: Thread, until: dt.datetime) -> None:
        """Talks that are over are closed, by those who like a tidy list."""
        over = thread.status == Status.ACTIVE and thread.last_activity < min(self.now, until) - HOUR
        if over and ("Wrong number" in thread.tags or self.lot.random() < TIDY):
            thread.status, thread.closed_at = Status.CLOSED, thread.last_activity + HOUR

    def thinks(self, spoken: int) -> dt.timedelta:
        """How long a contact takes to answer: minutes mostly, the first time sometimes hours."""
        minutes = self.lot.expovariate(1 / (20 if spoken == 1 else 6))
        return dt.timedelta(seconds=15, minutes=min(minutes, 300))

    def types(self) -> dt.timedelta:
        return dt.timedelta(seconds=25, minutes=min(self.lot.expovariate(1 / 7), 60))

    def forgets(self, spoken: int) -> bool:
        return self.lot.random() < (FORGETFUL if spoken == 1 else 0.1)

    def leaves(self, arrived: dt.datetime) -> bool:
        """Whether nobody has answered a text that came then."""
        ago = self.now - arrived
        share = UNATTENDED if ago < LATELY else OVERLOOKED if ago < YESTERDAY else 0
        return self.lot.random() < share


def first_messages(lot: random.Random, begins: dt.datetime, count: int) -> Iterator[dt.datetime]:
    """When somebody clicks who sends that many first messages in a row."""
    at = begins + 40 * SECOND
    for _ in range(count):
        yield at
        at += dt.timedelta(seconds=lot.uniform(2.5, 9))
