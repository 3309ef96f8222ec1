"""What the pools give a member: changed by whom, for one and for many, and given to whoever joins."""

import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from textbank import news
from textbank.organizations import controlling, joining, teams
from textbank.organizations.allotting import BadCap, allot
from textbank.organizations.models import Approval, AuditEntry, Membership, Role, User
from textbank.organizations.people import NotAllowed

PEOPLE = "/riverton/admin/people/"


@pytest.fixture
def ada(client, riverton):
    client.force_login(riverton.ada.user)
    return client


def words(answer) -> str:
    """What a person reads, without the markup."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", answer.text))).strip()


def of(member) -> tuple[int, bool, int | None]:
    member.refresh_from_db()
    return member.approval, member.sends_only, member.cap


def written() -> list[tuple[str, dict]]:
    return list(AuditEntry.objects.filter(did="texts changed").order_by("about").values_list("about", "details"))


# The rule


def test_what_is_said_is_changed_and_nothing_else_and_written_down_for_each(riverton):
    riverton.theo.approval = Approval.REQUIRED
    riverton.theo.save()

    changed = allot([riverton.tess, riverton.theo], approval=Approval.REQUIRED, by=riverton.ada)

    assert changed == [riverton.tess]
    assert of(riverton.tess) == (Approval.REQUIRED, False, None)
    assert written() == [
        (
            "Tess Doe",
            {"member": riverton.tess.pk, "was": {"approval": Approval.AUTO}, "now": {"approval": Approval.REQUIRED}},
        )
    ]


def test_who_is_changed_is_told(riverton, monkeypatch):
    told = []
    monkeypatch.setattr(news, "tell", lambda members, what: told.append((*members, what)))

    allot([riverton.tess, riverton.theo], cap=20, by=riverton.ada)
    allot([riverton.tess], cap=20, by=riverton.ada)

    assert sorted(told) == [(riverton.tess.pk, "queue"), (riverton.theo.pk, "queue")]


def test_an_admin_changes_people_below_admin_and_one_too_many_changes_nobody(riverton, otherton):
    for others in ([riverton.tess, riverton.olga], [riverton.ada], [riverton.tess, otherton.yan]):
        with pytest.raises(NotAllowed):
            allot(others, approval=Approval.NONE, by=riverton.ada)

    assert not written()
    assert allot([riverton.ada], cap=5, by=riverton.olga) == [riverton.ada]


@pytest.mark.parametrize("cap", [-1, 100_001])
def test_nobody_holds_fewer_than_none(riverton, cap):
    with pytest.raises(BadCap):
        allot([riverton.tess], cap=cap, by=riverton.ada)


def test_a_limit_is_taken_away_again(riverton):
    allot([riverton.tess], cap=0, by=riverton.ada)
    allot([riverton.tess], cap=None, sends_only=True, by=riverton.ada)

    assert of(riverton.tess) == (Approval.AUTO, True, None)


# Joining


def test_whoever_joins_has_the_newcomers_level(riverton):
    controlling.control(riverton.organization, newcomers_approval=Approval.REQUIRED, by=riverton.ada)
    invite = joining.invite(Role.TEXTER, by=riverton.ada)
    nina = User.objects.create_user("nina@example.org", "a field of poppies", first_name="Nina")

    joined = joining.join(invite, nina, now=riverton.ada.joined_at)
    assert joined.approval == Approval.REQUIRED

    controlling.control(riverton.organization, newcomers_approval=Approval.NONE, by=riverton.ada)
    assert joining.join(invite, nina, now=riverton.ada.joined_at).approval == Approval.REQUIRED


# The pages


def test_a_person_s_page_says_and_changes_it(ada, riverton):
    teams.make("Spanish", members=[riverton.tess], by=riverton.ada)
    page = ada.get(f"{PEOPLE}{riverton.tess.pk}/")
    assert re.search(r'name="approval" value="1"[^>]*checked', page.text)
    assert "Spanish priority 500" in words(page)

    page = ada.post(
        f"{PEOPLE}{riverton.tess.pk}/allot/", {"approval": "2", "sends_only": "on", "cap": "40"}, follow=True
    )

    assert of(riverton.tess) == (Approval.REQUIRED, True, 40)
    assert "Approval required First messages only At most 40" in words(page)


@pytest.mark.parametrize("said", [{"approval": "9"}, {"approval": "1", "cap": "-1"}, {"approval": "1", "cap": "x"}])
def test_what_makes_no_sense_is_refused_in_words(ada, riverton, said):
    page = ada.post(f"{PEOPLE}{riverton.tess.pk}/allot/", said, follow=True)

    assert page.context["messages"]
    assert of(riverton.tess) == (Approval.AUTO, False, None)


def test_an_owner_s_page_has_nothing_for_an_admin_to_change(ada, riverton):
    assert f"{riverton.olga.pk}/allot/" not in ada.get(f"{PEOPLE}{riverton.olga.pk}/").text

    page = ada.post(f"{PEOPLE}{riverton.olga.pk}/allot/", {"approval": "3"}, follow=True)

    assert "Your role does not let you change Olga Doe." in words(page)
    assert of(riverton.olga)[0] == Approval.AUTO


def test_the_list_says_how_each_is_treated_and_in_which_teams_they_are(ada, riverton):
    teams.make("Spanish", members=[riverton.tess], by=riverton.ada)
    allot([riverton.tess], approval=Approval.NONE, cap=1_000, by=riverton.ada)

    page = words(ada.get(PEOPLE))

    assert "Tess Doe Do not assign At most 1,000 tess@riverton.test Texter Spanish" in page


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"role": "do_not_assign"}, ["Tess"]),
        ({"role": "approval_required"}, []),
        ({"role": "sends_only"}, ["Theo"]),
        ({"role": "capped"}, ["Theo"]),
        ({"team": "TEAM"}, ["Tara", "Tess"]),
        ({"team": "TEAM", "search": "tara"}, ["Tara"]),
        ({"team": "99999"}, []),
    ],
)
def test_people_are_found_by_how_they_are_treated_and_by_their_team(ada, riverton, asked, found):
    spanish = teams.make("Spanish", members=[riverton.tess, riverton.tara], by=riverton.ada)
    allot([riverton.tess], approval=Approval.NONE, by=riverton.ada)
    allot([riverton.theo], sends_only=True, cap=3, by=riverton.ada)

    page = ada.get(PEOPLE, {key: str(spanish.pk) if value == "TEAM" else value for key, value in asked.items()})

    assert [row.member.user.first_name for row in page.context["rows"]] == found


def ticked(town, *names, **said) -> dict:
    return {"people": [getattr(town, name).pk for name in names], **said}


def test_all_that_are_ticked_are_changed_in_one_step(ada, riverton):
    allot([riverton.theo], cap=7, by=riverton.ada)
    wish = ticked(riverton, "tess", "theo", "tara", hold="most", cap="7", back="role=texter")

    page = ada.post(f"{PEOPLE}allot/", wish, follow=True)

    assert [of(who)[2] for who in (riverton.tess, riverton.theo, riverton.tara)] == [7, 7, 7]
    assert "2 people changed. 1 was so before." in words(page)
    assert page.request["QUERY_STRING"] == "role=texter"

    ada.post(f"{PEOPLE}allot/", ticked(riverton, "tess", approval="3", sends_only="yes", hold="all"))
    assert of(riverton.tess) == (Approval.NONE, True, None)
    ada.post(f"{PEOPLE}allot/", ticked(riverton, "tess", sends_only="no"))
    assert of(riverton.tess) == (Approval.NONE, False, None)


@pytest.mark.parametrize(
    ("names", "said", "why"),
    [
        ((), {"approval": "2"}, "Tick at least one person."),
        (("tess",), {}, "Say what is to be changed."),
        (("tess",), {"hold": "most"}, "Say how many they may hold at most."),
        (("tess",), {"hold": "most", "cap": "-1"}, "Between 0 and 100,000"),
        (("tess", "olga"), {"approval": "2"}, "Nobody was changed."),
    ],
)
def test_what_cannot_be_done_for_all_is_done_for_none(ada, riverton, names, said, why):
    page = ada.post(f"{PEOPLE}allot/", ticked(riverton, *names, **said), follow=True)

    assert why in words(page)
    assert not written()


def test_nobody_of_another_organization_can_be_ticked(ada, riverton, otherton):
    page = ada.post(f"{PEOPLE}allot/", ticked(otherton, "yan", approval="3"), follow=True)

    assert "Tick at least one person." in words(page)
    assert of(otherton.yan)[0] == Approval.AUTO


def test_only_those_one_may_change_have_a_tick(ada, riverton):
    page = ada.get(PEOPLE)

    ticks = {int(pk) for pk in re.findall(r'name="people" value="(\d+)"', page.text)}
    assert ticks == {getattr(riverton, name).pk for name in ("sue", "tess", "theo", "tara")}


def test_more_people_and_teams_are_not_more_statements(ada, riverton):
    def statements() -> int:
        with CaptureQueriesContext(connection) as made:
            ada.get(PEOPLE)
        return len(made)

    teams.make("Spanish", members=[riverton.tess], by=riverton.ada)
    statements()
    few = statements()
    for number in range(6):
        teams.make(f"Team {number}", members=[riverton.person(f"Ann{number}", Role.TEXTER)], by=riverton.ada)

    assert statements() == few
    assert Membership.objects.count() == 12
