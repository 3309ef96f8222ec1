"""The server's one entrance: /live/ to the event streams, everything else to Django in a few steady threads.

`textbank serve` runs it with granian on one port (why: docs/decisions/0002-server-and-threads.md):

    granian textbank.asgi:application --interface asgi --loop uvloop --no-ws --workers 1 --backpressure 4096

Backpressure counts open event streams too: at granian's own limit a thousand open pages would shut
everybody out.
"""

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from tempfile import SpooledTemporaryFile
from types import FrameType
from typing import IO

import django
from django.conf import settings
from django.core import signals
from django.core.handlers.asgi import ASGIRequest
from django.core.handlers.base import BaseHandler
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix

from textbank import live, news
from textbank.live import Message, Receive, Send

IN_MEMORY = 256 * 1024  # bytes of a body, asked or answered, kept in memory; longer ones are spooled or streamed
FORM = 1024 * 1024  # bytes a multipart form may add to the largest file that is allowed


class TooLong(Exception):
    """The body is longer than anything this installation takes."""


class ClientLeft(Exception):
    """The connection was closed before the request was complete."""


async def application(scope: Message, receive: Receive, send: Send) -> None:
    """Every request begins here."""
    if scope["type"] == "lifespan":
        await _live_and_die(receive, send)
    elif scope["path"] == "/live/":
        await live.live(scope, receive, send)
    else:
        await _django(scope, receive, send)


async def _live_and_die(receive: Receive, send: Send) -> None:
    await receive()
    with _stopping_at_once():
        await send({"type": "lifespan.startup.complete"})
        await receive()
    await live.desk.shut()
    _django.threads.shutdown()
    news.close()
    await send({"type": "lifespan.shutdown.complete"})


@contextmanager
def _stopping_at_once() -> Iterator[None]:
    # The server says "shutdown" only when its last connection is closed, and open pages do not close by
    # themselves. The loop's own handler is not touched by this one: it is woken by a file descriptor.
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def stop(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(live.desk.let_go)
        if callable(former := before[signal.Signals(number)]):
            former(number, frame)

    for number in before:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)


class Threads(BaseHandler):
    """Django's synchronous handler, between a request that came by ASGI and its answer.

    Django's own ASGI handler starts a thread for every request, which costs a third of the throughput. Here
    a thread stays, answers one request after the other, and gives its database connection back after each.
    A body is read before a thread is taken, so a slow phone holds none.
    """

    def __init__(self, threads: int) -> None:
        super().__init__()
        self.load_middleware()
        self.threads = ThreadPoolExecutor(threads, thread_name_prefix="django")

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        loop = asyncio.get_running_loop()

        async def write(message: Message) -> None:
            await send(message)

        def put(message: Message) -> None:
            asyncio.run_coroutine_threadsafe(write(message), loop).result()

        try:
            with SpooledTemporaryFile(IN_MEMORY) as body:
                await _read(scope, receive, body)
                rest = await loop.run_in_executor(self.threads, self.answer, scope, body, put)
        except ClientLeft:
            return
        except TooLong:
            rest = _messages(HttpResponse("This is more than one upload may hold.", status=413))
        for message in rest:
            await send(message)

    def answer(self, scope: Message, body: IO[bytes], put: Callable[[Message], None]) -> list[Message]:
        """The messages of the answer; a long stream is `put` piece by piece, and only its end is left."""
        set_script_prefix("/")
        signals.request_started.send(sender=self.__class__, scope=scope)
        response = self.respond(scope, body)
        # Its close() sends request_finished, which gives this thread's database connection back.
        response._handler_class = self.__class__  # type: ignore[attr-defined]
        with closing(response):
            if not _is_long(response):
                return _messages(response)
            put(_start(response))
            for piece in response:
                put({"type": "http.response.body", "body": piece, "more_body": True})
            return [_end(b"")]

    def respond(self, scope: Message, body: IO[bytes]) -> HttpResponseBase:
        try:
            request = ASGIRequest(scope, body)
        except UnicodeDecodeError:
            return HttpResponse("This address is not text.", status=400)
        return self.get_response(request)


async def _read(scope: Message, receive: Receive, into: IO[bytes]) -> None:
    limit = settings.UPLOAD_LIMIT + FORM
    if int(dict(scope["headers"]).get(b"content-length", 0)) > limit:
        raise TooLong
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientLeft
        into.write(message.get("body", b""))
        if into.tell() > limit:
            raise TooLong
        more = message.get("more_body", False)
    into.seek(0)


def _is_long(response: HttpResponseBase) -> bool:
    return response.streaming and int(response.get("Content-Length") or IN_MEMORY + 1) > IN_MEMORY


def _messages(response: HttpResponseBase) -> list[Message]:
    return [_start(response), _end(b"".join(response))]


def _start(response: HttpResponseBase) -> Message:
    headers = [(name.lower().encode("ascii"), value.encode("latin-1")) for name, value in response.items()]
    cookies = [(b"set-cookie", cookie.OutputString().encode("ascii")) for cookie in response.cookies.values()]
    return {"type": "http.response.start", "status": response.status_code, "headers": headers + cookies}


def _end(content: bytes) -> Message:
    return {"type": "http.response.body", "body": content, "more_body": False}


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "textbank.settings")
django.setup(set_prefix=False)
_django = Threads(settings.THREADS)
