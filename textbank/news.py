"""News is a hint, told after the commit: "something of yours changed, look again". Facts are rows.

One thread a process tells it, on a connection of its own and coalesced: a NOTIFY inside the transactions
themselves would make every commit in the database wait for every other. News may be lost.
"""

import asyncio
import atexit
import json
import logging
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, NamedTuple, Protocol

import psycopg
from django.core import signing
from django.db import connections, transaction
from psycopg import sql

log = logging.getLogger(__name__)

MEMBERS = "textbank_members"
WORKERS = "textbank_workers"

# What those who watch are told: something about the conversations; or which of them are escalated.
WORK, ESCALATED = "work", "escalated"


class NoTicket(Exception):
    """What was shown is not a ticket, or not any more."""


class Thread(Protocol):
    """A conversation, as far as news is concerned."""

    pk: Any
    organization_id: int
    texter_id: int | None


class Ticket(NamedTuple):
    """What a page may hear: a member's news, and what is told to the watchers of an organization (0: nothing)."""

    member: int
    written: float  # seconds since 1970
    watches: int = 0


Hint = tuple[str, int, str]  # channel, member (or whose watchers), what

PAUSE = 0.075  # seconds between two tellings; what comes up meanwhile goes together
WATCHED = 1.0  # seconds before the same is told again to those who only watch, however much happens
IDLE = 60.0  # seconds of silence after which the teller gives its connection back
BACK_OFF = (1.0, 2.0, 5.0, 10.0)  # seconds before the next try to listen
PAYLOAD = 7900  # bytes in one notification; PostgreSQL refuses 8000
MEMBERS_A_LINE = 300  # at up to 20 bytes each
TICKET = 600  # seconds in which a ticket lets a page begin to listen
SALT = "textbank.news"


def tell(members: Iterable[int], what: str) -> None:
    """Hint to these members (membership ids), after this transaction's commit, that `what` changed.

    `what` is a short word, with an id if it needs one ("queue", "conversation:123"); never content.
    """
    _after_commit({(MEMBERS, member, what) for member in members})


def tell_watchers(organization: int, what: str = WORK) -> None:
    """Hint to the open pages of the organization's administration that `what` changed: at most once a second.

    They show what is everybody's, and nobody could say which of them shows what has changed.
    """
    _after_commit({(MEMBERS, watchers(organization), what)})


def tell_of(thread: Thread, *, by: int | None = None) -> None:
    """Hint that a conversation changed: to whoever has it, unless they did it themselves, and to those who watch."""
    hints = {(MEMBERS, watchers(thread.organization_id), WORK)}
    if thread.texter_id and thread.texter_id != by:
        hints.add((MEMBERS, thread.texter_id, f"conversation:{thread.pk}"))
    _after_commit(hints)


def watchers(organization: int) -> int:
    """What stands for an organization where a member is named: no member's id is below zero."""
    return -organization


def tell_worker() -> None:
    """Wake every delivering worker after this transaction's commit."""
    _after_commit({(WORKERS, 0, "")})


def ticket(membership_id: int, *, watches: int = 0) -> str:
    """A signed text that lets one page hear this member's news, if it begins within ten minutes.

    With `watches`, also what happens in that organization.
    """
    return signing.dumps(Ticket(membership_id, time.time(), watches), salt=SALT)


def holder(shown: str) -> Ticket:
    """Raises NoTicket if what is shown is forged or too old."""
    try:
        return Ticket(*signing.loads(shown, salt=SALT, max_age=TICKET))
    except signing.BadSignature as refused:
        raise NoTicket from refused


def flush() -> None:
    """Tell whatever is waiting now, in this thread."""
    _teller.send(at_once=True)


def close() -> None:
    """Tell whatever is waiting and give the connection back. The next news opens another."""
    _teller.send(at_once=True)
    _teller.hang_up()


def parameters() -> dict[str, Any]:
    """How to reach the database Django uses, as keyword arguments of psycopg.connect."""
    asked = connections["default"].get_connection_params()
    return {name: value for name, value in asked.items() if name not in {"context", "cursor_factory"}}


def read(payload: str) -> Iterator[tuple[int, str]]:
    """(member, or whose watchers; what) for each hint in a notification on MEMBERS."""
    for what, members in json.loads(payload):
        for member in members:
            yield member, what


async def listen(channels: Iterable[str], on_news: Callable[[str, str], None]) -> None:
    """Call on_news(channel, payload) for each notification, until cancelled; reconnects by itself.

    An empty payload means "look at everything": nobody knows what was told while nobody listened, so each
    connection begins by saying it once a channel.
    """
    failures = 0
    while True:
        try:
            async with await _listening(channels) as connection:
                failures = 0
                for channel in channels:
                    on_news(channel, "")
                async for notice in connection.notifies():
                    on_news(notice.channel, notice.payload)
        except (psycopg.Error, OSError) as error:
            log.warning("Not listening to news, will try again: %s", error)
        await asyncio.sleep(BACK_OFF[min(failures, len(BACK_OFF) - 1)])
        failures += 1


async def _listening(channels: Iterable[str]) -> psycopg.AsyncConnection[Any]:
    # Without probes a connection that only listens would never notice that its server is gone.
    probes = {"connect_timeout": 10, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
    connection = await psycopg.AsyncConnection.connect(**{**parameters(), **probes}, autocommit=True)
    for channel in channels:
        await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
    return connection


def _after_commit(hints: set[Hint]) -> None:
    # Asked first, because on_commit outside a transaction would take a connection only to learn that.
    if transaction.get_connection().in_atomic_block:
        transaction.on_commit(partial(_teller.add, hints))
    else:
        _teller.add(hints)


def notifications(hints: Iterable[Hint]) -> Iterator[tuple[str, str]]:
    """(channel, payload) pairs, few and long; a payload is [[what, [member, …]], …] in compact JSON."""
    by_what: dict[str, list[int]] = {}
    for channel, member, what in sorted(hints):
        if channel == MEMBERS:
            by_what.setdefault(what, []).append(member)
        else:
            yield channel, ""
    lines: list[str] = []
    for line in _lines(by_what):
        if sum(map(len, lines)) + len(lines) + len(line) > PAYLOAD:
            yield MEMBERS, f"[{','.join(lines)}]"
            lines = []
        lines.append(line)
    if lines:
        yield MEMBERS, f"[{','.join(lines)}]"


def _lines(by_what: dict[str, list[int]]) -> Iterator[str]:
    for what, members in by_what.items():
        for start in range(0, len(members), MEMBERS_A_LINE):
            yield json.dumps([what, members[start : start + MEMBERS_A_LINE]], separators=(",", ":"))


class Teller:
    """What waits to be told, and the thread that tells it."""

    def __init__(self) -> None:
        self.waiting: set[Hint] = set()
        self.told: dict[Hint, float] = {}  # lately, to those who watch
        self.something = threading.Event()
        self.adding = threading.Lock()
        self.sending = threading.Lock()
        self.thread: threading.Thread | None = None
        self.connection: psycopg.Connection[Any] | None = None

    def add(self, hints: set[Hint]) -> None:
        if not hints:
            return
        with self.adding:
            self.waiting |= hints
            if self.thread is None:
                self.thread = threading.Thread(target=self.run, name="news", daemon=True)
                self.thread.start()
        self.something.set()

    def run(self) -> None:
        while True:
            if not self.something.wait(IDLE):
                self.hang_up()
                continue
            self.something.clear()
            told = self.send()
            if self.waiting:
                self.something.set()
            # A database that is down must not be knocked at for every click.
            time.sleep(PAUSE if told else BACK_OFF[0])

    def send(self, *, at_once: bool = False) -> bool:
        """What waits and is due, in one statement; False (and it is lost) if the database did not take it."""
        with self.sending:
            with self.adding:
                early = set() if at_once else self.too_early(time.monotonic())
                hints, self.waiting = self.waiting - early, early
            if not hints:
                return True
            # Twice, because the first failure may only be how we learn that the database was restarted.
            return self.notify(hints) or self.notify(hints)

    def too_early(self, now: float) -> set[Hint]:
        """What watchers were told less than a second ago; what is told now counts from here."""
        self.told = {hint: at for hint, at in self.told.items() if now - at < WATCHED}
        early = self.waiting & self.told.keys()
        self.told |= {hint: now for hint in self.waiting - early if hint[1] < 0}
        return early

    def notify(self, hints: set[Hint]) -> bool:
        try:
            channels, payloads = map(list, zip(*notifications(hints), strict=True))
            if self.connection is None:
                self.connection = psycopg.connect(**{**parameters(), "connect_timeout": 5}, autocommit=True)
            self.connection.execute(
                "select pg_notify(c, p) from unnest(%s::text[], %s::text[]) as news (c, p)",
                [channels, payloads],
            )
        except Exception:
            log.warning("News could not be told", exc_info=True)
            self.drop()
            return False
        return True

    def hang_up(self) -> None:
        with self.sending:
            self.drop()

    def drop(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None


_teller = Teller()


def _begin_anew() -> None:
    # A forked child has neither its parent's thread nor a right to its parent's connection.
    global _teller  # noqa: PLW0603
    _teller = Teller()


os.register_at_fork(after_in_child=_begin_anew)
atexit.register(close)
