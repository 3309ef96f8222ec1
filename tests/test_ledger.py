"""Who has a conversation is written in one place, and the database itself refuses strangers."""

import re
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction

from textbank.conversations import ledger
from textbank.conversations.ledger import Card
from textbank.conversations.models import Action, Conversation, Handoff, LeftAlone, Move, Status
from textbank.organizations.models import Membership

CODE = Path(__file__).parent.parent / "textbank"
WRITES = re.compile(
    r"texter_id\s*=(?!=)[^,)]*from|set\s+texter_id|\.update\([^)]*\btexter(_id)?=|\.texter(_id)?\s*=(?!=)"
)


def test_only_the_ledger_writes_who_has_a_conversation():
    # A refactoring that hides the writer from this pattern would leave it guarding nothing.
    assert WRITES.search((CODE / "conversations/ledger.py").read_text())

    writers = [
        str(path.relative_to(CODE))
        for path in CODE.rglob("*.py")
        if path.name != "ledger.py" and "migrations" not in path.parts and WRITES.search(path.read_text())
    ]
    assert writers == []


@pytest.fixture
def thread(riverton):
    [thread] = riverton.conversations(riverton.campaign(), holder=riverton.tess)
    return thread


@pytest.fixture
def handoff(riverton):
    return Handoff.objects.create(organization=riverton.organization, action=Action.REASSIGN)


def test_a_hand_writes_the_holder_and_the_move_together(riverton, thread, handoff, now):
    ledger.hand(handoff, [Card(thread.pk, riverton.tess.pk, riverton.theo.pk)], at=now)

    thread.refresh_from_db()
    move = Move.objects.get(handoff=handoff)
    assert (thread.texter, thread.held_since) == (riverton.theo, now)
    assert (move.giver, move.receiver, move.left_alone) == (riverton.tess, riverton.theo, None)


def test_what_is_left_alone_is_written_too_and_moves_nothing(riverton, thread, handoff, now):
    ledger.hand(handoff, [Card(thread.pk, riverton.tess.pk, None, LeftAlone.PINNED)], at=now)

    thread.refresh_from_db()
    assert thread.texter == riverton.tess
    assert (handoff.matched, handoff.moved, handoff.left_alone) == (1, 0, {"pinned": 1})


def test_the_database_refuses_a_holder_of_another_organization(riverton, otherton, thread, handoff, now):
    with pytest.raises(IntegrityError, match="its own organization"), transaction.atomic():
        ledger.hand(handoff, [Card(thread.pk, riverton.tess.pk, otherton.yan.pk)], at=now)

    thread.refresh_from_db()
    assert thread.texter == riverton.tess


def test_the_database_refuses_a_holder_who_does_not_exist(riverton, thread, handoff, now):
    with pytest.raises(IntegrityError, match="its own organization"), transaction.atomic():
        ledger.hand(handoff, [Card(thread.pk, riverton.tess.pk, 10**9)], at=now)


def test_a_membership_is_never_deleted_nor_moved(riverton, otherton, thread):
    with (
        pytest.raises(IntegrityError, match="never deleted"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("delete from organizations_membership where id = %s", [riverton.tess.pk])
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        Membership.objects.filter(pk=riverton.tess.pk).update(organization=otherton.organization)


def test_a_conversation_cannot_join_a_campaign_of_another_organization(riverton, otherton):
    campaign = otherton.campaign()

    with pytest.raises(IntegrityError), transaction.atomic():
        riverton.conversations(campaign)


@pytest.mark.parametrize(
    ("gone", "words"),
    [
        ("campaigns_campaign where id = %(campaign)s", "as long as its contacts do"),
        ("contacts_contact where id = %(contact)s", "as long as its conversation does"),
    ],
)
def test_neither_a_campaign_nor_a_contact_goes_before_what_hangs_on_it(thread, gone, words):
    with pytest.raises(IntegrityError, match=words), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"delete from {gone}", {"campaign": thread.campaign_id, "contact": thread.pk})


def test_a_conversation_has_a_contact(riverton, thread):
    with pytest.raises(IntegrityError, match="of its contact"), transaction.atomic():
        Conversation.objects.create(
            contact_id=10**9,
            organization=riverton.organization,
            campaign=thread.campaign,
            last_activity=thread.last_activity,
            status=Status.CLOSED,
            hours_key="America/New_York",
        )


def test_a_card_that_is_not_there_stops_the_hand(riverton, handoff, now):
    with pytest.raises(RuntimeError, match="0 are there"), transaction.atomic():
        ledger.hand(handoff, [Card(10**9, None, riverton.theo.pk)], at=now)
    assert not Conversation.objects.filter(texter=riverton.theo).exists()
