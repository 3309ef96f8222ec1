"""Saved filters through the API: what a page saves a program finds, and the other way round."""

import pytest

from tests.program import Program
from textbank.conversations.models import SavedFilter, Status
from textbank.organizations.models import Tag

MONDAY = {"title": "Monday rush", "filter": {"status": "needs_response", "waiting_minutes": 60}, "order": "waiting"}


def delete(program, saved):
    return program.send("delete", f"/filters/{saved}", None)


def titles(program) -> list[str]:
    return [one["title"] for one in program.get("/filters").said["results"]]


def test_saving_and_finding(riverton):
    sue = Program(riverton.sue)

    answer = sue.post("/filters", MONDAY)

    assert answer.status_code == 201
    assert answer.said == {
        "id": SavedFilter.objects.get().pk,
        "title": "Monday rush",
        "filter": {"status": ["needs_response"], "waiting_minutes": 60},
        "order": "waiting",
        "shared": False,
        "owner": {"id": riverton.sue.pk, "name": "Sue Doe"},
        "trouble": "",
    }
    assert sue.get("/filters").said["results"] == [answer.said]
    assert titles(Program(riverton.ada)) == []


def test_what_was_saved_finds_what_it_found(riverton):
    riverton.conversations(riverton.campaign(), 3, holder=riverton.tess, status=Status.NEEDS_RESPONSE)
    ada = Program(riverton.ada)
    kept = ada.post("/filters", {"title": "Hers", "filter": {"texter": [riverton.tess.pk]}}).said

    shown = ada.post("/handoffs", {"action": "unassign", "filter": kept["filter"], "dry_run": True}).said

    assert shown["moved"] == 3


def test_sharing_is_for_admins(riverton, otherton):
    shared = {**MONDAY, "shared": True}

    assert Program(riverton.sue).post("/filters", shared).status_code == 403
    kept = Program(riverton.ada).post("/filters", shared).said

    assert titles(Program(riverton.sue)) == ["Monday rush"]
    assert titles(Program(otherton.zed)) == []
    assert delete(Program(riverton.sue), kept["id"]).status_code == 403
    assert delete(Program(otherton.zed), kept["id"]).status_code == 404
    assert delete(Program(riverton.olga), kept["id"]).status_code == 204
    assert not SavedFilter.objects.exists()


def test_what_another_saved_for_themselves_is_not_there(riverton):
    kept = Program(riverton.sue).post("/filters", MONDAY).said["id"]

    assert delete(Program(riverton.olga), kept).status_code == 404
    assert delete(Program(riverton.sue), kept).status_code == 204
    assert delete(Program(riverton.sue), kept).status_code == 404


def test_a_name_that_is_taken_unless_it_may_replace(riverton):
    sue = Program(riverton.sue)
    sue.post("/filters", MONDAY)
    other = {"title": "monday RUSH", "filter": {"escalated": "only"}}

    refused = sue.post("/filters", other)
    assert (refused.status_code, refused.said["error"]["code"]) == (409, "title_taken")
    assert refused.said["error"]["fields"] == {"title": "You have a filter called “Monday rush” already."}
    assert sue.post("/filters", {**other, "replace": True}).said["filter"] == {"escalated": "only"}
    assert titles(sue) == ["monday RUSH"]


@pytest.mark.parametrize(
    ("said", "part"),
    [
        ({"title": "  "}, "title"),
        ({"title": "\u200b"}, "title"),
        ({"title": "x" * 81}, "title"),
        ({"filter": {}}, "filter"),
        ({"filter": {"status": []}}, "status"),
        ({"filter": {"colour": "green"}}, "colour"),
        ({"order": "size"}, "order"),
        ({"owner": 1}, "owner"),
    ],
)
def test_what_makes_no_sense_is_refused_part_by_part(riverton, said, part):
    answer = Program(riverton.ada).post("/filters", {**MONDAY, **said})

    assert answer.status_code == 422
    assert list(answer.said["error"]["fields"]) == [part]
    assert not SavedFilter.objects.exists()


def test_what_another_organization_has_is_not_there(riverton, otherton):
    said = {**MONDAY, "filter": {"campaign": otherton.campaign().pk}}

    assert Program(riverton.ada).post("/filters", said).status_code == 404


def test_what_is_gone_is_said(riverton):
    tag = Tag.objects.create(organization=riverton.organization, title="Spanish")
    sue = Program(riverton.sue)
    sue.post("/filters", {"title": "Spanish", "filter": {"tag": tag.pk}})
    tag.delete()

    (kept,) = sue.get("/filters").said["results"]

    assert kept["trouble"] == "It names a tag that is gone."


def test_the_list_is_paged(riverton):
    sue = Program(riverton.sue)
    for number in range(5):
        sue.post("/filters", {**MONDAY, "title": f"Filter {number}"})

    first = sue.get("/filters", limit=3).said

    assert (first["count"], len(first["results"])) == (5, 3)
    assert [one["title"] for one in sue.get(first["next"]).said["results"]] == ["Filter 3", "Filter 4"]


def test_renaming_and_sharing(riverton, otherton):
    sue, ada = Program(riverton.sue), Program(riverton.ada)
    mine, shared = sue.post("/filters", MONDAY).said["id"], ada.post("/filters", MONDAY).said["id"]

    def change(program, saved, **said):
        return program.send("patch", f"/filters/{saved}", said)

    assert change(sue, mine, title="Mornings").said["title"] == "Mornings"
    assert change(sue, mine, shared=True).status_code == 403
    assert change(ada, mine, title="Hers").status_code == 404
    assert change(ada, shared, shared=True).said["shared"]
    assert change(sue, shared, title="Ours").status_code == 403
    assert change(Program(otherton.zed), shared, title="Theirs").status_code == 404
    assert change(ada, shared, title="  ").status_code == 422
    assert titles(sue) == ["Mornings", "Monday rush"]
    sue.post("/filters", MONDAY)
    assert change(sue, mine, title="monday rush").said["error"]["code"] == "title_taken"
