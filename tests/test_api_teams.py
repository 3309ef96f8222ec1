"""Teams through the API: made, changed, deleted, and as receivers."""

import pytest

from tests.program import Program
from textbank.conversations.models import Handoff
from textbank.organizations import people, teams
from textbank.organizations.models import Tag, Team


@pytest.fixture
def ada(riverton):
    return Program(riverton.ada)


@pytest.fixture
def spanish(riverton):
    return teams.make("Spanish", members=[riverton.theo, riverton.tess], by=riverton.ada)


def test_a_team_is_made_read_and_changed(riverton, ada):
    legal = Tag.objects.create(organization=riverton.organization, title="Legal", assignable=False)

    made = ada.post("/teams", {"title": "Lawyers", "priority": 5, "join": [riverton.tess.pk, riverton.theo.pk]})
    assert made.status_code == 201
    assert made.said == {
        "id": Team.objects.get().pk,
        "title": "Lawyers",
        "description": "",
        "priority": 5,
        "is_on": True,
        "gives": "both",
        "most_at_once": None,
        "escalation_tags": [],
        "member_count": 2,
        "members": [{"id": riverton.tess.pk, "name": "Tess Doe"}, {"id": riverton.theo.pk, "name": "Theo Doe"}],
    }

    wish = {"gives": "replies", "leave": [riverton.theo.pk], "escalation_tags": [legal.pk], "most_at_once": 50}
    changed = ada.patch(f"/teams/{made.said['id']}", wish).said
    assert (changed["title"], changed["gives"], changed["most_at_once"]) == ("Lawyers", "replies", 50)
    assert [member["name"] for member in changed["members"]] == ["Tess Doe"]
    assert changed["escalation_tags"] == [{"id": legal.pk, "title": "Legal"}]
    assert ada.get(f"/teams/{made.said['id']}").said == changed


def test_a_supervolunteer_reads_and_does_not_change(riverton, spanish):
    sue = Program(riverton.sue)

    [row] = sue.get("/teams").said["results"]
    assert (row["title"], row["member_count"]) == ("Spanish", 2)
    assert sue.patch(f"/teams/{spanish.pk}", {"priority": 1}).status_code == 403


@pytest.mark.parametrize(
    ("wish", "status", "code", "field"),
    [
        ({"title": "spanish"}, 409, "title_taken", "title"),
        ({"title": " "}, 422, "invalid", "title"),
        ({"title": "Other", "priority": -1}, 422, "invalid", "priority"),
        ({"title": "Other", "gives": "nothing"}, 422, "invalid", "gives"),
        ({"title": "Other", "most_at_once": 0}, 422, "invalid", "most_at_once"),
        ({"title": "Other", "leader": 7}, 422, "invalid", "leader"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_part(ada, spanish, wish, status, code, field):
    said = ada.post("/teams", wish)

    assert (said.status_code, said.said["error"]["code"]) == (status, code)
    assert list(said.said["error"]["fields"]) == [field]
    assert Team.objects.count() == 1


def test_many_are_listed_in_as_many_statements_as_one(riverton, ada, spanish, django_assert_max_num_queries):
    for number in range(5):
        teams.make(f"Team {number}", members=[riverton.tess], by=riverton.ada)

    with django_assert_max_num_queries(6):  # token and its use, snapshot, page, tags, count
        assert ada.get("/teams").said["count"] == 6


def test_deleting_says_what_becomes_of_campaigns_for_it_alone(riverton, ada, spanish):
    campaign = riverton.campaign("Sábado", limited_to_teams=True)
    campaign.teams.add(spanish)

    refused = ada.send("delete", f"/teams/{spanish.pk}", None)
    assert (refused.status_code, refused.said["error"]["code"]) == (409, "for_nobody")
    assert "Sábado" in refused.said["error"]["message"]

    assert ada.send("delete", f"/teams/{spanish.pk}?lift=true", None).status_code == 204
    campaign.refresh_from_db()
    assert not campaign.limited_to_teams


def test_what_is_handed_to_a_team_is_dealt_among_its_members_by_their_names(riverton, ada, spanish, now):
    people.suspend(riverton.theo, by=riverton.ada, now=now)
    teams.change(spanish, join=[riverton.sue, riverton.tara], by=riverton.ada)
    campaign = riverton.campaign(contacts=5)
    wish = {"action": "reassign", "filter": {"campaign": campaign.pk}, "texters": [riverton.tara.pk]}

    done = ada.post("/handoffs", {**wish, "teams": [spanish.pk]})

    assert done.status_code == 201
    assert [(share["texter"]["name"], share["count"]) for share in done.said["shares"]] == [
        ("Tara Doe", 2),
        ("Sue Doe", 2),
        ("Tess Doe", 1),
    ]
    assert Handoff.objects.get(action="reassign").receivers == [riverton.tara.pk, riverton.sue.pk, riverton.tess.pk]


def test_a_team_without_anybody_receives_nothing(riverton, ada):
    empty = teams.make("Empty", by=riverton.ada)
    campaign = riverton.campaign(contacts=1)

    said = ada.post(
        "/handoffs", {"action": "reassign", "filter": {"campaign": campaign.pk}, "texters": [], "teams": [empty.pk]}
    )

    assert (said.status_code, list(said.said["error"]["fields"])) == (422, ["texters"])


def test_another_organizations_teams_and_people_do_not_exist(riverton, otherton, ada, spanish):
    theirs = teams.make("Theirs", members=[otherton.yan], by=otherton.zed)
    campaign = riverton.campaign(contacts=1)
    reassign = {"action": "reassign", "filter": {"campaign": campaign.pk}, "teams": [theirs.pk]}

    assert ada.get(f"/teams/{theirs.pk}").status_code == 404
    assert ada.patch(f"/teams/{theirs.pk}", {"title": "Ours"}).status_code == 404
    assert ada.send("delete", f"/teams/{theirs.pk}", None).status_code == 404
    assert ada.patch(f"/teams/{spanish.pk}", {"join": [otherton.yan.pk]}).status_code == 404
    assert ada.post("/teams", {"title": "Ours", "join": [otherton.yan.pk]}).status_code == 404
    assert ada.post("/handoffs", reassign).status_code == 404
    assert [row["title"] for row in ada.get("/teams").said["results"]] == ["Spanish"]
