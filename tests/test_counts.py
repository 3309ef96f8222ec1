"""Figures of campaigns: right to the conversation, and as cheap for many as for one."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.cast import NOON
from textbank.assignments import pool
from textbank.assignments.reassigning import unassign
from textbank.campaigns.models import Campaign
from textbank.conversations.models import (
    Answer,
    Conversation,
    Direction,
    Kind,
    Message,
    MessageStatus,
    Status,
)
from textbank.messaging.models import MessagingService
from textbank.organizations import controlling, teams
from textbank.organizations.models import Gives, Presence
from textbank.reports import counts, requestable
from textbank.reports.counts import Hour
from textbank.reports.offering import why_nothing
from textbank.web import charts

NEW_YORK = ZoneInfo("America/New_York")
FIRST, SENT, WAITING, ACTIVE, CLOSED = Status


def message(conversation, kind=Kind.FIRST, **fields):
    """A text of the conversation, sent by whoever holds it unless said otherwise."""
    usual = {
        "organization": conversation.organization,
        "service": conversation.campaign.service,
        "author": conversation.texter,
        "direction": Direction.OUTGOING,
        "status": MessageStatus.SENT,
        "created_at": NOON,
        "text": "Hi",
    }
    return Message.objects.create(conversation=conversation, kind=kind, **{**usual, **fields})


def test_a_campaign_is_counted_by_status_and_by_who_has_what(riverton):
    campaign = riverton.campaign()
    riverton.conversations(campaign, 3)
    riverton.conversations(campaign, 2, holder=riverton.tess)
    riverton.conversations(campaign, 2, status=SENT, holder=riverton.tess)
    riverton.conversations(campaign, 1, status=WAITING, escalated=True)
    riverton.conversations(campaign, 4, status=WAITING, opted_out=True)
    riverton.conversations(campaign, 1, status=CLOSED, holder=riverton.theo)

    now = counts.by_campaign([campaign.pk])[campaign.pk]

    assert now.by_status == {FIRST: 5, SENT: 2, WAITING: 1, ACTIVE: 0, CLOSED: 1}
    assert (now.total, now.opted_out) == (9, 4)
    assert (now.unassigned, now.unsent, now.unassigned_unsent) == (4, 5, 3)
    assert (now.needing_response, now.escalated) == (1, 1)


def test_replies_on_archived_campaigns_are_counted(riverton):
    campaign = riverton.campaign(archived_at=NOON)
    riverton.conversations(campaign, 2, status=WAITING)

    assert counts.by_campaign([campaign.pk])[campaign.pk].needing_response == 2


def test_a_page_of_campaigns_is_one_statement_over_one_index(riverton):
    campaigns = [riverton.campaign(f"Campaign {number}", contacts=2) for number in range(12)]

    with CaptureQueriesContext(connection) as asked:
        found = counts.by_campaign([campaign.pk for campaign in campaigns])
    with connection.cursor() as cursor:
        # So few rows would be read without any index.
        cursor.execute("set local enable_seqscan = off; set local enable_bitmapscan = off")
        cursor.execute("explain " + asked.captured_queries[0]["sql"])
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert len(asked) == 1
    assert [found[campaign.pk].total for campaign in campaigns] == [2] * 12
    assert "using conversations_counted" in plan


def test_a_campaign_without_conversations_has_zeros(riverton):
    campaign = riverton.campaign()

    now = counts.by_campaign([campaign.pk])[campaign.pk]

    assert (now.total, now.unassigned, now.opted_out) == (0, 0, 0)


def test_traffic_is_told_by_the_hour_on_the_campaigns_clock(riverton):
    campaign = riverton.campaign(timezone="America/New_York")
    one, other = riverton.conversations(campaign, 2, holder=riverton.tess)
    message(one)
    message(other, status=MessageStatus.FAILED, error="30006 Landline")
    message(one, Kind.REPLY, created_at=NOON + dt.timedelta(hours=1))
    message(one, Kind.AUTOMATIC)
    message(other, Kind.REPLY, status=MessageStatus.CANCELLED)
    riverton.conversations(campaign, status=WAITING, waiting_since=NOON + dt.timedelta(minutes=59))

    traffic = counts.traffic(campaign)

    noon = dt.datetime(2026, 11, 2, 12, tzinfo=NEW_YORK)
    assert traffic.hours == {noon: Hour(2, 0, 1), noon + dt.timedelta(hours=1): Hour(0, 1, 0)}
    assert (traffic.first, traffic.sent, traffic.received, traffic.failed) == (2, 3, 1, 1)
    assert traffic.errors == {"30006 Landline": 1}


def test_today_begins_at_midnight_on_the_organizations_clock(riverton, otherton):
    campaign = riverton.campaign()
    today, yesterday = riverton.conversations(campaign, 2, holder=riverton.tess)
    midnight = dt.datetime(2026, 11, 2, tzinfo=NEW_YORK)
    message(today, created_at=midnight)
    message(yesterday, created_at=midnight - dt.timedelta(seconds=1))
    theirs = otherton.conversations(otherton.campaign(), 1, holder=otherton.yan)[0]
    message(theirs)

    assert counts.today(riverton.organization, NOON).hours == {midnight: Hour(1, 0, 0)}


def test_the_oldest_reply_is_one_that_somebody_can_answer(riverton, otherton):
    def waits(campaign, hours, **fields):
        since = NOON - dt.timedelta(hours=hours)
        riverton.conversations(campaign, status=WAITING, waiting_since=since, **fields)

    campaign = riverton.campaign()
    waits(campaign, 1)
    waits(campaign, 9, opted_out=True)
    waits(riverton.campaign(archived_at=NOON), 8)

    assert counts.oldest_reply(riverton.organization) == NOON - dt.timedelta(hours=1)
    assert counts.oldest_reply(otherton.organization) is None


def test_texters_come_with_what_they_sent_and_what_they_hold(riverton):
    campaign = riverton.campaign()
    one, other = riverton.conversations(campaign, 2, holder=riverton.tess, status=ACTIVE)
    message(one)
    message(other, author=riverton.theo)
    message(one, Kind.REPLY, author=riverton.theo)
    riverton.conversations(campaign, 2, holder=riverton.tara)
    riverton.conversations(campaign, 1, holder=riverton.tara, status=WAITING)

    found = counts.texters(campaign)

    assert [(part.texter, *part[1:5]) for part in found] == [
        (riverton.theo, 1, 1, 0, 0),
        (riverton.tess, 1, 0, 0, 0),
        (riverton.tara, 0, 0, 2, 1),
    ]
    assert [part.last_sent for part in found] == [NOON, NOON, None]
    assert [part.texter for part in counts.texters(campaign, most=1)] == [riverton.theo]


def test_more_texters_and_questions_are_not_more_statements(riverton):
    campaign = riverton.campaign()

    def statements():
        with CaptureQueriesContext(connection) as asked:
            counts.texters(campaign)
            counts.survey(campaign)
            counts.traffic(campaign)
        return len(asked)

    def work(texter):
        conversation = riverton.conversations(campaign, holder=texter)[0]
        message(conversation)
        for step in campaign.steps.exclude(question=""):
            Answer.objects.create(conversation=conversation, step=step, value="Yes")

    work(riverton.tess)
    few = statements()
    for texter in (riverton.theo, riverton.tara, riverton.sue):
        work(texter)
        riverton.conversations(campaign, status=WAITING)

    assert statements() == few


def test_answers_are_counted_in_the_scripts_order(riverton):
    campaign = riverton.campaign()
    for value in ("No", "Yes", "No"):
        conversation = riverton.conversations(campaign)[0]
        Answer.objects.create(conversation=conversation, step=campaign.first_step, value=value)

    (survey,) = counts.survey(campaign)

    assert survey.question == "Coming?"
    assert list(survey.answers.items()) == [("Yes", 1), ("No", 2), ("Wrong number", 0)]
    assert (survey.total, survey.most) == (3, 2)


def test_who_was_seen_lately_is_online(riverton, otherton):
    for member, minutes in ((riverton.tess, 1), (riverton.theo, 4), (riverton.tara, 6), (otherton.yan, 1)):
        Presence.objects.create(membership=member, seen_at=NOON - dt.timedelta(minutes=minutes))

    assert counts.online(riverton.organization, NOON) == [riverton.tess, riverton.theo]


# Why nothing is offered


def said_of(campaign, now=NOON):
    campaign = Campaign.objects.select_related("service").get(pk=campaign.pk)
    return why_nothing([campaign], counts.by_campaign([campaign.pk]), now).get(campaign.pk)


HOURS = {"texting_starts": dt.time(9), "texting_ends": dt.time(21)}


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, None),
        ({"paused_at": NOON}, "Paused: nothing is sent or offered until it resumes."),
        ({"autoassign": False}, "Autoassign is off: 3 stay in the pool until somebody hands them on."),
        ({"due_by": dt.date(2026, 11, 1)}, "Past its due date: first messages are not offered any more."),
        ({"due_by": dt.date(2026, 11, 2)}, None),
        ({"archived_at": NOON, "autoassign": False}, None),
        ({"started_at": None, "autoassign": False}, None),
        (HOURS, None),
    ],
)
def test_a_campaign_says_why_it_offers_nothing(riverton, fields, says):
    campaign = riverton.campaign(contacts=3, **fields)

    assert said_of(campaign) == says


def test_what_is_all_handed_out_needs_no_reason(riverton):
    campaign = riverton.campaign(autoassign=False)
    riverton.conversations(campaign, 2, holder=riverton.tess)
    riverton.conversations(campaign, 2, escalated=True)

    assert said_of(campaign) is None


def test_a_closed_campaign_says_when_and_where_it_opens_first(riverton):
    campaign = riverton.campaign(**HOURS)
    riverton.conversations(campaign, 2, hours_key="America/Denver")
    riverton.conversations(campaign, 2, hours_key="America/Chicago")
    six = NOON - dt.timedelta(hours=6)
    late = NOON + dt.timedelta(hours=9, minutes=55)  # five to nine in Chicago: too late to begin

    assert said_of(campaign, six) == "Opens at 9:00 AM in Chicago."
    assert said_of(campaign, late) is None  # Denver is open still
    assert said_of(campaign, late + dt.timedelta(hours=2)) == "Opens tomorrow at 9:00 AM in Chicago."


def test_what_opens_somewhere_else_opens_nothing_here(riverton):
    campaign = riverton.campaign(**HOURS)
    riverton.conversations(campaign, 2, hours_key="America/Los_Angeles")

    assert said_of(campaign, NOON - dt.timedelta(hours=2)) == "Opens at 9:00 AM in Los Angeles."


def test_the_due_day_lasts_until_midnight_on_the_campaigns_clock(riverton):
    campaign = riverton.campaign(contacts=2, due_by=dt.date(2026, 11, 2), timezone="America/Los_Angeles")
    midnight = dt.datetime(2026, 11, 3, tzinfo=ZoneInfo("America/Los_Angeles"))
    before, after = midnight - dt.timedelta(minutes=1), midnight

    offered = [pool.assignable(riverton.tess, FIRST, moment).count() for moment in (before, after)]

    assert offered == [2, 0]
    assert said_of(campaign, before) is None
    assert said_of(campaign, after) == "Past its due date: first messages are not offered any more."


def test_replies_are_offered_after_the_due_date(riverton):
    campaign = riverton.campaign(contacts=2, due_by=dt.date(2026, 11, 1))
    riverton.conversations(campaign, 1, status=WAITING)

    assert said_of(campaign) is None


def test_hours_that_never_meet_the_law_are_called_so(riverton, monkeypatch):
    monkeypatch.setattr(MessagingService, "legal_hours", True)
    campaign = riverton.campaign(texting_starts=dt.time(22), texting_ends=dt.time(23))
    riverton.conversations(campaign, 1)

    assert said_of(campaign) == "Its texting hours never meet the hours in which the law allows texts."


def test_many_closed_campaigns_are_asked_about_at_once(riverton):
    campaigns = [riverton.campaign(f"Campaign {number}", contacts=1, **HOURS) for number in range(6)]
    tally = counts.by_campaign([campaign.pk for campaign in campaigns])

    with CaptureQueriesContext(connection) as asked:
        said = why_nothing(campaigns, tally, NOON - dt.timedelta(hours=6))

    assert len(said) == 6
    assert len(asked) == 4  # teams of campaigns, teams, settings, where it is open


@pytest.fixture
def spanish(riverton):
    return teams.make("Spanish", members=[riverton.theo], by=riverton.ada)


def test_what_is_for_teams_alone_says_for_which(riverton, spanish):
    campaign = riverton.campaign(contacts=2, limited_to_teams=True)
    assert said_of(campaign) == "For teams alone, and none is chosen: nobody is offered it."

    campaign.teams.add(spanish)
    assert said_of(campaign) == "Only for team Spanish."
    campaign.teams.add(teams.make("Leads", by=riverton.ada))
    assert said_of(campaign) == "Only for the teams Leads and Spanish."


@pytest.mark.parametrize(
    ("team", "why"),
    [
        ({"is_on": False}, "which is off"),
        ({"gives": Gives.REPLIES}, "which gives replies only"),
        ({}, "where nobody is"),
    ],
)
def test_a_team_alone_that_gives_nothing_says_why(riverton, spanish, team, why):
    campaign = riverton.campaign(contacts=2, limited_to_teams=True)
    campaign.teams.add(spanish)

    teams.change(spanish, **team, leave=() if team else [riverton.theo], by=riverton.ada)

    assert said_of(campaign) == f"Only for team Spanish, {why}: nobody is offered it."


def test_a_general_pool_that_gives_nothing_says_so_and_who_is_served_still(riverton, spanish):
    campaign = riverton.campaign(contacts=2)
    assert said_of(campaign) is None

    controlling.control(riverton.organization, general_gives=Gives.REPLIES, by=riverton.ada)
    assert said_of(campaign) == "The general pool gives replies only: only team Spanish is offered it."
    controlling.control(riverton.organization, general_on=False, by=riverton.ada)
    assert said_of(campaign) == "The general pool is off: only team Spanish is offered it."
    teams.change(spanish, is_on=False, by=riverton.ada)
    assert said_of(campaign) == "The general pool is off: nobody is offered it."


def test_what_went_back_to_a_pool_that_is_off_may_not_be_asked_for(riverton):
    campaign = riverton.campaign()
    threads = riverton.conversations(campaign, 2, holder=riverton.tess)
    controlling.control(riverton.organization, general_on=False, by=riverton.ada)

    act = unassign([one.pk for one in threads], by=riverton.ada, now=NOON)

    assert requestable.in_words(act, NOON) == ["2 may not be asked for now: because no pool hands them out."]
    teams.make("Spanish", members=[riverton.theo], by=riverton.ada)
    assert requestable.in_words(act, NOON) == ["2 conversations may be asked for now."]


def test_for_whom_it_is_stands_before_when_it_opens(riverton, spanish):
    campaign = riverton.campaign(contacts=2, limited_to_teams=True, **HOURS)
    campaign.teams.add(spanish)

    assert said_of(campaign, NOON - dt.timedelta(hours=6)) == "Only for team Spanish. Opens at 9:00 AM in New York."


# Pictures


def test_a_day_or_so_is_drawn_by_the_hour_and_more_by_the_day():
    noon = NOON.astimezone(NEW_YORK)
    hours = {noon: Hour(4, 0, 1), noon + dt.timedelta(hours=2): Hour(2, 1, 0)}

    near = charts.over_time(hours)
    far = charts.over_time({**hours, noon + dt.timedelta(days=3): Hour(10, 0, 2)})

    assert [tick.label for tick in near.ticks] == ["12 PM", "1 PM", "2 PM"]
    assert near.said == "6 first messages and 1 replies, 12 PM to 2 PM"
    assert [tick.label for tick in far.ticks] == ["Nov 2", "Nov 3", "Nov 4", "Nov 5"]
    assert [tick.label for tick in far.grid] == ["10", "5", "0"]
    assert near.lines[0].line == "M34.0 10.0L193.0 140.0L352.0 75.0"


def test_nothing_texted_is_no_picture_and_one_moment_is_a_dot():
    (first, _) = charts.over_time({NOON: Hour(2, 0, 0)}).lines

    assert charts.over_time({}) is None
    assert first.line == "M34.0 10.0L34.0 10.0"


def test_a_day_stacks_answers_on_first_messages():
    noon = NOON.astimezone(NEW_YORK)

    drawn = charts.of_day({noon: Hour(3, 1, 2)}, noon)

    first, answers = drawn.columns
    assert (first.y, first.height) == (42.5, 97.5)
    assert (answers.y, answers.height) == (10.0, 32.5)
    assert first.title == "12 PM: 3 first messages"
    assert drawn.said == "4 texts sent and 2 received today"


@pytest.mark.parametrize(
    ("most", "top"), [(0, 2), (1, 2), (2, 2), (3, 4), (7, 10), (11, 20), (999, 1000), (1001, 2000)]
)
def test_a_pictures_top_is_a_round_number(most, top):
    assert charts.nice(most) == top


def test_other_organizations_count_for_nothing(riverton, otherton):
    otherton.conversations(otherton.campaign(), 3)
    campaign = riverton.campaign(contacts=1)

    found = counts.by_campaign(Campaign.objects.filter(organization=riverton.organization))

    assert {pk: its.total for pk, its in found.items()} == {campaign.pk: 1}
    assert Conversation.objects.count() == 4
