"""Asking for texts."""

import datetime as dt
from threading import Barrier, Thread

import pytest
from django.db import connection

from textbank.assignments.models import Request
from textbank.assignments.offers import offer
from textbank.assignments.pool import shelves
from textbank.assignments.requesting import AlreadyDecided, BadCount, RequestOpen, approve, request, withdraw
from textbank.conversations.models import Action, Conversation, Handoff, Move, Status
from textbank.organizations.models import Approval


def test_a_batch_comes_from_the_pool_at_once_and_is_in_the_ledger(riverton, now):
    riverton.campaign(contacts=5)

    asked = request(riverton.tess, 3, now=now)

    assert (asked.state, asked.given) == (Request.State.GIVEN, 3)
    assert Conversation.objects.filter(texter=riverton.tess).count() == 3
    assert Handoff.objects.get(action=Action.REQUEST).moved == 3


def test_contacts_who_wrote_come_first_oldest_first(riverton, now):
    campaign = riverton.campaign(contacts=2)
    late, early = (
        riverton.conversations(campaign, status=Status.NEEDS_RESPONSE, waiting_since=now - dt.timedelta(minutes=m))[0]
        for m in (5, 50)
    )

    request(riverton.tess, 1, now=now)
    early.refresh_from_db()
    assert early.texter == riverton.tess

    request(riverton.tess, 2, now=now)
    late.refresh_from_db()
    assert late.texter == riverton.tess


def test_a_campaign_may_be_chosen(riverton, now):
    older, newer = riverton.campaign("Older", contacts=3), riverton.campaign("Newer", contacts=2)

    assert offer(riverton.tess, now).campaigns() == [(newer, 2), (older, 3)]
    request(riverton.tess, 5, campaign=newer.pk, now=now)

    assert set(Conversation.objects.filter(texter=riverton.tess).values_list("campaign", flat=True)) == {newer.pk}
    assert offer(riverton.tess, now).campaigns() == [(older, 3)]


def test_only_what_may_be_texted_now_is_given(riverton, otherton, now):
    yesterday = now.date() - dt.timedelta(days=1)
    riverton.campaign("Not started", started=False, contacts=1)
    riverton.campaign("Paused", paused_at=now, contacts=1)
    riverton.campaign("Archived", archived_at=now, contacts=1)
    riverton.campaign("By hand only", autoassign=False, contacts=1)
    riverton.campaign("Past its date", due_by=yesterday, contacts=1)
    riverton.campaign("Closing", texting_starts=dt.time(9), texting_ends=dt.time(12, 5), contacts=1)
    otherton.campaign("Elsewhere", contacts=1)
    running = riverton.campaign("Running")
    for fields in ({"opted_out": True}, {"escalated": True}, {"pinned_to": riverton.theo}, {"holder": riverton.theo}):
        riverton.conversations(running, **fields)
    [free] = riverton.conversations(running)

    there = offer(riverton.tess, now)
    assert (there.count(Status.NEEDS_RESPONSE), there.count(Status.NEEDS_FIRST_MESSAGE)) == (0, 1)
    assert request(riverton.tess, 50, now=now).given == 1
    free.refresh_from_db()
    assert free.texter == riverton.tess


def test_nothing_to_give_is_said_and_hands_nothing_on(riverton, now):
    asked = request(riverton.tess, 10, now=now)

    assert (asked.state, asked.given, asked.handoff) == (Request.State.GIVEN, 0, None)
    assert not Handoff.objects.filter(action=Action.REQUEST).exists()


def test_nothing_is_given_in_the_night(riverton, now):
    campaign = riverton.campaign(texting_starts=dt.time(9), texting_ends=dt.time(11), contacts=3)
    riverton.conversations(campaign, status=Status.NEEDS_RESPONSE, waiting_since=now)

    assert request(riverton.tess, 10, now=now).given == 0


def test_campaigns_give_first_messages_as_their_priorities_say(riverton, now):
    later, sooner, soonest = (
        riverton.campaign(title, priority=priority, contacts=2)
        for title, priority in (("Later", 500), ("Sooner", 100), ("Soonest", 100))
    )
    soonest_first = [sooner, sooner, soonest, soonest, later, later]

    for number in (1, 2, 2):
        request(riverton.tess, number, now=now)

    moves = Move.objects.filter(receiver=riverton.tess).order_by("pk").select_related("conversation__campaign")
    assert [move.conversation.campaign for move in moves] == soonest_first[:5]


@pytest.mark.parametrize(
    ("status", "index"),
    [(Status.NEEDS_RESPONSE, "conversations_pool_replies"), (Status.NEEDS_FIRST_MESSAGE, "conversations_pool_unsent")],
)
def test_a_batch_is_found_in_order_along_an_index(riverton, now, status, index):
    waiting_since = now if status == Status.NEEDS_RESPONSE else None
    riverton.conversations(riverton.campaign(), 2, status=status, waiting_since=waiting_since)
    [shelf] = shelves(riverton.tess, [status], now)
    sql, params = shelf.first(200, shelf.conversations(riverton.tess))

    with connection.cursor() as cursor:
        cursor.execute("set local enable_seqscan = off")
        cursor.execute("set local enable_bitmapscan = off")
        cursor.execute("set local enable_sort = off")
        cursor.execute(f"explain {sql}", params)
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert f"using {index}" in plan
    assert "Sort" not in plan


def test_approval_levels(riverton, now):
    riverton.campaign(contacts=5)
    riverton.tess.approval, riverton.theo.approval = Approval.REQUIRED, Approval.NONE

    assert request(riverton.tess, 3, now=now).state == Request.State.WAITING
    with pytest.raises(RequestOpen):
        request(riverton.tess, 3, now=now)
    assert request(riverton.theo, 3, now=now).state == Request.State.DENIED
    assert Conversation.objects.filter(texter=None).count() == 5


def test_what_is_withdrawn_is_given_no_more_and_another_may_be_asked(riverton, now):
    riverton.campaign(contacts=5)
    riverton.tess.approval = Approval.REQUIRED
    asked = request(riverton.tess, 3, now=now)

    withdraw(asked, by=riverton.tess, now=now)

    with pytest.raises(AlreadyDecided, match="withdrawn by Tess Doe before"):
        approve(asked, by=riverton.sue, now=now)
    assert Conversation.objects.filter(texter=None).count() == 5
    assert request(riverton.tess, 2, now=now).state == Request.State.WAITING


def test_what_was_approved_is_not_withdrawn(riverton, now):
    riverton.campaign(contacts=5)
    riverton.tess.approval = Approval.REQUIRED
    asked = request(riverton.tess, 3, now=now)
    approve(asked, by=riverton.sue, now=now)

    with pytest.raises(AlreadyDecided, match="approved by Sue Doe before"):
        withdraw(asked, by=riverton.tess, now=now)
    assert Conversation.objects.filter(texter=riverton.tess).count() == 3


@pytest.mark.parametrize("count", [0, -1, 501])
def test_counts_that_cannot_be_asked_for(riverton, now, count):
    with pytest.raises(BadCount):
        request(riverton.tess, count, now=now)


@pytest.mark.django_db(transaction=True)
def test_of_two_requests_at_the_same_moment_one_waits(riverton, now):
    riverton.tess.approval = Approval.REQUIRED
    riverton.tess.save()
    both, came = Barrier(2), []

    def ask():
        both.wait()
        try:
            came.append(request(riverton.tess, 5, now=now).state)
        except RequestOpen:
            came.append("open")
        connection.close()

    clicks = [Thread(target=ask) for _ in range(2)]
    for click in clicks:
        click.start()
    for click in clicks:
        click.join()

    assert sorted(came) == ["open", "waiting"]
    assert Request.objects.count() == 1
