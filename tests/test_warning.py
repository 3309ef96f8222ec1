"""What speaks against a receiver: said before, written down with the hand-off, forbidden never."""

import pytest

from textbank.assignments import carrying_out
from textbank.assignments.reassigning import plan, preview, reassign
from textbank.conversations.filters import Filter
from textbank.conversations.models import Action, Handoff, State, Status
from textbank.organizations import teams
from textbank.organizations.allotting import allot
from textbank.organizations.models import Approval
from textbank.reports.answers import answer

REPLY = Status.NEEDS_RESPONSE


@pytest.fixture
def spanish(riverton):
    return teams.make("Spanish", members=[riverton.theo], by=riverton.ada)


@pytest.fixture
def alone(riverton, spanish):
    """A campaign that is for the team alone."""
    campaign = riverton.campaign("Sábado", limited_to_teams=True)
    campaign.teams.add(spanish)
    return campaign


def treat(town, *members, **said) -> None:
    allot(members, by=town.ada, **said)
    for member in members:
        member.refresh_from_db()


def said(act, town) -> dict[str, list[str]]:
    names = {member.pk: name for name, member in town.people.items()}
    return {reason: [names[pk] for pk in those] for reason, those in act.warnings.items()}


def before_and_after(town, campaign, *texters, **wishes):
    """What is said in the preview, and what is written down when it is done."""
    which = Filter.parse({"campaign": campaign.pk, **wishes})
    foreseen = preview(plan(Action.REASSIGN, which, texters, town.ada, {}))
    done = reassign(which, texters, by=town.ada)
    done.refresh_from_db()
    return said(foreseen, town), said(done, town)


def test_nothing_speaks_against_who_may_have_them(riverton, alone, spanish):
    riverton.conversations(alone, 2, status=REPLY)
    treat(riverton, riverton.theo, cap=2)

    assert before_and_after(riverton, alone, riverton.theo) == ({}, {})


def test_who_is_not_in_a_team_that_a_campaign_is_for_alone(riverton, alone):
    riverton.conversations(alone, 2)
    riverton.conversations(riverton.campaign(), 2)

    assert before_and_after(riverton, alone, riverton.tess, riverton.theo) == (
        {"outside_team": ["tess"]},
        {"outside_team": ["tess"]},
    )


def test_only_whoever_was_really_given_one_is_written_down(riverton, alone):
    open_to_all = riverton.campaign()
    [first] = riverton.conversations(open_to_all, 1)
    [second] = riverton.conversations(alone, 1)

    act = reassign([first.pk, second.pk], [riverton.tess, riverton.tara], by=riverton.ada)

    assert said(act, riverton) == {"outside_team": ["tara"]}


def test_who_would_have_more_to_do_than_they_may_hold(riverton):
    campaign = riverton.campaign()
    riverton.conversations(campaign, 3, holder=riverton.tess, status=REPLY)
    riverton.conversations(riverton.campaign(), 2, holder=riverton.theo, status=REPLY)
    riverton.conversations(campaign, 1, status=REPLY)
    treat(riverton, riverton.tess, riverton.theo, cap=3)

    assert before_and_after(riverton, campaign, riverton.tess, riverton.theo) == (
        {"over_cap": ["theo"]},
        {"over_cap": ["theo"]},
    )


def test_who_sends_first_messages_only_and_is_given_replies(riverton):
    campaign = riverton.campaign(contacts=2)
    riverton.conversations(campaign, 2, status=REPLY)
    treat(riverton, riverton.tess, sends_only=True)

    assert before_and_after(riverton, campaign, riverton.tess, status="needs_first_message") == ({}, {})
    assert before_and_after(riverton, campaign, riverton.tess, status="needs_response") == (
        {"sends_only": ["tess"]},
        {"sends_only": ["tess"]},
    )


def test_several_are_said_reason_after_reason_and_as_sentences(riverton, alone):
    riverton.conversations(alone, 2)
    treat(riverton, riverton.tess, approval=Approval.NONE, cap=0)

    act = preview(plan(Action.REASSIGN, Filter.parse({"campaign": alone.pk}), [riverton.tess], riverton.ada, {}))

    assert [(one.texter.name, one.reason) for one in answer(act).warnings] == [
        ("Tess Doe", "do_not_assign"),
        ("Tess Doe", "outside_team"),
        ("Tess Doe", "over_cap"),
    ]


@pytest.mark.django_db(transaction=True)
def test_of_a_big_one_it_is_said_as_soon_as_it_runs(riverton, alone, monkeypatch):
    monkeypatch.setattr(carrying_out, "AT_ONCE", 3)
    riverton.conversations(alone, 5)
    treat(riverton, riverton.theo, cap=1)

    act = reassign(Filter.parse({"campaign": alone.pk}), [riverton.tess, riverton.theo], by=riverton.ada)

    assert act.state == State.RUNNING
    assert said(Handoff.objects.get(pk=act.pk), riverton) == {"outside_team": ["tess"], "over_cap": ["theo"]}
    carrying_out.go_on_with(Handoff.objects.get(pk=act.pk))
    assert said(Handoff.objects.get(pk=act.pk), riverton) == {"outside_team": ["tess"], "over_cap": ["theo"]}


def test_what_is_not_used_costs_no_statement_but_one(riverton, django_assert_num_queries):
    campaign = riverton.campaign(contacts=2)
    foreseen = plan(
        Action.REASSIGN, [one.pk for one in campaign.conversations.all()], [riverton.tess], riverton.ada, {}
    )

    with django_assert_num_queries(3):  # whether they are the organization's, the cards, campaigns for teams alone
        preview(foreseen)
