"""A small carrier: takes texts, reports on them, and its contacts answer by themselves.

    python -m textbank.messaging.providers.simulator.carrier \\
        --port 8901 --webhooks http://127.0.0.1:8000/webhooks/simulator

| call | does |
|---|---|
| `POST /{service}/messages` | takes `{message_id, from, to, text}`, answers 201 `{id}` at once |
| `GET /messages?to=&last=` | `{count, messages}`: all it was given, or those to one number, or the last so many |
| `POST /inbound` | `{service, from, to, text}` and, if it matters, `id`: makes a contact text |
| `POST /report` | `{service, id, state}` and the rest of a report: makes a report |
| `POST /faults` | `{kind, count}` and, for late ones, `seconds`: see `faults.KINDS` |
| `POST /pace` | `{pace}`: see `PACES` |
| `POST /reset` | forgets texts, contacts' memories, faults and what it was about to say |
| `GET /` | 200 when it listens |

It knocks at `{webhooks}/{service}/inbound` and `{webhooks}/{service}/status`.
"""

import argparse
import asyncio
import contextlib
import json
import logging
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs

import uvloop
from granian.constants import Interfaces
from granian.server.embed import Server

from .carrying import PACES, Answer, Carrier, Fields, moment
from .faults import NoSuchFault
from .knocking import Knocker

HOST = "127.0.0.1"  # whoever reaches it can make contacts text
LONGEST_BODY = 64 * 1024


class Nonsense(ValueError):
    """A call without what it needs. Its text says what."""


def _list(carrier: Carrier, query: str) -> Answer:
    asked = parse_qs(query)
    # In an address a bare plus means a space.
    to = "+" + asked["to"][0].strip(" +") if "to" in asked else ""
    given = carrier.given(to)
    if "last" in asked:
        if not asked["last"][0].isdecimal():
            raise Nonsense("last must be a whole number")
        given = given[max(len(given) - int(asked["last"][0]), 0) :]
    return 200, {"count": carrier.count, "messages": [taken.shown() for taken in given]}


def _order_inbound(carrier: Carrier, fields: Fields) -> Answer:
    service, sender, to = _needed(fields, "service", "from", "to")
    words: Fields = {name: fields[name] for name in ("id", "text") if name in fields}
    return 202, {"id": carrier.text_back(service, {"from": sender, "to": to} | words)}


def _order_report(carrier: Carrier, fields: Fields) -> Answer:
    service, _, _ = _needed(fields, "service", "id", "state")
    payload = {name: value for name, value in fields.items() if name != "service"}
    carrier.knocker.plan(f"{service}/status", {"at": moment()} | payload, 0.0)
    return 202, {}


def _order_fault(carrier: Carrier, fields: Fields) -> Answer:
    carrier.faults.order(fields.get("kind"), fields.get("count", 1), fields.get("seconds"))
    return 200, {"left": carrier.faults.left}


def _order_pace(carrier: Carrier, fields: Fields) -> Answer:
    (pace,) = _needed(fields, "pace")
    if pace not in PACES:
        raise Nonsense(f"pace must be one of {', '.join(PACES)}")
    carrier.pace = PACES[pace]
    return 200, {}


CONTROLS: dict[str, Callable[[Carrier, Fields], Answer]] = {
    "inbound": _order_inbound,
    "report": _order_report,
    "faults": _order_fault,
    "pace": _order_pace,
}


async def answer(carrier: Carrier, method: str, path: str, query: str, body: bytes) -> Answer:
    """One call, answered: the status and what is said. Raises Nonsense and NoSuchFault."""
    match method, path.strip("/").split("/"):
        case "POST", [service, "messages"]:
            return await carrier.take(service, _fields(body))
        case "POST", ["reset"]:
            await carrier.reset()
            return 200, {}
        case "POST", [word] if word in CONTROLS:
            return CONTROLS[word](carrier, _fields(body))
        case "GET", ["messages"]:
            return _list(carrier, query)
        case "GET", [""]:
            return 200, {"carrier": "simulator"}
    return 404, {"code": "20404", "reason": "No such call"}


def _fields(body: bytes) -> Fields:
    try:
        fields = json.loads(body or b"{}")
    except ValueError:
        raise Nonsense("Not JSON") from None
    if not isinstance(fields, dict):
        raise Nonsense("Not an object")
    return fields


def _needed(fields: Fields, *names: str) -> list[str]:
    """The texts under these names. Raises Nonsense for a missing one."""
    for name in names:
        if not isinstance(fields.get(name), str | int) or not fields[name]:
            raise Nonsense(f"{name} is missing")
    return [str(fields[name]) for name in names]


Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
JSON = [(b"content-type", b"application/json")]


def door(carrier: Carrier) -> Callable[[Message, Receive, Send], Awaitable[None]]:
    """The carrier as an ASGI application."""

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        query = scope["query_string"].decode("latin-1")
        try:
            body = await _whole_body(receive)
            status, said = await answer(carrier, scope["method"], scope["path"], query, body)
        except (Nonsense, NoSuchFault) as error:
            status, said = 400, {"code": "20001", "reason": str(error)}
        await send({"type": "http.response.start", "status": status, "headers": JSON})
        await send({"type": "http.response.body", "body": json.dumps(said).encode()})

    return app


async def _whole_body(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if len(body) > LONGEST_BODY:
            raise Nonsense("Too long")
        if not message.get("more_body"):
            return body


async def run(arguments: argparse.Namespace) -> None:
    """Carry until SIGTERM or Ctrl-C."""
    knocker = Knocker(arguments.webhooks, arguments.secret)
    carrier = Carrier(knocker, arguments.seed, arguments.pace, arguments.answers_after)
    # Embedded: one process, so that what stops this process stops the carrier.
    server = Server(
        door(carrier),
        address=HOST,
        port=arguments.port,
        interface=Interfaces.ASGINL,
        websockets=False,
        backlog=2048,
        log_enabled=False,
    )
    loop = asyncio.get_running_loop()

    def stop() -> None:
        carrier.closing.set()
        server.stop()  # type: ignore[no-untyped-call]

    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, stop)
    knocking = loop.create_task(knocker.run())
    # A carrier that can no longer knock must not look well.
    knocking.add_done_callback(lambda _: stop())
    print(f"The simulator carries at http://{HOST}:{arguments.port}/", flush=True)
    try:
        await server.serve()
    finally:
        knocking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await knocking


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="carrier", description="A carrier that reaches nobody, whose contacts answer."
    )
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--webhooks", required=True, help="…/webhooks/simulator")
    parser.add_argument(
        "--secret",
        default=os.environ.get("TEXTBANK_SIMULATOR_SECRET", ""),
        help="signs its knocks; TEXTBANK_SIMULATOR_SECRET unless given",
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pace", choices=PACES, default="demo")
    parser.add_argument(
        "--answers-after", type=float, default=0.0, metavar="SECONDS", help="how long each of our calls takes"
    )
    arguments = parser.parse_args(argv)
    if not arguments.secret:
        print("Give --secret or set TEXTBANK_SIMULATOR_SECRET.", file=sys.stderr)
        return 2
    logging.basicConfig(level=logging.WARNING, format="carrier: %(message)s")
    if not _free(arguments.port):
        print(f"Port {arguments.port} is taken: choose another with --port.", file=sys.stderr)
        return 2
    uvloop.run(run(arguments))
    return 0


def _free(port: int) -> bool:
    """Whether nobody listens there. The server itself would share the port without a word."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


if __name__ == "__main__":
    sys.exit(main())
