"""Teams on the pages: as receivers, as a filter, and the pages on which they are made, changed and deleted."""

import datetime as dt
import html
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from textbank.campaigns.models import Campaign
from textbank.conversations.models import Status
from textbank.organizations import people, teams
from textbank.organizations.models import AuditEntry, Tag, Team

REVIEW = "/riverton/admin/message-review/"
RECEIVERS = f"{REVIEW}receivers/"
TEAMS = "/riverton/admin/teams/"


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
    assert "3 of team Spanish." in words(found)


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


# A campaign and its teams

BASICS = {
    "title": "Sábado",
    "texting_starts": "10:00",
    "texting_ends": "20:00",
    "timezone": "America/Chicago",
    "autoassign": "on",
    "priority": "20",
}


def test_a_new_campaign_is_for_everybody_unless_it_is_said(ada, riverton, spanish):
    page = ada.get("/riverton/admin/campaigns/new/")
    assert re.search(r'name="for_whom" value="everybody"[^>]*checked', page.text)
    ada.post("/riverton/admin/campaigns/new/", BASICS)

    campaign = Campaign.objects.get()
    assert (campaign.limited_to_teams, campaign.priority, campaign.release_after_minutes) == (False, 20, None)
    assert not campaign.teams.exists()


def test_a_campaign_is_for_teams_first_or_alone(ada, riverton, spanish):
    campaign = riverton.campaign()
    edit = f"/riverton/admin/campaigns/{campaign.pk}/edit/"

    ada.post(edit, {**BASICS, "for_whom": "alone", "teams": [spanish.pk], "release_after_minutes": "45"})
    campaign.refresh_from_db()
    assert (campaign.limited_to_teams, campaign.release_after_minutes) == (True, 45)
    assert list(campaign.teams.all()) == [spanish]
    assert "teams" in AuditEntry.objects.filter(did="changed").latest("pk").details["new"]
    assert re.search(r'name="for_whom" value="alone"[^>]*checked', ada.get(edit).text)
    assert 'aria-label="Remove Spanish"' in ada.get(edit).text

    ada.post(edit, {**BASICS, "for_whom": "first", "teams": [spanish.pk]})
    campaign.refresh_from_db()
    assert (campaign.limited_to_teams, list(campaign.teams.all())) == (False, [spanish])

    ada.post(edit, {**BASICS, "for_whom": "everybody", "teams": [spanish.pk]})
    campaign.refresh_from_db()
    assert (campaign.limited_to_teams, list(campaign.teams.all())) == (False, [])


@pytest.mark.parametrize("whom", ["first", "alone"])
def test_for_teams_without_a_team_is_refused_beside_the_box(ada, riverton, spanish, whom):
    campaign = riverton.campaign()

    page = ada.post(f"/riverton/admin/campaigns/{campaign.pk}/edit/", {**BASICS, "for_whom": whom})

    assert page.status_code == 422
    assert words(page).count("Choose at least one team, or offer it to everybody.") == 1


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"priority": "-1"}, "Between 0 and 10,000"),
        ({"release_after_minutes": "0"}, "Between 1 and 525,600 minutes"),
        ({"priority": "soon"}, "Enter a whole number."),
    ],
)
def test_what_makes_no_sense_is_said_beside_its_field(ada, riverton, fields, why):
    page = ada.post("/riverton/admin/campaigns/new/", {**BASICS, **fields})

    assert page.status_code == 422
    assert why in words(page)
    assert not Campaign.objects.exists()


def test_another_organizations_team_cannot_be_chosen(ada, riverton, otherton, spanish):
    theirs = teams.make("Theirs", by=otherton.zed)
    campaign = riverton.campaign()

    page = ada.post(
        f"/riverton/admin/campaigns/{campaign.pk}/edit/", {**BASICS, "for_whom": "alone", "teams": [theirs.pk]}
    )

    assert page.status_code == 422
    assert "Theirs" not in page.text
    assert not campaign.teams.exists()


# The pages


def there(team) -> tuple[str, int, set[str]]:
    team.refresh_from_db()
    return team.title, team.priority, {member.user.first_name for member in team.members.all()}


def said(title="Spanish", priority="500", **more):
    return {"title": title, "priority": priority, **more}


def test_the_way_there_is_shown_to_admins_alone(client, ada, riverton):
    places = [item["label"] for item in ada.get(TEAMS).context["nav"]]
    assert {"Teams", "Assignment Control"} <= set(places)

    client.force_login(riverton.sue.user)
    assert "Teams" not in [item["label"] for item in client.get("/riverton/admin/").context["nav"]]
    assert client.get(TEAMS).status_code == 403


def test_without_a_team_it_says_what_they_are_for(ada, otherton):
    teams.make("Theirs", by=otherton.zed)

    page = ada.get(TEAMS)

    assert "No team yet" in page.text
    assert "Theirs" not in page.text


def test_each_says_its_members_and_what_is_in_its_pool_and_the_numbers_are_doors(ada, riverton, spanish):
    own = riverton.campaign("Sábado", contacts=3, limited_to_teams=True, texting_starts=dt.time(8))
    own.teams.add(spanish)
    riverton.conversations(own, 2, status=Status.NEEDS_RESPONSE)
    riverton.conversations(own, 1, holder=riverton.tess)
    riverton.campaign("Monday", contacts=4, autoassign=False)

    page = ada.get(TEAMS)

    assert "Spanish Habla contigo 500 2 2 3" in words(page)
    doors = {
        count: html.unescape(door)
        for door, count in re.findall(r'href="(/riverton/admin/message-review/[^"]+)">(\d)<', page.text)
    }
    assert {count: len(ada.get(door).context["rows"]) for count, door in doors.items()} == {"2": 2, "3": 3}


def test_more_teams_are_not_more_statements(ada, riverton, spanish):
    def statements() -> int:
        with CaptureQueriesContext(connection) as made:
            ada.get(TEAMS)
        return len(made)

    riverton.campaign(contacts=1).teams.add(spanish)
    statements()
    few = statements()
    for number in range(10):
        riverton.campaign(contacts=1).teams.add(teams.make(f"Team {number}", members=[riverton.tess], by=riverton.ada))

    assert statements() == few


def test_one_is_made_of_chosen_people_and_a_list_of_addresses(ada, riverton):
    wish = said("Lawyers", "10", members=[riverton.sue.pk], emails="Tess@riverton.test; theo@riverton.test")

    page = ada.post(f"{TEAMS}new/", wish, follow=True)

    assert "Team “Lawyers” is there." in page.text
    assert there(Team.objects.get()) == ("Lawyers", 10, {"Sue", "Tess", "Theo"})


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"title": ""}, "This field is required."),
        ({"title": "SPANISH"}, "There is a team “SPANISH” already."),
        ({"title": "x" * 101}, "at most 100"),
        ({"priority": "10001"}, "Between 0 and 10,000"),
        ({"emails": "nobody@riverton.test"}, "Nobody here has the e-mail address nobody@riverton.test."),
        ({"members": ["999999"]}, "Somebody you chose is not here any more."),
    ],
)
def test_what_makes_no_sense_of_a_team_is_said_beside_its_field(ada, spanish, fields, why):
    page = ada.post(f"{TEAMS}new/", said(**{"title": "Other", **fields}))

    assert page.status_code == 422
    assert why in page.text
    assert Team.objects.count() == 1


def test_saving_undoes_nothing_that_others_changed_meanwhile(ada, riverton, spanish):
    opened = ada.get(f"{TEAMS}{spanish.pk}/")
    assert set(opened.context["form"].known) == {riverton.tess.pk, riverton.theo.pk}
    teams.change(spanish, join=[riverton.tara], by=riverton.olga)

    wish = said(members=[riverton.theo.pk, riverton.sue.pk], there=[riverton.tess.pk, riverton.theo.pk])
    ada.post(f"{TEAMS}{spanish.pk}/", wish)

    assert there(spanish)[2] == {"Theo", "Sue", "Tara"}


def test_only_tags_that_escalate_can_be_held(ada, riverton, spanish):
    legal = Tag.objects.create(organization=riverton.organization, title="Legal", assignable=False)
    friendly = Tag.objects.create(organization=riverton.organization, title="Friendly")

    assert "Friendly" not in ada.get(f"{TEAMS}{spanish.pk}/").text
    ada.post(f"{TEAMS}{spanish.pk}/", said(escalation_tags=[legal.pk]))
    assert list(spanish.escalation_tags.all()) == [legal]
    assert ada.post(f"{TEAMS}{spanish.pk}/", said(escalation_tags=[friendly.pk])).status_code == 422


def test_deleting_says_what_becomes_of_members_and_of_campaigns_for_it_alone(ada, riverton, spanish):
    alone = riverton.campaign("Sábado", limited_to_teams=True)
    alone.teams.add(spanish)
    delete = f"{TEAMS}{spanish.pk}/delete/"

    for headers in ({}, {"HTTP_HX_REQUEST": "true"}):
        asked = words(ada.get(delete, **headers))
        assert "Its 2 members stay in Riverton Votes, and keep the conversations they have." in asked
        assert "This campaign is for this team alone Sábado" in asked
        assert "Offer it to everybody" in asked

    refused = ada.post(delete)
    assert refused.status_code == 422
    assert "Say what becomes of the campaigns that are for this team alone." in words(refused)
    assert Team.objects.exists()

    page = ada.post(delete, {"lift": "yes"}, follow=True)
    assert "Team “Spanish” is deleted. “Sábado”: offered to everybody now." in page.text
    alone.refresh_from_db()
    assert not alone.limited_to_teams


def test_a_team_that_no_campaign_is_for_alone_is_deleted_without_more(ada, spanish):
    assert "alone" not in words(ada.get(f"{TEAMS}{spanish.pk}/delete/"))

    ada.post(f"{TEAMS}{spanish.pk}/delete/")

    assert not Team.objects.exists()


def test_another_organizations_teams_do_not_exist(ada, riverton, otherton):
    theirs = teams.make("Theirs", by=otherton.zed)

    for address in (f"{TEAMS}{theirs.pk}/", f"{TEAMS}{theirs.pk}/delete/"):
        assert ada.get(address).status_code == 404
        assert ada.post(address, said()).status_code == 404
    ada.post(f"{TEAMS}new/", said("Ours", members=[otherton.yan.pk]))
    assert Team.objects.get().title == "Theirs"


def test_the_campaign_s_page_says_for_whom_it_is(client, riverton, spanish):
    campaign = riverton.campaign("Sábado", contacts=1, limited_to_teams=True)
    draft = riverton.campaign("Domingo", started=False, release_after_minutes=45)
    for one in (campaign, draft):
        one.teams.add(spanish)
    client.force_login(riverton.sue.user)

    assert "· for Spanish alone" in words(client.get(f"/riverton/admin/campaigns/{campaign.pk}/"))
    page = words(client.get(f"/riverton/admin/campaigns/{draft.pk}/"))
    assert "It is for Spanish first." in page
    assert "Released by themselves after 45 minutes." in page
    listed = words(client.get("/riverton/admin/campaigns/"))
    assert "Only for team Spanish." in listed
