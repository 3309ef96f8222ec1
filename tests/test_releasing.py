"""Work goes back to the pool from a campaign's menu."""

import datetime as dt

import pytest

from textbank.assignments.plans import BadPlan
from textbank.assignments.releasing import release_unhandled, release_unreplied, release_unsent
from textbank.conversations import drafting
from textbank.conversations.answering import answer
from textbank.conversations.models import Conversation, Direction, Handoff, Kind, Message, MessageStatus, Status
from textbank.conversations.receiving import receive, report
from textbank.messaging.texts import DeliveryReport, Inbound


@pytest.fixture
def campaign(riverton):
    return riverton.campaign()


def waiting(riverton, campaign, now, minutes, **fields):
    """Tess has had a reply in hand for hours; it came so many minutes ago."""
    since = now - dt.timedelta(minutes=minutes)
    [thread] = riverton.conversations(
        campaign, holder=riverton.tess, status=Status.NEEDS_RESPONSE, waiting_since=since, **fields
    )
    Conversation.objects.filter(pk=thread.pk).update(held_since=now - dt.timedelta(hours=9))
    return thread


def test_unsent_takes_every_held_first_message_of_the_campaign(riverton, campaign, now):
    riverton.conversations(campaign, 3, holder=riverton.tess)
    riverton.conversations(campaign, 2, holder=riverton.theo)
    riverton.conversations(campaign, 4)
    riverton.conversations(riverton.campaign("Other"), holder=riverton.tess)
    riverton.conversations(campaign, holder=riverton.tess, status=Status.FIRST_MESSAGE_SENT)

    handoff = release_unsent(campaign, by=riverton.ada, now=now)

    assert (handoff.matched, handoff.moved) == (5, 5)
    assert handoff.gives == {str(riverton.tess.pk): 3, str(riverton.theo.pk): 2}
    assert Conversation.objects.filter(texter=riverton.tess).count() == 2


def test_unreplied_takes_what_has_been_idle_that_long(riverton, campaign, now):
    old, fresh = waiting(riverton, campaign, now, 90), waiting(riverton, campaign, now, 10)

    assert release_unreplied(campaign, 60, by=riverton.ada, now=now, dry_run=True).moved == 1
    assert release_unreplied(campaign, 60, by=riverton.ada, now=now).moved == 1

    old.refresh_from_db()
    fresh.refresh_from_db()
    assert (old.texter, fresh.texter) == (None, riverton.tess)
    assert release_unreplied(campaign, 0, by=riverton.ada, now=now).moved == 1


def test_who_was_just_given_a_conversation_has_the_whole_time_for_it(riverton, campaign, now):
    thread = waiting(riverton, campaign, now, 90)
    Conversation.objects.filter(pk=thread.pk).update(held_since=now - dt.timedelta(minutes=5))

    assert release_unreplied(campaign, 60, by=riverton.ada, now=now).matched == 0


def draft(riverton, thread, at):
    drafting.keep(thread, "We meet", by=riverton.tess, now=at)


def survey(riverton, thread, at):
    step = thread.campaign.first_step
    assert answer(thread, step, "Yes", by=riverton.tess, now=at)


def reported(riverton, thread, at):
    """What became of the answer to HELP is heard."""
    Message.objects.create(
        organization=riverton.organization,
        conversation=thread,
        service=riverton.service,
        direction=Direction.OUTGOING,
        kind=Kind.AUTOMATIC,
        status=MessageStatus.SENT,
        provider_id="out-1",
        text="Riverton Votes. Reply STOP to opt out.",
    )
    assert report(riverton.service, DeliveryReport("out-1", "delivered"), now=at)


def wrote_again(riverton, thread, at):
    service, cell = riverton.service, thread.contact.cell
    receive(service, Inbound(provider_id="in-2", sender=cell, to="+12125550100", text="Hello?"), now=at)


@pytest.mark.parametrize("happens", [draft, survey, reported, wrote_again])
def test_what_is_no_reply_sets_neither_clock_back(riverton, campaign, now, happens):
    thread = waiting(riverton, campaign, now, 90)

    happens(riverton, thread, now - dt.timedelta(minutes=5))

    since = thread.waiting_since
    thread.refresh_from_db()
    assert (thread.waiting_since, thread.held_since) == (since, now - dt.timedelta(hours=9))
    assert release_unreplied(campaign, 60, by=riverton.ada, now=now, dry_run=True).moved == 1


def test_escalated_pinned_opted_out_and_just_answered_are_left_alone(riverton, campaign, now):
    waiting(riverton, campaign, now, 90, escalated=True)
    waiting(riverton, campaign, now, 90, pinned_to=riverton.tess)
    waiting(riverton, campaign, now, 90, opted_out=True)
    drafting.keep(waiting(riverton, campaign, now, 90), "Well", by=riverton.tess, now=now)

    handoff = release_unreplied(campaign, 60, by=riverton.ada, now=now)

    assert handoff.moved == 0
    assert handoff.left_alone == {"escalated": 1, "pinned": 1, "opted_out": 1, "being_answered": 1}


def test_unhandled_goes_over_all_campaigns_but_archived_ones(riverton, otherton, campaign, now):
    waiting(riverton, campaign, now, 90)
    waiting(riverton, riverton.campaign("Phones"), now, 90)
    waiting(riverton, riverton.campaign("Old", archived_at=now), now, 90)

    assert release_unhandled(60, by=riverton.ada, now=now).moved == 2
    assert release_unhandled(60, by=otherton.zed, now=now).matched == 0


def test_a_dry_run_writes_nothing(riverton, campaign, now):
    riverton.conversations(campaign, 3, holder=riverton.tess)
    before = Handoff.objects.count()

    assert release_unsent(campaign, by=riverton.ada, now=now, dry_run=True).moved == 3

    assert Handoff.objects.count() == before
    assert Conversation.objects.filter(texter=riverton.tess).count() == 3


def test_minutes_that_make_no_sense(riverton, campaign, now):
    with pytest.raises(BadPlan):
        release_unreplied(campaign, -1, by=riverton.ada, now=now)
