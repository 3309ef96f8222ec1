"""Handing on as the page and its worker do it, guard and ledger included, beside the floor F(n): one UPDATE of one
integer column of as many rows by their ids, on a copy of the table with only its key.

Work and floor take turns, so that whatever else the machine does falls on both.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from statistics import median
from typing import Any

from django.db import connection
from django.db.models import Count
from django.utils import timezone

from bench.figures import Row, megabytes, timed, watched
from textbank.assignments import carrying_out, reassigning, releasing, undoing
from textbank.assignments.plans import Plan
from textbank.campaigns.models import Campaign
from textbank.conversations.filters import STATUSES, Filter
from textbank.conversations.models import Action, Conversation, Handoff, State
from textbank.conversations.snapshots import Snapshot
from textbank.organizations.models import Membership, Organization, Role

RUNS, QUICK_RUNS = 3, 2


def rows(organization: Organization, wanted: Sequence[str], *, quick: bool) -> Iterator[Row]:
    for name in wanted:
        yield ROWS[name](name, Office(organization, QUICK_RUNS if quick else RUNS))


@dataclass
class Office:
    """Who hands on what to whom, and how often."""

    organization: Organization
    runs: int

    def __post_init__(self) -> None:
        members = Membership.objects.select_related("user", "organization").filter(organization=self.organization)
        self.owner = members.get(role=Role.OWNER)
        self.texters = list(members.filter(role=Role.TEXTER).order_by("pk"))

    def campaign(self, contacts: int) -> Campaign:
        """The campaign whose size comes nearest."""
        campaigns = Campaign.objects.filter(organization=self.organization).annotate(size=Count("conversations"))
        return min(campaigns.order_by("pk"), key=lambda campaign: abs(campaign.size - contacts))

    def teams(self, size: int) -> Iterator[list[Membership]]:
        """Two teams turn by turn, so that every hand-off moves nearly everything."""
        size = min(size, len(self.texters) // 2)
        return cycle([self.texters[:size], self.texters[size : 2 * size]])

    def everything_of(self, contacts: int) -> Filter:
        """A campaign of that size, the closed ones too, so that next to nothing is left alone."""
        return Filter.parse({"campaign": self.campaign(contacts).pk, "status": list(STATUSES)})

    def plan(self, which: Filter, texters: Sequence[Membership] = ()) -> Plan:
        """As the page asks: by what was seen, and never more than was shown."""
        now, seen = timezone.now(), Snapshot.now()
        return Plan(
            Action.REASSIGN if texters else Action.UNASSIGN,
            self.owner,
            now,
            filter=which,
            texters=tuple(texters),
            include_escalated=True,
            as_of=seen,
            expect=which.conversations(self.owner, now).count(),
        )


def reassigned(name: str, office: Office, *, contacts: int, texters: int = 10) -> Row:
    which, teams = office.everything_of(contacts), office.teams(texters)
    return beside_floor(
        name,
        prepared=lambda: office.plan(which, next(teams)),
        work=lambda plan: done(reassigning.carry_out(plan)),
        # Small work is soon done, and more easily disturbed.
        times=office.runs * (3 if contacts <= 1_000 else 1),
    )


def unassigned(name: str, office: Office) -> Row:
    which = office.everything_of(100_000)

    def prepared() -> Plan:
        dealt(which, office)
        return office.plan(which)

    return beside_floor(name, prepared=prepared, work=lambda plan: done(reassigning.carry_out(plan)), times=office.runs)


def released(name: str, office: Office) -> Row:
    """Everything unsent of a campaign that has some twenty thousand."""
    campaign = office.campaign(60_000)
    return beside_floor(
        name,
        prepared=lambda: dealt(Filter.parse({"campaign": campaign.pk}), office),
        work=lambda _: done(releasing.release_unsent(campaign, by=office.owner, now=timezone.now())),
        times=office.runs,
    )


def dealt(which: Filter, office: Office) -> None:
    """None of it is in the pool any more."""
    done(reassigning.carry_out(office.plan(which, office.texters[:10])))


def undone_again(name: str, office: Office) -> Row:
    # Not turn by turn: each undo gives everything back to those who had it before.
    which, team = office.everything_of(100_000), office.texters[-10:]
    return beside_floor(
        name,
        prepared=lambda: done(reassigning.carry_out(office.plan(which, team))),
        work=lambda handoff: undone(handoff, office),
        times=office.runs,
    )


def previewed(name: str, office: Office) -> Row:
    plan = office.plan(office.everything_of(100_000), office.texters[:10])
    return timed(name, reassigning.preview(plan).matched, partial(reassigning.preview, plan), times=7)


def undone(handoff: Handoff, office: Office) -> Handoff:
    return done(undoing.undo(handoff, by=office.owner, now=timezone.now()))


def done(handoff: Handoff) -> Handoff:
    """Carried out to its end: what is left to a worker is done here, by the worker's own code."""
    if handoff.state == State.RUNNING:
        carrying_out.go_on(handoff.pk)
        handoff.refresh_from_db()
    if handoff.state != State.DONE:
        raise RuntimeError(f"Hand-off {handoff.pk} is {handoff.state}: {handoff.error}")
    return handoff


def beside_floor(name: str, *, prepared: Callable[[], Any], work: Callable[[Any], Handoff], times: int) -> Row:
    """Each run after its own preparation, and beside it a floor of as many rows as it moved."""
    works, floors = [], []
    with bare_copy():
        for run in range(times):
            tidy()
            works.append(watched(partial(work, prepared())))
            floors.append(floor(works[-1].result.moved, run))
    seconds, lowest = median(one.seconds for one in works), median(floors)
    moved = works[-1].result.moved
    return Row(
        name=name,
        n=moved,
        runs=[one.seconds for one in works],
        seconds=seconds,
        floor_seconds=lowest,
        ratio=seconds / lowest,
        p50_ms=seconds * 1000,
        per_second=moved / seconds,
        statements=works[0].statements,
        note=megabytes(works),
    )


@contextmanager
def bare_copy() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("drop table if exists bench_floor")
        cursor.execute("create table bench_floor with (fillfactor = 100) as select * from conversations_conversation")
        cursor.execute("alter table bench_floor add primary key (id)")
        cursor.execute("vacuum analyze bench_floor")
        yield
        cursor.execute("drop table bench_floor")


def floor(n: int, run: int) -> float:
    """F(n), in seconds; each run has rows of its own where there are enough."""
    first = 1 + run * n % max(1, Conversation.objects.count() - n + 1)
    update = f"update bench_floor set passes = passes + 1 where id between {first} and {first + n - 1}"
    with connection.cursor() as cursor:
        return watched(partial(cursor.execute, update)).seconds


def tidy() -> None:
    """What the last run left behind is not the next one's to sweep up, and its job is nobody's."""
    with connection.cursor() as cursor:
        cursor.execute("delete from procrastinate_jobs where status = 'todo'")
        cursor.execute("vacuum analyze conversations_conversation, conversations_move")


ROWS: dict[str, Callable[[str, Office], Row]] = {
    "reassign-1k": partial(reassigned, contacts=1_000),
    "reassign-10k": partial(reassigned, contacts=10_000),
    "reassign-100k": partial(reassigned, contacts=100_000),
    "reassign-100k-one-texter": partial(reassigned, contacts=100_000, texters=1),
    "reassign-100k-50-texters": partial(reassigned, contacts=100_000, texters=50),
    "unassign-100k": unassigned,
    "release-unsent": released,
    "undo-100k": undone_again,
    "preview-100k": previewed,
}
NAMES = tuple(ROWS)
