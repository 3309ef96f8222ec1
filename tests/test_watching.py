"""Pages of the administration hear what happens in the organization, whoever does it, and ask again by themselves."""

import uuid

import pytest

from textbank import news
from textbank.assignments import archiving
from textbank.campaigns import launching
from textbank.conversations import closing, receiving, sending
from textbank.conversations.models import Status
from textbank.messaging.texts import Inbound
from textbank.organizations.models import Tag

WORK, ESCALATED = "work", "escalated"


@pytest.fixture
def told(monkeypatch, riverton):
    """What Riverton's watchers are told from now on, as a set; what members are told is another matter."""
    said = []
    monkeypatch.setattr(news, "_after_commit", said.append)

    def since_then() -> set[str]:
        hints = set().union(*said)
        said.clear()
        return {what for _, whose, what in hints if whose == news.watchers(riverton.organization.pk)}

    return since_then


@pytest.fixture
def canvass(riverton):
    return riverton.campaign()


@pytest.fixture
def maria(riverton, canvass):
    """A contact who waits for Tess to answer."""
    return riverton.conversations(canvass, holder=riverton.tess, status=Status.NEEDS_RESPONSE)[0]


@pytest.fixture
def urgent(riverton):
    return Tag.objects.create(organization=riverton.organization, title="Urgent", assignable=False)


def test_a_text_goes_out_and_one_comes_in(riverton, maria, told, now):
    told()

    sending.send(
        maria.pk, "On my way!", by=riverton.tess, client_id=uuid.uuid4(), last_seen=maria.last_inbound, now=now
    )
    assert told() == {WORK}, "not only where somebody else has it"

    receiving.receive(
        riverton.service, Inbound(sender=maria.contact.cell, to="+12125550100", text="Who?", provider_id="1"), now=now
    )
    assert told() == {WORK}


def test_a_conversation_ends_and_begins_again(riverton, maria, told, now):
    told()

    closing.close(maria)
    assert told() == {WORK}
    closing.close(maria)
    assert told() == set(), "it was closed already"
    closing.reopen_all([maria.pk], by=riverton.ada, now=now)
    assert told() == {WORK}


def test_a_campaign_rests_goes_on_and_is_archived(riverton, canvass, told, now):
    told()

    launching.pause(canvass, by=riverton.ada, now=now)
    assert told() == {WORK}
    launching.resume(canvass, by=riverton.ada)
    assert told() == {WORK}
    archiving.archive(canvass, by=riverton.ada, now=now)
    assert told() == {WORK, ESCALATED}
    archiving.unarchive(canvass, by=riverton.ada)
    assert told() == {WORK, ESCALATED}
