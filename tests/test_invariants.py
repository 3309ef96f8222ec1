"""Each promise, broken by hand in the database, is noticed and said in a sentence."""

import datetime as dt
import uuid

import pytest
from django.db import connection

from textbank.assignments.reassigning import reassign, unassign
from textbank.contacts.models import OptOut
from textbank.conversations import opting_out, sending
from textbank.conversations.ledger import Card, hand
from textbank.conversations.models import Action, Direction, Handoff, Kind, Message, MessageStatus, State, Status
from textbank.conversations.receiving import receive
from textbank.messaging.texts import Inbound
from textbank.reports.invariants import broken

pytestmark = pytest.mark.breaks_invariants

MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def campaign(riverton):
    return riverton.campaign()


@pytest.fixture
def thread(riverton, campaign, now):
    """Tess texted Maria, who answered; Tess has not replied yet."""
    [thread] = riverton.conversations(campaign, holder=riverton.tess)
    sending.send(thread.pk, None, by=riverton.tess, client_id=uuid.uuid4(), now=now)
    receive(riverton.service, Inbound("in-1", thread.contact.cell, "+12125550100", "Who is this?"), now=now + MINUTE)
    thread.refresh_from_db()
    return thread


def by_hand(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute("set local session_replication_role = replica")  # no trigger stands in the way
        cursor.execute(statement, values)
        cursor.execute("set local session_replication_role = default")


def write(thread, by, at, **fields):
    """A text of ours that went around every rule."""
    said = {"direction": Direction.OUTGOING, "status": MessageStatus.SENT, "provider_id": f"out-{uuid.uuid4()}"}
    return Message.objects.create(
        organization_id=thread.organization_id,
        conversation=thread,
        author=by,
        service_id=thread.campaign.service_id,
        text="Hello",
        created_at=at,
        **{**said, **fields},
    )


def test_nothing_is_broken_after_a_day_of_ordinary_work(riverton, campaign, thread, now):
    reassign([thread.pk], [riverton.theo, riverton.tara], by=riverton.ada, now=now + 2 * MINUTE)
    sending.send(
        thread.pk,
        "It's Theo!",
        by=riverton.theo,
        client_id=uuid.uuid4(),
        last_seen=thread.last_inbound,
        now=now + 3 * MINUTE,
    )
    opting_out.opt_out(thread, by=riverton.theo, channel="page", now=now + 4 * MINUTE)
    unassign([thread.pk], by=riverton.ada, now=now + 5 * MINUTE)

    assert broken(now=now + 6 * MINUTE) == []


def test_a_holder_of_another_organization(otherton, thread):
    by_hand("update conversations_conversation set texter_id = %s where id = %s", otherton.yan.pk, thread.pk)

    assert broken(only=["I1"]) == [
        f"I1: Conversation {thread.pk} is held by member {otherton.yan.pk}, who is not of its organization."
    ]


def test_a_holder_who_is_nobody_at_all(thread):
    by_hand("update conversations_conversation set texter_id = 999999 where id = %s", thread.pk)

    assert "held by member 999999" in broken(only=["I1"])[0]


def test_a_holder_the_ledger_knows_nothing_of(riverton, thread):
    by_hand("update conversations_conversation set texter_id = %s where id = %s", riverton.theo.pk, thread.pk)

    holder = f"I2: Conversation {thread.pk} is held by member {riverton.theo.pk}"
    assert broken(only=["I2"]) == [f"{holder}, but the ledger gave it to member {riverton.tess.pk}."]


def test_a_holder_who_was_never_given_it(riverton, campaign):
    [free] = riverton.conversations(campaign)
    by_hand("update conversations_conversation set texter_id = %s where id = %s", riverton.theo.pk, free.pk)

    assert broken(only=["I2"])[0].endswith("but the ledger gave it to nobody.")


def test_a_move_from_somebody_who_did_not_have_it(riverton, thread, now):
    act = Handoff.objects.create(organization=riverton.organization, action=Action.REASSIGN, state=State.DONE)
    hand(act, [Card(thread.pk, riverton.tara.pk, riverton.theo.pk)], at=now)

    [said] = broken(only=["I2"])
    assert f"from member {riverton.tara.pk}, but member {riverton.tess.pk} had it" in said


def test_two_first_messages(riverton, thread, now):
    by_hand("drop index one_first_message")
    write(thread, riverton.tess, now, kind=Kind.FIRST, pass_number=1)
    write(thread, riverton.tess, now, kind=Kind.FIRST)

    several, without_pass = broken(only=["I3"])
    assert several == f"I3: Conversation {thread.pk} has 2 first messages in pass 1."
    assert without_pass.endswith("belongs to no pass.")


def test_one_click_and_one_id_of_the_carrier_twice(riverton, thread, now):
    by_hand("drop index one_message_per_click, one_message_per_provider_id")
    for _ in range(2):
        write(thread, riverton.tess, now, client_id=uuid.UUID(int=7), provider_id="out-7")

    click, carrier = broken(only=["I3"])
    assert click.startswith("I3: 2 messages of organization")
    assert str(uuid.UUID(int=7)) in click
    assert carrier.endswith("have the carrier's id out-7.")


def test_a_text_after_an_opt_out(riverton, thread, now):
    out = OptOut.objects.create(
        organization=riverton.organization, cell=thread.contact.cell, at=now + MINUTE, channel="text"
    )
    write(thread, riverton.tess, now + 2 * MINUTE, kind=Kind.AUTOMATIC)
    assert broken(only=["I4"]) == []

    late = write(thread, riverton.tess, now + 2 * MINUTE)
    assert broken(only=["I4"]) == [
        f"I4: Message {late.pk} went to conversation {thread.pk} after its contact had opted out."
    ]

    out.lifted_at = now + MINUTE
    out.save()
    assert broken(only=["I4"]) == []


def test_a_text_in_an_archived_campaign(riverton, campaign, thread, now):
    campaign.archived_at = now + MINUTE
    campaign.save()
    assert broken(only=["I4"]) == []

    late = write(thread, riverton.tess, now + 2 * MINUTE)
    assert broken(only=["I4"]) == [f"I4: Message {late.pk} was sent in campaign {campaign.pk} after it was archived."]


def test_a_text_of_somebody_who_did_not_have_it(riverton, thread, now):
    write(thread, riverton.sue, now)
    early = write(thread, riverton.theo, now)
    reassign([thread.pk], [riverton.theo], by=riverton.ada, now=now + MINUTE)
    late = write(thread, riverton.tess, now + 2 * MINUTE)
    nobodys = write(thread, None, now)

    written = [(early, f"member {riverton.theo.pk}"), (late, f"member {riverton.tess.pk}"), (nobodys, "nobody")]
    assert sorted(broken(only=["I4"])) == [
        f"I4: Message {message.pk} of conversation {thread.pk} was written by {who}, who did not have it then."
        for message, who in written
    ]


@pytest.mark.parametrize(
    ("hours_key", "hour", "lawful"),
    [
        ("America/New_York", 20, True),
        ("America/New_York", 21, False),
        ("America/New_York/FL", 20, False),
        ("America/Los_Angeles", 9, False),
        ("America/Phoenix", 10, True),
    ],
)
def test_a_text_outside_the_laws_hours(riverton, thread, now, hours_key, hour, lawful):
    thread.hours_key = hours_key
    thread.save()
    sent = now.replace(hour=0) + dt.timedelta(hours=hour + 5)  # New York's clock
    Message.objects.filter(kind=Kind.FIRST).update(created_at=sent)
    by_hand("update conversations_move set at = %s", now - dt.timedelta(days=1))
    assert broken(only=["I4"]) == []

    by_hand("update messaging_messagingservice set provider = 'postcards'")
    said = broken(only=["I4"])
    assert bool(said) is not lawful
    assert all(sentence.endswith(f"outside the hours that the law leaves for {hours_key}.") for sentence in said)


@pytest.mark.parametrize(
    ("figures", "sentence"),
    [
        ("matched = 9", "matched 9, but moved 2 and left 0 alone"),
        ("matched = 3, moved = 3", "says that it moved 3, and wrote 2 moves"),
        ("""shares = '{"1": 3}'""", "add up to 3, and 2 were received"),
    ],
)
def test_figures_that_do_not_add_up(riverton, campaign, figures, sentence):
    ids = [conversation.pk for conversation in riverton.conversations(campaign, 2)]
    done = reassign(ids, [riverton.theo, riverton.tara], by=riverton.ada)
    assert broken(only=["I5"]) == []

    by_hand(f"update conversations_handoff set {figures} where id = %s", done.pk)
    assert sentence in broken(only=["I5"])[0]


def test_shares_that_are_not_even(riverton, campaign, now):
    made = riverton.conversations(campaign, 2)
    act = Handoff.objects.create(
        organization=riverton.organization,
        action=Action.REASSIGN,
        state=State.DONE,
        receivers=[riverton.theo.pk, riverton.tara.pk],
    )
    hand(act, [Card(one.pk, None, riverton.theo.pk) for one in made], at=now)

    assert broken(only=["I5"]) == [f"I5: The shares of hand-off {act.pk} differ by more than one: from 0 to 2."]


def test_who_waits_is_known_and_since_when(riverton, campaign, thread, now):
    by_hand("update conversations_conversation set waiting_since = null where id = %s", thread.pk)
    assert broken(only=["I6"]) == [f"I6: Conversation {thread.pk} has an unanswered text, and waits since no moment."]

    by_hand("update conversations_conversation set waiting_since = %s, status = 4 where id = %s", now, thread.pk)
    assert broken(only=["I6"]) == [f"I6: Conversation {thread.pk} has an unanswered text, and its status is 4."]

    write(thread, riverton.tess, now)
    by_hand("update conversations_conversation set status = 3 where id = %s", thread.pk)
    waits, needs = broken(only=["I6"])
    assert waits.endswith("and every text is answered.")
    assert needs.endswith("needs a response, and nothing is unanswered.")


def test_a_latest_text_that_is_not_remembered(thread):
    by_hand("update conversations_conversation set last_inbound = null where id = %s", thread.pk)

    assert broken(only=["I6"]) == [
        f"I6: Conversation {thread.pk} remembers text nothing as its latest; it is {thread.last_inbound}."
    ]


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("update contacts_contact set organization_id = %s", "are not of one organization"),
        ("update conversations_message set organization_id = %s", "is not of the organization of its conversation"),
        ("update conversations_handoff set organization_id = %s", "is of a hand-off of another organization"),
    ],
)
def test_rows_that_belong_to_another_organization(otherton, thread, statement, sentence):
    by_hand(statement, otherton.organization.pk)

    assert any(sentence in said for said in broken(only=["I7"]))


def test_authors_and_tags_of_another_organization(otherton, thread, now):
    write(thread, otherton.yan, now)
    tag = otherton.organization.tags.create(title="Theirs")
    thread.taggings.create(tag=tag)

    author, tagged = broken(only=["I7"])
    assert author.endswith(f"written by member {otherton.yan.pk} of another organization.")
    assert tagged.endswith(f"wears tag {tag.pk} of another organization.")


def test_texts_that_were_forgotten(riverton, thread, now):
    first = thread.messages.get(kind=Kind.FIRST)
    later = now + dt.timedelta(hours=2)
    assert broken(only=["I8"], now=now + MINUTE) == []
    assert "is a worker running?" in broken(only=["I8"], now=later)[0]

    Message.objects.filter(pk=first.pk).update(status=MessageStatus.SENDING, claimed_at=now)
    assert broken(only=["I8"], now=now + MINUTE) == []
    assert "nobody wrote down its fate" in broken(only=["I8"], now=later)[0]

    Message.objects.filter(pk=first.pk).update(status=MessageStatus.DELIVERED)
    assert broken(only=["I8"], now=later) == [
        f"I8: Message {first.pk} was delivered by the carrier, whose id for it is not known."
    ]


def test_what_a_paused_campaign_holds_back_is_not_forgotten(campaign, thread, now):
    campaign.paused_at = now
    campaign.save()

    assert broken(only=["I8"], now=now + dt.timedelta(days=1)) == []


def test_as_many_sentences_as_were_asked_for(riverton, campaign):
    riverton.conversations(campaign, 5, status=Status.NEEDS_RESPONSE)
    by_hand("update conversations_conversation set waiting_since = null")

    assert len(broken(3, only=["I6"])) == 3


def test_a_conversation_that_is_not_listed_where_it_belongs(thread, now):
    by_hand("update conversations_activity set at = at - interval '1 day' where id = %s", thread.pk)
    assert broken(only=["I9"]) == [f"I9: Conversation {thread.pk} is not listed where its last activity puts it."]

    by_hand("delete from conversations_activity where id = %s", thread.pk)
    assert broken(only=["I9"]) == [f"I9: Conversation {thread.pk} is not listed where its last activity puts it."]
