"""Open pages learn within a second that something changed: server-sent events, beside Django.

A page holds no database connection: it shows a signed, short-lived ticket, and one LISTEN a process feeds
every page of that process. Events are hints without content, {"what": "queue"}; the page then asks for what
it shows.
"""

import asyncio
import json
import time
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs

from textbank import news
from textbank.news import Ticket

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

HEARTBEAT = 25.0  # seconds; proxies close what is silent for longer
UNREAD = 50  # hints a page may lag behind before it is told "everything" instead
PAGES = 4000  # streams a process keeps open; one more is refused, and that page asks every now and then
PAGES_A_MEMBER = 20
REMEMBERED = 2000  # hints kept for pages that were rendered before and connect after
SLACK = 0.5  # seconds the clocks of two machines may differ

EVERYTHING = "everything"
GONE = "gone"  # the member was signed out everywhere: the stream ends after it

# X-Accel-Buffering: nginx would otherwise keep the events until its buffer is full.
HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]


class Page:
    """One open page and the hints it has not been sent yet."""

    def __init__(self) -> None:
        self.unread: dict[str, None] = {}
        self.something = asyncio.Event()
        self.left = False

    def put(self, what: str) -> None:
        if len(self.unread) >= UNREAD:
            self.unread.clear()
            what = EVERYTHING
        self.unread[what] = None
        self.something.set()

    def take(self) -> list[str]:
        whats = list(self.unread)
        self.unread.clear()
        self.something.clear()
        return whats

    def leave(self) -> None:
        self.left = True
        self.something.set()

    async def wait_until_it_leaves(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self.leave()


class Full(Exception):
    """This process, or this member, has as many pages open as it may."""


class Desk:
    """Who has which pages open in this process, and the one connection that listens for them all."""

    def __init__(self) -> None:
        self.open_to = PAGES
        self.pages: dict[int, set[Page]] = defaultdict(set)  # by member, and by whose watchers they are
        self.recent: deque[tuple[float, int, str]] = deque(maxlen=REMEMBERED)
        self.listening_since: float | None = None
        self.listener: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return sum(len(pages) for whose, pages in self.pages.items() if whose > 0)

    def open(self, ticket: Ticket) -> Page:
        if len(self) >= self.open_to or len(self.pages.get(ticket.member, ())) >= PAGES_A_MEMBER:
            raise Full
        if self.listener is None or self.listener.done():
            self.listening_since = None
            self.listener = asyncio.create_task(news.listen([news.MEMBERS], self.hear))
        page = Page()
        for what in self.missed(heard_by(ticket), ticket.written - SLACK):
            page.put(what)
        for whose in heard_by(ticket):
            self.pages[whose].add(page)
        return page

    def missed(self, mine: Collection[int], rendered: float) -> list[str]:
        """What these were told between the page's rendering and now."""
        if self.listening_since is None:
            return []  # it will be told to look at everything as soon as somebody listens
        oldest = self.recent[0][0] if len(self.recent) == REMEMBERED else self.listening_since
        if rendered < oldest:
            return [EVERYTHING]
        return [what for at, whose, what in self.recent if whose in mine and at >= rendered]

    def close(self, ticket: Ticket, page: Page) -> None:
        for whose in heard_by(ticket):
            self.pages[whose].discard(page)
            if not self.pages[whose]:
                del self.pages[whose]

    def hear(self, channel: str, payload: str) -> None:
        if not payload:
            self.start_over()
            return
        for whose, what in news.read(payload):
            self.recent.append((time.time(), whose, what))
            for page in self.pages.get(whose, ()):
                page.put(what)

    def start_over(self) -> None:
        self.recent.clear()
        self.listening_since = time.time()
        for pages in self.pages.values():
            for page in pages:
                page.put(EVERYTHING)

    def let_go(self) -> None:
        """End every stream and open no other: a server that stops must not wait for open pages."""
        self.open_to = 0
        for pages in self.pages.values():
            for page in pages:
                page.leave()

    async def shut(self) -> None:
        """Let every page go, and stop listening."""
        self.let_go()
        if self.listener is not None:
            self.listener.cancel()
            with suppress(asyncio.CancelledError):
                await self.listener
            self.listener = None


def heard_by(ticket: Ticket) -> list[int]:
    """Whose news a page with this ticket hears."""
    return [ticket.member, *([news.watchers(ticket.watches)] if ticket.watches else [])]


desk = Desk()


async def live(scope: Message, receive: Receive, send: Send) -> None:
    """GET /live/?ticket=… as an event stream; 401 asks for a fresh ticket, 503 for patience."""
    shown = parse_qs(scope["query_string"].decode("latin-1")).get("ticket", [""])[0]
    try:
        ticket = news.holder(shown)
        page = desk.open(ticket)
    except news.NoTicket:
        await _refuse(send, 401, "This ticket is not valid, or not any more. Ask for a fresh one.")
    except Full:
        await _refuse(send, 503, "Too many pages are open here. Ask again later.")
    else:
        leaving = asyncio.create_task(page.wait_until_it_leaves(receive))
        try:
            await _stream(page, send)
        finally:
            leaving.cancel()
            desk.close(ticket, page)


async def _stream(page: Page, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await _write(send, "event: hello\ndata: {}\n\n")
    while not page.left:
        try:
            async with asyncio.timeout(HEARTBEAT):
                await page.something.wait()
        except TimeoutError:
            await _write(send, ": still here\n\n")
            continue
        whats = page.take()
        await _write(send, "".join(f"data: {json.dumps({'what': what})}\n\n" for what in whats))
        if GONE in whats:
            break
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _write(send: Send, text: str) -> None:
    await send({"type": "http.response.body", "body": text.encode(), "more_body": True})


async def _refuse(send: Send, status: int, why: str) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": why.encode(), "more_body": False})
