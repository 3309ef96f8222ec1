"""A hand-off is taken back, and what life has gone on with stays."""

import datetime as dt
import uuid

import pytest

from textbank.assignments import carrying_out
from textbank.assignments.reassigning import reassign, unassign
from textbank.assignments.undoing import AlreadyUndone, StillRunning, preview, undo
from textbank.conversations import answering, closing, drafting, sending
from textbank.conversations.models import Action, Conversation, State, Status
from textbank.conversations.receiving import receive
from textbank.messaging.texts import Inbound


@pytest.fixture
def campaign(riverton):
    return riverton.campaign()


@pytest.fixture
def six(riverton, campaign):
    return riverton.conversations(campaign, 6, holder=riverton.tess, status=Status.NEEDS_RESPONSE)


@pytest.fixture
def handoff(riverton, six, now):
    """Ada gave Tess's six to Theo at noon."""
    return reassign([thread.pk for thread in six], [riverton.theo], by=riverton.ada, now=now)


def held(member) -> int:
    return Conversation.objects.filter(texter=member).count()


LATER = dt.timedelta(minutes=5)


def test_everything_goes_back_to_who_had_it(riverton, handoff, now):
    back = undo(handoff, by=riverton.ada, now=now + LATER)

    assert (back.action, back.undoes, back.moved, back.left_alone) == (Action.UNDO, handoff, 6, {})
    assert (held(riverton.tess), held(riverton.theo)) == (6, 0)
    assert back.gives == {str(riverton.theo.pk): 6}


def test_back_to_the_pool_too(riverton, campaign, now):
    [thread] = riverton.conversations(campaign)
    handoff = reassign([thread.pk], [riverton.theo], by=riverton.ada, now=now)

    undo(handoff, by=riverton.ada, now=now + LATER)

    thread.refresh_from_db()
    assert thread.texter is None


def test_what_was_worked_on_or_moved_again_stays(riverton, handoff, six, now):
    later = now + LATER
    sending.send(
        six[0].pk, "Hello!", by=riverton.theo, client_id=uuid.uuid4(), last_seen=six[0].last_inbound, now=later
    )
    closing.close(six[1])
    first = six[2].campaign.first_step
    answering.answer(six[2], first, "Yes", by=riverton.theo, now=later)
    reassign([six[3].pk], [riverton.tara], by=riverton.ada, now=later)

    back = undo(handoff, by=riverton.ada, now=later)

    assert (back.matched, back.moved) == (6, 2)
    assert back.left_alone == {"worked_on": 3, "moved_again": 1}


def test_a_preview_says_what_the_undo_would_do_and_writes_nothing(riverton, handoff, six, now):
    closing.close(six[0])
    reassign([six[1].pk], [riverton.tara], by=riverton.ada, now=now + LATER)

    shown = preview(handoff, by=riverton.ada, now=now + LATER)

    assert (shown.pk, shown.matched, shown.moved) == (None, 6, 4)
    assert shown.left_alone == {"worked_on": 1, "moved_again": 1}
    assert held(riverton.tess) == 0
    done = undo(handoff, by=riverton.ada, now=now + LATER)
    assert (done.moved, done.left_alone) == (shown.moved, shown.left_alone)
    with pytest.raises(AlreadyUndone):
        preview(handoff, by=riverton.ada, now=now + LATER)


def test_an_inbound_text_alone_does_not_hold_it(riverton, handoff, six, now):
    receive(riverton.service, Inbound("in-1", six[0].contact.cell, "+12125550100", "Hello?"), now=now + LATER)

    assert undo(handoff, by=riverton.ada, now=now + LATER).moved == 6


def test_somebody_just_answering_keeps_it(riverton, handoff, six, now):
    drafting.keep(six[0], "I wi", by=riverton.theo, now=now + LATER)

    assert undo(handoff, by=riverton.ada, now=now + LATER).left_alone == {"being_answered": 1}


def test_nothing_goes_back_to_who_is_gone(riverton, handoff, now):
    riverton.tess.suspended_at = now
    riverton.tess.save()

    assert undo(handoff, by=riverton.ada, now=now + LATER).left_alone == {"gone": 6}


def test_gone_there_and_back_it_was_moved_again(riverton, handoff, six, now):
    unassign([six[0].pk], by=riverton.ada, now=now + LATER)
    reassign([six[0].pk], [riverton.theo], by=riverton.ada, now=now + LATER)

    assert undo(handoff, by=riverton.ada, now=now + 2 * LATER).left_alone == {"moved_again": 1}


def test_undoing_what_moved_nothing_moves_nothing(riverton, six, now):
    handoff = reassign([thread.pk for thread in six], [riverton.tess], by=riverton.ada, now=now)
    assert handoff.moved == 0

    back = undo(handoff, by=riverton.ada, now=now + LATER)

    assert (back.state, back.matched, back.moved) == (State.DONE, 0, 0)


def test_once_is_enough_and_the_undo_can_be_undone(riverton, handoff, now):
    back = undo(handoff, by=riverton.ada, now=now + LATER)
    with pytest.raises(AlreadyUndone):
        undo(handoff, by=riverton.ada, now=now + LATER)

    forth = undo(back, by=riverton.ada, now=now + 2 * LATER)

    assert forth.moved == 6
    assert held(riverton.theo) == 6


@pytest.mark.django_db(transaction=True)
def test_a_big_one_is_stopped_first_and_undone_as_a_job(riverton, campaign, six, now, monkeypatch):
    monkeypatch.setattr(carrying_out, "AT_ONCE", 5)
    monkeypatch.setattr(carrying_out, "BATCH", 2)
    handoff = reassign([thread.pk for thread in six], [riverton.theo], by=riverton.ada, now=now)
    with pytest.raises(StillRunning):
        undo(handoff, by=riverton.ada, now=now)
    carrying_out.go_on(handoff.pk)
    handoff.refresh_from_db()

    back = undo(handoff, by=riverton.ada, now=now + LATER)
    carrying_out.go_on(back.pk)

    back.refresh_from_db()
    assert (back.state, back.moved) == (State.DONE, 6)
    assert held(riverton.tess) == 6
