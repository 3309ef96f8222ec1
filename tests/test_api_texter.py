"""The texter's side of the pool, through the API: asking with a choice, giving back, pinning."""

import datetime as dt
import uuid

import pytest
from django.utils import timezone

from tests.program import Program
from textbank.assignments import requesting, undoing
from textbank.assignments.models import Request
from textbank.assignments.reassigning import reassign
from textbank.conversations import drafting
from textbank.conversations.models import Conversation, Handoff, Note, Status
from textbank.organizations.models import Approval, Team

REPLY = Status.NEEDS_RESPONSE


@pytest.fixture
def canvass(riverton):
    return riverton.campaign()


@pytest.fixture
def tess(riverton):
    return Program(riverton.tess)


@pytest.fixture
def spanish(riverton):
    """Theo's team, with a campaign of its own."""
    team = Team.objects.create(organization=riverton.organization, title="Spanish", priority=10)
    team.members.add(riverton.theo)
    riverton.campaign("Sábado", contacts=3, limited_to_teams=True).teams.add(team)
    return team


@pytest.fixture
def maria(riverton, canvass):
    """Maria asks Tess something."""
    [thread] = riverton.conversations(canvass, holder=riverton.tess, status=REPLY)
    return thread


def held(member) -> int:
    return Conversation.objects.filter(texter=member).count()


def code(said) -> tuple[int, str]:
    return said.status_code, said.said["error"]["code"]


def test_what_is_offered_is_what_a_request_brings(riverton, canvass, spanish):
    riverton.conversations(canvass, 4)
    riverton.conversations(canvass, 2, status=REPLY)
    theo = Program(riverton.theo)

    assert theo.get("/texter/offer", count=4).said == {
        "first_messages": 7,
        "replies": 2,
        "most_at_once": 500,
        "would_bring": {"first_messages": 2, "replies": 2},
        "why": None,
        "campaigns": [
            {"id": spanish.campaigns.get().pk, "title": "Sábado", "count": 3},
            {"id": canvass.pk, "title": "Saturday canvass", "count": 6},
        ],
        "teams": [{"id": spanish.pk, "title": "Spanish", "count": 9}],
    }
    asked = theo.post("/texter/requests", {"count": 4, "kind": "replies", "campaign": canvass.pk, "team": spanish.pk})
    assert (asked.status_code, asked.said["given"]) == (201, 2)
    assert set(Conversation.objects.filter(texter=riverton.theo).values_list("status", flat=True)) == {REPLY}


def test_a_choice_is_offered_alone(riverton, canvass, tess):
    riverton.conversations(canvass, 4)
    other = riverton.campaign("Sunday", contacts=2)
    riverton.conversations(other, 1, status=REPLY)

    said = tess.get("/texter/offer", kind="first_messages", campaign=other.pk).said

    assert (said["first_messages"], said["replies"]) == (2, 0)
    assert said["would_bring"] == {"first_messages": 2, "replies": 0}


def test_why_nothing_is_offered(riverton, canvass, spanish, tess):
    assert tess.get("/texter/offer").said["why"] == {
        "code": "teams",
        "message": "There are texts, but only for team Spanish. Ask an admin if you can help there.",
    }

    riverton.tess.approval = Approval.NONE
    riverton.tess.save()
    said = tess.get("/texter/offer").said
    assert said["why"]["code"] == "do_not_assign"
    assert said["would_bring"] == {"first_messages": 0, "replies": 0}


def test_what_is_not_theirs_cannot_be_chosen(riverton, otherton, spanish, tess):
    elsewhere = otherton.campaign(contacts=1)

    for choice in ({"team": spanish.pk}, {"campaign": elsewhere.pk}):
        assert tess.get("/texter/offer", **choice).status_code == 404
        assert tess.post("/texter/requests", {"count": 1, **choice}).status_code == 404
    assert tess.get("/texter/offer", kind="all").status_code == 422
    assert tess.post("/texter/requests", {"count": 1, "kind": "all"}).status_code == 422


def test_a_request_is_followed_and_withdrawn(riverton, canvass, tess):
    riverton.conversations(canvass, 3)
    riverton.tess.approval = Approval.REQUIRED
    riverton.tess.save()
    asked = tess.post("/texter/requests", {"count": 2}).said["id"]

    assert tess.get(f"/texter/requests/{asked}").said == {"id": asked, "state": "waiting", "given": 0}
    assert tess.send("delete", f"/texter/requests/{asked}", None).status_code == 204
    assert tess.get(f"/texter/requests/{asked}").said["state"] == "withdrawn"
    assert code(tess.send("delete", f"/texter/requests/{asked}", None)) == (409, "already_decided")

    again = Request.objects.get(pk=tess.post("/texter/requests", {"count": 2}).said["id"])
    requesting.approve(again, by=riverton.sue, now=timezone.now())
    assert tess.get(f"/texter/requests/{again.pk}").said == {"id": again.pk, "state": "given", "given": 2}


def test_done_for_the_day_says_what_would_go_and_then_gives_it_back(riverton, canvass, maria, tess):
    riverton.conversations(canvass, 2, holder=riverton.tess)
    riverton.conversations(canvass, 1, holder=riverton.tess, status=REPLY, escalated=True)
    click = str(uuid.uuid4())

    promised = tess.post("/texter/done-for-the-day", {"dry_run": True})
    done, again = (tess.post("/texter/done-for-the-day", {"client_id": click}) for _ in range(2))

    assert (promised.status_code, promised.said["id"], promised.said["moved"]) == (200, None, 3)
    assert (done.status_code, done.said["action"], done.said["moved"]) == (201, "done_for_the_day", 3)
    assert done.said["left_alone"] == promised.said["left_alone"] == [{"reason": "escalated", "count": 1}]
    assert again.said["id"] == done.said["id"]
    assert held(riverton.tess) == 1


def test_done_with_one_campaign(riverton, otherton, canvass, maria, tess):
    riverton.conversations(riverton.campaign("Sunday"), 2, holder=riverton.tess)

    assert tess.post("/texter/done-for-the-day", {"campaign": canvass.pk}).said["moved"] == 1
    assert tess.post("/texter/done-for-the-day", {"campaign": otherton.campaign().pk}).status_code == 404
    assert held(riverton.tess) == 2


def test_it_is_taken_back_for_a_while(riverton, canvass, tess):
    riverton.conversations(canvass, 2, holder=riverton.tess)
    act = tess.post("/texter/done-for-the-day").said["id"]

    undo = tess.post(f"/texter/handoffs/{act}/undo")

    assert (undo.status_code, undo.said["moved"], undo.said["undoes"]) == (201, 2, act)
    assert code(tess.post(f"/texter/handoffs/{act}/undo")) == (409, "already_undone")
    assert tess.post(f"/texter/handoffs/{undo.said['id']}/undo").status_code == 404

    late = tess.post("/texter/done-for-the-day").said["id"]
    Handoff.objects.filter(pk=late).update(at=timezone.now() - undoing.REGRET)
    assert code(tess.post(f"/texter/handoffs/{late}/undo")) == (409, "too_late")
    assert Program(riverton.ada).post(f"/texter/handoffs/{late}/undo").status_code == 404


def test_one_is_given_back_with_a_reason_a_note_and_the_draft(riverton, maria, tess):
    drafting.keep(maria, "Hola", by=riverton.tess, now=timezone.now())

    said = tess.post(f"/conversations/{maria.pk}/give-back", {"reason": "I read no Spanish", "note": "Wants the bus"})

    assert (said.status_code, said.said["action"], said.said["moved"]) == (201, "give_back", 1)
    assert said.said["reason"] == "I read no Spanish"
    assert Note.objects.get().text == "Hola"
    thread = Program(riverton.sue).get(f"/conversations/{maria.pk}").said
    assert thread["timeline"][-1]["note"] == "Wants the bus"
    assert tess.post(f"/conversations/{maria.pk}/give-back", {"reason": "Again"}).status_code == 404


def test_giving_back_that_is_refused(riverton, maria, tess):
    there = f"/conversations/{maria.pk}/give-back"

    assert tess.post(there, {"reason": " "}).said["error"]["fields"] == {"reason": "This is empty."}
    assert code(Program(riverton.sue).post(there, {"reason": "Not mine"})) == (409, "not_yours")
    tess.post(f"/conversations/{maria.pk}/pin")
    kept = tess.post(there, {"reason": "I have to go"}).said
    assert (kept["moved"], kept["left_alone"]) == (0, [{"reason": "pinned", "count": 1}])
    assert held(riverton.tess) == 1


def test_pinning_and_unpinning(riverton, maria, tess):
    pinned = tess.post(f"/conversations/{maria.pk}/pin")

    assert (pinned.status_code, pinned.said["pinned_to"]["name"]) == (200, "Tess Doe")
    assert reassign([maria.pk], [riverton.theo], by=riverton.ada).left_alone == {"pinned": 1}
    assert Program(riverton.sue).post(f"/conversations/{maria.pk}/unpin").said["pinned_to"] is None

    reassign([maria.pk], [riverton.theo], by=riverton.ada, now=timezone.now() + dt.timedelta(seconds=1))
    assert tess.post(f"/conversations/{maria.pk}/pin").status_code == 404


def test_what_is_in_the_pool_is_nobodys_to_keep(riverton, canvass):
    [free] = riverton.conversations(canvass, status=REPLY)

    assert code(Program(riverton.sue).post(f"/conversations/{free.pk}/pin")) == (409, "nobody_has_it")
