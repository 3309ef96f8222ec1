"""Two people act in the same moment: each on a connection of their own, let go by one barrier, in rounds."""

import datetime as dt
import uuid
from functools import partial

import pytest

from tests.together import at_once
from textbank.assignments import archiving, escalating, leaving, requesting, undoing
from textbank.assignments.models import Request
from textbank.assignments.plans import BadPlan
from textbank.assignments.reassigning import reassign, unassign
from textbank.conversations import closing, delivering, drafting, opting_out, sending
from textbank.conversations.filters import Filter
from textbank.conversations.models import Conversation, EarlyReport, Handoff, Kind, Message, MessageStatus, Move, Status
from textbank.conversations.receiving import receive, report
from textbank.conversations.snapshots import Snapshot
from textbank.messaging.texts import Accepted, DeliveryReport, Inbound
from textbank.organizations import people
from textbank.organizations.models import Approval
from textbank.reports import invariants

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def nothing_is_broken(db):
    yield
    assert invariants.broken(only=("I3", "I4", "I7")) == []


@pytest.fixture
def campaign(riverton):
    return riverton.campaign()


def sends(thread, by, now, text=None, click=None):
    seen = thread.last_inbound
    return partial(sending.send, thread.pk, text, by=by, client_id=click or uuid.uuid4(), last_seen=seen, now=now)


def writes(thread, words, provider_id, now):
    inbound = Inbound(provider_id, thread.contact.cell, "+12125550100", words)
    return partial(receive, thread.campaign.service, inbound, now=now)


def fresh(thread):
    return Conversation.objects.get(pk=thread.pk)


def texts(thread):
    return Message.objects.filter(conversation=thread.pk)


def test_tess_sends_while_ada_gives_it_to_theo(riverton, campaign, rounds, now):
    for _ in rounds:
        [thread] = riverton.conversations(campaign, holder=riverton.tess, status=Status.NEEDS_RESPONSE)
        drafting.keep(thread, "Hello", by=riverton.tess, now=now - dt.timedelta(hours=1))

        sent, done = at_once(
            sends(thread, riverton.tess, now, "Hello"),
            partial(reassign, [thread.pk], [riverton.theo], by=riverton.ada, now=now),
        )

        assert done.moved == 1
        assert fresh(thread).texter == riverton.theo
        if isinstance(sent, Message):
            assert fresh(thread).status == Status.ACTIVE
        else:
            assert isinstance(sent, sending.NotYours)
            assert thread.drafts.get().text == "Hello"
            assert fresh(thread).status == Status.NEEDS_RESPONSE


def test_the_old_and_the_new_holder_both_send_the_first_message(riverton, campaign, rounds, now):
    for _ in rounds:
        [thread] = riverton.conversations(campaign, holder=riverton.tess)

        first, _, second = at_once(
            sends(thread, riverton.tess, now),
            partial(reassign, [thread.pk], [riverton.theo], by=riverton.ada, now=now),
            sends(thread, riverton.theo, now),
        )

        sent = [one for one in (first, second) if isinstance(one, Message)]
        refused = [one for one in (first, second) if isinstance(one, sending.NotYours | sending.AlreadySent)]
        assert len(sent) + len(refused) == 2
        assert list(texts(thread)) == sent
        assert len(sent) <= 1


@pytest.mark.parametrize("same", [True, False], ids=["one click", "two clicks"])
def test_a_first_message_is_clicked_twice(riverton, campaign, rounds, now, same):
    for _ in rounds:
        [thread] = riverton.conversations(campaign, holder=riverton.tess)
        clicks = [uuid.uuid4()] * 2 if same else [uuid.uuid4(), uuid.uuid4()]

        answers = at_once(*(sends(thread, riverton.tess, now, click=click) for click in clicks))

        [message] = texts(thread)
        assert message in answers
        assert all(answer == message or isinstance(answer, sending.AlreadySent) for answer in answers)
        assert not same or answers == [message, message]


def test_a_reply_is_clicked_twice(riverton, campaign, rounds, now):
    for _ in rounds:
        [thread] = riverton.conversations(campaign, holder=riverton.tess, status=Status.NEEDS_RESPONSE)
        click = uuid.uuid4()

        answers = at_once(*[sends(thread, riverton.tess, now, "Hello", click)] * 3)

        assert answers == [texts(thread).get(kind=Kind.REPLY, author=riverton.tess)] * 3


def test_two_admins_hand_the_same_selection_to_different_people(riverton, campaign, rounds, now):
    for _ in rounds:
        made = riverton.conversations(campaign, 6, holder=riverton.tess)
        ids = [one.pk for one in made]
        seen = Snapshot.now()

        one, other = at_once(
            partial(reassign, ids, [riverton.theo], by=riverton.ada, as_of=seen, expect=6),
            partial(reassign, ids, [riverton.tara], by=riverton.sue, as_of=seen, expect=6),
        )

        assert one.moved + other.moved == 6
        late = min(one, other, key=lambda handoff: handoff.moved)
        assert late.left_alone == {"changed": 6}
        assert len({fresh(thread).texter for thread in made}) == 1


def test_theo_is_suspended_while_he_is_given_conversations(riverton, campaign, rounds, now):
    for _ in rounds:
        threads = riverton.conversations(campaign, 3, holder=riverton.tess)
        given = partial(reassign, [thread.pk for thread in threads], [riverton.theo], by=riverton.ada)

        results = at_once(given, partial(leaving.suspend, riverton.theo, "pool", by=riverton.olga, now=now))

        # He was given them first, and then they went to the pool with the rest of his; or he is given nothing.
        was_given = not isinstance(results[0], Exception)
        holders = {fresh(thread).texter for thread in threads}
        assert holders == {None if was_given else riverton.tess}
        assert was_given or isinstance(results[0], BadPlan)
        people.unsuspend(riverton.theo, by=riverton.olga)


def test_replies_arrive_while_everything_that_matches_is_handed_on(riverton, campaign, rounds, now):
    everything = Filter.parse({"campaign": campaign.pk, "status": "first_message_sent"})
    for number in rounds:
        made = riverton.conversations(campaign, 5, holder=riverton.tess, status=Status.FIRST_MESSAGE_SENT)
        seen, shown = Snapshot.now(), campaign.conversations.filter(status=Status.FIRST_MESSAGE_SENT).count()

        handoff, *answered = at_once(
            partial(reassign, everything, [riverton.theo], by=riverton.ada, as_of=seen, expect=shown, now=now),
            *(writes(thread, "Yes", f"in-{number}-{thread.pk}", now) for thread in made[:3]),
        )

        assert all(isinstance(message, Message) for message in answered)
        assert handoff.moved + sum(handoff.left_alone.values()) == handoff.matched == shown
        for thread in made[:3]:
            assert fresh(thread).status == Status.NEEDS_RESPONSE
        assert {fresh(thread).texter for thread in made[3:]} == {riverton.theo}


def test_a_conversation_is_escalated_while_everything_is_handed_on(riverton, campaign, rounds, now):
    everything = Filter.parse({"campaign": campaign.pk, "escalated": "exclude"})
    for _ in rounds:
        [thread] = riverton.conversations(campaign, holder=riverton.tess, status=Status.NEEDS_RESPONSE)

        escalated, _ = at_once(
            partial(escalating.escalate, thread, by=riverton.tess, now=now),
            partial(reassign, everything, [riverton.theo], by=riverton.ada, now=now),
        )

        after = fresh(thread)
        if escalated is True:
            assert (after.escalated, after.texter) == (True, None)
        else:
            assert isinstance(escalated, sending.NotYours)
            assert (after.escalated, after.texter) == (False, riverton.theo)


def test_several_texters_ask_for_texts(riverton, campaign, rounds, now):
    asking = [riverton.tess, riverton.theo, riverton.tara, riverton.sue]
    for _ in rounds:
        made = {one.pk for one in riverton.conversations(campaign, 10)}

        asked = at_once(*(partial(requesting.request, who, 4, now=now) for who in asking))

        given = [
            set(Move.objects.filter(handoff=one.handoff_id).values_list("conversation", flat=True)) for one in asked
        ]
        assert [len(ids) for ids in given] == [one.given for one in asked]
        assert sum(map(len, given)) == len(set.union(*given)) <= 10
        unassign(made, by=riverton.ada)
        campaign.conversations.update(opted_out=True)


def test_a_texter_asks_twice_where_somebody_must_approve(riverton, campaign, rounds, now):
    riverton.tess.approval = Approval.REQUIRED
    for _ in rounds:
        first, second = at_once(*[partial(requesting.request, riverton.tess, 4, now=now)] * 2)

        assert {type(first), type(second)} == {Request, requesting.RequestOpen}
        Request.objects.all().delete()


def test_a_texter_who_may_hold_only_some_asks_twice(riverton, campaign, rounds, now):
    riverton.tess.cap = 5
    riverton.tess.save()
    for _ in rounds:
        made = {one.pk for one in riverton.conversations(campaign, 8)}

        asked = at_once(*[partial(requesting.request, riverton.tess, 4, now=now)] * 2)

        assert sorted(one.given for one in asked) == [1, 4]
        unassign(made, by=riverton.ada)
        campaign.conversations.update(opted_out=True)


def test_a_reply_arrives_while_the_conversation_changes_hands(riverton, campaign, rounds, now):
    for number in rounds:
        [thread] = riverton.conversations(campaign, holder=riverton.tess, status=Status.FIRST_MESSAGE_SENT)

        message, done = at_once(
            writes(thread, "Yes", f"in-{number}", now),
            partial(reassign, [thread.pk], [riverton.theo], by=riverton.ada, now=now),
        )

        after = fresh(thread)
        assert (after.texter, done.moved) == (riverton.theo, 1)
        assert (after.status, after.waiting_since, after.last_inbound) == (Status.NEEDS_RESPONSE, now, message.pk)


def test_a_reply_arrives_while_the_conversation_is_reopened(riverton, campaign, rounds, now):
    for number in rounds:
        [thread] = riverton.conversations(campaign, holder=riverton.tess, status=Status.CLOSED)

        at_once(writes(thread, "Yes", f"in-{number}", now), partial(closing.reopen, thread))

        assert fresh(thread).status == Status.NEEDS_RESPONSE


def test_the_carrier_brings_the_same_text_twice(riverton, campaign, rounds, now):
    for number in rounds:
        [thread] = riverton.conversations(campaign, holder=riverton.tess, status=Status.FIRST_MESSAGE_SENT)

        brought = at_once(*[writes(thread, "Yes", f"in-{number}", now)] * 3)

        assert brought == [texts(thread).get()] * 3


def test_the_carriers_report_meets_our_own_record_of_its_yes(riverton, campaign, rounds, now):
    for number in rounds:
        [thread] = riverton.conversations(campaign, holder=riverton.tess)
        message = sends(thread, riverton.tess, now)()
        [parcel] = delivering.claim(now)

        at_once(
            partial(delivering.write_down, {parcel.outgoing.id: Accepted(f"out-{number}")}, now),
            partial(report, riverton.service, DeliveryReport(f"out-{number}", "delivered"), now=now),
        )

        message.refresh_from_db()
        assert message.status == MessageStatus.DELIVERED
        assert not EarlyReport.objects.exists()


def test_two_workers_take_from_one_outbox(riverton, campaign, rounds, now):
    for _ in rounds:
        made = riverton.conversations(campaign, 6, holder=riverton.tess)
        queued = [sends(thread, riverton.tess, now)().pk for thread in made]

        taken = at_once(*[partial(delivering.claim, now)] * 3)

        assert sorted(parcel.outgoing.id for parcels in taken for parcel in parcels) == queued
        delivering.write_down({pk: Accepted(f"out-{pk}") for pk in queued}, now)


def test_the_campaign_is_archived_while_tess_sends(riverton, rounds, now):
    for _ in rounds:
        campaign = riverton.campaign()
        [thread] = riverton.conversations(campaign, holder=riverton.tess)

        sent, _ = at_once(
            sends(thread, riverton.tess, now), partial(archiving.archive, campaign, by=riverton.ada, now=now)
        )

        assert isinstance(sent, Message | sending.CampaignArchived)
        assert delivering.claim(now) == []
        assert {message.status for message in texts(thread)} <= {MessageStatus.CANCELLED}


def test_a_contact_says_stop_in_one_campaign_while_theo_texts_in_another(riverton, campaign, rounds, now):
    phones = riverton.campaign("Phones")
    for number in rounds:
        [asked] = riverton.conversations(campaign, holder=riverton.tess, status=Status.FIRST_MESSAGE_SENT)
        cell = asked.contact.cell
        [thread] = riverton.conversations(phones, holder=riverton.theo, cell=cell, status=Status.ACTIVE)

        sent, stop = at_once(sends(thread, riverton.theo, now, "Hello"), writes(asked, "STOP", f"in-{number}", now))

        assert isinstance(stop, Message)
        assert isinstance(sent, Message | sending.OptedOut)
        assert fresh(thread).opted_out
        going = {parcel.outgoing.id for parcel in delivering.claim(now)}
        assert not Message.objects.filter(pk__in=going).exclude(kind=Kind.AUTOMATIC).exists()


def test_a_contact_says_stop_and_start_at_once_and_somebody_opts_them_out(riverton, campaign, rounds, now):
    for number in rounds:
        [thread] = riverton.conversations(campaign, holder=riverton.tess, status=Status.ACTIVE)
        cell = thread.contact.cell

        answers = at_once(
            writes(thread, "STOP", f"in-{number}", now),
            writes(thread, "START", f"in-{number}-2", now),
            partial(opting_out.opt_out, thread, by=riverton.sue, channel="page", now=now),
        )

        assert not [answer for answer in answers if isinstance(answer, Exception)]
        barred = riverton.organization.opt_outs.filter(cell=cell, lifted_at=None).exists()
        assert fresh(thread).opted_out is barred


def test_a_hand_off_is_clicked_and_undone_twice(riverton, campaign, rounds, now):
    for _ in rounds:
        made = riverton.conversations(campaign, 4, holder=riverton.tess)
        click = uuid.uuid4()
        ids = [one.pk for one in made]

        acts = at_once(*[partial(reassign, ids, [riverton.theo], by=riverton.ada, client_id=click, now=now)] * 3)
        assert acts == [Handoff.objects.get(client_id=click)] * 3

        undone = at_once(*[partial(undoing.undo, acts[0], by=riverton.ada, now=now)] * 2)
        assert sorted(type(one).__name__ for one in undone) == ["AlreadyUndone", "Handoff"]
        assert {fresh(thread).texter for thread in made} == {riverton.tess}
