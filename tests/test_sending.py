"""One click, one text, and a look at everything before it."""

import datetime as dt
import uuid

import pytest

from textbank.contacts.models import OptOut
from textbank.conversations import opting_out, sending
from textbank.conversations.ledger import Card, hand
from textbank.conversations.models import Action, Conversation, Draft, Handoff, Kind, Message, MessageStatus, Status
from textbank.conversations.receiving import receive
from textbank.conversations.snapshots import Snapshot, UnchangedSince
from textbank.messaging.texts import Inbound


def click() -> uuid.UUID:
    return uuid.uuid4()


def inbound(conversation, text, provider_id="in-1"):
    return Inbound(provider_id=provider_id, sender=conversation.contact.cell, to="+12125550100", text=text)


@pytest.fixture
def first(riverton):
    """Tess holds one conversation that needs its first message."""
    return riverton.conversations(riverton.campaign(), holder=riverton.tess)[0]


@pytest.fixture
def waiting(riverton, first, now):
    """Maria answered Tess."""
    sending.send(first.pk, None, by=riverton.tess, client_id=click(), now=now)
    receive(riverton.service, inbound(first, "Who is this?"), now=now + dt.timedelta(minutes=1))
    first.refresh_from_db()
    return first


def test_a_first_message_is_the_scripts_with_its_blanks_filled(riverton, first, now):
    message = sending.send(first.pk, None, by=riverton.tess, client_id=click(), now=now)

    assert message.text == "Hi Maria, it's Tess with Riverton Votes. Can we count on you on Saturday?"
    assert (message.status, message.kind, message.author) == (MessageStatus.QUEUED, Kind.FIRST, riverton.tess)
    first.refresh_from_db()
    assert first.status == Status.FIRST_MESSAGE_SENT
    assert first.last_activity == now


def test_the_same_click_again_is_the_same_message(riverton, first, now):
    same = click()

    once = sending.send(first.pk, None, by=riverton.tess, client_id=same, now=now)
    again = sending.send(first.pk, None, by=riverton.tess, client_id=same, now=now)

    assert once == again
    assert Message.objects.count() == 1


def test_another_click_sends_no_second_first_message(riverton, first, now):
    sending.send(first.pk, None, by=riverton.tess, client_id=click(), now=now)

    with pytest.raises(sending.AlreadySent):
        sending.send(first.pk, None, by=riverton.tess, client_id=click(), now=now)
    assert Message.objects.count() == 1


def test_a_click_belongs_to_one_conversation(riverton, first, now):
    other = riverton.conversations(first.campaign, holder=riverton.tess)[0]
    same = click()
    sending.send(first.pk, None, by=riverton.tess, client_id=same, now=now)

    with pytest.raises(sending.ClickUsedElsewhere):
        sending.send(other.pk, None, by=riverton.tess, client_id=same, now=now)


def test_who_no_longer_has_it_sends_nothing(riverton, first, now):
    act = Handoff.objects.create(organization=riverton.organization, action=Action.REASSIGN)
    hand(act, [Card(first.pk, riverton.tess.pk, riverton.theo.pk)], at=now)

    with pytest.raises(sending.NotYours):
        sending.send(first.pk, None, by=riverton.tess, client_id=click(), now=now)
    assert not Message.objects.exists()


def test_sue_may_answer_from_message_review_and_the_holder_stays(riverton, waiting, now):
    sending.send(waiting.pk, "Sue here!", by=riverton.sue, client_id=click(), last_seen=waiting.last_inbound, now=now)

    waiting.refresh_from_db()
    assert waiting.texter == riverton.tess
    assert waiting.messages.last().author == riverton.sue


def test_another_organization_does_not_exist(otherton, first, now):
    with pytest.raises(Conversation.DoesNotExist):
        sending.send(first.pk, None, by=otherton.zed, client_id=click(), now=now)


def test_a_reply_answers_what_waited(riverton, waiting, now):
    for author in (riverton.tess, riverton.sue):
        Draft.objects.create(conversation=waiting, author=author, text="It", touched_at=now)

    sending.send(waiting.pk, "It's Tess!", by=riverton.tess, client_id=click(), last_seen=waiting.last_inbound, now=now)

    waiting.refresh_from_db()
    assert (waiting.status, waiting.waiting_since) == (Status.ACTIVE, None)
    assert Draft.objects.get().author == riverton.sue


def test_a_reply_nobody_has_seen_yet_is_shown_first(riverton, waiting, now):
    with pytest.raises(sending.NewReplyUnseen, match="Maria answered while you were typing"):
        sending.send(waiting.pk, "Hello?", by=riverton.tess, client_id=click(), last_seen=None, now=now)


def test_nobody_texts_who_opted_out(riverton, waiting, now):
    opting_out.opt_out(waiting, by=riverton.sue, channel="page", now=now)

    with pytest.raises(sending.OptedOut):
        sending.send(waiting.pk, "Hi", by=riverton.tess, client_id=click(), last_seen=waiting.last_inbound, now=now)


def test_a_number_is_barred_before_its_conversations_are_marked_and_until_it_is_let_in_again(riverton, waiting, now):
    barred = OptOut.objects.create(organization=riverton.organization, cell=waiting.contact.cell, channel="page")
    again = {"by": riverton.tess, "client_id": click(), "last_seen": waiting.last_inbound, "now": now}

    with pytest.raises(sending.OptedOut):
        sending.send(waiting.pk, "Hi", **again)

    OptOut.objects.filter(pk=barred.pk).update(lifted_at=now)
    assert sending.send(waiting.pk, "Hi", **again).text == "Hi"


@pytest.mark.django_db(transaction=True)
def test_who_saw_it_before_has_seen_something_else(riverton, first, now):
    seen = Snapshot.now()

    sending.send(first.pk, None, by=riverton.tess, client_id=click(), now=now)

    unchanged = Conversation.objects.annotate(unchanged=UnchangedSince("changed_in", seen))
    assert not unchanged.get(pk=first.pk).unchanged


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"archived_at": dt.datetime(2026, 11, 2, tzinfo=dt.UTC)}, sending.CampaignArchived),
        ({"paused_at": dt.datetime(2026, 11, 2, tzinfo=dt.UTC)}, sending.CampaignPaused),
        ({"started": False}, sending.NotStarted),
        ({"texting_starts": dt.time(13), "texting_ends": dt.time(21)}, sending.OutsideTextingHours),
    ],
)
def test_a_campaign_that_rests_sends_nothing(riverton, now, fields, refusal):
    thread = riverton.conversations(riverton.campaign(**fields), holder=riverton.tess)[0]

    with pytest.raises(refusal):
        sending.send(thread.pk, None, by=riverton.tess, client_id=click(), now=now)
    assert not Message.objects.exists()


@pytest.mark.parametrize("text", ["", "  ", "x" * 1601])
def test_words_that_will_not_do(riverton, waiting, now, text):
    with pytest.raises(sending.Unsendable):
        sending.send(waiting.pk, text, by=riverton.tess, client_id=click(), last_seen=waiting.last_inbound, now=now)


def test_a_send_takes_few_statements(riverton, first, now, django_assert_num_queries):
    with django_assert_num_queries(4):  # savepoint, look, write, release
        sending.send(first.pk, None, by=riverton.tess, client_id=click(), now=now)
