"""Taking texts, and what the network and the contacts do with them."""

import asyncio
import contextlib
import re
import secrets
from collections import OrderedDict, deque
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from . import contacts
from .contacts import Memory, Reaction
from .faults import Faults
from .knocking import Knocker

Fields = dict[str, Any]
Answer = tuple[int, Fields]

MOST_KEPT = 200_000
NUMBER = re.compile(r"\+[1-9]\d{6,14}")

# Longer than any client waits, short enough not to pile up.
SILENCE_SECONDS = 30.0
ODD_LATENESS_SECONDS = 60.0
OUT_OF_ORDER_SECONDS = 0.2

UNTROUBLED = Reaction()


@dataclass(frozen=True, slots=True)
class Pace:
    """From when to when reports and answers come, in seconds. None: they never come."""

    report: tuple[float, float] | None
    answer: tuple[float, float] | None
    # Whether reports and answers now and then come late or twice without being ordered to.
    odd: bool = False


PACES = {
    "demo": Pace(report=(0.4, 2.0), answer=(3.0, 25.0), odd=True),
    "instant": Pace(report=(0.0, 0.0), answer=(0.0, 0.0)),
    "reports": Pace(report=(0.0, 0.0), answer=None),
    "silent": Pace(report=None, answer=None),
}


@dataclass(frozen=True, slots=True)
class Taken:
    """A text the carrier has taken."""

    id: str
    service: str
    sender: str
    to: str
    text: str
    message_id: Any
    at: str

    def shown(self) -> Fields:
        return {
            "id": self.id,
            "service": self.service,
            "from": self.sender,
            "to": self.to,
            "text": self.text,
            "message_id": self.message_id,
            "at": self.at,
        }


class Carrier:
    """What the carrier knows: the texts it took, what its contacts remember, the faults on order."""

    def __init__(self, knocker: Knocker, seed: int, pace: str, answers_after: float = 0.0) -> None:
        self.knocker = knocker
        self.seed = seed
        self.usual_pace = pace
        self.answers_after = answers_after
        # Ids must not begin again with the process: who received them yesterday would take today's for doubles.
        self.born = secrets.token_hex(4)
        self.ids = count(1)
        self.closing = asyncio.Event()
        self._begin()

    async def reset(self) -> None:
        """As if just started; nothing from before is heard of any more."""
        self._begin()
        await self.knocker.forget()

    def _begin(self) -> None:
        self.pace = PACES[self.usual_pace]
        self.faults = Faults()
        self.count = 0
        self.taken: deque[Taken] = deque(maxlen=MOST_KEPT)
        self.memories: OrderedDict[tuple[str, str], Memory] = OrderedDict()

    def new_id(self, kind: str) -> str:
        return f"{kind}-{self.born}-{next(self.ids)}"

    async def take(self, service: str, fields: Fields) -> Answer:
        """One text of ours, with the faults that were ordered."""
        if self.faults.strikes("answer_429"):
            return 429, {"code": "429", "reason": "Too many requests"}
        if self.faults.strikes("answer_500"):
            return 500, {"code": "500", "reason": "Internal error"}
        for name in ("from", "to"):
            if not NUMBER.fullmatch(_text(fields, name)):
                return 400, {"code": "21211", "reason": f"{name} is not a phone number"}
        taken = self._keep(service, fields)
        self._set_going(taken)
        if self.faults.strikes("timeout_after_accept"):
            await self._dawdle(SILENCE_SECONDS)
        elif self.answers_after:
            await self._dawdle(self.answers_after)
        return 201, {"id": taken.id}

    async def _dawdle(self, seconds: float) -> None:
        """Let a caller wait, but not past the carrier's own end."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.closing.wait()

    def _keep(self, service: str, fields: Fields) -> Taken:
        taken = Taken(
            id=self.new_id("text"),
            service=service,
            sender=_text(fields, "from"),
            to=_text(fields, "to"),
            text=_text(fields, "text"),
            message_id=fields.get("message_id"),
            at=moment(),
        )
        self.taken.append(taken)
        self.count += 1
        return taken

    def _set_going(self, taken: Taken) -> None:
        """Plan what the contact and the network do with the text."""
        if self.pace.report is None and self.pace.answer is None:
            return
        who = (taken.service, taken.to)
        memory = self.memories.pop(who, Memory())
        reaction, self.memories[who] = contacts.react(self.seed, taken.to, taken.text, memory)
        if len(self.memories) > MOST_KEPT:
            self.memories.popitem(last=False)
        arrives = self._plan_reports(taken, reaction)
        if reaction.words and self.pace.answer:
            self.text_back(
                taken.service,
                {"from": taken.to, "to": taken.sender, "text": reaction.words},
                after=arrives + _between(self.pace.answer, reaction.pause),
                twice=reaction.words_twice and self.pace.odd,
            )

    def _plan_reports(self, taken: Taken, reaction: Reaction) -> float:
        """Plan the reports; returns in how many seconds the text arrives."""
        if self.pace.report is None:
            return 0.0
        arrives = _between(self.pace.report, reaction.pause)
        # What is odd by itself belongs to the demo's weather; elsewhere only what was ordered goes wrong.
        after = arrives + (ODD_LATENESS_SECONDS if reaction.report_late and self.pace.odd else 0.0)
        if self.faults.strikes("report_late"):
            after += self.faults.late_seconds
        twice = self.faults.strikes("report_twice") or (reaction.report_twice and self.pace.odd)
        if not self.faults.strikes("report_never"):
            self._report(taken, reaction.state, after, reaction, twice=twice)
        if self.faults.strikes("report_out_of_order"):
            self._report(taken, "sent", after + OUT_OF_ORDER_SECONDS)
        return arrives

    def _report(
        self, taken: Taken, state: str, after: float, reaction: Reaction = UNTROUBLED, *, twice: bool = False
    ) -> None:
        payload = {
            "id": taken.id,
            "message_id": taken.message_id,
            "state": state,
            "error_code": reaction.error_code,
            "error": reaction.error,
            "at": moment(after),
        }
        self._knock(f"{taken.service}/status", payload, after, twice=twice)

    def text_back(self, service: str, words: Fields, after: float = 0.0, *, twice: bool = False) -> str:
        """A contact texts us: `words` has from, to, text and perhaps an id. Returns the id."""
        payload = {"id": self.new_id("reply"), "text": "", "at": moment(after)} | words
        twice = self.faults.strikes("inbound_twice") or twice
        self._knock(f"{service}/inbound", payload, after, twice=twice)
        return str(payload["id"])

    def _knock(self, path: str, payload: Fields, after: float, *, twice: bool = False) -> None:
        for _ in range(2 if twice else 1):
            self.knocker.plan(path, payload, after)

    def given(self, to: str = "") -> list[Taken]:
        """The texts it was given and still keeps, oldest first: all, or those to one number."""
        return [taken for taken in self.taken if to in ("", taken.to)]


def moment(after: float = 0.0) -> str:
    """In so many seconds from now, as it is written in a payload."""
    return (datetime.now(UTC) + timedelta(seconds=after)).isoformat(timespec="milliseconds")


def _text(fields: Fields, name: str) -> str:
    value = fields.get(name, "")
    return value if isinstance(value, str) else str(value)


def _between(span: tuple[float, float], place: float) -> float:
    return span[0] + (span[1] - span[0]) * place
