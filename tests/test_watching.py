"""Pages of the administration hear what happens in the organization, whoever does it, and ask again by themselves."""

import uuid

import pytest

from textbank import news
from textbank.assignments import archiving, escalating, labelling, reassigning
from textbank.assignments.plans import Plan
from textbank.campaigns import launching
from textbank.conversations import closing, opting_out, receiving, sending
from textbank.conversations.models import Action, Status
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


def test_hands_change(riverton, canvass, maria, told, now):
    told()

    reassigning.carry_out(
        Plan(action=Action.REASSIGN, by=riverton.ada, now=now, ticked=(maria.pk,), texters=(riverton.theo,))
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


def test_only_what_changes_the_badge_says_that_it_changed(riverton, maria, urgent, told, now):
    plain = Tag.objects.create(organization=riverton.organization, title="Ride")
    told()

    escalating.tag(maria, [plain], by=riverton.tess, now=now)
    assert told() == {WORK}
    escalating.tag(maria, [urgent], by=riverton.tess, now=now)
    assert told() == {WORK, ESCALATED}
    escalating.untag(maria, [plain], by=riverton.ada, now=now)
    assert told() == {WORK}
    labelling.resolve([maria.pk], by=riverton.ada, now=now)
    assert told() == {WORK, ESCALATED}
    labelling.label([maria.pk], [urgent], by=riverton.ada, now=now)
    assert told() == {WORK, ESCALATED}
    labelling.unlabel([maria.pk], [urgent], by=riverton.ada, now=now)
    assert told() == {WORK, ESCALATED}


def test_an_escalated_contact_who_opts_out_is_counted_no_more(riverton, canvass, maria, urgent, told, now):
    omar = riverton.conversations(canvass, holder=riverton.tess, status=Status.NEEDS_RESPONSE)[0]
    escalating.tag(maria, [urgent], by=riverton.tess, now=now)
    told()

    opting_out.opt_out(omar, by=riverton.tess, channel="page", now=now)
    assert told() == {WORK}
    opting_out.opt_out(maria, by=riverton.ada, channel="page", now=now)
    assert told() == {WORK, ESCALATED}
    opting_out.opt_in(riverton.organization.pk, maria.contact.cell, by=riverton.ada, because="Asked.", now=now)
    assert told() == {WORK, ESCALATED}


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
