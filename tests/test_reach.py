"""Where the organization lets Sue reassign, she stops and takes back what she might have done herself, and no more."""

import pytest

from tests.program import Program
from textbank import cli
from textbank.assignments import carrying_out
from textbank.assignments.deciding import decide
from textbank.assignments.reassigning import reassign, unassign
from textbank.assignments.releasing import release_unsent
from textbank.assignments.requesting import request
from textbank.assignments.undoing import preview, undo
from textbank.conversations.models import Conversation, Handoff, State
from textbank.conversations.models.handoff import OutOfReach

HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def sue(riverton, now):
    decide(riverton.organization, by=riverton.olga, now=now, supervolunteers_reassign=True)
    riverton.sue.organization.settings.refresh_from_db()
    return riverton.sue


@pytest.fixture
def campaign(riverton):
    return riverton.campaign()


@pytest.fixture
def three(riverton, campaign):
    return [thread.pk for thread in riverton.conversations(campaign, 3, holder=riverton.tess)]


@pytest.fixture
def released(riverton, campaign, three, now):
    """Ada released Tess's three first messages."""
    return release_unsent(campaign, by=riverton.ada, now=now)


def held(member) -> int:
    return Conversation.objects.filter(texter=member).count()


def test_what_an_admin_reassigned_she_takes_back(riverton, sue, three, now):
    given = reassign(three, [riverton.theo], by=riverton.ada, now=now)

    back = undo(given, by=sue, now=now)

    assert held(riverton.tess) == 3
    undo(back, by=sue, now=now)
    assert held(riverton.theo) == 3


def test_a_release_she_does_not_take_back(riverton, sue, released, now):
    for act in (undo, preview):
        with pytest.raises(OutOfReach):
            act(released, by=sue, now=now)
    assert held(riverton.tess) == 0

    # Undoing its undo would be to release.
    back = undo(released, by=riverton.ada, now=now)
    with pytest.raises(OutOfReach):
        undo(back, by=sue, now=now)
    assert held(riverton.tess) == 3


def test_nor_what_a_texter_asked_for_or_what_was_so_at_the_start(riverton, sue, campaign, three, now):
    riverton.conversations(campaign, 2)
    request(riverton.theo, 2, now=now)

    for act in Handoff.objects.filter(action__in=["request", "opening"]):
        assert not act.within_reach_of(sue)
        assert act.within_reach_of(riverton.ada)


def test_without_the_setting_she_takes_nothing_back(riverton, three, now):
    given = unassign(three, by=riverton.ada, now=now)

    with pytest.raises(OutOfReach):
        undo(given, by=riverton.sue, now=now)


def test_a_page_neither_shows_nor_does_it(client, riverton, sue, released):
    client.force_login(sue.user)
    address = f"/riverton/admin/handoffs/{released.pk}/"

    assert "Undo" not in client.get(f"{address}standing/").text
    assert client.get(f"{address}undo/", **HTMX).status_code == 403
    assert client.post(f"{address}undo/", **HTMX).status_code == 403
    assert held(riverton.tess) == 0


def test_a_program_may_not_either(riverton, sue, released):
    program = Program(sue)

    for body in ({}, {"dry_run": True}):
        said = program.post(f"/handoffs/{released.pk}/undo", body)
        assert (said.status_code, said.said["error"]["code"]) == (403, "forbidden")
        assert said.said["error"]["message"] == "Only an admin may stop this or take it back."
    assert held(riverton.tess) == 0


def test_nor_a_command(riverton, sue, released, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://the.tests/own")
    asked = cli.parser().parse_args(["undo", str(released.pk), "--org", "riverton", "--as", sue.user.email])

    with pytest.raises(cli.Refused, match="Only an admin may"):
        asked.run(asked)


@pytest.mark.django_db(transaction=True)
def test_stopping_is_like_undoing(client, riverton, sue, campaign, three, now, monkeypatch):
    monkeypatch.setattr(carrying_out, "AT_ONCE", 2)
    client.force_login(sue.user)
    running = release_unsent(campaign, by=riverton.ada, now=now)
    address = f"/riverton/admin/handoffs/{running.pk}/"

    assert "Stop" not in client.get(f"{address}standing/").text
    assert client.post(f"{address}stop/", **HTMX).status_code == 403
    assert Program(sue).post(f"/handoffs/{running.pk}/stop").status_code == 403
    carrying_out.go_on(running.pk)

    assert Handoff.objects.get(pk=running.pk).state == State.DONE
    assert held(riverton.tess) == 0


def test_the_log_is_for_admins_at_every_door(client, riverton, sue, three, now):
    given = reassign(three, [riverton.theo], by=riverton.ada, now=now)
    client.force_login(sue.user)

    assert client.get("/riverton/admin/handoffs/").status_code == 403
    assert Program(sue).get("/handoffs").status_code == 403
    # What she began herself goes on where she can see it.
    assert Program(sue).get(f"/handoffs/{given.pk}").status_code == 200
