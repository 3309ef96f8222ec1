"""Knocking at the webhooks: signed, a few at a time, again with growing pauses while nobody opens."""

import asyncio
import json
import logging
import time
from dataclasses import dataclass
from typing import Any

import aiohttp

from .signing import sign

log = logging.getLogger("textbank.simulator")

# Enough for a restart of the web server: a quarter of a second, then twice as long each time, 16 s in all.
ATTEMPTS = 7
FIRST_PAUSE = 0.25
KNOCKERS = 8
MOST_WAITING = 200_000

# The door is there but cannot open now. Any other refusal is meant, and asking again would not help.
AGAIN = {408, 409, 425, 429}


@dataclass(slots=True)
class Knock:
    """One payload for one address; `era` is that of the knocker when it was planned."""

    address: str
    payload: dict[str, Any]
    era: int
    attempt: int = 1


class Knocker:
    """Delivers payloads to `webhooks`. Holds at most MOST_WAITING; more are dropped with a log line."""

    def __init__(self, webhooks: str, secret: str) -> None:
        self.webhooks = webhooks.rstrip("/")
        self.secret = secret
        self.era = 0
        self.waiting = 0
        self.ready: asyncio.Queue[Knock] = asyncio.Queue()
        self.knocking = 0
        self.quiet = asyncio.Event()

    async def run(self) -> None:
        """Knock for ever."""
        client = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(10), cookie_jar=aiohttp.DummyCookieJar())
        async with client, asyncio.TaskGroup() as knockers:
            for _ in range(KNOCKERS):
                knockers.create_task(self._knock_on(client))

    def plan(self, path: str, payload: dict[str, Any], after: float) -> None:
        """Knock at `{webhooks}/{path}` in `after` seconds."""
        if self.waiting >= MOST_WAITING:
            log.warning("Dropped a knock at %s: %d are waiting.", path, self.waiting)
            return
        self._wait(Knock(f"{self.webhooks}/{path}", payload, self.era), after)

    async def forget(self) -> None:
        """Drop all that is planned, and let end what has begun: nothing from before knocks afterwards."""
        self.era += 1
        if self.knocking:
            await self.quiet.wait()

    def _wait(self, knock: Knock, after: float) -> None:
        self.waiting += 1
        asyncio.get_running_loop().call_later(after, self.ready.put_nowait, knock)

    async def _knock_on(self, client: aiohttp.ClientSession) -> None:
        while True:
            knock = await self.ready.get()
            self.waiting -= 1
            if knock.era == self.era:
                self.knocking += 1
                self.quiet.clear()
                await self._knock(client, knock)
                self.knocking -= 1
                if not self.knocking:
                    self.quiet.set()

    async def _knock(self, client: aiohttp.ClientSession, knock: Knock) -> None:
        body = json.dumps(knock.payload).encode()
        # Signed at each attempt: a signature made before the pauses could be too old by now.
        headers = {"Content-Type": "application/json", **sign(self.secret, body, time.time())}
        try:
            async with client.post(knock.address, data=body, headers=headers, allow_redirects=False) as answer:
                status = answer.status
        except (aiohttp.ClientError, TimeoutError) as error:
            self._try_again(knock, type(error).__name__)
            return
        if status >= 500 or status in AGAIN:
            self._try_again(knock, str(status))
        elif not 200 <= status < 300:
            log.warning("Dropped a knock at %s: answered %d.", knock.address, status)

    def _try_again(self, knock: Knock, because: str) -> None:
        if knock.attempt >= ATTEMPTS:
            log.warning("Dropped a knock at %s after %d attempts: %s.", knock.address, ATTEMPTS, because)
            return
        pause = FIRST_PAUSE * 2 ** (knock.attempt - 1)
        self._wait(Knock(knock.address, knock.payload, knock.era, knock.attempt + 1), pause)
