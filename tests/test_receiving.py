"""A contact's text comes in, once, and is heeded."""

import datetime as dt
import uuid

import pytest

from textbank import news
from textbank.assignments.reassigning import reassign
from textbank.contacts.models import OptOut
from textbank.conversations import sending
from textbank.conversations.early_reports import meet
from textbank.conversations.models import EarlyReport, Kind, Message, MessageStatus, Status, StrayText
from textbank.conversations.receiving import receive, report
from textbank.messaging.texts import DeliveryReport, Inbound


@pytest.fixture
def thread(riverton, now):
    """Tess sent the first message."""
    [thread] = riverton.conversations(riverton.campaign(), holder=riverton.tess)
    sending.send(thread.pk, None, by=riverton.tess, client_id=uuid.uuid4(), now=now)
    return thread


def text(thread, words, provider_id="in-1"):
    return Inbound(provider_id=provider_id, sender=thread.contact.cell, to="+12125550100", text=words)


def test_an_answer_needs_a_response_since_it_came(riverton, thread, now):
    message = receive(riverton.service, text(thread, "Who is this?"), now=now)

    thread.refresh_from_db()
    assert (thread.status, thread.waiting_since, thread.last_inbound) == (Status.NEEDS_RESPONSE, now, message.pk)


def test_waiting_begins_with_the_oldest_unanswered_text(riverton, thread, now):
    receive(riverton.service, text(thread, "Hello?"), now=now)
    receive(riverton.service, text(thread, "Anybody?", "in-2"), now=now + dt.timedelta(minutes=9))

    thread.refresh_from_db()
    assert thread.waiting_since == now


def test_an_answer_after_a_hand_off_is_told_to_whoever_has_it_now_alone(riverton, thread, now, monkeypatch):
    assert reassign([thread.pk], [riverton.theo], by=riverton.ada, now=now).moved == 1
    told = []
    monkeypatch.setattr(news, "_after_commit", told.extend)

    receive(riverton.service, text(thread, "Who is this?"), now=now + dt.timedelta(minutes=1))

    heard = {member for _, member, _ in told if member > 0}
    assert heard == {riverton.theo.pk}


def test_the_same_text_twice_is_kept_once(riverton, thread, now):
    once = receive(riverton.service, text(thread, "Yes"), now=now)
    again = receive(riverton.service, text(thread, "Yes"), now=now)

    assert once == again
    assert thread.messages.filter(status=MessageStatus.RECEIVED).count() == 1


def test_a_text_brought_again_after_it_was_answered_asks_for_nothing(riverton, thread, now):
    heard = receive(riverton.service, text(thread, "Who is this?"), now=now)
    sending.send(thread.pk, "Tess!", by=riverton.tess, client_id=uuid.uuid4(), last_seen=heard.pk, now=now)

    receive(riverton.service, text(thread, "Who is this?"), now=now)

    thread.refresh_from_db()
    assert (thread.status, thread.waiting_since) == (Status.ACTIVE, None)


def test_a_stop_brought_again_after_a_start_stops_nobody(riverton, thread, now):
    for words, provider_id in (("STOP", "in-1"), ("START", "in-2"), ("STOP", "in-1")):
        receive(riverton.service, text(thread, words, provider_id), now=now)

    thread.refresh_from_db()
    assert not thread.opted_out


def test_what_comes_in_takes_few_statements(riverton, thread, now, django_assert_num_queries):
    asked = text(thread, "Who is this?")

    with django_assert_num_queries(4):  # savepoint, the number's threads, write, release
        receive(riverton.service, asked, now=now)
    sent(thread)
    with django_assert_num_queries(1):
        assert report(riverton.service, DeliveryReport("out-1", "delivered"), now=now)


@pytest.mark.parametrize(("provider", "further"), [("simulator", 1), ("twilio", 0)])
def test_nobody_knocks_where_no_service_is(riverton, client, provider, further):
    address = f"/webhooks/{provider}/{riverton.service.pk + further}/inbound"

    assert client.post(address, b"{}", content_type="application/json").status_code == 404


def test_stop_closes_marks_every_thread_of_the_number_and_is_confirmed_once(riverton, thread, now):
    [other] = riverton.conversations(riverton.campaign("Phones"), cell=thread.contact.cell)

    receive(riverton.service, text(thread, "STOP"), now=now)
    receive(riverton.service, text(thread, "Stop!", "in-2"), now=now + dt.timedelta(minutes=1))

    thread.refresh_from_db()
    other.refresh_from_db()
    assert (thread.status, thread.opted_out) == (Status.CLOSED, True)
    assert (other.status, other.opted_out) == (Status.NEEDS_FIRST_MESSAGE, True)
    assert OptOut.objects.get().words == "STOP"
    assert thread.messages.filter(kind=Kind.AUTOMATIC).count() == 1


def test_stop_cancels_what_is_still_in_the_outbox(riverton, thread, now):
    receive(riverton.service, text(thread, "STOP"), now=now)

    assert thread.messages.get(kind=Kind.FIRST).status == MessageStatus.CANCELLED
    assert thread.messages.get(kind=Kind.AUTOMATIC).status == MessageStatus.QUEUED


def test_start_lifts_the_opt_out_and_the_status_stays_with_the_text(riverton, thread, now):
    receive(riverton.service, text(thread, "STOP"), now=now)
    receive(riverton.service, text(thread, "START", "in-2"), now=now)

    thread.refresh_from_db()
    assert (thread.opted_out, thread.status) == (False, Status.NEEDS_RESPONSE)
    assert OptOut.objects.get().lifted_at == now


def test_help_is_answered_and_still_waits_for_a_person(riverton, thread, now):
    receive(riverton.service, text(thread, "HELP"), now=now)

    thread.refresh_from_db()
    assert thread.status == Status.NEEDS_RESPONSE
    assert thread.messages.get(kind=Kind.AUTOMATIC).text == riverton.organization.settings.help_reply


def test_the_latest_thread_with_the_number_is_answered(riverton, thread, now):
    [newer] = riverton.conversations(riverton.campaign("Phones"), cell=thread.contact.cell, holder=riverton.theo)
    assert receive(riverton.service, text(thread, "Hi"), now=now).conversation == thread

    sending.send(newer.pk, None, by=riverton.theo, client_id=uuid.uuid4(), now=now)

    assert receive(riverton.service, text(thread, "Hi again", "in-2"), now=now).conversation == newer


def test_a_stranger_is_kept_and_may_stop(riverton, now):
    stray = Inbound(provider_id="in-9", sender="+13125550123", to="+12125550100", text="Stop")

    assert isinstance(receive(riverton.service, stray, now=now), StrayText)
    assert isinstance(receive(riverton.service, stray, now=now), StrayText)

    assert StrayText.objects.count() == 1
    assert OptOut.objects.get().cell == "+13125550123"


def test_another_organizations_thread_is_not_answered(riverton, otherton, thread, now):
    assert isinstance(receive(otherton.service, text(thread, "Hi"), now=now), StrayText)
    assert not thread.messages.filter(status=MessageStatus.RECEIVED).exists()


def sent(thread, status=MessageStatus.SENT):
    message = thread.messages.get(kind=Kind.FIRST)
    Message.objects.filter(pk=message.pk).update(status=status, provider_id="out-1")
    return message


def test_a_report_says_what_became_of_a_text(riverton, thread, now):
    message = sent(thread)

    report(riverton.service, DeliveryReport("out-1", "failed", error="Unreachable", error_code="30003"), now=now)

    message.refresh_from_db()
    assert (message.status, message.error) == (MessageStatus.FAILED, "30003 Unreachable")


def test_late_and_doubled_reports_take_nothing_back(riverton, thread, now):
    message = sent(thread)

    for state in ("delivered", "sent", "delivered", "failed"):
        report(riverton.service, DeliveryReport("out-1", state), now=now)

    message.refresh_from_db()
    assert message.status == MessageStatus.DELIVERED


def test_a_report_that_overtook_our_own_record_is_kept(riverton, thread, now):
    assert report(riverton.service, DeliveryReport("out-1", "delivered"), now=now) is False

    assert EarlyReport.objects.get().status == MessageStatus.DELIVERED


def test_a_late_report_of_sending_does_not_take_an_early_delivery_back(riverton, thread, now):
    for state in ("delivered", "sent"):
        report(riverton.service, DeliveryReport("out-1", state), now=now)

    message = sent(thread)
    assert meet() == 1
    message.refresh_from_db()
    assert message.status == MessageStatus.DELIVERED
    assert not EarlyReport.objects.exists()


def test_a_report_finds_a_text_whose_acceptance_was_never_heard(riverton, thread, now):
    message = thread.messages.get(kind=Kind.FIRST)
    Message.objects.filter(pk=message.pk).update(status=MessageStatus.UNCONFIRMED)

    report(riverton.service, DeliveryReport("out-7", "delivered", message_id=message.pk), now=now)

    message.refresh_from_db()
    assert (message.status, message.provider_id) == (MessageStatus.DELIVERED, "out-7")
