"""What is said of a pool is what its members are offered: to the last conversation, in whatever way it is set."""

import datetime as dt
import itertools

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from textbank.assignments.offers import offer
from textbank.conversations.models import Conversation, Status, Tagging
from textbank.organizations import controlling, teams
from textbank.organizations.models import Gives, Membership, Tag
from textbank.reports.pools import stock

REPLY, FIRST = Status.NEEDS_RESPONSE, Status.NEEDS_FIRST_MESSAGE


@pytest.fixture
def spanish(riverton):
    """Theo's team, and his alone."""
    return teams.make("Spanish", members=[riverton.theo], by=riverton.ada)


@pytest.fixture
def full(riverton, spanish):
    """Something for everybody, something for the team first and alone, and something for nobody."""
    legal = Tag.objects.create(organization=riverton.organization, title="Legal", assignable=False)
    angry = Tag.objects.create(organization=riverton.organization, title="Angry", assignable=False)
    teams.change(spanish, escalation_tags=[legal], by=riverton.ada)
    others = teams.make("Others", by=riverton.ada)
    for number, (own, limited, autoassign) in enumerate(itertools.product((None, spanish, others), (0, 1), (1, 0))):
        campaign = riverton.campaign(
            f"Campaign {number}", limited_to_teams=limited, autoassign=autoassign, contacts=number + 1
        )
        if own:
            campaign.teams.add(own)
        riverton.conversations(campaign, 2, status=REPLY)
        riverton.conversations(campaign, 1, status=REPLY, hours_key="America/Los_Angeles")
        riverton.conversations(campaign, 1, status=REPLY, pinned_to=riverton.theo)
        riverton.conversations(campaign, 1, status=REPLY, opted_out=True)
        for worn in ([legal], [angry], [legal, angry]):
            [thread] = riverton.conversations(campaign, 1, status=REPLY, escalated=True)
            Tagging.objects.bulk_create(Tagging(conversation=thread, tag=tag) for tag in worn)
    closed = riverton.campaign("Early", texting_starts=dt.time(8), texting_ends=dt.time(11), contacts=3)
    riverton.conversations(closed, 2, hours_key="America/Los_Angeles")
    return riverton


def figures(town, now, *those) -> list[dict[Status, int]]:
    return [one.now for one in stock(town.organization, those, now)]


def control(town, **said) -> None:
    controlling.control(town.organization, by=town.ada, **said)
    town.organization.settings.refresh_from_db()


def offered(member, now) -> dict[Status, int]:
    """What their home says."""
    member = Membership.objects.select_related("organization__settings").get(pk=member.pk)
    found = offer(member, now)
    return {status: found.count(status) for status in (REPLY, FIRST)}


def test_it_is_what_a_member_is_offered(full, spanish, now):
    Conversation.objects.exclude(pinned_to=None).update(pinned_to=None)
    for gate, gives, team_gives in itertools.product((None, 8, 100), Gives, Gives):
        team = teams.change(spanish, gives=team_gives, by=full.ada)

        control(full, general_on=True, backlog_gate=gate, general_gives=gives)
        general, together = figures(full, now, team)
        assert offered(full.tess, now) == general

        control(full, general_on=False)
        nothing, alone = figures(full, now, team)
        assert nothing == {REPLY: 0, FIRST: 0} == offered(full.tess, now)
        assert alone == offered(full.theo, now)
        assert gate is not None or together == alone


def test_what_is_pinned_to_somebody_is_for_them_alone(full, spanish, now):
    before = figures(full, now, spanish)

    Conversation.objects.exclude(pinned_to=None).update(pinned_to=full.sue)

    assert figures(full, now, spanish) == before


def test_what_is_there_at_whatever_hour_is_what_its_filter_finds(full, spanish, now):
    for one in stock(full.organization, [spanish], now):
        for status in (REPLY, FIRST):
            assert one.there[status] == one.which(status).conversations(full.ada, now).count() > 0


def test_a_pool_that_is_off_gives_nothing_and_says_what_is_there(full, spanish, now):
    spanish = teams.change(spanish, is_on=False, by=full.ada)

    _, team = stock(full.organization, [spanish], now)

    assert team.now == {REPLY: 0, FIRST: 0}
    assert team.there[FIRST] > 0


def test_first_messages_that_wait_for_replies_to_be_answered_are_said(riverton, now):
    campaign = riverton.campaign(contacts=4)
    riverton.conversations(campaign, 2, status=REPLY)
    control(riverton, backlog_gate=2)

    [general] = stock(riverton.organization, [], now)

    assert (general.now, general.gated) == ({REPLY: 2, FIRST: 0}, 4)


def test_without_a_campaign_there_is_nothing(riverton, otherton, spanish, now):
    otherton.campaign(contacts=3)

    for one in stock(riverton.organization, [spanish], now):
        assert one.now == one.there == {REPLY: 0, FIRST: 0}


def test_more_teams_and_campaigns_are_not_more_statements(full, spanish, now):
    def statements(*those) -> int:
        with CaptureQueriesContext(connection) as made:
            stock(full.organization, those, now)
        return len(made)

    few = statements()
    for number in range(8):
        full.campaign(f"More {number}", contacts=1).teams.add(
            teams.make(f"Team {number}", members=[full.tess], by=full.ada)
        )

    assert statements(*full.organization.teams.prefetch_related("escalation_tags")) == few
