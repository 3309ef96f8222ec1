"""A hand-off is carried out: at once up to a thousand, else as a job in small transactions that can be stopped.

Each batch writes its moves in the transaction that moves it, so a killed worker loses nothing: whoever picks the job
up goes on with what the ledger does not show yet.
"""

import logging
from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app as jobs

from textbank import news
from textbank.assignments.plans import BadPlan, Plan
from textbank.conversations import ledger
from textbank.conversations.ledger import Cards
from textbank.conversations.models import Action, Handoff, LeftAlone, Move, State
from textbank.conversations.snapshots import Snapshot
from textbank.organizations.models import Membership

log = logging.getLogger(__name__)

AT_ONCE = 1000  # conversations handed on while somebody waits for the answer
# As many as a texter's send can wait for, without noticing, when it meets one of them.
BATCH = 2000


class Matter(Protocol):
    """What a hand-off is about: reassigning, releasing, undoing."""

    def record(self) -> Handoff:
        """The hand-off as it will be written down."""

    def ids(self) -> Iterable[int]:
        """Every conversation it looks at, in order."""

    def count(self) -> int:
        """How many those are."""

    def cards(self, ids: Sequence[int], *, dealt: int) -> Cards:
        """Locks these, in the order of their ids, and says what becomes of each. Raises BadPlan."""

    def finish(self, handoff: Handoff) -> None:
        """Puts the figures right when everything was looked at."""

    def warn(self, handoff: Handoff) -> None:
        """Writes down what speaks against its receivers, before it is begun or when it is over."""


class NotRunning(Exception):
    """There is nothing to stop."""


def begin(matter: Matter) -> Handoff:
    """Carries it out, or leaves it to a worker if it is big; the same `client_id` again answers the first hand-off."""
    with transaction.atomic():
        handoff = matter.record()
        if handoff.client_id and not lock_click(handoff):
            return Handoff.objects.get(organization_id=handoff.organization_id, client_id=handoff.client_id)
        count = matter.count()
        if count > AT_ONCE:
            return begin_big(handoff, matter, count)
        handoff.save()
        ledger.hand(handoff, matter.cards(array("q", matter.ids()), dealt=0), at=handoff.at)
        return close(handoff, matter, State.DONE)


def lock_click(handoff: Handoff) -> bool:
    """Lets one click of a `client_id` through at a time; false when it was carried out before."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"hand-off {handoff.client_id}"])
    return not Handoff.objects.filter(organization_id=handoff.organization_id, client_id=handoff.client_id).exists()


def begin_big(handoff: Handoff, matter: Matter, count: int) -> Handoff:
    """Writes the hand-off down as running, with the moment it was asked at, and its job in the same transaction."""
    if not handoff.as_of:
        handoff.as_of = Snapshot.now().token()
    handoff.total = count
    matter.warn(handoff)
    handoff.save()
    go_on.defer(handoff=handoff.pk)
    return handoff


@jobs.task(
    name="go on with a hand-off",
    retry=RetryStrategy(wait=5, max_attempts=60, retry_exceptions=[OperationalError, InterfaceError]),
)
def go_on(handoff: int) -> None:
    """Goes on until everything was looked at or somebody asked for a stop. Two workers never share a hand-off."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(hashtextextended(%s, 0))", [f"going on with {handoff}"])
        if not cursor.fetchone()[0]:
            return
    try:
        go_on_with(Handoff.objects.select_related("by__user").get(pk=handoff))
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("Hand-off %s failed", handoff)
        Handoff.objects.filter(pk=handoff).update(
            state=State.FAILED,
            finished_at=timezone.now(),
            error="It stopped at a fault of ours. What it moved is in the record.",
        )
        raise
    finally:
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_unlock(hashtextextended(%s, 0))", [f"going on with {handoff}"])


def go_on_with(handoff: Handoff) -> None:
    if handoff.state != State.RUNNING:
        return
    matter = matter_of(handoff)
    left = not_looked_at(handoff, matter)
    done = 0
    try:
        for batch in batches(left):
            with transaction.atomic():
                handoff.refresh_from_db(fields=["stop_asked"])
                if handoff.stop_asked:
                    break
                ledger.hand(handoff, matter.cards(batch, dealt=handoff.dealt), at=timezone.now())
            done += len(batch)
            tell(handoff)
    except BadPlan as no:
        # Somebody who was to receive is suspended by now; what is left waits for a new decision.
        handoff.error = str(no)
    with transaction.atomic():
        if stopped := len(left) - done:
            ledger.leave(handoff, LeftAlone.STOPPED, stopped)
        close(handoff, matter, State.STOPPED if stopped else State.DONE)
    tell(handoff)


def not_looked_at(handoff: Handoff, matter: Matter) -> "array[int]":
    """What is left to look at: eight bytes each, so that a million are no burden."""
    done = (
        set(Move.objects.filter(handoff=handoff).values_list("conversation_id", flat=True)) if handoff.matched else ()
    )
    return array("q", (pk for pk in matter.ids() if pk not in done))


def batches(ids: "array[int]") -> Iterator["array[int]"]:
    for start in range(0, len(ids), BATCH):
        yield ids[start : start + BATCH]


def close(handoff: Handoff, matter: Matter, state: State) -> Handoff:
    matter.finish(handoff)
    matter.warn(handoff)
    handoff.state = state
    handoff.finished_at = handoff.at if handoff.total is None else timezone.now()
    handoff.save(update_fields=["matched", "left_alone", "warnings", "state", "finished_at", "error"])
    return handoff


def stop(handoff: Handoff, *, by: Membership) -> None:
    """Asks a running hand-off to stop after the batch at hand. Raises OutOfReach, NotRunning."""
    handoff.refuse_out_of_reach(by)
    if not Handoff.objects.filter(pk=handoff.pk, state=State.RUNNING).update(stop_asked=True):
        raise NotRunning("It is not running any more.")


def matter_of(handoff: Handoff) -> Matter:
    """What the hand-off is about, from its record."""
    from textbank.assignments.reassigning import Dealing
    from textbank.assignments.undoing import Undoing

    if handoff.action == Action.UNDO:
        return Undoing.recorded(handoff)
    return Dealing(Plan.recorded(handoff))


def tell(handoff: Handoff) -> None:
    news.tell_watchers(handoff.organization_id, f"handoff:{handoff.pk}")
