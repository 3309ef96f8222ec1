"""An owner's settings, through the API."""

import pytest

from tests.program import Program
from textbank.organizations.models import AuditEntry, Membership, Organization


@pytest.fixture
def olga(riverton):
    return Program(riverton.olga)


def test_every_setting_is_there(riverton, olga):
    assert olga.get("/settings").said == {
        "name": "Riverton Votes",
        "texting_hours": {"start": "09:00", "end": "21:00", "timezone": "America/New_York"},
        "most_at_once": 500,
        "show_last_names": False,
        "show_numbers": False,
        "supervolunteers_reassign": False,
        "opt_out_reply": riverton.organization.settings.opt_out_reply,
        "help_reply": riverton.organization.settings.help_reply,
        "farewell": riverton.organization.settings.farewell,
        "intro_line": riverton.organization.settings.intro_line,
    }


def test_what_is_said_changes_and_nothing_else(riverton, olga):
    before = olga.get("/settings").said

    said = olga.patch("/settings", {"supervolunteers_reassign": True, "texting_hours": {"end": "20:00"}}).said

    assert said == {
        **before,
        "supervolunteers_reassign": True,
        "texting_hours": {**before["texting_hours"], "end": "20:00"},
    }
    assert olga.get("/settings").said == said
    assert Membership.objects.get(pk=riverton.sue.pk).may_hand_on
    entry = AuditEntry.objects.get(did="settings changed")
    assert (entry.by, entry.details["was"]["texting_ends"]) == (riverton.olga, "21:00")
    assert olga.patch("/settings", {}).said == said


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": None}, "name"),
        ({"most_at_once": 0}, "most_at_once"),
        ({"most_at_once": "9"}, "most_at_once"),
        ({"show_numbers": "yes"}, "show_numbers"),
        ({"texting_hours": {"start": "9"}}, "texting_hours.start"),
        ({"texting_hours": {"timezone": "Europe/Berlin"}}, "texting_hours.timezone"),
        ({"farewell": "Bye {frist}"}, "farewell"),
        ({"help_reply": "Hi {firstName}"}, "help_reply"),
        ({"slug": "elsewhere"}, "slug"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(riverton, olga, body, field):
    said = olga.patch("/settings", {"show_last_names": True, **body})

    assert (said.status_code, list(said.said["error"]["fields"])) == (422, [field])
    assert not olga.get("/settings").said["show_last_names"]


def test_settings_are_for_owners(riverton, otherton):
    for member in (riverton.ada, riverton.sue, riverton.tess, otherton.zed):
        program = Program(member)
        assert program.get("/settings").status_code == 403
        assert program.patch("/settings", {"name": "Ours"}).status_code == 403
    assert set(Organization.objects.values_list("name", flat=True)) == {"Riverton Votes", "Otherton Cares"}
