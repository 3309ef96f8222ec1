"""The simulator: what its contacts do, how it signs, and how its carrier behaves and misbehaves over HTTP."""

import asyncio
import datetime as dt
import json
import os
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path

import aiohttp
import httpx
import pytest

from textbank.contacts import opt_out_words
from textbank.demo.children import free_port
from textbank.messaging import providers
from textbank.messaging.providers import simulator
from textbank.messaging.providers.simulator import contacts, listening
from textbank.messaging.providers.simulator.contacts import Memory
from textbank.messaging.providers.simulator.phrases import POOLS
from textbank.messaging.providers.simulator.signing import sign
from textbank.messaging.texts import Accepted, Account, BadSignature, Malformed, Outgoing, Refused, Unknown

CAPTURED = Path(__file__).parent / "captured" / "simulator"
HELLO = "Hi Ana, this is Tess with Riverton Votes. Can we count on your vote on November 3?"
OURS = "+14045550100"
SECRET = "a secret between two"


# Contacts


def numbers(count: int) -> list[str]:
    return [f"+1404{number:07d}" for number in range(5550000, 5550000 + count)]


def someone(kind: str, but: Callable[[str], bool] = lambda number: True) -> str:
    """A number that belongs to that kind of contact, with seed 1."""
    return next(number for number in numbers(5000) if contacts.kind(1, number) == kind and but(number))


def conversation(number: str, *texts: str, seed: int = 1) -> list[str]:
    """What the contact answers to each of these texts."""
    memory, answers = Memory(), []
    for text in texts:
        reaction, memory = contacts.react(seed, number, text, memory)
        answers.append(reaction.words)
    return answers


def test_a_contact_says_the_same_whenever_asked() -> None:
    texts = (HELLO, "Great! What time works best for you?", "Thank you, have a great day!")

    once = [conversation(number, *texts) for number in numbers(300)]
    again = [conversation(number, *texts) for number in reversed(numbers(300))]

    assert again == once[::-1]
    assert once != [conversation(number, *texts, seed=2) for number in numbers(300)]


def test_shares_of_5000_contacts_are_as_announced() -> None:
    reactions = [contacts.react(1, number, HELLO, Memory())[0] for number in numbers(5000)]

    failed = sum(bool(reaction.error_code) for reaction in reactions)
    stopped = sum(opt_out_words.read(reaction.words) == opt_out_words.Word.OPT_OUT for reaction in reactions)
    quiet = sum(not reaction.words for reaction in reactions) - failed
    odd = sum(reaction.report_late for reaction in reactions)

    assert sum(share for _, share in contacts.KINDS) == 100
    assert 0.33 <= quiet / 5000 <= 0.37
    assert 0.03 <= stopped / 5000 <= 0.05
    assert 0.015 <= failed / 5000 <= 0.026
    assert 0.005 <= odd / 5000 <= 0.016


def test_failing_numbers_fail_with_the_codes_carriers_use() -> None:
    reactions = [contacts.react(1, number, HELLO, Memory())[0] for number in numbers(5000)]

    codes = Counter(reaction.error_code for reaction in reactions if reaction.error_code)

    assert set(codes) == {"30003", "30005", "30007"}
    assert not any(reaction.words for reaction in reactions if reaction.error_code)


def test_only_those_who_mean_it_are_read_as_opting_out() -> None:
    for name, templates in POOLS.items():
        for sentence in (words.replace("NAME", "Tess") for template in templates for words in template):
            meant = opt_out_words.Word.OPT_OUT if name.startswith("stop") else None
            assert opt_out_words.read(sentence) == meant, f"{name}: {sentence}"


def test_neighbours_do_not_say_the_same_words() -> None:
    words = [conversation(number, HELLO)[0].lower().rstrip(".!") for number in numbers(5000)]

    assert not [one for one, next_one in pairwise(words) if one and one == next_one]
    assert len(set(words)) > 300


def test_conversations_end_after_four_turns_at_most() -> None:
    texts = [HELLO, *["Can you bring a friend?"] * 9]

    turns = Counter(sum(map(bool, conversation(number, *texts))) for number in numbers(1000))

    assert set(turns) == {0, 1, 2, 3, 4}


def test_contacts_read_what_they_are_asked() -> None:
    eager = someone("yes", lambda number: contacts.turns(1, number) == 4)

    opening, time_, place, last = conversation(
        eager, HELLO, "Wonderful! What time works for you?", "Where do you live?", "Take care!"
    )

    assert opening.lower().rstrip(".") in _said("yes vote", "Tess")
    assert time_.lower().rstrip(".") in _said("when", "Tess")
    assert place.lower().rstrip(".") in _said("where", "Tess")
    assert last.lower().rstrip(".") in _said("thanks", "Tess")


def _said(pool: str, name: str) -> set[str]:
    return {words.replace("NAME", name).lower().rstrip(".") for template in POOLS[pool] for words in template}


def test_nobody_answers_a_farewell() -> None:
    for text in (
        "You are unsubscribed from Riverton Votes. No more texts.",
        "You have opted out and will receive no further messages.",
    ):
        assert not any(conversation(number, text)[0] for number in numbers(300))
    assert not listening.is_farewell(HELLO + " Reply STOP to opt out.")


def test_who_said_stop_says_nothing_more() -> None:
    stopper = someone("stop")

    first, *rest = conversation(stopper, HELLO, "Are you sure?", "Really?")

    assert opt_out_words.read(first) == opt_out_words.Word.OPT_OUT
    assert rest == ["", ""]


def test_a_new_introduction_begins_a_new_conversation() -> None:
    short = someone("yes", lambda number: contacts.turns(1, number) == 1)

    answers = conversation(short, HELLO, "Great!", "Hello Ana, this is Theo with the food bank. Need a box?")

    assert [bool(answer) for answer in answers] == [True, False, True]


def test_who_gives_no_name_is_called_by_none() -> None:
    answers = [conversation(number, "Hello! Will you vote?", "Can you come?") for number in numbers(1000)]

    gaps = re.compile(r"(hi|hey|hello|thanks|you|,) name\b| ,|,!", re.IGNORECASE)
    assert not [words for pair in answers for words in pair if gaps.search(words)]


# Signatures


ACCOUNT = Account(address="http://127.0.0.1:1", key="3", secret=SECRET)
BODY = (CAPTURED / "inbound.json").read_bytes()


def test_what_the_carrier_signed_is_let_in_however_headers_are_spelled() -> None:
    headers = sign(SECRET, BODY, time.time())

    simulator.verify(ACCOUNT, headers, BODY)
    simulator.verify(ACCOUNT, {name.upper(): value for name, value in headers.items()}, BODY)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        sign("another secret", BODY, time.time()),
        sign(SECRET, BODY + b" ", time.time()),
        {**sign(SECRET, BODY, time.time()), "X-Simulator-Timestamp": str(int(time.time()) - 1)},
        {"X-Simulator-Signature": sign(SECRET, BODY, time.time())["X-Simulator-Signature"]},
        {"X-Simulator-Timestamp": "é", "X-Simulator-Signature": "é"},
    ],
    ids=["missing", "another secret", "another body", "another moment", "no moment", "nonsense"],
)
def test_a_wrong_signature_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(BadSignature):
        simulator.verify(ACCOUNT, headers, BODY)


@pytest.mark.parametrize("seconds", [-301, 301, -86_400])
def test_a_replay_is_refused(seconds: int) -> None:
    headers = sign(SECRET, BODY, time.time() + seconds + (1 if seconds > 0 else 0))

    with pytest.raises(BadSignature):
        simulator.verify(ACCOUNT, headers, BODY)


def test_without_a_secret_nobody_is_let_in() -> None:
    with pytest.raises(BadSignature):
        simulator.verify(Account("http://127.0.0.1:1", "3", ""), sign("", BODY, time.time()), BODY)


def test_the_secret_is_not_printed() -> None:
    assert SECRET not in repr(ACCOUNT)


# Reading


def test_captured_payloads_are_read_into_plain_values() -> None:
    inbound = simulator.read_inbound(BODY)
    delivered = simulator.read_report((CAPTURED / "delivered.json").read_bytes())
    failed = simulator.read_report((CAPTURED / "failed.json").read_bytes())

    assert inbound.sender == "+14045550119"
    assert inbound.to == OURS
    assert inbound.at == dt.datetime(2026, 11, 2, 17, 3, 21, 402000, dt.UTC)
    assert (delivered.state, delivered.error_code, delivered.message_id) == ("delivered", "", 4711)
    assert (failed.state, failed.error_code) == ("failed", "30003")
    assert failed.error == "Unreachable destination handset"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b'{"id": 5, "from": "+1", "to": "+1", "text": "", "state": "sent"}',
        b'{"id": "a", "from": "+1", "to": "+1", "text": "\\u0000", "state": "gone"}',
        b'{"id": "a", "from": "+1", "to": "+1", "text": "\\ud83d", "state": "gone"}',
        b'{"id": "a", "from": "+1", "to": "+1", "text": "", "state": "sent", "at": "today"}',
        b'{"id": "a", "from": "+1", "to": "+1", "text": "", "state": "sent", "at": "2026-11-02T17:03:21"}',
    ],
)
def test_nonsense_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        simulator.read_inbound(body)
    with pytest.raises(Malformed):
        simulator.read_report(body)


def test_providers_are_found_by_name() -> None:
    assert providers.named("simulator") is simulator
    assert providers.named("simulator").LEGAL_HOURS is False
    with pytest.raises(providers.NoSuchProvider):
        providers.named("pigeon")


# The carrier, over HTTP


@dataclass
class Webhooks:
    """Our door, as the carrier sees it: it writes down who knocked, and answers as it is told."""

    url: str
    knocks: queue.Queue[tuple[str, dict[str, str], bytes]] = field(default_factory=queue.Queue)
    refusals: list[int] = field(default_factory=list)

    def next(self) -> tuple[str, dict]:
        """The next knock: where, and what it said. Every knock must be signed."""
        path, headers, body = self.knocks.get(timeout=20)
        simulator.verify(ACCOUNT, headers, body)
        return path.removeprefix("/webhooks/simulator"), json.loads(body)


@dataclass
class Carrier:
    """A running carrier."""

    url: str
    process: subprocess.Popen[str]
    http: httpx.Client

    def order(self, control: str, **fields: object) -> dict:
        return self.http.post(f"/{control}", json=fields).raise_for_status().json()

    def given(self) -> list[dict]:
        return self.http.get("/messages").raise_for_status().json()["messages"]

    def send(
        self, to: str, text: str = HELLO, *, message_id: int = 1, patience: float = 10
    ) -> Accepted | Refused | Unknown:
        """Hands one text over, just as the worker does."""

        async def one() -> Accepted | Refused | Unknown:
            async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(patience)) as client:
                account = Account(self.url, "3", SECRET)
                return await simulator.send(client, account, Outgoing(id=message_id, to=to, sender=OURS, text=HELLO))

        return asyncio.run(one())


@pytest.fixture(scope="module")
def door() -> Iterator[Webhooks]:
    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = webhooks.refusals.pop(0) if webhooks.refusals else 204
            if status == 204:
                webhooks.knocks.put((self.path, dict(self.headers.items()), body))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    webhooks = Webhooks(f"http://127.0.0.1:{server.server_port}/webhooks/simulator")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield webhooks
    server.shutdown()
    thread.join()
    server.server_close()


def start(port: int, webhooks: str, *options: str) -> subprocess.Popen[str]:
    module = "textbank.messaging.providers.simulator.carrier"
    command = [sys.executable, "-m", module, "--port", str(port), "--webhooks", webhooks, *options]
    env = {**os.environ, "TEXTBANK_SIMULATOR_SECRET": SECRET}
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def last_words(process: subprocess.Popen[str]) -> str:
    """What a process that ends complained of. One that does not end is ended, and the test fails."""
    try:
        return process.communicate(timeout=10)[1]
    finally:
        process.kill()


@pytest.fixture(scope="module")
def running(door: Webhooks) -> Iterator[Carrier]:
    port = free_port()
    process = start(port, door.url, "--pace", "instant", "--seed", "1")
    url = f"http://127.0.0.1:{port}"
    transport = httpx.HTTPTransport(retries=6)  # until it listens
    with httpx.Client(base_url=url, transport=transport, trust_env=False) as http:
        try:
            assert http.get("/").status_code == 200
            yield Carrier(url, process, http)
        finally:
            process.terminate()
            last_words(process)


@pytest.fixture
def carrier(running: Carrier, door: Webhooks) -> Carrier:
    running.order("reset")
    door.refusals.clear()
    while not door.knocks.empty():
        door.knocks.get()
    return running


SILENT = someone("silent")
OTHER_SILENT = someone("silent", lambda number: number != SILENT)


def test_a_text_is_taken_reported_and_answered(carrier: Carrier, door: Webhooks) -> None:
    eager = someone("yes")

    fate = carrier.send(eager, message_id=77)
    first, second = sorted([door.next(), door.next()])

    assert isinstance(fate, Accepted)
    [taken] = carrier.given()
    assert (taken["id"], taken["to"], taken["text"]) == (fate.provider_id, eager, HELLO)
    assert (taken["message_id"], taken["service"]) == (77, "3")
    assert first[0] == "/3/inbound"
    assert (first[1]["from"], first[1]["to"]) == (eager, OURS)
    assert first[1]["text"] == conversation(eager, HELLO)[0]
    assert second[0] == "/3/status"
    assert (second[1]["id"], second[1]["state"], second[1]["message_id"]) == (fate.provider_id, "delivered", 77)


def test_a_failing_number_is_reported_with_its_error(carrier: Carrier, door: Webhooks) -> None:
    lost = someone("failing")

    carrier.send(lost)
    _, report = door.next()

    assert report["state"] == "failed"
    assert (report["error_code"], report["error"]) == contacts.carrier_error(1, lost)


def test_a_timeout_after_accepting_leaves_the_fate_unknown(carrier: Carrier, door: Webhooks) -> None:
    carrier.order("faults", kind="timeout_after_accept", count=1)

    fate = carrier.send(SILENT, message_id=5, patience=0.3)
    _, report = door.next()

    assert isinstance(fate, Unknown)
    assert [taken["message_id"] for taken in carrier.given()] == [5]
    assert report["message_id"] == 5


def test_an_answer_429_is_a_refusal_to_try_again(carrier: Carrier) -> None:
    carrier.order("faults", kind="answer_429", count=1)

    fate = carrier.send(SILENT)
    after = carrier.send(SILENT)

    assert isinstance(fate, Refused)
    assert (fate.code, fate.retry) == ("429", True)
    assert isinstance(after, Accepted)
    assert len(carrier.given()) == 1


def test_an_answer_500_leaves_the_fate_unknown(carrier: Carrier) -> None:
    carrier.order("faults", kind="answer_500", count=1)

    fate = carrier.send(SILENT)

    assert isinstance(fate, Unknown)
    assert carrier.given() == []


def test_a_carrier_that_is_not_there_has_surely_sent_nothing() -> None:
    absent = Carrier(f"http://127.0.0.1:{free_port()}", None, None)  # type: ignore[arg-type]

    fate = absent.send(SILENT)

    assert isinstance(fate, Refused)
    assert fate.retry


ELSEWHERE = b"HTTP/1.1 307 Elsewhere\r\nLocation: /elsewhere\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


@pytest.mark.parametrize("answer", [ELSEWHERE, b""])
def test_a_carrier_that_points_elsewhere_or_hangs_up_is_given_the_text_once(answer: bytes) -> None:
    given = []

    def carry() -> None:
        while caller := listener.accept()[0]:
            with caller:
                given.append(b"")
                while not given[-1].endswith(b"}"):
                    if not (more := caller.recv(64 * 1024)):  # the test is over
                        return
                    given[-1] += more
                caller.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=carry)
        thread.start()
        port = listener.getsockname()[1]

        fate = Carrier(f"http://127.0.0.1:{port}", None, None).send(SILENT)  # type: ignore[arg-type]

        socket.create_connection(("127.0.0.1", port)).close()
        thread.join()
    assert isinstance(fate, Unknown)
    assert len(given) == 2


def test_a_number_that_is_none_is_refused_for_good(carrier: Carrier) -> None:
    fate = carrier.send("555")

    assert isinstance(fate, Refused)
    assert (fate.code, fate.retry) == ("21211", False)


def test_a_report_comes_twice(carrier: Carrier, door: Webhooks) -> None:
    carrier.order("faults", kind="report_twice", count=1)

    carrier.send(SILENT)

    assert door.next() == door.next()


def test_a_report_comes_late(carrier: Carrier, door: Webhooks) -> None:
    carrier.order("faults", kind="report_late", count=1, seconds=1)

    carrier.send(SILENT, message_id=1)
    carrier.send(OTHER_SILENT, message_id=2)

    assert [door.next()[1]["message_id"], door.next()[1]["message_id"]] == [2, 1]


def test_reports_come_out_of_order(carrier: Carrier, door: Webhooks) -> None:
    carrier.order("faults", kind="report_out_of_order", count=1)

    carrier.send(SILENT)

    assert [door.next()[1]["state"], door.next()[1]["state"]] == ["delivered", "sent"]


def test_a_report_never_comes(carrier: Carrier, door: Webhooks) -> None:
    carrier.order("faults", kind="report_never", count=1)

    carrier.send(SILENT, message_id=1)
    carrier.send(OTHER_SILENT, message_id=2)

    assert door.next()[1]["message_id"] == 2
    assert door.knocks.empty()


def test_an_inbound_text_comes_twice(carrier: Carrier, door: Webhooks) -> None:
    carrier.order("faults", kind="inbound_twice", count=1)

    carrier.order("inbound", service=3, **{"from": SILENT, "to": OURS, "text": "Who?"})

    first, second = door.next(), door.next()
    assert first == second
    assert first[1]["text"] == "Who?"


def test_a_contact_texts_at_will_even_with_an_id_of_choice(carrier: Carrier, door: Webhooks) -> None:
    words = {"from": SILENT, "to": OURS, "text": "¿Quién es? 🙂"}

    made = carrier.order("inbound", service=3, **words)
    carrier.order("inbound", service=3, id=made["id"], **words)

    (where, first), (_, second) = door.next(), door.next()
    assert where == "/3/inbound"
    assert first["id"] == second["id"] == made["id"]
    assert simulator.read_inbound(json.dumps(first).encode()).text == "¿Quién es? 🙂"


def test_a_silent_pace_knocks_only_when_told(carrier: Carrier, door: Webhooks) -> None:
    carrier.order("pace", pace="silent")

    fate = carrier.send(someone("yes"))
    assert isinstance(fate, Accepted)
    carrier.order("report", service=3, id=fate.provider_id, state="sent")

    assert door.next()[1]["state"] == "sent"
    assert door.knocks.empty()


def test_texts_are_counted_by_contact(carrier: Carrier) -> None:
    for to in (SILENT, OTHER_SILENT, SILENT):
        carrier.send(to)

    to_one = carrier.http.get("/messages", params={"to": SILENT}).json()
    last = carrier.http.get("/messages", params={"last": 1}).json()

    assert [taken["to"] for taken in to_one["messages"]] == [SILENT, SILENT]
    assert (last["count"], len(last["messages"])) == (3, 1)


@pytest.mark.parametrize("status", [500, 503, 429])
def test_it_knocks_again_until_the_door_opens(carrier: Carrier, door: Webhooks, status: int) -> None:
    door.refusals += [status, status]

    carrier.send(SILENT, message_id=9)

    assert door.next()[1]["message_id"] == 9


def test_it_does_not_argue_with_a_door_that_refuses(carrier: Carrier, door: Webhooks) -> None:
    door.refusals.append(403)

    carrier.send(SILENT, message_id=1)
    carrier.order("report", service=3, id="x", state="sent")

    assert door.next()[1]["id"] == "x"
    assert door.knocks.empty()


@pytest.mark.parametrize(
    ("control", "body"),
    [
        ("faults", '{"kind": "earthquake", "count": 1}'),
        ("faults", '{"kind": "report_twice", "count": "many"}'),
        ("faults", "[]"),
        ("inbound", '{"service": 3}'),
        ("pace", '{"pace": "frantic"}'),
        ("3/messages", "hello"),
        ("3/messages", " " * 70_000),
    ],
)
def test_nonsense_is_refused_and_harms_nothing(carrier: Carrier, control: str, body: str) -> None:
    answer = carrier.http.post(f"/{control}", content=body)

    assert answer.status_code == 400
    assert carrier.http.get("/").status_code == 200


def test_it_stops_at_once_even_while_it_keeps_somebody_waiting(door: Webhooks) -> None:
    port = free_port()
    process = start(port, door.url, "--answers-after", "60")
    transport = httpx.HTTPTransport(retries=6)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", transport=transport, trust_env=False) as http:
        assert http.get("/").status_code == 200
        text = {"from": OURS, "to": SILENT, "text": HELLO}
        waiting = threading.Thread(target=lambda: http.post("/3/messages", json=text, timeout=60))
        waiting.start()
        assert any(http.get("/messages").json()["count"] for _ in range(2000)), "somebody must be waiting"

        process.send_signal(signal.SIGTERM)
        complaints = last_words(process)
        waiting.join()

    assert process.returncode == 0
    assert complaints == ""


def test_it_says_why_it_cannot_start(carrier: Carrier, door: Webhooks) -> None:
    taken = start(int(carrier.url.rsplit(":", 1)[1]), door.url)
    unsigned = start(free_port(), door.url, "--secret", "")

    assert "is taken" in last_words(taken)
    assert "--secret" in last_words(unsigned)
    assert (taken.returncode, unsigned.returncode) == (2, 2)
