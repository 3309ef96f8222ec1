"""Who one is, who there is, and what a texter has to do, through the API."""

import datetime as dt

import pytest
from django.utils import timezone

from tests.program import Program
from textbank.assignments.models import Request
from textbank.conversations.models import Conversation, Status
from textbank.organizations import people
from textbank.organizations.models import Approval, AuditEntry, Invite, Membership, Role, Token, User


def test_who_one_is(riverton):
    assert Program(riverton.ada).get("/me").said == {
        "member": {"id": riverton.ada.pk, "name": "Ada Doe"},
        "email": "ada@riverton.test",
        "role": "admin",
        "organization": {"slug": "riverton", "name": "Riverton Votes"},
    }


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer tb_wrong", "Basic abc", "Bearer tb_\u00e9"])
def test_without_a_token_that_is_valid_nothing(riverton, client, header):
    said = client.get("/api/v1/me", headers={"Authorization": header} if header is not None else {})

    assert said.status_code == 401
    assert said.json()["error"]["code"] == "not_signed_in"
    assert said.headers["WWW-Authenticate"] == "Bearer"


def test_a_token_ends_with_its_revocation_with_a_suspension_and_with_its_person(riverton):
    programs = [Program(person) for person in (riverton.ada, riverton.sue, riverton.tess)]
    Token.objects.filter(membership=riverton.ada).update(revoked_at=timezone.now())
    people.suspend(riverton.sue, by=riverton.olga, now=timezone.now())
    User.objects.filter(memberships=riverton.tess).update(is_active=False)

    assert [program.get("/me").status_code for program in programs] == [401, 401, 401]


def test_the_use_of_a_token_is_noted_once_a_minute(riverton, time_machine, django_assert_num_queries):
    time_machine.move_to(dt.datetime(2026, 11, 2, 17, tzinfo=dt.UTC), tick=False)
    ada = Program(riverton.ada)

    with django_assert_num_queries(2):
        ada.get("/me")
    with django_assert_num_queries(1):
        ada.get("/me")
    time_machine.shift(dt.timedelta(seconds=61))
    with django_assert_num_queries(2):
        ada.get("/me")
    assert Token.objects.get().last_used_at == timezone.now()


def test_everybody_with_what_waits_in_their_hands(riverton):
    riverton.conversations(riverton.campaign(), 2, holder=riverton.tess)
    ada = Program(riverton.ada)

    said = ada.get("/members", role="texter").said

    assert [row["name"] for row in said["results"]] == ["Tess Doe", "Theo Doe", "Tara Doe"]
    assert said["results"][0] == {
        "id": riverton.tess.pk,
        "name": "Tess Doe",
        "email": "tess@riverton.test",
        "role": "texter",
        "suspended": False,
        "approval": "auto_approve",
        "sends_only": False,
        "cap": None,
        "teams": [],
        "open": {"needs_first_message": 2, "needs_response": 0},
    }
    assert [row["name"] for row in ada.get("/members", search="OLG").said["results"]] == ["Olga Doe"]
    assert ada.get("/members", role="king").status_code == 422


def test_members_are_paged(riverton):
    ada = Program(riverton.ada)

    first = ada.get("/members", limit=4).said
    second = ada.get(first["next"]).said

    assert (len(first["results"]), len(second["results"]), first["count"]) == (4, 2, 6)
    assert second["next"] is None


def test_suspending_with_what_they_hold(riverton):
    [held] = riverton.conversations(riverton.campaign(), holder=riverton.tess)
    ada = Program(riverton.ada)

    said = ada.post(f"/members/{riverton.tess.pk}/suspend", {"then": "reassign", "texters": [riverton.theo.pk]}).said

    assert (said["suspended"], said["handoff"]["moved"]) == (True, 1)
    assert Conversation.objects.get(pk=held.pk).texter == riverton.theo
    assert ada.post(f"/members/{riverton.tara.pk}/suspend", {"then": "leave"}).said["handoff"] is None


def test_suspending_that_is_refused(riverton, otherton):
    ada, olga = Program(riverton.ada), Program(riverton.olga)

    assert ada.post(f"/members/{riverton.tess.pk}/suspend", {}).status_code == 422
    assert ada.post(f"/members/{riverton.tess.pk}/suspend", {"then": "reassign"}).status_code == 422
    assert ada.post(f"/members/{riverton.olga.pk}/suspend", {"then": "leave"}).status_code == 403
    assert ada.post(f"/members/{otherton.yan.pk}/suspend", {"then": "leave"}).status_code == 404
    assert olga.post(f"/members/{riverton.olga.pk}/suspend", {"then": "leave"}).status_code == 403
    theirs = {"then": "reassign", "texters": [otherton.yan.pk]}
    assert ada.post(f"/members/{riverton.tess.pk}/suspend", theirs).status_code == 404


def test_in_again(riverton):
    ada = Program(riverton.ada)
    ada.post(f"/members/{riverton.tess.pk}/suspend", {"then": "leave"})

    said = ada.post(f"/members/{riverton.tess.pk}/unsuspend")

    assert (said.status_code, said.said["suspended"]) == (200, False)
    assert not Membership.objects.get(pk=riverton.tess.pk).suspended
    assert ada.post(f"/members/{riverton.tess.pk}/unsuspend").status_code == 200


def test_another_role(riverton):
    ada, olga = Program(riverton.ada), Program(riverton.olga)

    assert ada.post(f"/members/{riverton.tess.pk}/role", {"role": "supervolunteer"}).said["role"] == "supervolunteer"
    assert olga.post(f"/members/{riverton.tess.pk}/role", {"role": "owner"}).said["role"] == "owner"
    assert Membership.objects.get(pk=riverton.tess.pk).role == Role.OWNER
    assert AuditEntry.objects.filter(did="role changed").count() == 2


def test_people_are_changed_by_whoever_may(riverton, otherton):
    ada, olga, zed = Program(riverton.ada), Program(riverton.olga), Program(otherton.zed)
    last = olga.post(f"/members/{riverton.olga.pk}/role", {"role": "admin"})

    assert (last.status_code, last.said["error"]["code"]) == (409, "last_owner")
    assert ada.post(f"/members/{riverton.tess.pk}/role", {"role": "admin"}).status_code == 403
    assert ada.post(f"/members/{riverton.olga.pk}/role", {"role": "texter"}).status_code == 403
    assert ada.post(f"/members/{riverton.olga.pk}/unsuspend").status_code == 403
    assert ada.post(f"/members/{riverton.tess.pk}/role", {"role": "king"}).status_code == 422
    assert zed.post(f"/members/{riverton.tess.pk}/role", {"role": "supervolunteer"}).status_code == 404
    assert zed.post(f"/members/{riverton.tess.pk}/unsuspend").status_code == 404


def test_a_link_is_made_found_and_revoked(riverton, client):
    ada = Program(riverton.ada)

    made = ada.post("/invites", {"role": "texter"})

    assert made.status_code == 201
    assert made.said["created_by"] == {"id": riverton.ada.pk, "name": "Ada Doe"}
    assert (made.said["role"], made.said["once"], made.said["open"]) == ("texter", False, True)
    assert "Riverton Votes" in client.get(made.said["url"]).text
    assert ada.get("/invites").said["results"] == [made.said]
    assert ada.post(f"/invites/{made.said['id']}/revoke").said == {**made.said, "open": False}
    assert ada.get("/invites").said["count"] == 0
    assert Invite.objects.get().revoked_at


def test_a_link_is_a_key(riverton, otherton):
    ada, olga, zed = Program(riverton.ada), Program(riverton.olga), Program(otherton.zed)
    made = olga.post("/invites", {"role": "owner"}).said

    assert ada.post("/invites", {"role": "admin"}).status_code == 403
    assert ada.get("/invites").said["results"] == []
    for program in (ada, zed):
        assert program.post(f"/invites/{made['id']}/revoke").status_code == 404
    assert [one["id"] for one in olga.get("/invites").said["results"]] == [made["id"]]


def test_the_queue_is_what_there_is_to_do_now(riverton):
    now, campaign = timezone.now(), riverton.campaign()
    [first] = riverton.conversations(campaign, holder=riverton.tess)
    late, long = (
        riverton.conversations(
            campaign, holder=riverton.tess, status=Status.NEEDS_RESPONSE, waiting_since=now - dt.timedelta(minutes=ago)
        )[0]
        for ago in (2, 9)
    )
    [done] = riverton.conversations(campaign, holder=riverton.tess, status=Status.ACTIVE)
    riverton.conversations(campaign, holder=riverton.theo)
    riverton.conversations(riverton.campaign(paused_at=now), holder=riverton.tess)
    tess = Program(riverton.tess)

    def queue(**query):
        said = tess.get("/texter/queue", **query).said
        assert said["count"] == len(said["results"])
        return [row["id"] for row in said["results"]]

    assert queue() == [long.pk, late.pk, first.pk]
    assert queue(status="needs_response") == [long.pk, late.pk]
    assert queue(status="needs_first_message") == [first.pk]
    assert queue(status="active") == [done.pk]
    assert queue(status="closed") == []
    assert tess.get("/texter/queue", status="sleepy").status_code == 422


def test_asking_for_texts(riverton):
    campaign = riverton.campaign(contacts=3)
    riverton.campaign(contacts=3)
    tess = Program(riverton.tess)

    said = tess.post("/texter/requests", {"count": 5, "campaign": campaign.pk})

    assert (said.status_code, said.said["state"], said.said["given"]) == (201, "given", 3)
    assert Conversation.objects.filter(texter=riverton.tess, campaign=campaign).count() == 3


def test_asking_that_is_refused(riverton, otherton):
    riverton.tess.approval = Approval.REQUIRED
    riverton.tess.save()
    riverton.theo.approval = Approval.NONE
    riverton.theo.save()
    tess = Program(riverton.tess)

    waiting, again = tess.post("/texter/requests", {"count": 5}), tess.post("/texter/requests", {"count": 5})
    denied = Program(riverton.theo).post("/texter/requests", {"count": 5})
    too_many = Program(riverton.tara).post("/texter/requests", {"count": 501})
    elsewhere = Program(riverton.tara).post("/texter/requests", {"count": 5, "campaign": otherton.campaign().pk})

    assert (waiting.said["state"], waiting.said["given"]) == ("waiting", 0)
    assert (again.status_code, again.said["error"]["code"]) == (409, "request_open")
    assert denied.said["state"] == "denied"
    assert (too_many.status_code, list(too_many.said["error"]["fields"])) == (422, ["count"])
    assert elsewhere.status_code == 404
    assert Request.objects.count() == 2
