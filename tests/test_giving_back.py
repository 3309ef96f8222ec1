"""Work goes back to the pool: by its texter, by itself, and on a schedule."""

import datetime as dt

import pytest

from textbank.assignments import automatic, giving_back, undoing
from textbank.assignments.models import Releases, Request, Schedule
from textbank.assignments.plans import BadPlan
from textbank.assignments.reassigning import reassign, unassign
from textbank.assignments.requesting import AlreadyDecided, NothingToGive, approve, deny, request
from textbank.conversations import drafting, pinning
from textbank.conversations.models import Action, Conversation, Handoff, Note, Status
from textbank.conversations.models.handoff import OutOfReach
from textbank.conversations.sending import NotYours
from textbank.organizations.models import Approval

REPLY = Status.NEEDS_RESPONSE
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def campaign(riverton):
    return riverton.campaign()


def held(member) -> int:
    return Conversation.objects.filter(texter=member).count()


def test_one_is_given_back_with_a_reason_and_what_was_being_written(riverton, campaign, now):
    [thread] = riverton.conversations(campaign, holder=riverton.tess, status=REPLY)
    drafting.keep(thread, "Hola, ", by=riverton.tess, now=now)

    act = giving_back.give_back(thread, by=riverton.tess, reason="I read no Spanish", note="Asks for the bus", now=now)

    assert (act.action, act.moved, act.reason, act.note) == (
        Action.GIVE_BACK,
        1,
        "I read no Spanish",
        "Asks for the bus",
    )
    assert Note.objects.get(conversation=thread).text == "Hola, "
    assert held(riverton.tess) == 0


def test_giving_back_takes_a_reason_and_having_it(riverton, campaign, now):
    [thread] = riverton.conversations(campaign, holder=riverton.tess, status=REPLY)

    with pytest.raises(BadPlan, match="why"):
        giving_back.give_back(thread, by=riverton.tess, reason="  ", now=now)
    with pytest.raises(NotYours):
        giving_back.give_back(thread, by=riverton.theo, reason="Mine?", now=now)
    assert held(riverton.tess) == 1


def test_done_for_the_day_gives_back_what_there_is_to_do(riverton, campaign, now):
    riverton.conversations(campaign, 2, holder=riverton.tess)
    riverton.conversations(campaign, 1, holder=riverton.tess, status=REPLY)
    riverton.conversations(campaign, 1, holder=riverton.tess, status=REPLY, escalated=True)
    riverton.conversations(campaign, 1, holder=riverton.tess, status=Status.ACTIVE)
    riverton.conversations(campaign, 1, holder=riverton.theo)
    [pinned] = riverton.conversations(campaign, holder=riverton.tess, status=REPLY)
    pinning.pin(pinned, by=riverton.tess, now=now)

    going = giving_back.going_back(riverton.tess, now)
    promised = giving_back.done_for_the_day(riverton.tess, now=now, dry_run=True)
    act = giving_back.done_for_the_day(riverton.tess, now=now)

    assert going == {(campaign.pk, Status.NEEDS_FIRST_MESSAGE): 2, (campaign.pk, REPLY): 1}
    assert (promised.moved, promised.left_alone) == (act.moved, act.left_alone)
    assert (act.moved, act.left_alone) == (3, {"escalated": 1, "pinned": 1})
    assert (held(riverton.tess), held(riverton.theo)) == (3, 1)


def test_done_with_one_campaign_leaves_the_others(riverton, campaign, now):
    riverton.conversations(campaign, 2, holder=riverton.tess)
    riverton.conversations(riverton.campaign("Another"), 3, holder=riverton.tess)

    act = giving_back.done_for_the_day(riverton.tess, campaign=campaign, now=now)

    assert (act.moved, held(riverton.tess)) == (2, 3)


MINUTE = dt.timedelta(minutes=1)


def test_who_was_done_for_the_day_may_take_it_back_for_a_while(riverton, campaign, now):
    threads = riverton.conversations(campaign, 3, holder=riverton.tess)
    act = giving_back.done_for_the_day(riverton.tess, now=now)
    reassign([threads[0].pk], [riverton.theo], by=riverton.ada, now=now + MINUTE)

    undo = undoing.undo(act, by=riverton.tess, now=now + 14 * MINUTE)

    assert (undo.moved, undo.left_alone, undo.by) == (2, {"moved_again": 1}, riverton.tess)
    assert (held(riverton.tess), held(riverton.theo)) == (2, 1)
    with pytest.raises(OutOfReach):
        undoing.undo(undo, by=riverton.tess, now=now + 14 * MINUTE)


def test_what_was_given_back_longer_ago_is_the_pools(riverton, campaign, now):
    riverton.conversations(campaign, 3, holder=riverton.tess)
    act = giving_back.done_for_the_day(riverton.tess, now=now)

    with pytest.raises(OutOfReach):
        undoing.undo(act, by=riverton.tess, now=now + 15 * MINUTE)
    assert held(riverton.tess) == 0
    assert undoing.undo(act, by=riverton.ada, now=now + 15 * MINUTE).moved == 3


@pytest.mark.parametrize("who", ["theo", "sue"])
def test_nobody_takes_back_what_another_gave(riverton, campaign, now, who):
    [thread] = riverton.conversations(campaign, holder=riverton.tess, status=REPLY)
    act = giving_back.give_back(thread, by=riverton.tess, reason="I read no Spanish", now=now)

    with pytest.raises(OutOfReach):
        undoing.undo(act, by=riverton.people[who], now=now)
    assert undoing.undo(act, by=riverton.tess, now=now).moved == 1


def test_nobody_takes_back_what_was_taken_from_them(riverton, campaign, now):
    [thread] = riverton.conversations(campaign, holder=riverton.tess)
    act = unassign([thread.pk], by=riverton.ada, now=now)

    with pytest.raises(OutOfReach):
        undoing.undo(act, by=riverton.tess, now=now)


def test_replies_that_lie_too_long_go_back_by_themselves(riverton, campaign, now):
    campaign.release_after_minutes = 60
    campaign.save()
    [stale] = riverton.conversations(
        campaign, holder=riverton.tess, status=REPLY, waiting_since=now - 2 * HOUR, held_since=now - 2 * HOUR
    )
    [just_given] = riverton.conversations(
        campaign, holder=riverton.tess, status=REPLY, waiting_since=now - 2 * HOUR, held_since=now
    )
    Conversation.objects.filter(pk=stale.pk).update(held_since=now - 2 * HOUR)
    Conversation.objects.filter(pk=just_given.pk).update(held_since=now)

    [act] = automatic.release_idle(now)

    assert (act.action, act.moved, act.by, act.reason) == (
        Action.AUTOMATIC_RELEASE,
        1,
        None,
        "Idle for 60 minutes",
    )
    stale.refresh_from_db()
    assert stale.texter is None
    assert automatic.release_idle(now) == []


def test_one_that_is_being_answered_is_not_taken_away_by_itself(riverton, campaign, now):
    campaign.release_after_minutes = 60
    campaign.save()
    [thread] = riverton.conversations(campaign, holder=riverton.tess, status=REPLY, waiting_since=now - 2 * HOUR)
    Conversation.objects.filter(pk=thread.pk).update(held_since=now - 2 * HOUR)
    drafting.keep(thread, "Dear", by=riverton.tess, now=now)

    automatic.release_idle(now)

    assert held(riverton.tess) == 1


def test_a_reply_to_who_only_sends_goes_to_others(riverton, campaign, now):
    riverton.tess.sends_only = True
    riverton.tess.save()
    riverton.conversations(campaign, 2, holder=riverton.tess, status=REPLY)
    riverton.conversations(campaign, 1, holder=riverton.theo, status=REPLY)

    [act] = automatic.release_from_who_only_sends(now)

    assert (act.moved, held(riverton.tess), held(riverton.theo)) == (2, 0, 1)


@pytest.fixture
def nightly(riverton, campaign, now):
    """Every night at five past nine in New York, the campaign's unsent first messages. It is noon."""
    return automatic.put_on(
        Schedule(
            organization=riverton.organization,
            campaign=campaign,
            releases=Releases.UNSENT,
            time=dt.time(21, 5),
            timezone="America/New_York",
            weekdays=list(range(7)),
            made_by=riverton.ada,
        ),
        now,
    )


def test_a_schedule_releases_when_its_moment_comes_and_once(riverton, campaign, nightly, now):
    riverton.conversations(campaign, 3, holder=riverton.tess)
    riverton.conversations(riverton.campaign("Another"), 2, holder=riverton.tess)
    tonight = dt.datetime(2026, 11, 3, 2, 5, tzinfo=dt.UTC)

    assert nightly.next_at == tonight
    assert automatic.run_due(tonight - HOUR) == []
    [act] = automatic.run_due(tonight)

    assert (act.action, act.moved, act.by) == (Action.SCHEDULED_RELEASE, 3, riverton.ada)
    assert act.reason == "Every day at 9:05 PM (New York): unsent first messages"
    nightly.refresh_from_db()
    assert (nightly.last_handoff, nightly.next_at) == (act, tonight + dt.timedelta(days=1))
    assert automatic.run_due(tonight) == []


def test_a_paused_schedule_rests_and_makes_up_for_nothing(riverton, campaign, nightly, now):
    riverton.conversations(campaign, 3, holder=riverton.tess)
    automatic.pause(nightly, now)

    assert automatic.run_due(now + dt.timedelta(days=3)) == []

    automatic.resume(nightly, now + dt.timedelta(days=3))
    assert nightly.next_at > now + dt.timedelta(days=3)
    assert held(riverton.tess) == 3


def test_a_schedule_goes_on_when_who_made_it_is_gone(riverton, campaign, nightly, now):
    riverton.conversations(campaign, 3, holder=riverton.tess)
    riverton.ada.suspended_at = now
    riverton.ada.save()

    [act] = automatic.run_due(nightly.next_at)

    assert act.moved == 3


def test_once_on_a_date(riverton, campaign, now):
    once = Schedule(
        organization=riverton.organization,
        releases=Releases.UNREPLIED,
        idle_minutes=30,
        time=dt.time(18),
        timezone="America/New_York",
        date=dt.date(2026, 11, 2),
        made_by=riverton.ada,
    )
    automatic.put_on(once, now)
    riverton.conversations(campaign, 1, holder=riverton.tess, status=REPLY, waiting_since=now - HOUR)

    [act] = automatic.run_due(once.next_at)

    once.refresh_from_db()
    assert (act.moved, once.next_at) == (1, None)
    with pytest.raises(automatic.BadSchedule, match="over"):
        automatic.put_on(once, now + dt.timedelta(days=1))


def test_a_pinned_one_stays_where_it_is_until_it_is_unpinned(riverton, campaign, now):
    [thread] = riverton.conversations(campaign, holder=riverton.tess, status=REPLY)
    assert pinning.pin(thread, by=riverton.ada, now=now)

    assert reassign([thread.pk], [riverton.theo], by=riverton.ada).left_alone == {"pinned": 1}

    assert pinning.unpin(thread, by=riverton.ada, now=now)
    assert reassign([thread.pk], [riverton.theo], by=riverton.ada).moved == 1


def test_who_has_it_not_cannot_pin_it(riverton, campaign, now):
    [thread] = riverton.conversations(campaign, holder=riverton.tess)
    [free] = riverton.conversations(campaign)

    with pytest.raises(NotYours):
        pinning.pin(thread, by=riverton.theo, now=now)
    with pytest.raises(pinning.NobodyHasIt):
        pinning.pin(free, by=riverton.ada, now=now)


@pytest.fixture
def asked(riverton, campaign, now):
    """Tess asked for three, and somebody must approve it."""
    riverton.conversations(campaign, 5)
    riverton.tess.approval = Approval.REQUIRED
    riverton.tess.save()
    return request(riverton.tess, 3, now=now)


def test_what_is_approved_is_given_and_once(riverton, asked, now):
    given = approve(asked, by=riverton.sue, now=now)

    assert (given.state, given.given, given.decided_by, held(riverton.tess)) == (
        Request.State.GIVEN,
        3,
        riverton.sue,
        3,
    )
    with pytest.raises(AlreadyDecided, match="approved by Sue Doe before"):
        approve(asked, by=riverton.ada, now=now)
    with pytest.raises(AlreadyDecided):
        deny(asked, by=riverton.ada, now=now)
    assert held(riverton.tess) == 3


def test_what_is_denied_gives_nothing_and_another_may_be_asked(riverton, asked, now):
    deny(asked, by=riverton.sue, now=now)

    assert held(riverton.tess) == 0
    assert request(riverton.tess, 2, now=now).state == Request.State.WAITING


def test_a_request_waits_on_when_there_is_nothing_to_give(riverton, asked, now):
    Conversation.objects.update(escalated=True)

    with pytest.raises(NothingToGive):
        approve(asked, by=riverton.sue, now=now)

    asked.refresh_from_db()
    assert asked.state == Request.State.WAITING


def test_who_was_suspended_meanwhile_is_given_nothing(riverton, asked, now):
    riverton.tess.suspended_at = now
    riverton.tess.save()

    assert approve(asked, by=riverton.sue, now=now).state == Request.State.DENIED
    assert not Handoff.objects.filter(action=Action.REQUEST).exists()
