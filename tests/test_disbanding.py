"""A team is deleted: what becomes of its members, and of the campaigns that were for it alone."""

import pytest

from textbank.assignments.pool import assignable
from textbank.campaigns.disbanding import ForNobody, alone_with, disband
from textbank.campaigns.models import Campaign
from textbank.conversations.models import Conversation, Status
from textbank.organizations import teams
from textbank.organizations.models import AuditEntry, Team

FIRST = Status.NEEDS_FIRST_MESSAGE


@pytest.fixture
def spanish(riverton):
    return teams.make("Spanish", members=[riverton.theo], by=riverton.ada)


@pytest.fixture
def alone(riverton, spanish):
    """A campaign that is for the team alone, and one that is for another as well."""
    campaign = riverton.campaign("Sábado", contacts=2, limited_to_teams=True)
    campaign.teams.add(spanish)
    shared = riverton.campaign("Domingo", limited_to_teams=True)
    shared.teams.set([spanish, teams.make("Leads", by=riverton.ada)])
    riverton.campaign("Monday").teams.add(spanish)
    return campaign


def limited() -> set[str]:
    return set(Campaign.objects.filter(limited_to_teams=True).values_list("title", flat=True))


def test_it_must_be_said_what_becomes_of_campaigns_for_it_alone(riverton, spanish, alone):
    with pytest.raises(ForNobody, match="“Sábado”"):
        disband(spanish, by=riverton.ada)

    assert list(alone_with(spanish)) == [alone]
    assert Team.objects.filter(pk=spanish.pk).exists()


def test_with_their_limit_lifted_everybody_is_offered_them(riverton, spanish, alone, now):
    assert disband(spanish, lift=True, by=riverton.ada) == [alone]

    assert limited() == {"Domingo"}
    assert assignable(riverton.tess, FIRST, now).count() == 2
    assert AuditEntry.objects.filter(did="changed", about="Sábado", by=riverton.ada).count() == 1
    assert AuditEntry.objects.filter(did="team deleted", about="Spanish", by=riverton.ada).count() == 1


def test_with_their_limit_kept_nobody_is(riverton, spanish, alone, now):
    disband(spanish, lift=False, by=riverton.ada)

    assert limited() == {"Sábado", "Domingo"}
    assert [assignable(who, FIRST, now).count() for who in (riverton.theo, riverton.tess)] == [0, 0]


def test_members_keep_what_they_have(riverton, spanish, now):
    riverton.conversations(riverton.campaign(), 2, holder=riverton.theo)

    assert disband(spanish, by=riverton.ada) == []

    assert Conversation.objects.filter(texter=riverton.theo).count() == 2
    assert not riverton.organization.teams.exists()
