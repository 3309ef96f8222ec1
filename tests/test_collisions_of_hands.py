"""Work changes hands in the same moment as something else happens to it, on connections of their own, in rounds."""

import datetime as dt
import uuid
from functools import partial
from threading import Barrier, Thread

import pytest
from django.db import connection, transaction

from tests.test_collisions import fresh, sends, texts, writes
from tests.together import at_once
from textbank.assignments import archiving, automatic, giving_back, releasing, requesting, undoing
from textbank.assignments.models import Releases, Request, Schedule
from textbank.assignments.reassigning import reassign
from textbank.conversations import closing, delivering, drafting, opting_out, pinning, sending
from textbank.conversations.filters import Filter
from textbank.conversations.models import Action, Conversation, Handoff, Message, MessageStatus, Move, Note, Status
from textbank.conversations.snapshots import Snapshot
from textbank.messaging.texts import Accepted
from textbank.organizations.models import Approval
from textbank.reports import invariants

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = dt.timedelta(hours=1)


@pytest.fixture(autouse=True)
def nothing_is_broken(db):
    yield
    assert invariants.broken(only=("I3", "I4", "I7")) == []


@pytest.fixture
def campaign(riverton):
    return riverton.campaign()


def waiting(town, campaign, count=1, **fields) -> list[Conversation]:
    """Tess has them, and they have waited for two hours."""
    return town.conversations(campaign, count, **{"holder": town.tess, "status": Status.NEEDS_RESPONSE, **fields})


def idle(threads, since) -> None:
    ids = [thread.pk for thread in threads]
    Conversation.objects.filter(pk__in=ids).update(waiting_since=since, held_since=since)


def test_what_a_transaction_changed_before_the_list_was_read_and_committed_after_it_stays(riverton, campaign):
    late, other = waiting(riverton, campaign, 2)
    changed, read = Barrier(2), Barrier(2)

    def closes_slowly() -> None:
        with transaction.atomic():
            closing.close(late)
            changed.wait()
            read.wait()
        connection.close()

    slow = Thread(target=closes_slowly)
    slow.start()
    changed.wait()
    seen = Snapshot.now()
    read.wait()
    slow.join()
    act = reassign([late.pk, other.pk], [riverton.theo], by=riverton.ada, as_of=seen, expect=2)

    assert (act.moved, act.left_alone) == (1, {"changed": 1})
    assert fresh(late).texter == riverton.tess


@pytest.mark.parametrize("how", ["closed", "opted out"])
def test_a_conversation_ends_while_everything_is_handed_on(riverton, campaign, rounds, now, how):
    for _ in rounds:
        threads = waiting(riverton, campaign, 4)
        ends = {
            "closed": partial(closing.close, threads[1]),
            "opted out": partial(opting_out.opt_out, threads[1], by=riverton.sue, channel="review", now=now),
        }[how]
        everything = Filter.parse({"campaign": campaign.pk, "texter": riverton.tess.pk})

        act, _ = at_once(partial(reassign, everything, [riverton.theo], by=riverton.ada), ends)

        assert act.matched == act.moved + sum(act.left_alone.values())
        assert {fresh(one).texter for one in (threads[0], *threads[2:])} == {riverton.theo}
        ended = fresh(threads[1])
        assert ended.status == Status.CLOSED
        assert ended.texter == (riverton.theo if act.moved == 4 else riverton.tess)
        Conversation.objects.filter(campaign=campaign).update(status=Status.CLOSED)


def test_tess_begins_to_type_while_her_replies_are_released(riverton, campaign, rounds, now):
    for _ in rounds:
        [thread] = waiting(riverton, campaign)
        idle([thread], now - 2 * HOUR)

        _, act = at_once(
            partial(drafting.keep, thread, "Dear", by=riverton.tess, now=now),
            partial(releasing.release_unreplied, campaign, 60, by=riverton.ada, now=now),
        )

        held = fresh(thread).texter == riverton.tess
        assert (act.moved, act.left_alone) == ((0, {"being_answered": 1}) if held else (1, {}))
        assert thread.drafts.get().text == "Dear"
        Conversation.objects.filter(pk=thread.pk).update(status=Status.CLOSED)


def test_tess_answers_while_her_replies_are_released(riverton, campaign, rounds, now):
    for _ in rounds:
        [thread] = waiting(riverton, campaign)
        idle([thread], now - 2 * HOUR)

        sent, act = at_once(
            sends(thread, riverton.tess, now, "Hello"),
            partial(releasing.release_unreplied, campaign, 60, by=riverton.ada, now=now),
        )

        if isinstance(sent, Message):
            assert (fresh(thread).texter, act.moved) == (riverton.tess, 0)
        else:
            assert isinstance(sent, sending.NotYours)
            assert (fresh(thread).texter, act.moved) == (None, 1)
        assert texts(thread).filter(author=riverton.tess, text="Hello").count() == isinstance(sent, Message)
        Conversation.objects.filter(pk=thread.pk).update(status=Status.CLOSED)


def test_a_queued_text_goes_out_once_under_its_authors_name_though_the_conversation_was_handed_on(
    riverton, campaign, rounds, now
):
    for _ in rounds:
        [thread] = riverton.conversations(campaign, holder=riverton.tess)
        message = sends(thread, riverton.tess, now)()

        act, batch = at_once(
            partial(reassign, [thread.pk], [riverton.theo], by=riverton.ada, now=now), partial(delivering.claim, now)
        )

        assert act.moved == 1
        delivering.write_down({message.pk: Accepted(f"carrier-{message.pk}")}, now)
        assert [(one.author, one.status) for one in texts(thread)] == [(riverton.tess, MessageStatus.SENT)]
        assert len(batch) == 1


def test_unassigned_ones_are_handed_on_while_others_ask_for_them(riverton, campaign, rounds, now):
    for _ in rounds:
        threads = riverton.conversations(campaign, 6)
        free = Filter.parse({"campaign": campaign.pk, "texter": "unassigned", "status": "needs_first_message"})

        act, *asked = at_once(
            partial(reassign, free, [riverton.theo], by=riverton.ada),
            partial(requesting.request, riverton.tess, 3, now=now),
            partial(requesting.request, riverton.tara, 3, now=now),
        )

        assert act.moved + sum(one.given for one in asked) >= 6 - act.left_alone.get("changed", 0)
        moves = Move.objects.filter(conversation__in=threads, left_alone=None)
        assert moves.count() == len({move.conversation_id for move in moves})
        Conversation.objects.filter(campaign=campaign).update(status=Status.CLOSED)


def test_two_reviewers_approve_the_same_request(riverton, campaign, rounds, now):
    riverton.tess.approval = Approval.REQUIRED
    riverton.tess.save()
    for _ in rounds:
        riverton.conversations(campaign, 4)
        asked = requesting.request(riverton.tess, 2, now=now)

        answers = at_once(
            partial(requesting.approve, asked, by=riverton.sue, now=now),
            partial(requesting.approve, asked, by=riverton.ada, now=now),
            partial(requesting.deny, asked, by=riverton.olga, now=now),
        )

        given = [one for one in answers if isinstance(one, Request) and one.state == Request.State.GIVEN]
        assert sum(isinstance(one, Request) for one in answers) == 1
        assert Conversation.objects.filter(texter=riverton.tess).count() == (2 if given else 0)
        Conversation.objects.filter(texter=riverton.tess).update(status=Status.CLOSED)
        closed = Filter.parse({"texter": riverton.tess.pk, "status": "closed"})
        giving = reassign(closed, [riverton.tara], by=riverton.ada)
        assert giving.moved == (2 if given else 0)


def test_twenty_are_approved_at_once(riverton, campaign, now):
    people = [riverton.tess, riverton.theo, riverton.tara]
    riverton.conversations(campaign, 30)
    for member in people:
        member.approval = Approval.REQUIRED
        member.save()
    asked = [requesting.request(member, 10, now=now) for member in people]

    answers = at_once(*(partial(requesting.approve, one, by=riverton.ada, now=now) for one in asked * 7))

    assert sum(isinstance(one, Request) for one in answers) == 3
    assert {Conversation.objects.filter(texter=member).count() for member in people} == {10}


def test_ada_hands_it_on_while_tess_gives_it_back(riverton, campaign, rounds, now):
    for _ in rounds:
        [thread] = waiting(riverton, campaign)
        drafting.keep(thread, "Dear", by=riverton.tess, now=now - HOUR)

        given, back = at_once(
            partial(reassign, [thread.pk], [riverton.theo], by=riverton.ada),
            partial(giving_back.give_back, thread, by=riverton.tess, reason="Spanish", now=now),
        )

        assert given.moved == 1
        assert fresh(thread).texter == riverton.theo
        assert isinstance(back, Handoff | sending.NotYours)
        if isinstance(back, Handoff):
            assert Note.objects.get(conversation=thread).text == "Dear"


def test_two_workers_run_the_same_schedule(riverton, campaign, rounds, now):
    for number in rounds:
        riverton.conversations(campaign, 3, holder=riverton.tess)
        due = now + number * dt.timedelta(days=1)
        nightly = Schedule(
            organization=riverton.organization,
            releases=Releases.UNSENT,
            time=dt.time(21),
            timezone="America/New_York",
            date=due.date(),
            made_by=riverton.ada,
        )
        automatic.put_on(nightly, due)

        ran = at_once(*[partial(automatic.run_due, nightly.next_at)] * 2)

        assert sorted(len(acts) for acts in ran) == [0, 1]
        assert Handoff.objects.filter(action=Action.SCHEDULED_RELEASE).count() == number + 1
        assert not Conversation.objects.filter(texter=riverton.tess).exists()


def test_a_conversation_is_pinned_while_everything_is_handed_on(riverton, campaign, rounds, now):
    for _ in rounds:
        threads = waiting(riverton, campaign, 3)
        everything = Filter.parse({"campaign": campaign.pk, "texter": riverton.tess.pk})

        act, _ = at_once(
            partial(reassign, everything, [riverton.theo], by=riverton.ada),
            partial(pinning.pin, threads[0], by=riverton.sue, now=now),
        )

        thread = fresh(threads[0])
        assert thread.texter == thread.pinned_to
        assert thread.texter == (riverton.theo if act.moved == 3 else riverton.tess)
        Conversation.objects.filter(campaign=campaign).update(status=Status.CLOSED, pinned_to=None)


def test_theo_sends_while_his_hand_off_is_undone(riverton, campaign, rounds, now):
    for _ in rounds:
        [thread] = waiting(riverton, campaign)
        act = reassign([thread.pk], [riverton.theo], by=riverton.ada, now=now - HOUR)

        sent, undone = at_once(
            sends(thread, riverton.theo, now, "Hello"), partial(undoing.undo, act, by=riverton.ada, now=now)
        )

        if isinstance(sent, Message):
            assert (undone.left_alone, fresh(thread).texter) == ({"worked_on": 1}, riverton.theo)
        else:
            assert isinstance(sent, sending.NotYours)
            assert (undone.moved, fresh(thread).texter) == (1, riverton.tess)


def test_who_has_what_is_as_before_when_a_campaign_comes_back(riverton, campaign, rounds, now):
    for _ in rounds:
        [thread] = waiting(riverton, campaign)
        archiving.archive(campaign, by=riverton.ada, now=now)

        _, received = at_once(
            partial(archiving.unarchive, campaign, by=riverton.ada),
            writes(thread, "Still there?", f"late-{uuid.uuid4()}", now),
        )

        assert received is not None
        assert (fresh(thread).texter, fresh(thread).status) == (riverton.tess, Status.NEEDS_RESPONSE)
