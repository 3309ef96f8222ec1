"""Teams on the pages: as receivers, as a filter, and the pages on which they are made, changed and deleted."""

import re

import pytest

from textbank.conversations.models import Status
from textbank.organizations import people, teams

REVIEW = "/riverton/admin/message-review/"
RECEIVERS = f"{REVIEW}receivers/"


@pytest.fixture
def ada(client, riverton):
    client.force_login(riverton.ada.user)
    return client


@pytest.fixture
def spanish(riverton):
    return teams.make("Spanish", description="Habla contigo", members=[riverton.theo, riverton.tess], by=riverton.ada)


def words(answer) -> str:
    """What a person reads, without the markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text)).strip()


def chosen(answer) -> list[str]:
    """The names of the options, in their order."""
    return re.findall(r'data-words="([^"]+)"', answer.text)


# As receivers


def test_a_team_is_offered_with_how_many_would_receive(ada, riverton, spanish, now):
    teams.make("Nobody's", by=riverton.ada)
    people.suspend(riverton.tess, by=riverton.ada, now=now)

    found = ada.get(f"{REVIEW}choices/receivers/", {"q": "span"})

    assert chosen(found) == ["Team Spanish (1)"]
    assert f'data-team="{spanish.pk}"' in found.text
    assert "nobody in it" in words(ada.get(f"{REVIEW}choices/receivers/", {"q": "nobody"}))


def test_a_team_becomes_its_members_in_the_order_of_their_names(ada, riverton, spanish, now):
    teams.change(spanish, join=[riverton.sue, riverton.tara], by=riverton.ada)
    people.suspend(riverton.tara, by=riverton.ada, now=now)

    found = ada.post(RECEIVERS, {"team": spanish.pk, "list": "act-texters-list"})

    assert chosen(found) == ["Sue Doe", "Tess Doe", "Theo Doe"]
    assert "3 of Spanish." in words(found)


def test_another_organizations_team_is_nobody_here(ada, riverton, otherton):
    theirs = teams.make("Theirs", members=[otherton.yan], by=otherton.zed)

    for said in (theirs.pk, "x", "9" * 30):
        assert ada.post(RECEIVERS, {"team": said}).status_code == 404
    assert chosen(ada.get(f"{REVIEW}choices/receivers/", {"q": "theirs"})) == []
    assert chosen(ada.get(f"{REVIEW}choices/teams/", {"q": ""})) == []


# As a filter


def test_what_a_team_has_is_found_and_said(client, riverton, spanish):
    campaign = riverton.campaign()
    riverton.conversations(campaign, 2, holder=riverton.tess, status=Status.NEEDS_RESPONSE)
    riverton.conversations(campaign, 1, holder=riverton.tara, status=Status.NEEDS_RESPONSE)
    client.force_login(riverton.sue.user)

    page = client.get(REVIEW, {"team": spanish.pk})

    assert len(page.context["rows"]) == 2
    assert "held by team Spanish" in words(page)
    assert 'aria-label="Remove Spanish"' in page.text
    assert chosen(client.get(f"{REVIEW}choices/teams/", {"q": "spa"})) == ["Spanish"]


def test_a_team_that_is_gone_finds_nothing(ada, riverton, spanish):
    riverton.conversations(riverton.campaign(), 2, holder=riverton.tess)
    address = f"{REVIEW}?team={spanish.pk}"
    spanish.delete()

    page = ada.get(address)

    assert page.status_code == 404
    assert "a team that is gone" in words(page)
