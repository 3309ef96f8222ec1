"""Assignment Control: each row says what is so, is saved by itself, and says what a member's home says."""

import datetime as dt
import html
import json
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.cast import NOON
from textbank.conversations.models import Status, Tagging
from textbank.organizations import controlling, teams
from textbank.organizations.models import Approval, AuditEntry, Gives, Settings, Tag

CONTROL = "/riverton/admin/assignment-control/"
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def ada(client, riverton):
    client.force_login(riverton.ada.user)
    return client


@pytest.fixture
def spanish(riverton):
    return teams.make("Spanish", members=[riverton.theo], by=riverton.ada)


def words(answer) -> str:
    """What a person reads, without the markup."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.text))).strip()


def of(town) -> Settings:
    return Settings.objects.get(organization=town.organization)


def row(page, key: str) -> dict[str, str]:
    """What a row's form would send, as it stands on the page."""
    found = {}
    for tag in re.findall(rf'<(?:input|select)[^>]*name="(?:initial-)?{key}-[^>]*>', page.text):
        name = re.search(r'name="([^"]+)"', tag)[1]
        if tag.startswith("<select"):
            inside = page.text.partition(tag)[2].partition("</select>")[0]
            found[name] = re.search(r'value="([^"]*)" selected', inside)[1]
        elif 'type="checkbox"' not in tag or " checked" in tag:
            unsaid = "on" if 'type="checkbox"' in tag else ""
            found[name] = re.search(r' value="([^"]*)"', tag)[1] if " value=" in tag else unsaid
    return {"rows": key, **found}


def test_the_page_says_how_everything_is_set(ada, riverton, spanish):
    controlling.control(riverton.organization, backlog_gate=25, by=riverton.ada)
    legal = Tag.objects.create(organization=riverton.organization, title="Legal", assignable=False)
    teams.change(spanish, gives=Gives.REPLIES, most_at_once=40, priority=7, escalation_tags=[legal], by=riverton.ada)

    page = ada.get(CONTROL)

    assert {"general-is_on": "on", "general-gives": "both", "general-most_at_once": "500"}.items() <= row(
        page, "general"
    ).items()
    team = row(page, f"team-{spanish.pk}")
    assert {name.partition(f"{spanish.pk}-")[2]: value for name, value in team.items() if "initial" not in name} == {
        "": f"team-{spanish.pk}",
        "is_on": "on",
        "gives": "replies",
        "most_at_once": "40",
        "priority": "7",
        "escalation_tags": str(legal.pk),
    }
    assert row(page, "backlog_gate")["backlog_gate-backlog_gate"] == "25"
    assert Settings._meta.get_field("do_not_assign_words").default in page.text


def test_a_row_is_saved_by_itself_and_comes_back_as_it_is(ada, riverton, spanish):
    wish = row(ada.get(CONTROL), "general") | {"general-gives": "replies", "general-most_at_once": "50"}
    del wish["general-is_on"]

    answer = ada.post(CONTROL, wish, **HTMX)

    assert (of(riverton).general_on, of(riverton).general_gives, of(riverton).most_at_once) == (False, "replies", 50)
    assert json.loads(answer["HX-Trigger"])["toast"]["text"] == "Saved."
    assert "Nothing: it is off" in words(answer)
    assert "Spanish" not in answer.text
    assert AuditEntry.objects.get(did=controlling.DID).details["now"] == {
        "general_on": False,
        "general_gives": "replies",
        "most_at_once": 50,
    }


def test_two_who_change_one_row_lose_nothing(ada, riverton, spanish):
    key = f"team-{spanish.pk}"
    opened = row(ada.get(CONTROL), key)
    teams.change(spanish, priority=3, is_on=False, by=riverton.olga)

    ada.post(CONTROL, opened | {f"{key}-gives": "first_messages"}, **HTMX)

    spanish.refresh_from_db()
    assert (spanish.priority, spanish.is_on, spanish.gives) == (3, False, "first_messages")


@pytest.mark.parametrize(
    ("key", "wish", "why"),
    [
        ("general", {"general-most_at_once": "0"}, "Between 1 and 10,000 texts at once."),
        ("general", {"general-most_at_once": ""}, "This field is required."),
        ("general", {"general-gives": "nothing"}, "Select a valid choice."),
        ("backlog_gate", {"backlog_gate-backlog_gate": "0"}, "Between 1 and 1,000,000 replies"),
        ("do_not_assign_words", {"do_not_assign_words-do_not_assign_words": " "}, "This field is required."),
        ("newcomers_approval", {"newcomers_approval-newcomers_approval": "7"}, "Select a valid choice."),
    ],
)
def test_what_cannot_be_is_said_in_the_row_and_what_was_typed_stays(ada, riverton, key, wish, why):
    answer = ada.post(CONTROL, row(ada.get(CONTROL), key) | wish, **HTMX)

    assert answer.status_code == 422
    assert why in words(answer)
    assert not AuditEntry.objects.filter(did=controlling.DID).exists()
    assert "HX-Trigger" not in answer
    assert ada.post(CONTROL, row(ada.get(CONTROL), key) | wish).status_code == 422


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("overflow", None, False),
        ("finish_replies_first", "on", True),
        ("backlog_gate", "10", 10),
        ("newcomers_approval", "2", Approval.REQUIRED),
        ("do_not_assign_words", "Ask Ada for texts.", "Ask Ada for texts."),
    ],
)
def test_each_rule_is_saved_by_itself(ada, riverton, name, value, kept):
    wish = row(ada.get(CONTROL), name)
    wish.pop(f"{name}-{name}", None)

    page = ada.post(CONTROL, wish | ({f"{name}-{name}": value} if value else {}), follow=True)

    assert getattr(of(riverton), name) == kept
    assert "Saved." in page.text
    assert len(AuditEntry.objects.get(did=controlling.DID).details["now"]) == 1


def test_a_team_s_row_is_saved(ada, riverton, spanish):
    legal = Tag.objects.create(organization=riverton.organization, title="Legal", assignable=False)
    key = f"team-{spanish.pk}"
    wish = row(ada.get(CONTROL), key) | {
        f"{key}-most_at_once": "30",
        f"{key}-priority": "9",
        f"{key}-escalation_tags": [str(legal.pk)],
    }

    answer = ada.post(CONTROL, wish, **HTMX)

    spanish.refresh_from_db()
    assert (spanish.most_at_once, spanish.priority, list(spanish.escalation_tags.all())) == (30, 9, [legal])
    assert "Escalation tags of Spanish: Legal" in words(answer)


def test_what_a_pool_gives_now_is_said_and_what_is_in_it_is_a_door(ada, riverton, spanish):
    own = riverton.campaign("Sábado", contacts=3, limited_to_teams=True)
    own.teams.add(spanish)
    riverton.conversations(own, 2, hours_key="America/Los_Angeles", status=Status.NEEDS_RESPONSE)
    riverton.campaign("Monday", contacts=1)

    page = ada.get(CONTROL)

    assert "General For everybody, after their teams" in words(page)
    assert "2 replies 4 first messages" in words(page)
    doors = re.findall(r'href="([^"]+)"><b class="number">[24]<', page.text)
    assert [len(ada.get(html.unescape(door)).context["rows"]) for door in doors] == [2, 4]


def test_where_not_all_of_a_pool_is_given_now_both_are_said(ada, riverton, spanish, time_machine):
    time_machine.move_to(NOON)
    legal = Tag.objects.create(organization=riverton.organization, title="Legal", assignable=False)
    teams.change(spanish, escalation_tags=[legal], by=riverton.ada)
    campaign = riverton.campaign()
    [worn] = riverton.conversations(campaign, 1, status=Status.NEEDS_RESPONSE, escalated=True)
    Tagging.objects.create(conversation=worn, tag=legal)
    riverton.conversations(campaign, 1, status=Status.NEEDS_RESPONSE)
    closed = riverton.campaign("Later", texting_starts=dt.time(11), texting_ends=dt.time(20))
    riverton.conversations(closed, 2, status=Status.NEEDS_RESPONSE, hours_key="America/Los_Angeles")

    page = words(ada.get(CONTROL))

    assert "1 reply 3 in its pool" in page
    assert "2 replies 1 of them escalated · 3 in its pool" in page


def test_the_backlog_gate_is_said_where_it_is_shut(ada, riverton):
    riverton.conversations(riverton.campaign(contacts=3), 2, status=Status.NEEDS_RESPONSE)
    controlling.control(riverton.organization, backlog_gate=2, by=riverton.ada)

    assert "3 first messages wait behind the backlog gate" in words(ada.get(CONTROL))


def test_more_teams_are_not_more_statements(ada, riverton, spanish):
    def statements() -> int:
        with CaptureQueriesContext(connection) as made:
            ada.get(CONTROL)
        return len(made)

    Tag.objects.create(organization=riverton.organization, title="Legal", assignable=False)
    riverton.campaign(contacts=1).teams.add(spanish)
    statements()
    few = statements()
    for number in range(6):
        riverton.campaign(contacts=1).teams.add(teams.make(f"Team {number}", by=riverton.ada))

    assert statements() <= few


def test_the_rows_of_an_open_page_are_renewed(ada, spanish):
    answer = ada.get(f"{CONTROL}?part=pools", **HTMX)

    assert answer.text.strip().startswith('<tbody id="pools"')
    assert "Backlog gate" not in answer.text


def test_another_organizations_rows_do_not_exist(ada, otherton):
    theirs = teams.make("Theirs", by=otherton.zed)

    for key in (f"team-{theirs.pk}", "team-x", "show_numbers", "most_at_once"):
        assert ada.post(CONTROL, {"rows": key}).status_code == 404
    assert "Theirs" not in ada.get(CONTROL).text
