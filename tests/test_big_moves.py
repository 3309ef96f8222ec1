"""Big hand-offs go on as a job: batch by batch, stoppable, picked up where a killed worker left them."""

import pytest

from textbank.assignments import carrying_out
from textbank.assignments.reassigning import reassign, unassign
from textbank.conversations import closing
from textbank.conversations.filters import Filter
from textbank.conversations.models import Conversation, Handoff, Move, State
from textbank.conversations.snapshots import Snapshot
from textbank.organizations import people

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Ten is big here, and three are a batch."""
    monkeypatch.setattr(carrying_out, "AT_ONCE", 9)
    monkeypatch.setattr(carrying_out, "BATCH", 3)


@pytest.fixture
def campaign(riverton):
    campaign = riverton.campaign()
    riverton.conversations(campaign, 10, holder=riverton.tess)
    return campaign


@pytest.fixture
def ask(riverton, campaign):
    """Ada hands the whole campaign to Theo and Tara."""

    def asked(**wishes) -> Handoff:
        whole = Filter.parse({"campaign": campaign.pk})
        return reassign(whole, [riverton.theo, riverton.tara], by=riverton.ada, **wishes)

    return asked


def go_on(handoff) -> Handoff:
    carrying_out.go_on(handoff.pk)
    handoff.refresh_from_db()
    return handoff


def held(member) -> int:
    return Conversation.objects.filter(texter=member).count()


def test_it_is_written_down_as_running_and_nothing_moves_yet(riverton, ask):
    handoff = ask()

    assert (handoff.state, handoff.total, handoff.moved) == (State.RUNNING, 10, 0)
    assert held(riverton.tess) == 10


def test_it_ends_with_the_same_figures_as_one_at_once(riverton, ask):
    handoff = go_on(ask())

    assert (handoff.state, handoff.matched, handoff.moved) == (State.DONE, 10, 10)
    assert handoff.shares == {str(riverton.theo.pk): 5, str(riverton.tara.pk): 5}
    assert (held(riverton.tess), held(riverton.theo), held(riverton.tara)) == (0, 5, 5)


def test_a_killed_worker_s_job_goes_on_where_it_was(riverton, ask, monkeypatch):
    handoff = ask()
    real, batches = carrying_out.ledger.hand, []

    class Killed(BaseException):
        """What a SIGKILL leaves behind: committed batches, and nothing after them."""

    def dies_in_the_third_batch(*args, **kwargs):
        batches.append(args)
        if len(batches) == 3:
            raise Killed
        real(*args, **kwargs)

    monkeypatch.setattr(carrying_out.ledger, "hand", dies_in_the_third_batch)
    with pytest.raises(Killed):
        carrying_out.go_on(handoff.pk)
    monkeypatch.setattr(carrying_out.ledger, "hand", real)
    assert Move.objects.filter(handoff=handoff).count() == 6

    go_on(handoff)

    assert (handoff.state, handoff.matched, handoff.moved) == (State.DONE, 10, 10)
    assert sorted(handoff.shares.values()) == [5, 5]
    assert Move.objects.filter(handoff=handoff).count() == 10


def test_a_stop_leaves_the_rest_and_says_so(riverton, ask, monkeypatch):
    handoff = ask()
    real = carrying_out.ledger.hand

    def then_ada_stops_it(*args, **kwargs):
        real(*args, **kwargs)
        carrying_out.stop(handoff, by=riverton.ada)

    monkeypatch.setattr(carrying_out.ledger, "hand", then_ada_stops_it)
    go_on(handoff)

    assert (handoff.state, handoff.matched, handoff.moved) == (State.STOPPED, 10, 3)
    assert handoff.left_alone == {"stopped": 7}
    assert held(riverton.tess) == 7
    with pytest.raises(carrying_out.NotRunning):
        carrying_out.stop(handoff, by=riverton.ada)


def test_what_changes_before_its_batch_comes_stays(riverton, campaign, ask):
    handoff = ask()
    closing.close(campaign.conversations.first())

    go_on(handoff)

    assert (handoff.matched, handoff.moved, handoff.left_alone) == (10, 9, {"changed": 1})


def test_only_so_many_over_batches(riverton, ask):
    assert go_on(ask(limit=10)).moved == 10
    handoff = go_on(ask(expect=10, as_of=Snapshot.now()))
    assert (handoff.matched, handoff.moved) == (10, 0)

    assert go_on(ask(limit=4)).state == State.DONE


def test_only_so_many_are_unassigned_over_batches(riverton, campaign, monkeypatch):
    monkeypatch.setattr(carrying_out, "AT_ONCE", 2)

    handoff = go_on(unassign(Filter.parse({"campaign": campaign.pk}), by=riverton.ada, limit=7))
    assert (handoff.matched, handoff.moved, held(riverton.tess)) == (7, 7, 3)

    rest = go_on(unassign(Filter.parse({"texter": riverton.tess.pk}), by=riverton.ada, expect=2, as_of=Snapshot.now()))
    assert (rest.state, rest.moved, held(riverton.tess)) == (State.DONE, 2, 1)


def test_a_few_of_many_are_handed_on_at_once(riverton, campaign, ask):
    first = campaign.conversations.order_by("pk").first()
    Conversation.objects.filter(pk=first.pk).update(escalated=True)

    handoff = ask(limit=4)

    assert (handoff.state, handoff.matched, handoff.moved) == (State.DONE, 5, 4)
    assert handoff.left_alone == {"escalated": 1}


def test_it_stops_when_somebody_who_receives_is_suspended(riverton, ask, now):
    handoff = ask()
    people.suspend(riverton.tara, by=riverton.ada, now=now)

    go_on(handoff)

    assert (handoff.state, handoff.moved, handoff.left_alone) == (State.STOPPED, 0, {"stopped": 10})
    assert handoff.error == "Suspended members receive nothing: Tara Doe."


def test_a_finished_one_is_not_carried_out_again(riverton, ask):
    handoff = go_on(ask())

    go_on(handoff)

    assert Move.objects.filter(handoff=handoff).count() == 10


def test_a_fault_is_written_down_and_what_moved_is_kept(riverton, ask, monkeypatch):
    handoff = ask()
    monkeypatch.setattr(carrying_out, "not_looked_at", lambda *args: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        carrying_out.go_on(handoff.pk)

    handoff.refresh_from_db()
    assert handoff.state == State.FAILED
    assert handoff.error
