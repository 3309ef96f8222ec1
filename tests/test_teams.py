"""Teams and what they hold, and Assignment Control: what is refused, and what is written down."""

import pytest

from tests.together import at_once
from textbank import news
from textbank.organizations import controlling, people, teams
from textbank.organizations.models import Approval, AuditEntry, Gives, Settings, Tag, Team


@pytest.fixture
def told(monkeypatch):
    """Who was told what."""
    heard = []
    monkeypatch.setattr(news, "tell", lambda members, what: heard.extend((member, what) for member in members))
    return heard


@pytest.fixture
def spanish(riverton):
    return teams.make("Spanish", members=[riverton.theo, riverton.tess], by=riverton.ada)


def of(town) -> Settings:
    return Settings.objects.get(organization=town.organization)


def members(team) -> set[str]:
    return {member.name for member in team.members.all()}


def written(did: str) -> list[dict]:
    """The details of what was written down, as far as they change."""
    entries = AuditEntry.objects.filter(did=did).order_by("pk")
    return [{name: value for name, value in entry.details.items() if name != "team"} for entry in entries]


def test_a_team_is_made_with_its_members_and_tags(riverton):
    legal = Tag.objects.create(organization=riverton.organization, title="Legal", assignable=False)

    team = teams.make("Lawyers", priority=10, members=[riverton.tess], escalation_tags=[legal], by=riverton.ada)

    assert (team.organization, team.priority, members(team)) == (riverton.organization, 10, {"Tess Doe"})
    assert list(team.escalation_tags.all()) == [legal]
    assert written("team made") == [{"priority": 10}]
    assert written("team members changed") == [{"joined": ["Tess Doe"], "left": []}]
    assert written("team tags changed") == [{"tags": ["Legal"]}]


def test_a_title_is_taken_whatever_its_case_and_only_here(riverton, otherton, spanish):
    with pytest.raises(teams.TitleTaken, match="SPANISH"):
        teams.make("SPANISH", by=riverton.ada)
    teams.make("Spanish", by=otherton.zed)
    other = teams.make("Leads", by=riverton.ada)

    with pytest.raises(teams.TitleTaken):
        teams.change(other, title="spanish", by=riverton.ada)

    assert set(riverton.organization.teams.values_list("title", flat=True)) == {"Spanish", "Leads"}


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({"title": "  "}, "title"),
        ({"title": "x" * 101}, "title"),
        ({"description": "x" * 301}, "description"),
        ({"priority": -1}, "priority"),
        ({"most_at_once": 0}, "most_at_once"),
        ({"most_at_once": 10_001}, "most_at_once"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_part(riverton, spanish, said, wrong):
    with pytest.raises(teams.BadTeam) as no:
        teams.change(spanish, **said, by=riverton.ada)

    assert list(no.value.fields) == [wrong]
    assert not written("team changed")


def test_a_team_holds_only_tags_that_escalate(riverton, spanish):
    friendly = Tag.objects.create(organization=riverton.organization, title="Friendly")

    with pytest.raises(teams.BadTeam, match="Friendly"):
        teams.change(spanish, escalation_tags=[friendly], by=riverton.ada)


def test_only_what_is_new_is_written_down(riverton, spanish):
    teams.change(spanish, title="Spanish", priority=20, gives=Gives.REPLIES, by=riverton.ada)
    teams.change(spanish, priority=20, by=riverton.ada)

    assert written("team changed") == [{"priority": 20, "gives": "replies"}]


def test_who_joins_or_leaves_is_told_and_nobody_else(riverton, spanish, told):
    teams.change(spanish, join=[riverton.tara, riverton.theo], leave=[riverton.tess, riverton.sue], by=riverton.ada)

    assert members(spanish) == {"Theo Doe", "Tara Doe"}
    assert sorted(told) == sorted([(riverton.tara.pk, "queue"), (riverton.tess.pk, "queue")])
    assert written("team members changed")[-1] == {"joined": ["Tara Doe"], "left": ["Tess Doe"]}


@pytest.mark.django_db(transaction=True)
def test_two_who_change_a_team_at_once_lose_nothing(riverton, spanish):
    at_once(
        lambda: teams.change(spanish, join=[riverton.tara], priority=1, by=riverton.ada),
        lambda: teams.change(spanish, join=[riverton.sue], leave=[riverton.tess], is_on=False, by=riverton.ada),
    )

    spanish.refresh_from_db()
    assert members(spanish) == {"Theo Doe", "Tara Doe", "Sue Doe"}
    assert (spanish.priority, spanish.is_on) == (1, False)


def test_what_goes_to_a_team_goes_to_its_members_in_the_order_of_their_names(riverton, spanish, now):
    leads = teams.make("Leads", members=[riverton.sue, riverton.tess], by=riverton.ada)
    teams.change(spanish, join=[riverton.tara], by=riverton.ada)
    people.suspend(riverton.tara, by=riverton.ada, now=now)

    assert teams.receivers([spanish]) == [riverton.tess, riverton.theo]
    assert teams.receivers([spanish, leads]) == [riverton.tess, riverton.theo, riverton.sue]
    assert teams.receivers([leads, spanish]) == [riverton.sue, riverton.tess, riverton.theo]


def test_control_changes_what_is_said_and_writes_down_what_it_was(riverton):
    new = controlling.control(
        riverton.organization, general_on=False, most_at_once=500, backlog_gate=10, by=riverton.ada
    )

    assert new == ["general_on", "backlog_gate"]
    assert (of(riverton).general_on, of(riverton).backlog_gate) == (False, 10)
    assert written(controlling.DID) == [
        {"was": {"general_on": True, "backlog_gate": None}, "now": {"general_on": False, "backlog_gate": 10}}
    ]
    assert controlling.control(riverton.organization, backlog_gate=10, by=riverton.ada) == []


@pytest.mark.parametrize(
    "said",
    [
        {"most_at_once": 0},
        {"most_at_once": 10_001},
        {"backlog_gate": 0},
        {"do_not_assign_words": " "},
        {"do_not_assign_words": "x" * 321},
    ],
)
def test_what_cannot_be_controlled_so_is_refused(riverton, said):
    with pytest.raises(controlling.BadControl) as no:
        controlling.control(riverton.organization, newcomers_approval=Approval.REQUIRED, **said, by=riverton.ada)

    assert no.value.fields.keys() == said.keys()
    assert of(riverton).newcomers_approval == Approval.AUTO


def test_what_belongs_to_owners_is_not_controlled_here(riverton):
    with pytest.raises(TypeError):
        controlling.control(riverton.organization, show_numbers=True, by=riverton.ada)


def test_a_team_goes_with_its_organization_alone(riverton, otherton, spanish):
    teams.make("Spanish", members=[otherton.yan], by=otherton.zed)

    assert [members(team) for team in Team.objects.filter(title="Spanish").order_by("pk")] == [
        {"Theo Doe", "Tess Doe"},
        {"Yan Doe"},
    ]
