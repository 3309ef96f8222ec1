"""Where a texter's texts may come from, and how many: teams, the general pool, gates and caps."""

import datetime as dt

import pytest

from textbank.assignments.limits import Nothing, teams_for, why_nothing
from textbank.assignments.models import Request
from textbank.assignments.offers import by_team, given, offer
from textbank.assignments.pool import assignable
from textbank.assignments.requesting import BadCount, in_words, request
from textbank.conversations.models import Conversation, Status, Tagging
from textbank.organizations.models import Gives, Tag, Team

REPLY, FIRST = Status.NEEDS_RESPONSE, Status.NEEDS_FIRST_MESSAGE


def offered(member, now) -> dict[Status, int]:
    there = offer(member, now)
    return {kind: there.count(kind) for kind in (REPLY, FIRST)}


def promised(member, count, now, **choice) -> dict[Status, int]:
    """What the page says that asking for so many brings."""
    return given(Request(texter=member, count=count, **choice), offer(member, now))


@pytest.fixture
def spanish(riverton):
    """Theo's team, for those who write in Spanish."""
    team = Team.objects.create(organization=riverton.organization, title="Spanish", priority=10)
    team.members.add(riverton.theo)
    return team


def rules(town, **columns):
    type(town.organization.settings).objects.filter(organization=town.organization).update(**columns)
    for member in town.people.values():
        vars(member.organization.settings).update(columns)


def given_to(member) -> list[str]:
    """The campaigns of what somebody has, in the order in which it would be worked on."""
    return list(Conversation.objects.filter(texter=member).order_by("pk").values_list("campaign__title", flat=True))


def test_what_is_limited_to_a_team_is_for_its_members_alone(riverton, spanish, now):
    campaign = riverton.campaign("Sábado", contacts=3, limited_to_teams=True)
    campaign.teams.add(spanish)

    assert request(riverton.tess, 5, now=now).given == 0
    assert why_nothing(riverton.tess, now) == Nothing.TEAMS
    assert teams_for(riverton.tess, now) == [spanish]
    assert request(riverton.theo, 5, now=now).given == 3


def test_a_team_is_served_from_its_own_campaign_first_and_others_from_it_too(riverton, spanish, now):
    riverton.campaign("Saturday", contacts=2, priority=1)
    riverton.campaign("Sábado", contacts=2).teams.add(spanish)

    request(riverton.theo, 2, now=now)
    request(riverton.tess, 2, now=now)

    assert given_to(riverton.theo) == ["Sábado", "Sábado"]
    assert given_to(riverton.tess) == ["Saturday", "Saturday"]


def test_what_a_request_is_given_is_counted_before(riverton, spanish, now):
    riverton.campaign("Saturday", contacts=2)
    own = riverton.campaign("Sábado", contacts=3, limited_to_teams=True)
    own.teams.add(spanish)
    riverton.conversations(own, status=REPLY)

    assert offered(riverton.theo, now) == {REPLY: 1, FIRST: 5}
    assert offered(riverton.tess, now) == {REPLY: 0, FIRST: 2}
    assert [count for _, count in offer(riverton.theo, now).campaigns()] == [4, 2]
    assert request(riverton.theo, 100, now=now).given == 6


@pytest.fixture
def legal(riverton):
    return Tag.objects.create(organization=riverton.organization, title="Legal question", assignable=False)


def test_an_escalated_one_is_offered_to_a_team_that_holds_every_one_of_its_tags(riverton, spanish, legal, now):
    angry = Tag.objects.create(organization=riverton.organization, title="Angry", assignable=False)
    friendly = Tag.objects.create(organization=riverton.organization, title="Friendly")
    campaign = riverton.campaign()
    one, both = riverton.conversations(campaign, 2, status=REPLY, escalated=True)
    Tagging.objects.create(conversation=one, tag=legal)
    Tagging.objects.create(conversation=one, tag=friendly)
    Tagging.objects.bulk_create(Tagging(conversation=both, tag=tag) for tag in (legal, angry))
    spanish.escalation_tags.add(legal)

    assert offered(riverton.tess, now)[REPLY] == 0
    assert list(assignable(riverton.theo, REPLY, now)) == [one]

    spanish.escalation_tags.add(angry)
    assert request(riverton.theo, 5, now=now).given == 2


def test_two_teams_do_not_add_up_their_tags(riverton, spanish, legal, now):
    angry = Tag.objects.create(organization=riverton.organization, title="Angry", assignable=False)
    other = Team.objects.create(organization=riverton.organization, title="Calm")
    other.members.add(riverton.theo)
    spanish.escalation_tags.add(legal)
    other.escalation_tags.add(angry)
    [both] = riverton.conversations(riverton.campaign(), status=REPLY, escalated=True)
    Tagging.objects.bulk_create(Tagging(conversation=both, tag=tag) for tag in (legal, angry))

    assert request(riverton.theo, 5, now=now).given == 0


def test_a_pool_that_is_off_gives_nothing(riverton, spanish, now):
    riverton.campaign(contacts=3)
    rules(riverton, general_on=False)

    assert why_nothing(riverton.tess, now) == Nothing.OFF
    assert request(riverton.tess, 1, now=now).given == 0
    assert request(riverton.theo, 1, now=now).given == 1

    spanish.is_on = False
    spanish.save()
    assert request(riverton.theo, 1, now=now).given == 0


def test_a_pool_gives_what_it_is_for(riverton, spanish, now):
    campaign = riverton.campaign(contacts=2)
    riverton.conversations(campaign, 2, status=REPLY)
    rules(riverton, general_gives=Gives.FIRST_MESSAGES)

    assert offered(riverton.tess, now) == {REPLY: 0, FIRST: 2}
    assert request(riverton.theo, 9, kind=Gives.REPLIES, now=now).given == 2
    assert request(riverton.tess, 9, kind=Gives.REPLIES, now=now).given == 0


def test_a_team_gives_so_many_at_once_and_the_next_pool_goes_on(riverton, spanish, now):
    own = riverton.campaign("Sábado", contacts=5, limited_to_teams=True)
    own.teams.add(spanish)
    riverton.campaign("Saturday", contacts=5)
    spanish.most_at_once = 2
    spanish.save()

    request(riverton.theo, 4, now=now)

    assert sorted(given_to(riverton.theo)) == ["Saturday", "Saturday", "Sábado", "Sábado"]
    with pytest.raises(BadCount):
        request(riverton.theo, 3, team=spanish, now=now)


def test_without_overflow_a_request_comes_from_one_campaign_and_of_one_kind(riverton, now):
    first, second = riverton.campaign("First", contacts=2), riverton.campaign("Second", contacts=2)
    rules(riverton, overflow=False)

    assert request(riverton.tess, 4, now=now).given == 2
    assert given_to(riverton.tess) == ["First", "First"]

    riverton.conversations(first, 1, status=REPLY)
    assert request(riverton.theo, 4, now=now).given == 1
    assert second.conversations.filter(texter=None).count() == 2


def test_replies_are_finished_first_where_that_is_the_rule(riverton, now):
    campaign = riverton.campaign(contacts=2)
    riverton.conversations(campaign, status=REPLY, holder=riverton.tess)
    rules(riverton, finish_replies_first=True)

    assert offered(riverton.tess, now) == {REPLY: 0, FIRST: 0}
    assert why_nothing(riverton.tess, now) == Nothing.REPLIES_FIRST
    assert request(riverton.tess, 2, now=now).given == 0
    assert request(riverton.theo, 2, now=now).given == 2


def test_no_first_messages_with_so_many_replies_waiting(riverton, now):
    campaign = riverton.campaign(contacts=2)
    riverton.conversations(campaign, 3, status=REPLY)
    rules(riverton, backlog_gate=3)

    assert offered(riverton.tess, now) == {REPLY: 3, FIRST: 0}
    assert request(riverton.tess, 1, now=now).given == 1
    assert offered(riverton.tess, now) == {REPLY: 2, FIRST: 2}


def test_who_only_sends_is_given_no_replies(riverton, now):
    campaign = riverton.campaign(contacts=1)
    riverton.conversations(campaign, 2, status=REPLY)
    riverton.tess.sends_only = True
    riverton.tess.save()

    assert offered(riverton.tess, now) == {REPLY: 0, FIRST: 1}
    assert request(riverton.tess, 5, now=now).given == 1


def test_nobody_holds_more_than_they_may(riverton, now):
    campaign = riverton.campaign(contacts=5)
    riverton.conversations(campaign, status=REPLY, holder=riverton.tess)
    riverton.tess.cap = 3
    riverton.tess.save()

    assert request(riverton.tess, 5, now=now).given == 2
    assert offered(riverton.tess, now) == {REPLY: 0, FIRST: 0}
    assert why_nothing(riverton.tess, now) == Nothing.FULL


@pytest.mark.parametrize("choice", ["any", "kind", "team", "campaign"])
def test_what_is_promised_is_what_is_given(riverton, spanish, choice, now):
    riverton.campaign("Saturday", contacts=4)
    own = riverton.campaign("Sábado", contacts=3, limited_to_teams=True)
    own.teams.add(spanish)
    riverton.conversations(own, status=REPLY)
    spanish.most_at_once = 2
    spanish.save()
    riverton.theo.cap = 5
    riverton.theo.save()
    wish = {"kind": {"kind": Gives.FIRST_MESSAGES}, "team": {"team": spanish}, "campaign": {"campaign": own}}.get(
        choice, {}
    )
    count = 2 if choice == "team" else 100

    before = promised(riverton.theo, count, now, **wish)
    made = request(riverton.theo, count, now=now, **{**wish, **({"campaign": own.pk} if "campaign" in wish else {})})

    assert sum(before.values()) == made.given
    got = Conversation.objects.filter(texter=riverton.theo)
    assert before == {kind: got.filter(status=kind).count() for kind in (REPLY, FIRST)}
    assert tuple(before.values()) == {"any": (1, 4), "kind": (0, 5), "team": (1, 1), "campaign": (1, 1)}[choice]


def test_without_overflow_no_more_is_promised_than_one_campaign_has(riverton, now):
    riverton.campaign("First", contacts=2)
    riverton.campaign("Second", contacts=3)
    rules(riverton, overflow=False)

    assert offered(riverton.tess, now) == {REPLY: 0, FIRST: 5}
    assert promised(riverton.tess, 5, now) == {REPLY: 0, FIRST: 2}


def test_what_a_team_has_is_told_team_by_team(riverton, spanish, now):
    riverton.campaign("Saturday", contacts=2)
    own = riverton.campaign("Sábado", contacts=3, limited_to_teams=True)
    own.teams.add(spanish)
    general = offer(riverton.tess, now)

    assert by_team(riverton.theo, offer(riverton.theo, now)) == [(spanish, 5)]
    assert by_team(riverton.theo, offer(riverton.theo, now), Gives.REPLIES) == []
    assert offer(riverton.theo, now, team=spanish).count() == 5
    assert by_team(riverton.tess, general) == []


def test_texts_of_ones_own_team_wait_for_their_hours(riverton, spanish, now):
    own = riverton.campaign(
        "Sábado", contacts=3, limited_to_teams=True, texting_starts=dt.time(18), texting_ends=dt.time(20)
    )
    own.teams.add(spanish)

    assert why_nothing(riverton.theo, now) == Nothing.OPEN
    assert why_nothing(riverton.tess, now) == Nothing.TEAMS


def test_texts_of_a_team_that_is_off_are_for_nobody(riverton, spanish, now):
    own = riverton.campaign("Sábado", contacts=3, limited_to_teams=True)
    own.teams.add(spanish)
    spanish.is_on = False
    spanish.save()

    assert why_nothing(riverton.theo, now) == Nothing.TEAMS
    assert teams_for(riverton.theo, now) == [spanish]


def test_texts_of_another_kind_are_not_called_handed_out(riverton, now):
    riverton.conversations(riverton.campaign(), 2, status=REPLY)
    riverton.tess.sends_only = True
    riverton.tess.save()

    assert why_nothing(riverton.tess, now) == Nothing.KIND
    rules(riverton, general_gives=Gives.FIRST_MESSAGES)
    assert why_nothing(riverton.theo, now) == Nothing.KIND


def test_a_request_in_words(riverton, spanish):
    campaign = riverton.campaign()

    assert in_words(Request(count=1)) == "1 text"
    assert in_words(Request(count=1, kind=Gives.REPLIES)) == "1 reply"
    assert (
        in_words(Request(count=1200, kind=Gives.FIRST_MESSAGES, campaign=campaign, team=spanish))
        == "1,200 first messages from Saturday canvass for team Spanish"
    )


def test_asking_takes_the_same_statements_however_many_there_are(riverton, spanish, now, django_assert_max_num_queries):
    for number in range(6):
        riverton.campaign(f"Campaign {number}", contacts=20)

    with django_assert_max_num_queries(16):
        assert request(riverton.theo, 100, now=now).state == Request.State.GIVEN


def test_texts_for_others_are_none_of_ours(riverton, otherton, spanish, now):
    otherton.campaign(contacts=3)

    assert offered(riverton.theo, now) == {REPLY: 0, FIRST: 0}
    assert why_nothing(riverton.theo, now + dt.timedelta(hours=1)) == Nothing.RUNS
