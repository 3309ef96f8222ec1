"""A small load client: so many connections kept open, each asking again as soon as it is answered."""

import asyncio
import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from random import random
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Ask:
    """One request: a POST with a body, or a GET without."""

    path: str
    headers: dict[str, str]
    body: bytes | None = None


@dataclass
class Answers:
    """How long each took, in seconds, and which statuses came."""

    taken: list[float]
    statuses: dict[int, int]
    seconds: float
    first_refusal: str = ""


def as_json(path: str, token: str, body: object) -> Ask:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    return Ask(path, headers, json.dumps(body).encode())


def drive(url: str, asks: Iterable[Ask], *, at_once: int, pause: float = 0) -> Answers:
    """Asks everything, `at_once` at a time, each after a pause (in seconds), and returns what came."""
    return asyncio.run(_drive(url, asks, at_once, pause))


async def _drive(url: str, asks: Iterable[Ask], at_once: int, pause: float) -> Answers:
    answers, waiting = Answers([], {}, 0.0), iter(asks)
    begun = time.perf_counter()
    await asyncio.gather(*(_ask_all(url, waiting, answers, pause) for _ in range(at_once)))
    answers.seconds = time.perf_counter() - begun
    return answers


async def _ask_all(url: str, waiting: Iterator[Ask], answers: Answers, pause: float) -> None:
    host = urlsplit(url)
    reader, writer = await asyncio.open_connection(host.hostname, host.port)
    for ask in waiting:
        # Not all at the same moment, as people are not.
        await asyncio.sleep(pause * 2 * random())
        begun = time.perf_counter()
        writer.write(written(ask, host.netloc))
        status, body = await _answer(reader)
        answers.taken.append(time.perf_counter() - begun)
        answers.statuses[status] = answers.statuses.get(status, 0) + 1
        if status >= 400 and not answers.first_refusal:
            answers.first_refusal = body[:300].decode(errors="replace")
    writer.close()


def written(ask: Ask, host: str) -> bytes:
    body = ask.body or b""
    method = "GET" if ask.body is None else "POST"
    headers = {"Host": host, "Content-Length": str(len(body)), **ask.headers}
    lines = [f"{method} {ask.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode() + body


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
    status = int(head[0].split()[1])
    if status in (204, 304):
        return status, b""
    return status, await reader.readexactly(int(fields.get("content-length", "0")))
