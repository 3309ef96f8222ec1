"""Tags through the API: listed, made, changed, deleted."""

from typing import get_args

import pytest
from django.utils import timezone

from tests.program import Program
from textbank.api.tags import ColourName
from textbank.assignments import labelling, tags
from textbank.conversations.models import Conversation
from textbank.organizations.models import Colour, Tag


@pytest.fixture
def ada(riverton):
    return Program(riverton.ada)


@pytest.fixture
def spanish(riverton):
    return tags.make("Spanish", colour="blue", by=riverton.ada)


def worn(riverton, tag, count=1):
    made = riverton.conversations(riverton.campaign(), count, holder=riverton.tess)
    labelling.label([one.pk for one in made], [tag], by=riverton.ada, now=timezone.now())


def test_the_list_has_what_a_page_shows(riverton, otherton, ada, spanish):
    urgent = tags.make("Urgent", assignable=False, by=riverton.ada)
    tags.make("Theirs", by=otherton.zed)
    worn(riverton, spanish, 2)

    said = ada.get("/tags").said

    assert said["count"] == 2
    assert said["results"] == [
        {"id": spanish.pk, "title": "Spanish", "colour": "blue", "assignable": True, "conversations": 2},
        {"id": urgent.pk, "title": "Urgent", "colour": "grey", "assignable": False, "conversations": 0},
    ]
    first = ada.get("/tags", limit=1).said
    assert [tag["id"] for tag in ada.get(first["next"]).said["results"]] == [urgent.pk]


def test_a_texter_learns_what_may_be_put_on_and_not_how_many_wear_it(riverton, spanish):
    worn(riverton, spanish)

    [tag] = Program(riverton.tess).get("/tags").said["results"]

    assert (tag["title"], tag["conversations"]) == ("Spanish", None)


def test_one_is_made(riverton, ada):
    made = ada.post("/tags", {"title": " Needs a ride ", "colour": "violet", "assignable": False})
    plain = ada.post("/tags", {"title": "Volunteer"})

    assert (made.status_code, made.said["title"]) == (201, "Needs a ride")
    assert {key: plain.said[key] for key in ("colour", "assignable", "conversations")} == {
        "colour": "grey",
        "assignable": True,
        "conversations": 0,
    }
    assert riverton.organization.tags.get(pk=made.said["id"]).assignable is False


def test_a_title_is_taken_whatever_its_case(ada, spanish):
    other = ada.post("/tags", {"title": "French"}).said["id"]

    for said in (ada.post("/tags", {"title": "SPANISH"}), ada.send("patch", f"/tags/{other}", {"title": "spanish"})):
        assert (said.status_code, said.said["error"]["code"]) == (409, "title_taken")
        assert list(said.said["error"]["fields"]) == ["title"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 101}, "title"),
        ({"title": "x", "colour": "#123456"}, "colour"),
        ({"title": "x", "assignable": "no"}, "assignable"),
        ({"title": "x", "script": "y"}, "script"),
        ({}, "title"),
    ],
)
def test_what_makes_no_sense_is_refused(ada, body, field):
    said = ada.post("/tags", body)

    assert (said.status_code, list(said.said["error"]["fields"])) == (422, [field])


def test_a_change_leaves_what_is_not_said(riverton, ada, spanish):
    said = ada.send("patch", f"/tags/{spanish.pk}", {"colour": "teal"}).said

    assert (said["title"], said["colour"], said["assignable"], said["handoff"]) == ("Spanish", "teal", True, None)


def test_one_that_escalates_now_answers_with_the_hand_off(riverton, ada, spanish):
    worn(riverton, spanish, 2)

    said = ada.send("patch", f"/tags/{spanish.pk}", {"assignable": False})

    assert said.status_code == 200
    assert (said.said["conversations"], said.said["assignable"]) == (2, False)
    act = said.said["handoff"]
    assert (act["action"], act["moved"], act["state"]) == ("escalate", 2, "done")
    assert ada.get(f"/handoffs/{act['id']}").said == act
    assert Conversation.objects.filter(escalated=True, texter=None).count() == 2


def test_of_many_the_answer_says_that_it_goes_on(riverton, ada, spanish, monkeypatch):
    worn(riverton, spanish, 2)
    monkeypatch.setattr(tags, "AT_ONCE", 1)

    said = ada.send("patch", f"/tags/{spanish.pk}", {"assignable": False})

    assert (said.status_code, said.said["handoff"]["state"]) == (202, "running")


def test_one_is_deleted(riverton, ada, spanish):
    worn(riverton, spanish)

    assert ada.send("delete", f"/tags/{spanish.pk}", None).status_code == 204
    assert not Tag.every.exists()
    assert ada.send("delete", f"/tags/{spanish.pk}", None).status_code == 404


def test_only_admins_change_them_and_only_their_own(riverton, otherton, spanish):
    for member, status in ((riverton.sue, 403), (otherton.zed, 404)):
        for method, body in (("patch", {"title": "Hi"}), ("delete", None)):
            assert Program(member).send(method, f"/tags/{spanish.pk}", body).status_code == status
    assert Program(riverton.sue).post("/tags", {"title": "Hi"}).status_code == 403


def test_the_document_names_every_colour():
    assert list(get_args(ColourName)) == list(Colour)
