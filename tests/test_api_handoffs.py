"""Handing on through the API."""

import uuid

import pytest
from django.utils import timezone

from tests.program import Program
from textbank.assignments import carrying_out
from textbank.conversations import drafting
from textbank.conversations.models import Conversation, Handoff, Status
from textbank.organizations.models import Approval


@pytest.fixture
def ada(riverton):
    return Program(riverton.ada)


@pytest.fixture
def campaign(riverton):
    """Three replies wait with Tess; two first messages are in the pool."""
    campaign = riverton.campaign()
    riverton.conversations(campaign, 3, holder=riverton.tess, status=Status.NEEDS_RESPONSE)
    riverton.conversations(campaign, 2)
    return campaign


def holders():
    return {one.pk: one.texter for one in Conversation.objects.select_related("texter")}


def person(member):
    return {"id": member.pk, "name": member.name}


def test_a_preview_says_what_would_be_done_and_does_nothing(riverton, ada, campaign):
    before = holders()
    texters = [riverton.theo.pk, riverton.tess.pk]

    said = ada.post(
        "/handoffs", {"action": "reassign", "filter": {"campaign": campaign.pk}, "texters": texters, "dry_run": True}
    )

    assert said.status_code == 200
    assert {key: said.said[key] for key in ("id", "state", "action", "matched", "undoes", "undone_by")} == {
        "id": None,
        "state": "preview",
        "action": "reassign",
        "matched": 5,
        "undoes": None,
        "undone_by": None,
    }
    assert sorted(said.said["shares"], key=lambda share: share["texter"]["name"]) == [
        {"texter": person(riverton.tess), "count": 2},
        {"texter": person(riverton.theo), "count": 3},
    ]
    assert said.said["filter"] == {"campaign": [campaign.pk]}
    assert said.said["by"] == person(riverton.ada)
    assert holders() == before
    assert Handoff.objects.filter(action="reassign").count() == 0


def test_reassigning_by_filter(riverton, ada, campaign):
    body = {
        "action": "reassign",
        "filter": {"status": "needs_response", "texter": [riverton.tess.pk]},
        "texters": [riverton.theo.pk],
        "reason": "Tess is ill",
    }

    said = ada.post("/handoffs", body)

    assert said.status_code == 201
    assert (said.said["moved"], said.said["state"], said.said["reason"]) == (3, "done", "Tess is ill")
    assert said.said["gives"] == [{"texter": person(riverton.tess), "count": 3}]
    assert list(holders().values()).count(riverton.theo) == 3
    assert ada.get(f"/handoffs/{said.said['id']}").said == said.said


def test_unassigning_by_id_gives_to_the_pool(riverton, ada, campaign):
    ticked = [pk for pk, holder in holders().items() if holder]

    said = ada.post("/handoffs", {"action": "unassign", "conversations": ticked}).said

    assert (said["moved"], said["filter"], said["shares"]) == (3, None, [])
    assert set(holders().values()) == {None}


def test_from_the_pool(riverton, ada, campaign):
    said = ada.post(
        "/handoffs", {"action": "reassign", "filter": {"texter": "unassigned"}, "texters": [riverton.tara.pk]}
    )

    assert said.said["gives"] == [{"texter": None, "count": 2}]


def test_the_same_click_again_is_the_same_hand_off(riverton, ada, campaign):
    body = {
        "action": "unassign",
        "filter": {"texter": riverton.tess.pk},
        "client_id": str(uuid.uuid4()),
    }

    once, again = ada.post("/handoffs", body), ada.post("/handoffs", body)

    assert (once.status_code, once.said) == (again.status_code, again.said)
    assert once.said["moved"] == 3


def test_one_that_moves_nothing_is_recorded_too(riverton, ada, campaign):
    said = ada.post("/handoffs", {"action": "unassign", "filter": {"texter": "unassigned"}})

    assert (said.status_code, said.said["moved"]) == (201, 0)
    assert said.said["left_alone"] == [{"reason": "already_theirs", "count": 2}]


def test_whoever_should_be_given_nothing_is_a_warning(riverton, ada, campaign):
    riverton.theo.approval = Approval.NONE
    riverton.theo.save()

    said = ada.post(
        "/handoffs",
        {"action": "reassign", "filter": {"texter": "unassigned"}, "texters": [riverton.theo.pk], "dry_run": True},
    ).said

    assert said["warnings"] == [{"texter": person(riverton.theo), "reason": "do_not_assign"}]
    assert said["moved"] == 2


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"filter": {}}, "filter"),
        ({"filter": None}, "filter"),
        ({"conversations": [1]}, "filter"),
        ({"filter": {"statsu": "closed"}}, "statsu"),
        ({"filter": {"status": "sleepy"}}, "status"),
        ({"texters": []}, "texters"),
        ({"texters": ["tess"]}, "texters.0"),
        ({"action": "unassign"}, "texters"),
        ({"action": "juggle"}, "action"),
        ({"limit": 0}, "limit"),
        ({"limit": "all"}, "limit"),
        ({"as_of": "yesterday"}, "as_of"),
        ({"client_id": "1"}, "client_id"),
        ({"dry_run": 1}, "dry_run"),
        ({"dryrun": True}, "dryrun"),
    ],
)
def test_what_makes_no_sense_moves_nothing(riverton, ada, campaign, change, field):
    before = holders()
    body = {"action": "reassign", "filter": {"texter": "unassigned"}, "texters": [riverton.theo.pk], **change}

    said = ada.post("/handoffs", body)

    assert said.status_code == 422, said.said
    assert list(said.said["error"]["fields"]) == [field]
    assert holders() == before


def test_what_is_of_another_organization_is_not_there(riverton, otherton, ada, campaign):
    theirs = otherton.conversations(otherton.campaign())[0]
    yan, theo = [otherton.yan.pk], [riverton.theo.pk]
    pool = {"texter": "unassigned"}

    for body in (
        {"filter": pool, "texters": yan},
        {"conversations": [theirs.pk], "texters": theo},
        {"filter": {"campaign": theirs.campaign_id}, "texters": theo},
        {"filter": {**pool, "not_texter": yan}, "texters": theo},
    ):
        assert ada.post("/handoffs", {"action": "reassign", **body}).status_code == 404, body


def test_supervolunteers_hand_on_where_the_organization_lets_them(riverton, campaign):
    sue = Program(riverton.sue)
    body = {"action": "unassign", "filter": {"texter": riverton.tess.pk}}

    refused = sue.post("/handoffs", body)
    riverton.organization.settings.supervolunteers_reassign = True
    riverton.organization.settings.save()

    assert (refused.status_code, refused.said["error"]["code"]) == (403, "forbidden")
    assert sue.post("/handoffs", body).status_code == 201


def test_hand_offs_newest_first(riverton, ada, campaign, django_assert_max_num_queries):
    for texter in (riverton.theo, riverton.tara, riverton.tess):
        ada.post("/handoffs", {"action": "reassign", "filter": {"status": "needs_response"}, "texters": [texter.pk]})

    with django_assert_max_num_queries(5):  # token, snapshot, page, names, count
        first = ada.get("/handoffs", limit=3).said
    rest = ada.get(first["next"]).said

    assert [act["action"] for act in [*first["results"], *rest["results"]]] == ["reassign"] * 3 + ["opening"] * 2
    assert first["count"] == 5
    assert first["results"][0]["shares"] == [{"texter": person(riverton.tess), "count": 3}]


def test_the_log_is_asked_as_on_its_page(riverton, otherton, ada, campaign):
    picnic = riverton.campaign("Picnic")
    riverton.conversations(picnic, 2, holder=riverton.theo)
    olga = Program(riverton.olga)
    pool = {"action": "unassign", "reason": "Tess is ill"}
    given = ada.post("/handoffs", {**pool, "filter": {"campaign": campaign.pk, "status": "needs_response"}}).said
    olga.post("/handoffs", {**pool, "filter": {"campaign": picnic.pk}, "reason": "rain"})

    def log(**query):
        return [act["action"] for act in ada.get("/handoffs", **query).said["results"]]

    assert log(action="unassign") == ["unassign", "unassign"]
    assert log(by=riverton.olga.pk) == ["unassign"]
    assert log(by=f"{riverton.olga.pk},{riverton.ada.pk}") == ["unassign", "unassign"]
    assert log(by=[riverton.olga.pk, riverton.ada.pk]) == ["unassign", "unassign"]
    assert log(person="theo") == ["unassign", "opening"]
    assert log(campaign=picnic.pk) == ["unassign", "opening"]
    assert log(reason="ILL tess") == ["unassign"]
    assert log(state="running") == []
    assert log(since="2026-01-01", action="unassign", reason="rain") == ["unassign"]
    assert log(until="2026-01-01") == []
    first = ada.get("/handoffs", action="unassign", limit=1).said
    assert first["count"] == 2
    assert ada.get(first["next"]).said["results"] == [given]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"action": "juggle"}, "action"),
        ({"state": "preview"}, "state"),
        ({"by": "tess"}, "by"),
        ({"campaign": "7,"}, "campaign"),
        ({"since": "yesterday"}, "since"),
        ({"until": "9999-12-31"}, "until"),
        ({"reason": "x" * 201}, "reason"),
        ({"texter": "1"}, "texter"),
    ],
)
def test_what_the_log_cannot_be_asked_is_refused(ada, query, field):
    said = ada.get("/handoffs", **query)

    assert (said.status_code, list(said.said["error"]["fields"])) == (422, [field])


def test_the_log_knows_nothing_of_other_organizations(otherton, ada):
    theirs = otherton.campaign()

    assert ada.get("/handoffs", campaign=theirs.pk).status_code == 404
    assert ada.get("/handoffs", by=otherton.zed.pk).status_code == 404


def test_each_move_page_by_page(riverton, ada, campaign, django_assert_max_num_queries):
    escalated = Conversation.objects.filter(texter=riverton.tess).first()
    Conversation.objects.filter(pk=escalated.pk).update(escalated=True)
    given = {"action": "reassign", "filter": {"status": "needs_response"}, "texters": [riverton.theo.pk]}
    address = f"/handoffs/{ada.post('/handoffs', given).said['id']}/moves"

    with django_assert_max_num_queries(5):  # token, hand-off, snapshot, page, count
        first = ada.get(address, limit=2).said
    rest = ada.get(first["next"]).said

    assert (first["count"], rest["next"]) == (3, None)
    seen = [*first["results"], *rest["results"]]
    assert {one["conversation"] for one in seen} == {one.pk for one in Conversation.objects.filter(status=3)}
    [stays] = ada.get(address, left="escalated").said["results"]
    assert stays["conversation"] == escalated.pk
    assert (stays["left_alone"], stays["receiver"]) == ("escalated", None)
    moved = ada.get(address, left="moved").said["results"]
    assert {one["conversation"] for one in moved} == {one["conversation"] for one in seen} - {escalated.pk}
    assert moved[0] == {
        "conversation": moved[0]["conversation"],
        "campaign": {"id": campaign.pk, "title": "Saturday canvass"},
        "contact": {"first_name": "Maria", "last_name": "Lopez", "cell": moved[0]["contact"]["cell"]},
        "giver": person(riverton.tess),
        "receiver": person(riverton.theo),
        "left_alone": None,
        "at": moved[0]["at"],
    }
    assert ada.get(address, left="tired").status_code == 422


def test_the_moves_as_a_table_are_those_of_the_page(client, riverton, ada, campaign):
    done = ada.post("/handoffs", {"action": "unassign", "filter": {"campaign": campaign.pk}}).said
    client.force_login(riverton.ada.user)

    table = ada.get(f"/handoffs/{done['id']}/moves.csv")
    page = client.get(f"/riverton/admin/handoffs/{done['id']}/moves.csv")

    assert table["Content-Type"] == "text/csv; charset=utf-8"
    assert f"hand-off-{done['id']}.csv" in table["Content-Disposition"]
    assert b"".join(table.streaming_content) == b"".join(page.streaming_content)


def test_moves_are_the_admins_of_the_organization(riverton, otherton, ada, campaign):
    handoff = Handoff.objects.filter(organization=riverton.organization).first()

    for part in ("moves", "moves.csv"):
        assert Program(otherton.zed).get(f"/handoffs/{handoff.pk}/{part}").status_code == 404
        assert Program(riverton.sue).get(f"/handoffs/{handoff.pk}/{part}").status_code == 403


def test_a_big_one_goes_on(riverton, ada, campaign, monkeypatch):
    monkeypatch.setattr("textbank.assignments.carrying_out.AT_ONCE", 1)

    said = ada.post("/handoffs", {"action": "unassign", "filter": {"texter": riverton.tess.pk}})

    assert (said.status_code, said.said["state"], said.said["moved"]) == (202, "running", 0)


def test_releases_are_hand_offs(riverton, ada, campaign):
    riverton.conversations(campaign, 4, holder=riverton.theo)

    looked = ada.post(f"/campaigns/{campaign.pk}/release-unsent", {"dry_run": True})
    done = ada.post(f"/campaigns/{campaign.pk}/release-unsent", {"reason": "Theo went home"})

    assert (looked.status_code, looked.said["id"], looked.said["moved"]) == (200, None, 4)
    assert (done.status_code, done.said["action"], done.said["moved"]) == (201, "release_unsent", 4)
    assert done.said["gives"] == [{"texter": person(riverton.theo), "count": 4}]
    assert done.said["reason"] == "Theo went home"
    assert ada.get(f"/handoffs/{done.said['id']}").said == done.said
    assert ada.post(f"/campaigns/{campaign.pk}/release-unsent").said["moved"] == 0


def test_unreplied_and_unhandled_say_how_long_they_were_idle(riverton, ada, campaign):
    path = f"/campaigns/{campaign.pk}/release-unreplied"

    for address in (path, "/release-unhandled"):
        for body in ({}, {"idle_minutes": -1}, {"idle_minutes": "60"}, {"idle_minutes": 60, "minutes": 1}):
            assert ada.post(address, body).status_code == 422
    assert ada.post("/release-unhandled", {"idle_minutes": 0, "dry_run": True}).said["moved"] == 3
    assert ada.post(path, {"idle_minutes": 60 * 24 * 365}).said["moved"] == 0
    assert ada.post(path, {"idle_minutes": 0}).said["moved"] == 3


def test_the_same_click_releases_once_and_never_more_than_was_shown(riverton, ada, campaign):
    riverton.conversations(campaign, 4, holder=riverton.theo)
    path, click = f"/campaigns/{campaign.pk}/release-unsent", str(uuid.uuid4())

    first = ada.post(path, {"expect": 3, "client_id": click})
    again = ada.post(path, {"expect": 3, "client_id": click})

    assert first.said["moved"] == 3
    assert again.said["id"] == first.said["id"]


def test_undo_says_first_what_it_would_do(riverton, ada, campaign):
    done = ada.post("/handoffs", {"action": "unassign", "filter": {"campaign": campaign.pk}}).said

    looked = ada.post(f"/handoffs/{done['id']}/undo", {"dry_run": True})
    back = ada.post(f"/handoffs/{done['id']}/undo")
    again = ada.post(f"/handoffs/{done['id']}/undo")

    assert (looked.status_code, looked.said["id"], looked.said["moved"]) == (200, None, 3)
    assert (back.status_code, back.said["moved"], back.said["undoes"]) == (201, 3, done["id"])
    assert (again.status_code, again.said["error"]["code"]) == (409, "already_undone")
    assert ada.get(f"/handoffs/{done['id']}").said["undone_by"] == back.said["id"]


@pytest.mark.django_db(transaction=True)
def test_a_big_one_goes_on_is_stopped_and_then_undone(riverton, ada, campaign, monkeypatch):
    monkeypatch.setattr(carrying_out, "AT_ONCE", 2)
    begun = ada.post("/handoffs", {"action": "unassign", "filter": {"campaign": campaign.pk}})
    address = f"/handoffs/{begun.said['id']}"
    assert (begun.status_code, begun.said["state"]) == (202, "running")
    assert ada.post(f"{address}/undo").said["error"]["code"] == "still_running"

    assert ada.post(f"{address}/stop").said["state"] == "running"
    carrying_out.go_on(begun.said["id"])

    stopped = ada.get(address).said
    assert (stopped["state"], stopped["moved"]) == ("stopped", 0)
    assert {"reason": "stopped", "count": 5} in stopped["left_alone"]
    assert ada.post(f"{address}/stop").said["error"]["code"] == "not_running"
    assert ada.post(f"{address}/undo").status_code == 201


def test_releases_are_for_admins_of_the_organization(riverton, otherton, campaign):
    zed, sue = Program(otherton.zed), Program(riverton.sue)
    handoff = Handoff.objects.filter(organization=riverton.organization).first()

    for path in (f"/campaigns/{campaign.pk}/release-unsent", f"/campaigns/{campaign.pk}/release-unreplied"):
        assert zed.post(path, {"idle_minutes": 0} if "unreplied" in path else {}).status_code == 404
        assert sue.post(path, {"idle_minutes": 0}).status_code == 403
    assert sue.post("/release-unhandled", {"idle_minutes": 0}).status_code == 403
    assert zed.post("/release-unhandled", {"idle_minutes": 0}).said["matched"] == 0
    for act in ("undo", "stop"):
        assert zed.post(f"/handoffs/{handoff.pk}/{act}").status_code == 404
        assert sue.post(f"/handoffs/{handoff.pk}/{act}").status_code == 403


def test_who_is_answering_is_said_and_taken_anyway_leaves_a_note(riverton, ada, campaign):
    threads = list(Conversation.objects.filter(texter=riverton.tess))
    for one in threads[:2]:
        drafting.keep(one, "We meet at", by=riverton.tess, now=timezone.now())
    asked = {"action": "reassign", "conversations": [one.pk for one in threads], "texters": [riverton.theo.pk]}
    by = [{"texter": person(riverton.tess), "count": 2}]

    preview = ada.post("/handoffs", {**asked, "dry_run": True}).said
    done = ada.post("/handoffs", asked).said
    taken = ada.post("/handoffs", {**asked, "include_drafting": True}).said

    left_alone = [{"reason": "being_answered", "count": 2, "by": by}]
    assert preview["left_alone"] == done["left_alone"] == left_alone
    assert done in ada.get("/handoffs").said["results"]
    assert taken["moved"] == 2
    [note] = ada.get(f"/conversations/{threads[0].pk}").said["notes"]
    assert (note["author"], note["text"], note["handoff"]) == (person(riverton.tess), "We meet at", taken["id"])
