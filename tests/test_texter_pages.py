"""What a texter sees and does, page by page."""

import gzip
import re
import uuid
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from textbank.assignments.models import Request
from textbank.campaigns.models import CannedResponse
from textbank.contacts.models import OptOut
from textbank.conversations import drafting, ledger, opting_out, sending
from textbank.conversations.ledger import Card
from textbank.conversations.models import Action, Draft, Handoff, Kind, Message, Status
from textbank.conversations.receiving import receive
from textbank.messaging.texts import Inbound
from textbank.organizations.models import Approval

HTMX = {"HTTP_HX_REQUEST": "true"}
JSON = {"HTTP_ACCEPT": "application/json"}


def click() -> str:
    return str(uuid.uuid4())


@pytest.fixture
def as_(client):
    """Signs somebody in: `as_(riverton.tess).get(…)`."""

    def sign_in(member):
        client.force_login(member.user)
        return client

    return sign_in


@pytest.fixture
def canvass(riverton):
    return riverton.campaign()


def says(riverton, conversation, text):
    """The contact texts."""
    number = Message.objects.count()
    inbound = Inbound(provider_id=f"in-{number}", sender=conversation.contact.cell, to="+12125550100", text=text)
    receive(riverton.service, inbound, now=timezone.now())
    conversation.refresh_from_db()


@pytest.fixture
def waiting(riverton, canvass):
    """Maria answered Tess, who has not yet answered her."""
    conversation = riverton.conversations(canvass, holder=riverton.tess)[0]
    sending.send(conversation.pk, None, by=riverton.tess, client_id=uuid.uuid4(), now=timezone.now())
    says(riverton, conversation, "Where do you meet?")
    return conversation


def hand_on(conversation, giver, receiver, by):
    act = Handoff.objects.create(organization=giver.organization, action=Action.REASSIGN, by=by)
    ledger.hand(act, [Card(conversation.pk, giver.pk, receiver.pk if receiver else None)], at=timezone.now())


def statements(client, path, **headers):
    with CaptureQueriesContext(connection, ) as made:
        answer = client.get(path, **headers)
    assert answer.status_code == 200
    return len(made)


def reply(text, conversation, **changes):
    return {"text": text, "client_id": click(), "last_seen": conversation.last_inbound, **changes}


# Home


def test_a_new_texter_is_told_where_to_begin(as_, riverton):
    page = as_(riverton.tess).get("/riverton/")

    assert "You have no texts yet" in page.text
    assert "No campaign is running just now" in page.text


def test_what_to_do_now_stands_there_with_its_number(as_, riverton, canvass, waiting):
    riverton.conversations(canvass, 3, holder=riverton.tess)

    page = as_(riverton.tess).get("/riverton/")

    assert "Answer replies" in page.text
    assert "1 waiting" in page.text
    assert "3 left" in page.text


def test_tess_asks_for_texts_and_gets_a_receipt(as_, riverton, canvass):
    riverton.conversations(canvass, 7)

    page = as_(riverton.tess).post("/riverton/ask/", {"count": "5"}, follow=True)

    assert "You have 5 new first messages." in page.text
    assert canvass.conversations.filter(texter=riverton.tess).count() == 5


def test_replies_are_counted_apart_on_the_receipt(as_, riverton, canvass, waiting):
    hand_on(waiting, riverton.tess, None, riverton.ada)
    riverton.conversations(canvass, 2)

    page = as_(riverton.theo).post("/riverton/ask/", {"count": "100"}, follow=True)

    assert "You have 2 new first messages and 1 reply to answer." in page.text
    assert "You asked for 100; there were no more." in page.text


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"autoassign": False}, "An admin hands out the texts"),
        ({"started": False}, "No campaign is running"),
        ({}, "Every text has been handed out"),
    ],
)
def test_a_page_that_offers_nothing_says_why(as_, riverton, fields, why):
    riverton.campaign(**fields)

    page = as_(riverton.tess).get("/riverton/")

    assert why in page.text
    assert 'name="count"' not in page.text


def test_outside_texting_hours_it_says_so(as_, riverton):
    now = timezone.now()
    closed = {"texting_starts": (now.replace(tzinfo=None)).time().replace(minute=0, second=0, microsecond=0)}
    del closed  # the hours that are closed whatever the hour: those of a carrier nobody may use now
    campaign = riverton.campaign()
    riverton.conversations(campaign, 1, hours_key="America/New_York")
    shut = shut_now()
    campaign.texting_starts, campaign.texting_ends = shut
    campaign.save()

    page = as_(riverton.tess).get("/riverton/")

    assert "it is outside texting hours where the contacts are" in page.text


def shut_now():
    """Hours, in New York, that began an hour from now and end two hours from now."""
    import datetime as dt
    from zoneinfo import ZoneInfo

    there = timezone.now().astimezone(ZoneInfo("America/New_York"))
    return tuple((there + dt.timedelta(hours=hours)).time() for hours in (1, 2))
