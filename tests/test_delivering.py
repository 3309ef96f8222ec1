"""The outbox drains: through the simulator's own carrier, in every mood it can have."""

import datetime as dt
import subprocess
import sys
import uuid
from collections.abc import Iterator

import httpx
import pytest
from django.conf import settings

from textbank.conversations import delivering, sending
from textbank.conversations.models import Kind, Message, MessageStatus
from textbank.conversations.receiving import report
from textbank.demo.children import free_port
from textbank.messaging.models import SenderNumber
from textbank.messaging.texts import Accepted, DeliveryReport, Refused, Unknown

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def running() -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "textbank.messaging.providers.simulator.carrier", "--port", str(port)]
    options = ["--webhooks", f"http://127.0.0.1:{free_port()}/webhooks/simulator", "--secret", "s", "--pace", "silent"]
    process = subprocess.Popen([*command, *options])
    address = f"http://127.0.0.1:{port}"
    with httpx.Client(transport=httpx.HTTPTransport(retries=8)) as http:
        http.get(address).raise_for_status()
    yield address
    process.terminate()
    process.wait(10)


@pytest.fixture
def carrier(running, monkeypatch) -> httpx.Client:
    """The carrier's own desk: what it was given, and its faults."""
    monkeypatch.setitem(settings.CARRIERS, "simulator", {"address": running, "secret": "s"})
    with httpx.Client(base_url=running) as desk:
        desk.post("/reset", json={}).raise_for_status()
        yield desk


def given(carrier) -> list[dict]:
    return carrier.get("/messages").json()["messages"]


@pytest.fixture
def queued(riverton, now) -> list[Message]:
    """Tess clicked Send three times."""
    threads = riverton.conversations(riverton.campaign(), 3, holder=riverton.tess)
    return [sending.send(t.pk, None, by=riverton.tess, client_id=uuid.uuid4(), now=now) for t in threads]


def statuses() -> list[str]:
    return [message.status_key for message in Message.objects.order_by("pk")]


def test_each_text_reaches_the_carrier_once(carrier, queued, now):
    assert delivering.drain_once(now) == 3
    assert delivering.drain_once(now) == 0

    assert statuses() == ["sent"] * 3
    assert {text["to"] for text in given(carrier)} == {m.conversation.contact.cell for m in queued}
    assert len(given(carrier)) == 3


@pytest.mark.parametrize("many", [1, 3])
def test_a_batch_is_taken_in_as_many_statements_as_one_text(queued, now, many, django_assert_num_queries):
    Message.objects.exclude(pk__in=[message.pk for message in queued[:many]]).delete()

    # begin, texts, numbers, the contacts' earlier numbers, their numbers from now on, taken, commit
    with django_assert_num_queries(7):
        assert len(delivering.claim(now)) == many


def test_a_contact_always_sees_the_same_number(riverton, carrier, queued, now):
    SenderNumber.objects.create(service=riverton.service, number="+12125550101")
    SenderNumber.objects.create(service=riverton.service, number="+12125550102")
    delivering.drain_once(now)
    first = queued[0].conversation
    [again] = riverton.conversations(riverton.campaign("Phones"), cell=first.contact.cell, holder=riverton.theo)

    sending.send(again.pk, None, by=riverton.theo, client_id=uuid.uuid4(), now=now)
    delivering.drain_once(now)

    seen = [text["from"] for text in given(carrier) if text["to"] == first.contact.cell]
    assert len(seen) == 2
    assert len(set(seen)) == 1


def test_a_busy_carrier_is_asked_again_later(carrier, queued, now):
    carrier.post("/faults", json={"kind": "answer_429", "count": 1}).raise_for_status()

    delivering.drain_once(now)
    assert sorted(statuses()) == ["queued", "sent", "sent"]
    assert delivering.drain_once(now) == 0

    assert delivering.drain_once(now + delivering.AGAIN) == 1
    assert statuses() == ["sent"] * 3


def test_an_answer_that_says_nothing_is_unconfirmed_and_never_sent_again(carrier, queued, now):
    carrier.post("/faults", json={"kind": "answer_500", "count": 1}).raise_for_status()

    delivering.drain_once(now)

    assert sorted(statuses()) == ["sent", "sent", "unconfirmed"]
    assert delivering.drain_once(now + dt.timedelta(hours=1)) == 0


def test_a_worker_that_died_leaves_unconfirmed(carrier, queued, now):
    delivering.claim(now)

    assert delivering.give_up_on_forgotten(now) == 0
    assert delivering.give_up_on_forgotten(now + dt.timedelta(minutes=3)) == 3

    assert statuses() == ["unconfirmed"] * 3
    assert delivering.drain_once(now + dt.timedelta(hours=1)) == 0
    assert given(carrier) == []


def test_texts_of_a_paused_campaign_are_held(carrier, queued, now):
    campaign = queued[0].conversation.campaign
    campaign.paused_at = now
    campaign.save()
    assert delivering.drain_once(now) == 0

    campaign.paused_at = None
    campaign.save()
    assert delivering.drain_once(now) == 3


def test_texts_of_an_archived_campaign_are_cancelled(carrier, queued, now):
    campaign = queued[0].conversation.campaign
    campaign.archived_at = now
    campaign.save()

    delivering.drain_once(now)

    assert statuses() == ["cancelled"] * 3
    assert given(carrier) == []


def test_a_text_that_waited_past_closing_time_goes_in_the_morning(riverton, carrier, now):
    campaign = riverton.campaign(texting_starts=dt.time(9), texting_ends=dt.time(21))
    [thread] = riverton.conversations(campaign, holder=riverton.tess)
    sending.send(thread.pk, None, by=riverton.tess, client_id=uuid.uuid4(), now=now)
    night, morning = now + dt.timedelta(hours=11), now + dt.timedelta(hours=21)

    delivering.drain_once(night)
    assert statuses() == ["queued"]

    delivering.drain_once(morning)
    assert statuses() == ["sent"]


def test_a_service_without_a_number_says_so(riverton, carrier, queued, now):
    SenderNumber.objects.all().delete()

    delivering.drain_once(now)

    assert set(statuses()) == {"failed"}
    assert "no sender number" in queued[0].conversation.messages.get(kind=Kind.FIRST).error


def test_a_report_that_was_early_is_applied(riverton, carrier, queued, now):
    delivering.claim(now)
    report(riverton.service, DeliveryReport("out-1", "delivered"), now=now)

    delivering.write_down({queued[0].pk: Accepted("out-1")}, now)

    queued[0].refresh_from_db()
    assert (queued[0].status, queued[0].provider_id) == (MessageStatus.DELIVERED, "out-1")


def test_what_each_answer_means(now):
    assert delivering.outcome(Accepted("x"), now).status == MessageStatus.SENT
    assert delivering.outcome(Refused("429", "busy", retry=True), now).status == MessageStatus.QUEUED
    assert delivering.outcome(Refused("30005", "unknown", retry=False), now).status == MessageStatus.FAILED
    assert delivering.outcome(Unknown("time-out"), now).status == MessageStatus.UNCONFIRMED
