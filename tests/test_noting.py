"""What somebody was writing survives a change of hands: as a note if it was taken anyway, else theirs to pass on."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from textbank import news
from textbank.assignments import leaving, undoing
from textbank.assignments.reassigning import reassign, unassign
from textbank.conversations import drafting, noting
from textbank.conversations.models import Draft, Note, Status
from textbank.conversations.sending import NotYours, Unsendable

LATER = dt.timedelta(minutes=5)


@pytest.fixture
def campaign(riverton):
    return riverton.campaign()


@pytest.fixture
def waiting(riverton, campaign):
    """Tess has three who wait for an answer."""
    return riverton.conversations(campaign, 3, holder=riverton.tess, status=Status.NEEDS_RESPONSE)


def ids(conversations):
    return [one.pk for one in conversations]


def left():
    """(who, what they were writing, by which hand-off) of every note."""
    return list(Note.objects.values_list("author", "text", "handoff"))


def test_what_is_taken_anyway_leaves_its_draft_as_a_note(riverton, waiting, now):
    drafting.keep(waiting[0], "We meet at", by=riverton.tess, now=now)

    act = reassign(ids(waiting), [riverton.theo], by=riverton.ada, include_drafting=True, now=now)

    assert act.moved == 3
    assert left() == [(riverton.tess.pk, "We meet at", act.pk)]
    assert Note.objects.get().conversation == waiting[0]
    assert not Draft.objects.exists()


def test_a_draft_in_the_pool_or_by_somebody_else_makes_no_note(riverton, campaign, waiting, now):
    [pooled] = riverton.conversations(campaign, status=Status.NEEDS_RESPONSE)
    drafting.keep(pooled, "Sue here", by=riverton.sue, now=now)
    drafting.keep(waiting[0], "Sue again", by=riverton.sue, now=now)

    reassign([pooled.pk, *ids(waiting)], [riverton.theo], by=riverton.ada, include_drafting=True, now=now)

    assert left() == []
    assert Draft.objects.filter(author=riverton.sue).count() == 2


def test_what_stays_keeps_its_draft(riverton, waiting, now):
    drafting.keep(waiting[0], "We meet at", by=riverton.tess, now=now)

    reassign([waiting[0].pk], [riverton.tess], by=riverton.ada, include_drafting=True, now=now)

    assert left() == []
    assert Draft.objects.get().text == "We meet at"


def test_an_older_draft_stays_its_authors_own(riverton, waiting, now):
    drafting.keep(waiting[0], "We meet at", by=riverton.tess, now=now - LATER)

    assert reassign(ids(waiting), [riverton.theo], by=riverton.ada, now=now).moved == 3

    assert left() == []
    assert Draft.objects.get().author == riverton.tess


def test_who_is_suspended_leaves_what_they_were_writing(riverton, waiting, now):
    drafting.keep(waiting[0], "We meet at", by=riverton.tess, now=now - LATER)

    gone = leaving.suspend(riverton.tess, "reassign", [riverton.theo], by=riverton.ada, now=now)

    assert left() == [(riverton.tess.pk, "We meet at", gone.handoff.pk)]


def test_notes_cost_no_statement_of_their_own(riverton, waiting, now):
    drafting.keep(waiting[0], "We meet at", by=riverton.tess, now=now - LATER)

    def statements(receiver, **wishes):
        with CaptureQueriesContext(connection) as made:
            reassign(ids(waiting), [receiver], by=riverton.ada, now=now, **wishes)
        return len(made)

    assert statements(riverton.theo, include_drafting=True) == statements(riverton.tara)
    assert left()


# Passing on


@pytest.fixture
def taken(riverton, waiting, now):
    """Tess was writing to the first when Ada gave it to Theo."""
    drafting.keep(waiting[0], "We meet at", by=riverton.tess, now=now - LATER)
    return reassign([waiting[0].pk], [riverton.theo], by=riverton.ada, now=now)


def test_who_lost_it_passes_on_what_they_were_writing(riverton, waiting, taken, now, monkeypatch):
    told = []
    monkeypatch.setattr(news, "tell_of", lambda thread, *, by: told.append((thread.texter, by)))

    noting.pass_on(waiting[0].pk, " We meet at ten.\0 ", by=riverton.tess, now=now + LATER)

    assert left() == [(riverton.tess.pk, "We meet at ten.", taken.pk)]
    assert not Draft.objects.exists()
    assert told == [(riverton.theo, riverton.tess.pk)]


def test_passing_on_again_takes_the_place_of_the_first(riverton, waiting, now):
    drafting.keep(waiting[0], "We meet at", by=riverton.tess, now=now)
    act = reassign([waiting[0].pk], [riverton.theo], by=riverton.ada, include_drafting=True, now=now)

    for text in ("We meet at ten", "We meet at ten."):
        noting.pass_on(waiting[0].pk, text, by=riverton.tess, now=now + LATER)

    assert left() == [(riverton.tess.pk, "We meet at ten.", act.pk)]


def test_what_was_passed_on_to_the_pool_reaches_who_has_it_next(riverton, waiting, now):
    taken = unassign([waiting[0].pk], by=riverton.ada, now=now)
    reassign([waiting[0].pk], [riverton.theo], by=riverton.ada, now=now + LATER)

    noting.pass_on(waiting[0].pk, "We meet at ten.", by=riverton.tess, now=now + 2 * LATER)

    assert left() == [(riverton.tess.pk, "We meet at ten.", taken.pk)]


def test_nobody_else_passes_anything_on(riverton, otherton, waiting, taken, now):
    for who in (riverton.theo, riverton.tara, riverton.sue, riverton.ada, otherton.zed):
        with pytest.raises(NotYours):
            noting.pass_on(waiting[0].pk, "Hello", by=who, now=now + LATER)
    with pytest.raises(NotYours):
        noting.pass_on(waiting[1].pk, "I have this one", by=riverton.tess, now=now + LATER)

    assert left() == []


def test_whose_receiver_lost_it_too_has_nothing_to_pass_on_any_more(riverton, waiting, taken, now):
    reassign([waiting[0].pk], [riverton.tara], by=riverton.ada, now=now + LATER)

    with pytest.raises(NotYours):
        noting.pass_on(waiting[0].pk, "We meet at ten.", by=riverton.tess, now=now + LATER)

    noting.pass_on(waiting[0].pk, "Yes", by=riverton.theo, now=now + LATER)


def test_who_has_it_back_passes_nothing_on(riverton, waiting, now):
    released = unassign([waiting[0].pk], by=riverton.ada, now=now)
    undoing.undo(released, by=riverton.ada, now=now + LATER)

    with pytest.raises(NotYours):
        noting.pass_on(waiting[0].pk, "We meet at ten.", by=riverton.tess, now=now + LATER)


def test_after_a_day_it_is_too_late(riverton, waiting, taken, now):
    day = dt.timedelta(days=1)

    with pytest.raises(NotYours):
        noting.pass_on(waiting[0].pk, "We meet at ten.", by=riverton.tess, now=now + day)

    noting.pass_on(waiting[0].pk, "We meet at ten.", by=riverton.tess, now=now + day - dt.timedelta(seconds=1))


def test_nothing_is_no_note(riverton, waiting, taken, now):
    with pytest.raises(Unsendable):
        noting.pass_on(waiting[0].pk, " \0 ", by=riverton.tess, now=now + LATER)


# Drafts


def test_a_draft_of_what_was_handed_on_is_refused(riverton, waiting, taken, now):
    with pytest.raises(NotYours):
        drafting.keep(waiting[0], "We meet at ten", by=riverton.tess, now=now + LATER)

    assert Draft.objects.get().text == "We meet at"


def test_that_somebody_begins_to_answer_is_told_and_that_they_do_not_after_all(riverton, waiting, now, monkeypatch):
    told = []
    monkeypatch.setattr(news, "tell_of", lambda thread, *, by: told.append((text, by)))

    for text in ("S", "Sue", "", " "):
        drafting.keep(waiting[0], text, by=riverton.sue, now=now)
    assert told == [("S", riverton.sue.pk), ("", riverton.sue.pk)]

    text = "Sue once more"
    for later in (LATER, 2 * LATER):
        drafting.keep(waiting[0], text, by=riverton.sue, now=now + later)
    assert told[2:] == [(text, riverton.sue.pk)] * 2
