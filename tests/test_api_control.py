"""Assignment Control and what people are given, through the API."""

import pytest

from tests.program import Program
from textbank.conversations.models import Status
from textbank.organizations import teams
from textbank.organizations.models import Approval, AuditEntry, Settings

CONTROL = "/assignment-control"


@pytest.fixture
def ada(riverton):
    return Program(riverton.ada)


@pytest.fixture
def spanish(riverton):
    return teams.make("Spanish", members=[riverton.theo], priority=7, by=riverton.ada)


def of(town) -> Settings:
    return Settings.objects.get(organization=town.organization)


def test_what_is_controlled_and_what_each_pool_gives_now(riverton, ada, spanish):
    own = riverton.campaign(contacts=2, limited_to_teams=True)
    own.teams.add(spanish)
    riverton.conversations(riverton.campaign(), 3, status=Status.NEEDS_RESPONSE)

    said = ada.get(CONTROL).said

    [team] = said.pop("teams")
    assert (team["title"], team["priority"], team["member_count"]) == ("Spanish", 7, 1)
    assert team["now"] == {"needs_response": 3, "needs_first_message": 2, "gated": 0}
    assert said == {
        "general": {
            "is_on": True,
            "gives": "both",
            "most_at_once": 500,
            "now": {"needs_response": 3, "needs_first_message": 0, "gated": 0},
        },
        "overflow": True,
        "finish_replies_first": False,
        "backlog_gate": None,
        "newcomers_approval": "auto_approve",
        "do_not_assign_words": "An admin gives you your texts: asking for them is switched off for you.",
    }


def test_what_is_said_is_changed_and_nothing_else(riverton, ada):
    wish = {"general": {"gives": "replies"}, "backlog_gate": 10, "newcomers_approval": "approval_required"}

    said = ada.patch(CONTROL, wish).said

    assert (said["general"]["gives"], said["general"]["is_on"], said["backlog_gate"]) == ("replies", True, 10)
    assert of(riverton).newcomers_approval == Approval.REQUIRED
    assert ada.patch(CONTROL, {"backlog_gate": None}).said["backlog_gate"] is None
    assert AuditEntry.objects.filter(did="assignment control changed").count() == 2


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"general": {"most_at_once": 0}}, "general.most_at_once"),
        ({"general": {"gives": "nothing"}}, "general.gives"),
        ({"backlog_gate": 0}, "backlog_gate"),
        ({"newcomers_approval": 2}, "newcomers_approval"),
        ({"do_not_assign_words": " "}, "do_not_assign_words"),
        ({"teams": []}, "teams"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_part(ada, wish, field):
    said = ada.patch(CONTROL, wish)

    assert (said.status_code, list(said.said["error"]["fields"])) == (422, [field])
    assert not AuditEntry.objects.exists()


def test_what_people_are_given_is_changed_for_one_and_for_several(riverton, ada, spanish):
    tess, theo = riverton.tess.pk, riverton.theo.pk

    one = ada.patch(f"/members/{theo}", {"approval": "do_not_assign", "cap": 30}).said
    assert (one["approval"], one["sends_only"], one["cap"]) == ("do_not_assign", False, 30)
    assert one["teams"] == [{"id": spanish.pk, "title": "Spanish"}]

    several = {"members": [tess, theo, theo], "cap": 30, "sends_only": False}
    assert ada.post("/members/allot", several).said == {"changed": 1, "unchanged": 1}
    assert [row["cap"] for row in ada.get("/members", role="texter").said["results"]] == [30, 30, None]


def test_one_whom_an_admin_may_not_change_changes_nobody(riverton, otherton, ada):
    wish = {"members": [riverton.tess.pk, riverton.olga.pk], "approval": "approval_required"}

    assert ada.post("/members/allot", wish).status_code == 403
    assert ada.patch(f"/members/{riverton.olga.pk}", {"cap": 1}).status_code == 403
    assert ada.patch(f"/members/{riverton.tess.pk}", {"cap": -1}).status_code == 422
    assert ada.patch(f"/members/{otherton.yan.pk}", {"cap": 1}).status_code == 404
    assert ada.post("/members/allot", {**wish, "members": [otherton.yan.pk]}).status_code == 404
    riverton.tess.refresh_from_db()
    assert riverton.tess.approval == Approval.AUTO


def test_members_in_many_teams_are_as_many_statements(riverton, ada, spanish, django_assert_max_num_queries):
    for number in range(5):
        teams.make(f"Team {number}", members=[riverton.tess, riverton.theo], by=riverton.ada)

    with django_assert_max_num_queries(7):  # token and its use, snapshot, page, teams, what they hold, count
        assert len(ada.get("/members").said["results"]) == 6
