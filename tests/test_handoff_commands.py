"""Handing on from a terminal: the answer on stdout, the progress on stderr, refusals as one sentence."""

import json
import uuid

import pytest
from django.utils import timezone

from tests.program import Program
from textbank import cli
from textbank.assignments import carrying_out
from textbank.assignments.reassigning import unassign
from textbank.conversations import closing, drafting, saving
from textbank.conversations.filters import READERS, Filter
from textbank.conversations.models import Action, Conversation, Handoff, State, Status
from textbank.organizations import teams
from textbank.organizations.models import Membership, Tag

ADA = ("--org", "riverton", "--as", "ada@riverton.test")


@pytest.fixture
def textbank(monkeypatch, capsys):
    """`textbank("undo", 7, *ADA)` is the exit status; what it printed is in `.out` and `.err`."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://the.tests/own")

    def run(*words):
        asked = cli.parser().parse_args([str(word) for word in words])
        status = asked.run(asked)
        run.out, run.err = capsys.readouterr()
        return status

    return run


@pytest.fixture
def campaign(riverton):
    """Three replies wait with Tess; two first messages are in the pool."""
    campaign = riverton.campaign()
    riverton.conversations(campaign, 3, holder=riverton.tess, status=Status.NEEDS_RESPONSE)
    riverton.conversations(campaign, 2)
    return campaign


def held(member) -> int:
    return Conversation.objects.filter(texter=member).count()


def test_there_is_a_flag_for_each_key_of_the_filter():
    assert list(READERS) == cli.FILTER


def test_reassign_deals_and_says_what_came_of_it(textbank, riverton, campaign):
    status = textbank(
        *("reassign", *ADA, "--campaign", campaign.pk, "--texter", "tess@riverton.test"),
        *("--to", "theo@riverton.test", "--to", "tara@riverton.test", "--reason", "Tess went home"),
    )

    handoff = Handoff.objects.get(action=Action.REASSIGN)
    assert status == 0
    assert textbank.out == (
        f"3 conversations reassigned.\n  2 to Theo Doe\n  1 to Tara Doe\nIt is hand-off {handoff.pk}.\n"
    )
    assert textbank.err == ""
    assert (handoff.by, handoff.reason) == (riverton.ada, "Tess went home")
    assert handoff.filter == {"campaign": [campaign.pk], "texter": [riverton.tess.pk]}


def test_what_goes_to_a_team_goes_to_its_members(textbank, riverton, campaign):
    teams.make("Spanish speakers", members=[riverton.theo, riverton.tara, riverton.tess], by=riverton.ada)
    asked = ("reassign", *ADA, "--campaign", campaign.pk, "--to", "tess@riverton.test", "--to-team", "SPANISH speakers")

    assert textbank(*asked) == 0
    assert textbank.out.startswith("4 conversations reassigned.\n  2 to Tess Doe\n  2 to Tara Doe\n  1 to Theo Doe\n")
    assert Handoff.objects.get(action=Action.REASSIGN).receivers == [
        riverton.tess.pk,
        riverton.tara.pk,
        riverton.theo.pk,
    ]


def test_a_team_is_asked_for_by_its_title_or_its_number(textbank, riverton, campaign):
    spanish = teams.make("Spanish", members=[riverton.tess], by=riverton.ada)

    for said in ("spanish", spanish.pk):
        textbank("unassign", *ADA, "--team", said, "--dry-run")
        assert textbank.out == "3 conversations would be unassigned.\n"


@pytest.mark.parametrize("flag", ["--team", "--to-team"])
def test_a_team_that_is_not_there_is_not_everybody(textbank, riverton, otherton, campaign, flag):
    teams.make("Spanish", by=otherton.zed)

    with pytest.raises(cli.Refused, match="There is no team “Spanish” in riverton"):
        textbank("reassign", *ADA, "--campaign", campaign.pk, "--to", "theo@riverton.test", flag, "Spanish")


def test_a_dry_run_moves_nothing(textbank, riverton, campaign):
    textbank("unassign", *ADA, "--campaign", campaign.pk, "--dry-run")

    assert textbank.out == "3 conversations would be unassigned.\nLeft alone: 2 already where they would go.\n"
    assert held(riverton.tess) == 3
    assert not Handoff.objects.filter(action=Action.UNASSIGN).exists()


def test_who_is_just_answering_is_named(textbank, riverton, campaign):
    answered = Conversation.objects.filter(texter=riverton.tess).first()
    drafting.keep(answered, "Hello", by=riverton.tess, now=timezone.now())

    textbank("unassign", *ADA, "--conversation", answered.pk, "--dry-run")

    assert textbank.out == "Nothing would move.\nLeft alone: 1 being answered just now — Tess Doe 1.\n"


def test_json_is_what_the_api_answers(textbank, riverton, campaign):
    textbank("unassign", *ADA, "--status", "needs_response,closed", "--limit", 2, "--json")

    said = json.loads(textbank.out)
    assert (said["moved"], said["state"]) == (2, "done")
    assert Program(riverton.ada).get(f"/handoffs/{said['id']}").said == said


def test_conversations_may_be_named_one_by_one(textbank, riverton, campaign):
    one, two = Conversation.objects.filter(texter=riverton.tess)[:2]

    textbank("unassign", *ADA, "--conversation", one.pk, "--conversation", two.pk)

    assert held(riverton.tess) == 1


def save(by, said, **more):
    return saving.save("Monday", Filter.parse(said), "waiting", by=by, **more)


def test_a_saved_filter_is_meant_by_its_name(textbank, riverton, campaign):
    save(riverton.olga, {"status": "needs_response"}, shared=True)

    textbank("unassign", *ADA, "--saved", "monday", "--dry-run")
    assert textbank.out == "3 conversations would be unassigned.\n"

    save(riverton.ada, {"status": "needs_first_message"})
    textbank("unassign", *ADA, "--saved", "monday", "--dry-run")
    assert textbank.out.endswith("Left alone: 2 already where they would go.\n")


def test_a_saved_filter_that_cannot_be_used_moves_nothing(textbank, riverton, otherton, campaign):
    tag = Tag.objects.create(organization=riverton.organization, title="Spanish")
    save(riverton.sue, {"status": "needs_response"})
    save(otherton.zed, {"status": "needs_response"}, shared=True)
    unassign = ("unassign", *ADA, "--saved", "Monday")

    with pytest.raises(cli.Refused, match="Ada Doe has no filter called “Monday”"):
        textbank(*unassign)
    kept = save(riverton.ada, {"not_tag": tag.pk})
    with pytest.raises(cli.Refused, match="in one way"):
        textbank(*unassign, "--campaign", campaign.pk)
    with pytest.raises(cli.Refused, match="in one way"):
        textbank(*unassign, "--conversation", 1)
    tag.delete()
    with pytest.raises(cli.Refused, match="It names a tag that is gone"):
        textbank(*unassign)
    kept.filter = {"colour": "green"}
    kept.save()
    with pytest.raises(cli.Refused, match="It is not understood any more"):
        textbank(*unassign)
    assert held(riverton.tess) == 3


def test_releases(textbank, riverton, campaign):
    riverton.conversations(campaign, 4, holder=riverton.theo)

    textbank("release", "unsent", *ADA, "--campaign", campaign.pk)
    assert textbank.out.startswith("4 conversations released.\n")
    textbank("release", "unreplied", *ADA, "--campaign", campaign.pk, "--idle-minutes", 0, "--dry-run")
    assert textbank.out == "3 conversations would be released.\n"
    textbank("release", "unhandled", *ADA, "--idle-minutes", 0)
    assert textbank.out.startswith("3 conversations released.\n")

    assert (held(riverton.theo), held(riverton.tess)) == (0, 0)


def test_undo_says_first_what_it_would_do(textbank, riverton, campaign):
    textbank("unassign", *ADA, "--campaign", campaign.pk)
    handoff = Handoff.objects.get(action=Action.UNASSIGN)
    closing.close(Conversation.objects.filter(moves__handoff=handoff, moves__left_alone=None).first())

    textbank("undo", handoff.pk, *ADA, "--dry-run")
    assert textbank.out.startswith("2 conversations would be given back.\n")
    assert "Left alone: 1 worked on since." in textbank.out
    textbank("undo", handoff.pk, *ADA)
    assert textbank.out.startswith("2 conversations given back.\n")

    assert held(riverton.tess) == 2
    with pytest.raises(cli.Refused, match="It was undone before"):
        textbank("undo", handoff.pk, *ADA)


@pytest.mark.django_db(transaction=True)
def test_a_release_moves_no_more_than_was_shown(textbank, riverton, campaign):
    seen = Program(riverton.ada).get("/conversations", campaign=campaign.pk).said["as_of"]
    late = Conversation.objects.filter(texter=riverton.tess).first()
    closing.close(late)
    closing.reopen(late)
    idle = ("release", "unreplied", *ADA, "--campaign", campaign.pk, "--idle-minutes", 0)

    textbank(*idle, "--as-of", seen, "--expect", 3)

    assert textbank.out.startswith("2 conversations released.\nLeft alone: 1 changed since they were looked at.\n")
    textbank(*idle, "--expect", 0)
    assert textbank.out.startswith("Nothing moved.")
    assert held(riverton.tess) == 1


@pytest.mark.parametrize(
    "words",
    [
        ("reassign", "--status", "needs_response", "--to", "theo@riverton.test"),
        ("unassign", "--texter", "tess@riverton.test"),
        ("release", "unhandled", "--idle-minutes", "0"),
    ],
)
def test_the_same_click_again_answers_the_first_hand_off(textbank, riverton, campaign, words):
    click = ("--client-id", uuid.uuid4(), "--json")

    textbank(*words, *ADA, *click)
    first = json.loads(textbank.out)
    textbank(*words, *ADA, *click)

    assert json.loads(textbank.out) == first
    assert first["moved"] == 3


def test_a_click_is_a_uuid(capsys):
    with pytest.raises(SystemExit):
        cli.parser().parse_args(["unassign", *ADA, "--status", "closed", "--client-id", "7"])

    assert "7 is not a UUID" in capsys.readouterr().err


def test_suspending_says_what_becomes_of_their_conversations(textbank, riverton, campaign):
    to = ("--to", "theo@riverton.test", "--to", "tara@riverton.test")
    status = textbank("suspend", "tess@riverton.test", *ADA, "--then", "reassign", *to)

    handoff = Handoff.objects.get(action=Action.REASSIGN)
    assert status == 0
    assert textbank.out.startswith("Tess Doe is suspended.\n3 conversations reassigned.\n")
    assert "  2 to Theo Doe\n" in textbank.out
    assert textbank.out.endswith(f"It is hand-off {handoff.pk}.\n")
    assert Membership.objects.get(pk=riverton.tess.pk).suspended
    assert held(riverton.tess) == 0

    textbank("suspend", "theo@riverton.test", *ADA, "--then", "leave")
    assert textbank.out == "Theo Doe is suspended.\n"
    assert held(riverton.theo) == 2


def test_suspending_as_json_is_what_the_api_answers(textbank, riverton, campaign):
    textbank("suspend", "tess@riverton.test", *ADA, "--then", "pool", "--json")

    said = json.loads(textbank.out)
    ada = Program(riverton.ada)
    [tess] = ada.get("/members", search="tess").said["results"]
    assert said == {**tess, "handoff": ada.get(f"/handoffs/{said['handoff']['id']}").said}
    assert said["handoff"]["moved"] == 3


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["unassign", *ADA], "An empty filter would move everything"),
        (["unassign", *ADA, "--status", "waiting"], "“waiting” is none of"),
        (["unassign", *ADA, "--campaign", "999999"], "There is no such campaign"),
        (["unassign", *ADA, "--conversation", "999999"], "There is no such conversation"),
        (["unassign", *ADA, "--conversation", "1", "--status", "closed"], "either a filter"),
        (["unassign", *ADA, "--texter", "nobody@riverton.test"], "Nobody in riverton has the e-mail address nobody@"),
        (["unassign", *ADA, "--status", "closed", "--as-of", "x"], "as_of is not one"),
        (["unassign", *ADA, "--status", "closed", "--reason", "x" * 501], "at most 500 characters"),
        (["reassign", *ADA, "--status", "closed", "--to", "yan@otherton.test"], "Nobody in riverton"),
        (["unassign", "--org", "riverton", "--as", "zed@otherton.test", "--status", "closed"], "Nobody in riverton"),
        (["unassign", "--org", "riverton", "--as", "sue@riverton.test", "--status", "closed"], "Sue Doe may not hand"),
        (["undo", "1", "--org", "riverton", "--as", "tess@riverton.test"], "Tess Doe may not hand"),
        (["undo", "999999", *ADA], "There is no hand-off 999999"),
        (["release", "unsent", *ADA], "Say which campaign"),
        (["release", "unsent", *ADA, "--campaign", "999999"], "There is no campaign 999999"),
        (["release", "unreplied", *ADA, "--campaign", "999999"], "There is no campaign 999999"),
        (["release", "unhandled", *ADA], "Say how long a reply must have been idle"),
        (["release", "unhandled", *ADA, "--idle-minutes", "-1"], "0 takes all"),
        (["release", "unhandled", *ADA, "--campaign", "1", "--idle-minutes", "1"], "leave out --campaign"),
        (["release", "unhandled", "--org", "riverton", "--as", "sue@riverton.test"], "it takes an admin"),
        (["release", "unhandled", *ADA, "--idle-minutes", "0", "--as-of", "x"], "as_of is not one"),
        (["stop", "999999", *ADA], "There is no hand-off 999999"),
        (["stop", "1", "--org", "riverton", "--as", "tess@riverton.test"], "Tess Doe may not hand"),
        (["suspend", "nobody@riverton.test", *ADA, "--then", "pool"], "Nobody in riverton has the e-mail address"),
        (["suspend", "yan@otherton.test", *ADA, "--then", "pool"], "Nobody in riverton has the e-mail address"),
        (["suspend", "tess@riverton.test", *ADA, "--then", "reassign"], "Choose who receives"),
        (
            ["suspend", "tess@riverton.test", *ADA, "--then", "pool", "--to", "theo@riverton.test"],
            "Choose who receives",
        ),
        (["suspend", "olga@riverton.test", *ADA, "--then", "pool"], "An admin changes people below admin"),
        (["suspend", "ada@riverton.test", *ADA, "--then", "pool"], "nobody suspends themselves"),
        (
            ["suspend", "tess@riverton.test", "--org", "riverton", "--as", "sue@riverton.test", "--then", "pool"],
            "admin",
        ),
    ],
)
def test_what_cannot_be_done_is_refused_in_a_sentence(textbank, riverton, otherton, campaign, words, sentence):
    before = Handoff.objects.count()

    with pytest.raises(cli.Refused, match=sentence):
        textbank(*words)

    assert Handoff.objects.count() == before
    assert held(riverton.tess) == 3


def test_what_another_organization_did_is_not_undone(textbank, riverton, otherton, campaign):
    textbank("unassign", *ADA, "--campaign", campaign.pk)
    handoff = Handoff.objects.get(action=Action.UNASSIGN)

    with pytest.raises(cli.Refused, match="There is no hand-off"):
        textbank("undo", handoff.pk, "--org", "otherton", "--as", "zed@otherton.test")


@pytest.mark.django_db(transaction=True)
def test_a_big_one_is_waited_for_with_its_progress_beside_the_answer(textbank, riverton, campaign, monkeypatch):
    monkeypatch.setattr(carrying_out, "AT_ONCE", 2)

    status = textbank("unassign", *ADA, "--texter", "tess@riverton.test", "--json")

    said = json.loads(textbank.out)
    assert (status, said["state"], said["moved"]) == (0, "done", 3)
    assert textbank.err.endswith("3 of 3\n")
    assert held(riverton.tess) == 0


@pytest.mark.django_db(transaction=True)
def test_one_that_runs_is_stopped_from_another_terminal(textbank, riverton, campaign, monkeypatch):
    monkeypatch.setattr(carrying_out, "AT_ONCE", 2)
    running = unassign([one.pk for one in Conversation.objects.filter(texter=riverton.tess)], by=riverton.ada)

    status = textbank("stop", running.pk, *ADA)
    carrying_out.go_on(running.pk)

    assert (status, textbank.out) == (0, "Nothing has moved yet. It stops after the part it is at.\n")
    assert (Handoff.objects.get(pk=running.pk).state, held(riverton.tess)) == (State.STOPPED, 3)
    with pytest.raises(cli.Refused, match="It is not running any more"):
        textbank("stop", running.pk, *ADA)


@pytest.mark.django_db(transaction=True)
def test_suspending_somebody_who_has_much_waits_until_it_is_handed_on(textbank, riverton, campaign, monkeypatch):
    monkeypatch.setattr(carrying_out, "AT_ONCE", 2)

    status = textbank("suspend", "tess@riverton.test", *ADA, "--then", "pool")

    assert (status, held(riverton.tess)) == (0, 0)
    assert textbank.out.startswith("Tess Doe is suspended.\n3 conversations unassigned.\n")
    assert textbank.err.endswith("3 of 3\n")


@pytest.mark.django_db(transaction=True)
def test_one_that_was_stopped_is_not_done(textbank, riverton, campaign, monkeypatch):
    monkeypatch.setattr(carrying_out, "AT_ONCE", 2)
    looked = carrying_out.not_looked_at

    def stopped_meanwhile(handoff, matter):
        carrying_out.stop(handoff, by=riverton.ada)
        return looked(handoff, matter)

    monkeypatch.setattr(carrying_out, "not_looked_at", stopped_meanwhile)

    status = textbank("unassign", *ADA, "--texter", "tess@riverton.test")

    assert status == 1
    assert textbank.out.startswith("It was stopped before anything moved.\n")
