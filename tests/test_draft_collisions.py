"""Somebody writes while the conversation changes hands: on connections of their own, in the same moment, in rounds."""

import datetime as dt
from functools import partial

import pytest

from tests.together import at_once
from textbank.assignments.reassigning import reassign
from textbank.conversations import drafting, noting, sending
from textbank.conversations.models import Conversation, Draft, Note, Status
from textbank.conversations.sending import NotYours

pytestmark = pytest.mark.django_db(transaction=True)

BEFORE = dt.timedelta(minutes=5)


@pytest.fixture(params=[6, pytest.param(200, marks=pytest.mark.slow)], ids=["few", "many"])
def rounds(request):
    return range(request.param)


@pytest.fixture
def campaign(riverton):
    return riverton.campaign()


def waiting(riverton, campaign):
    [thread] = riverton.conversations(campaign, holder=riverton.tess, status=Status.NEEDS_RESPONSE)
    return thread


def holder(thread):
    return Conversation.objects.get(pk=thread.pk).texter


def drafts(thread):
    return [(draft.author, draft.text) for draft in Draft.objects.filter(conversation=thread)]


def notes(thread):
    return [(note.author, note.text) for note in Note.objects.filter(conversation=thread)]


def test_tess_begins_to_write_while_ada_gives_it_to_theo(riverton, campaign, rounds, now):
    for _ in rounds:
        thread = waiting(riverton, campaign)

        kept, act = at_once(
            partial(drafting.keep, thread, "We meet", by=riverton.tess, now=now),
            partial(reassign, [thread.pk], [riverton.theo], by=riverton.ada, now=now),
        )

        # A draft that is younger than the look at it holds nothing, but is still hers.
        assert (holder(thread), act.left_alone) in [(riverton.theo, {}), (riverton.tess, {"being_answered": 1})]
        assert drafts(thread) == ([] if isinstance(kept, NotYours) else [(riverton.tess, "We meet")])
        if not isinstance(kept, NotYours) and act.moved:
            noting.pass_on(thread.pk, "We meet", by=riverton.tess, now=now)


def test_tess_writes_on_while_ada_takes_it_anyway(riverton, campaign, rounds, now):
    for _ in rounds:
        thread = waiting(riverton, campaign)
        drafting.keep(thread, "We", by=riverton.tess, now=now)

        kept, act = at_once(
            partial(drafting.keep, thread, "We meet", by=riverton.tess, now=now),
            partial(reassign, [thread.pk], [riverton.theo], by=riverton.ada, include_drafting=True, now=now),
        )

        assert (act.moved, holder(thread), drafts(thread)) == (1, riverton.theo, [])
        assert notes(thread) == [(riverton.tess, "We" if isinstance(kept, NotYours) else "We meet")]


def test_tess_sends_what_she_was_writing_while_ada_takes_it_anyway(riverton, campaign, rounds, now):
    for number in rounds:
        thread = waiting(riverton, campaign)
        drafting.keep(thread, "We meet", by=riverton.tess, now=now)
        click = {"client_id": f"5c1b2a3e-0f5e-4f0c-9a55-{number:012}", "last_seen": thread.last_inbound}

        sent, act = at_once(
            partial(sending.send, thread.pk, "We meet", by=riverton.tess, now=now, **click),
            partial(reassign, [thread.pk], [riverton.theo], by=riverton.ada, include_drafting=True, now=now),
        )

        assert (act.moved, holder(thread), drafts(thread)) == (1, riverton.theo, [])
        # Sent or left to Theo, never both and never neither.
        assert notes(thread) == ([(riverton.tess, "We meet")] if isinstance(sent, NotYours) else [])


def test_tess_passes_on_what_she_was_writing_while_it_goes_on_to_tara(riverton, campaign, rounds, now):
    for _ in rounds:
        thread = waiting(riverton, campaign)
        drafting.keep(thread, "We meet", by=riverton.tess, now=now - BEFORE)
        reassign([thread.pk], [riverton.theo], by=riverton.ada, now=now)

        passed, act = at_once(
            partial(noting.pass_on, thread.pk, "We meet at ten", by=riverton.tess, now=now),
            partial(reassign, [thread.pk], [riverton.tara], by=riverton.ada, now=now),
        )

        assert (act.moved, holder(thread)) == (1, riverton.tara)
        if isinstance(passed, NotYours):
            assert (notes(thread), drafts(thread)) == ([], [(riverton.tess, "We meet")])
        else:
            assert (notes(thread), drafts(thread)) == ([(riverton.tess, "We meet at ten")], [])


def test_two_clicks_pass_on_one_note(riverton, campaign, rounds, now):
    for _ in rounds:
        thread = waiting(riverton, campaign)
        reassign([thread.pk], [riverton.theo], by=riverton.ada, now=now)

        first, second = at_once(*[partial(noting.pass_on, thread.pk, "We meet", by=riverton.tess, now=now)] * 2)

        assert first == second
        assert notes(thread) == [(riverton.tess, "We meet")]
