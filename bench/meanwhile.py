"""What others feel while something big goes on: a texter's sends while much changes hands, pages while a list loads.

The work is the running product's own worker's. The same is measured before, so that both stand side by side.
"""

import secrets
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice, repeat
from random import Random
from statistics import median

from django.db import connection

from bench.data import name
from bench.figures import Row, latencies, peaks
from bench.handing import Office, done, undone
from bench.load import Ask, as_json, drive
from bench.running import Running, signed_in
from textbank.assignments import reassigning
from textbank.assignments.plans import Plan
from textbank.campaigns.models import Campaign
from textbank.contacts.models import Upload
from textbank.conversations.models import Handoff, State, Status
from textbank.organizations.models import Membership, Organization, Token

NAMES = ("send-during-reassign", "upload-100k")
# A busy hall: about fifty texts a second. Pages are only looked at, one after the other: what is measured of them is
# how long they take, and five who read without end would keep both processors of a small machine to themselves.
TEXTERS, READERS, PAUSE = 5, 1, 0.1
BEFORE, QUICK_BEFORE = 200, 50  # requests that nothing disturbs
FEWEST = 10
ROUNDS, QUICK_ROUNDS = 3, 1
LINES, QUICK_LINES = 100_000, 10_000
AREAS = (212, 312, 415, 617, 202, 305, 404, 713)
ZIPS = ("10001", "60601", "94103", "02115", "20001", "33101", "30303", "77002", "80202", "98101")


def rows(organization: Organization, textbank: Running, wanted: Sequence[str], *, quick: bool) -> Iterator[Row]:
    office = Office(organization, QUICK_ROUNDS if quick else ROUNDS)
    before = QUICK_BEFORE if quick else BEFORE
    if "send-during-reassign" in wanted:
        yield sent_during_reassign(office, textbank, before)
    if "upload-100k" in wanted:
        yield uploaded(office, textbank, QUICK_LINES if quick else LINES, before)


def sent_during_reassign(office: Office, textbank: Running, before: int) -> Row:
    """A hundred thousand go to one texter, who texts contacts among them meanwhile: hers stay hers, but are locked."""
    which, texter = office.everything_of(100_000), office.texters[0]
    sends = own_sends(office, texter)
    alone, meeting = [], []
    handoffs: list[Handoff] = []
    all_sent(textbank, islice(sends, 20))
    for _ in range(office.runs):
        alone += all_sent(textbank, islice(sends, before))
        with meanwhile(lambda: handoffs.append(carried_out(office.plan(which, [texter])))) as over:
            meeting += all_sent(textbank, until(over, sends))
        undone(handoffs[-1], office)
    row = latencies("send-during-reassign", len(meeting), meeting)
    undisturbed = latencies(row.name, len(alone), alone)
    row.seconds, row.floor_seconds = row.p99_ms / 1000, undisturbed.p99_ms / 1000
    row.ratio = row.seconds / row.floor_seconds
    row.note = (
        f"without: {undisturbed.p50_ms:.1f} ms, {undisturbed.p95_ms:.1f} p95, {undisturbed.p99_ms:.1f} p99 of "
        f"{len(alone)}; {handoffs[0].moved:,} moved in {median(map(seconds, handoffs)):.1f} s"
    )
    return row


def all_sent(textbank: Running, sends: Iterable[Ask]) -> list[float]:
    answers = drive(textbank.url, sends, at_once=TEXTERS, pause=PAUSE)
    if set(answers.statuses) - {201}:
        raise RuntimeError(f"Texts were refused: {answers.statuses} {answers.first_refusal}")
    return answers.taken


def seconds(handoff: Handoff) -> float:
    return (handoff.finished_at - handoff.at).total_seconds()


def own_sends(office: Office, texter: Membership) -> Iterator[Ask]:
    """First messages of the texter's, all over the campaign; she is given them first."""
    campaign = office.campaign(100_000)
    unsent = campaign.conversations.filter(status=Status.NEEDS_FIRST_MESSAGE, opted_out=False).order_by("?")
    ids = list(unsent.values_list("pk", flat=True)[:3_000])
    done(reassigning.reassign(ids, [texter], by=office.owner))
    token = Token.issue(texter)
    return (as_json(f"/api/v1/conversations/{pk}/messages", token, {"client_id": str(uuid.uuid4())}) for pk in ids)


def carried_out(plan: Plan) -> Handoff:
    """By the product's own worker."""
    handoff = reassigning.carry_out(plan)
    while handoff.state == State.RUNNING:
        time.sleep(0.02)
        handoff.refresh_from_db()
    if handoff.state != State.DONE:
        raise RuntimeError(f"Hand-off {handoff.pk} is {handoff.state}: {handoff.error}")
    return handoff


@contextmanager
def meanwhile(work: Callable[[], object]) -> Iterator[threading.Event]:
    """Within, the work is done in a thread beside; the event says that it is over, well or badly."""
    over = threading.Event()
    failed: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:
            failed.append(error)
        finally:
            over.set()
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield over
    finally:
        thread.join()
    if failed:
        raise failed[0]


def until(over: threading.Event, asks: Iterable[Ask]) -> Iterator[Ask]:
    """Those that fall in the time of the work; a few in any case, however short it is."""
    for number, ask in enumerate(asks):
        if over.is_set() and number >= FEWEST:
            return
        yield ask


def uploaded(office: Office, textbank: Running, lines: int, before: int) -> Row:
    """A list comes in by the API and is read by the worker, while a texter looks at their first page again and again."""
    campaign = Campaign.objects.create(organization=office.organization, title="A long list")
    token, page = Token.issue(office.owner), Ask(f"/{office.organization.slug}/", signed_in(office.texters[0]))
    alone = drive(textbank.url, repeat(page, before), at_once=READERS, pause=PAUSE).taken
    ours = {name: textbank.processes[name] for name in ("The web server", "The worker")}
    begun = time.perf_counter()
    with peaks(ours) as held, meanwhile(lambda: loaded(textbank, campaign, token, lines)) as over:
        meeting = drive(textbank.url, until(over, repeat(page)), at_once=READERS, pause=PAUSE).taken
        taken = time.perf_counter() - begun
    report = campaign.uploads.get()
    calm, busy = (latencies("", 0, pages) for pages in (alone, meeting))
    return Row(
        name="upload-100k",
        n=lines,
        seconds=taken,
        per_second=lines / taken,
        note=f"{report.accepted:,} accepted, {report.duplicates:,} twice, {report.invalid:,} wrong; a texter's page "
        f"{calm.p50_ms:.1f} → {busy.p50_ms:.1f} ms, p95 {calm.p95_ms:.1f} → {busy.p95_ms:.1f}; "
        + "; ".join(f"{name}: {most}" for name, most in held.items()),
    )


def loaded(textbank: Running, campaign: Campaign, token: str, lines: int) -> None:
    answers = drive(textbank.url, [posted(campaign, token, contact_list(lines))], at_once=1)
    if answers.statuses != {202: 1}:
        raise RuntimeError(f"The list was not taken for a worker: {answers.statuses} {answers.first_refusal}")
    while (state := campaign.uploads.get().state) != Upload.State.DONE:
        if state == Upload.State.FAILED:
            raise RuntimeError(campaign.uploads.get().error)
        time.sleep(0.02)


def posted(campaign: Campaign, token: str, contacts: bytes) -> Ask:
    line = secrets.token_hex(16)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": f"multipart/form-data; boundary={line}"}
    opening = f'--{line}\r\nContent-Disposition: form-data; name="file"; filename="list.csv"\r\n\r\n'
    return Ask(
        f"/api/v1/campaigns/{campaign.pk}/contacts",
        headers,
        opening.encode() + contacts + f"\r\n--{line}--\r\n".encode(),
    )


def contact_list(lines: int) -> bytes:
    """As people have them: a number in a hundred comes twice, another is none, and columns of their own."""
    dice = Random(lines)
    people = ["First Name,Last Name,Cell Phone,Zip,VANID,precinct,party,event"]
    for n in range(lines):
        cell = (
            f"({dice.choice(AREAS)}) 40{n // 10_000}-{n % 10_000 if n % 100 else 0:04d}"
            if n % 100 != 50
            else "555-1234"
        )
        people.append(
            f"{name(dice, 2)},{name(dice, 3)},{cell},{dice.choice(ZIPS)},V{n},P-{n % 977},{'DRI'[n % 3]},Saturday canvass"
        )
    return "\n".join(people).encode()
