"""The pool, as those see it who look after it: requests, schedules, so many each."""

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from textbank.assignments import automatic, requesting
from textbank.assignments.models import Releases, Request, Schedule
from textbank.conversations.models import Conversation, Handoff
from textbank.organizations.models import Approval, Token

ASKED = "/riverton/admin/assignment-requests/"
SCHEDULES = "/riverton/admin/schedules/"


def signed_in(member) -> Client:
    client = Client()
    client.force_login(member.user)
    return client


@pytest.fixture
def ada(riverton) -> Client:
    return signed_in(riverton.ada)


@pytest.fixture
def sue(riverton) -> Client:
    return signed_in(riverton.sue)


@pytest.fixture
def campaign(riverton):
    return riverton.campaign(contacts=8)


@pytest.fixture
def waiting(riverton, campaign) -> list[Request]:
    """Tess asked for three, and Theo for two."""
    asked = []
    for member, count in ((riverton.tess, 3), (riverton.theo, 2)):
        member.approval = Approval.REQUIRED
        member.save()
        asked.append(requesting.request(member, count, now=timezone.now()))
    return asked


def held(member) -> int:
    return Conversation.objects.filter(texter=member).count()


def says(page) -> str:
    return " ".join(page.content.decode().split())


def test_who_waits_is_listed_with_what_they_asked_for(sue, waiting):
    said = says(sue.get(ASKED))

    assert "Tess Doe" in said
    assert "3 texts" in said
    assert said.index("Tess Doe") < said.index("Theo Doe")


def test_nobody_waits(sue, riverton):
    assert "Nobody waits" in says(sue.get(ASKED))


def test_one_is_approved_and_another_denied(riverton, sue, waiting):
    tess, theo = waiting

    said = says(sue.post(f"{ASKED}decide/", {"decide": f"approve {tess.pk}"}, follow=True))
    assert "1 approved: 3 texts were handed out." in said
    assert (held(riverton.tess), held(riverton.theo)) == (3, 0)

    said = says(sue.post(f"{ASKED}decide/", {"decide": f"deny {theo.pk}"}, follow=True))
    assert "1 denied." in said
    assert "Decided lately" in said


def test_the_ticked_ones_are_approved_together_and_once(riverton, sue, ada, waiting):
    ticked = {"decide": "approve", "request": [asked.pk for asked in waiting]}

    assert "2 approved: 5 texts were handed out." in says(sue.post(f"{ASKED}decide/", ticked, follow=True))
    again = says(ada.post(f"{ASKED}decide/", ticked, follow=True))

    assert "The request of Tess Doe was approved by Sue Doe before." in again
    assert (held(riverton.tess), held(riverton.theo)) == (3, 2)


def test_an_empty_pool_leaves_the_request_waiting_and_says_so(riverton, sue, waiting):
    Conversation.objects.update(escalated=True)

    said = says(sue.post(f"{ASKED}decide/", {"decide": f"approve {waiting[0].pk}"}, follow=True))

    assert "There is nothing for Tess Doe in the pool now." in said
    assert Request.objects.filter(state=Request.State.WAITING).count() == 2


@pytest.mark.parametrize("said", [{}, {"decide": "approve"}, {"decide": "hang 1"}, {"decide": "approve x"}])
def test_nothing_chosen_is_said(sue, waiting, said):
    assert "Choose at least one request." in says(sue.post(f"{ASKED}decide/", said, follow=True))


def test_the_list_costs_the_same_however_many_wait(riverton, sue, waiting, django_assert_max_num_queries):
    for number in range(5):
        member = riverton.person(f"Texter{number}", riverton.tess.role)
        Request.objects.create(organization=riverton.organization, texter=member, count=1, at=timezone.now())

    with django_assert_max_num_queries(7):
        sue.get(ASKED)


NIGHTLY = {
    "releases": "unsent",
    "time": "21:05",
    "timezone": "America/New_York",
    "weekdays": range(7),
    "idle_minutes": 0,
}


def test_a_schedule_is_put_on_and_said_in_a_sentence(riverton, ada, campaign):
    said = says(ada.post(f"{SCHEDULES}new/", {**NIGHTLY, "campaign": campaign.pk}, follow=True))

    assert "Every day at 9:05 PM (New York): unsent first messages. It is on." in said
    made = Schedule.objects.get()
    assert (made.campaign, made.made_by, made.releases) == (campaign, riverton.ada, Releases.UNSENT)


def test_its_next_moment_is_said_on_its_own_clock(riverton, ada, campaign):
    ada.post(f"{SCHEDULES}new/", NIGHTLY)

    assert ", 9:05 PM" in says(ada.get(SCHEDULES))


def test_a_date_goes_before_the_days(riverton, ada, campaign):
    ada.post(f"{SCHEDULES}new/", {**NIGHTLY, "date": "2100-01-01"})

    made = Schedule.objects.get()
    assert (made.weekdays, made.date) == ([], dt.date(2100, 1, 1))


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"weekdays": []}, "Choose the days of the week, or one date."),
        ({"weekdays": [], "date": "2020-01-01"}, "That moment is over."),
        ({"time": "noonish"}, "Enter a valid time."),
        ({"timezone": "Mars/Olympus"}, "Select a valid choice."),
    ],
)
def test_a_schedule_that_makes_no_sense_is_refused_in_words(ada, riverton, wrong, sentence):
    answer = ada.post(f"{SCHEDULES}new/", {**NIGHTLY, **wrong})

    assert answer.status_code == 422
    assert sentence in says(answer)
    assert not Schedule.objects.exists()


def test_a_schedule_rests_goes_on_and_goes(riverton, ada, campaign):
    ada.post(f"{SCHEDULES}new/", NIGHTLY)
    made = Schedule.objects.get()

    ada.post(f"{SCHEDULES}{made.pk}/pause/")
    assert "Paused" in says(ada.get(SCHEDULES))
    ada.post(f"{SCHEDULES}{made.pk}/resume/")
    made.refresh_from_db()
    assert made.paused_at is None
    automatic.run_due(made.next_at)
    assert "Nothing moved." in says(ada.get(SCHEDULES))
    ada.post(f"{SCHEDULES}{made.pk}/delete/")

    assert not Schedule.objects.exists()


def test_another_organizations_campaign_is_no_choice(ada, otherton):
    answer = ada.post(f"{SCHEDULES}new/", {**NIGHTLY, "campaign": otherton.campaign().pk})

    assert "Select a valid choice." in says(answer)


def test_so_many_each_is_shown_and_then_done(riverton, ada, campaign):
    page = f"/riverton/admin/campaigns/{campaign.pk}/hand-out/"
    assert "8 unsent" in says(ada.get(page))
    wish = {f"each-{riverton.tess.pk}": "4", f"each-{riverton.theo.pk}": "2", "reason": "Saturday shift"}

    shown = ada.post(page, wish)
    assert "Reassign 6" in says(shown)
    assert held(riverton.tess) == 0
    done = ada.post(page, {**wish, "click": shown.context["click"], "sure": "yes"}, follow=True)
    ada.post(page, {**wish, "click": shown.context["click"], "sure": "yes"})

    assert "6 conversations reassigned." in says(done)
    assert (held(riverton.tess), held(riverton.theo)) == (4, 2)
    assert Handoff.objects.get(reason="Saturday shift").each == [4, 2]


@pytest.mark.parametrize(("said", "sentence"), [("", "at least one texter"), ("many", "give a number")])
def test_numbers_that_are_none_are_refused(riverton, ada, campaign, said, sentence):
    page = f"/riverton/admin/campaigns/{campaign.pk}/hand-out/"

    answer = ada.post(page, {f"each-{riverton.tess.pk}": said})

    assert answer.status_code == 422
    assert sentence in says(answer)


def test_more_than_the_pool_has_goes_round_as_far_as_it_reaches(riverton, ada, campaign):
    page = f"/riverton/admin/campaigns/{campaign.pk}/hand-out/"

    said = says(ada.post(page, {f"each-{riverton.tess.pk}": "10", f"each-{riverton.theo.pk}": "2"}))

    assert "The pool has fewer than were asked for" in said
    assert "Reassign 8" in said


@pytest.fixture
def program(riverton):
    """The API, as Ada."""
    client, token = Client(), Token.issue(riverton.ada)

    def call(method, path, **body):
        asked = getattr(client, method)
        headers = {"Authorization": f"Bearer {token}"}
        given = {"data": body, "content_type": "application/json"} if method != "get" else {"data": body}
        return asked(f"/api/v1/{path}", headers=headers, **given)

    return call


def test_requests_by_program(riverton, program, waiting):
    listed = program("get", "requests").json()
    assert [(one["texter"]["name"], one["count"], one["state"]) for one in listed["results"]] == [
        ("Tess Doe", 3, "waiting"),
        ("Theo Doe", 2, "waiting"),
    ]

    assert program("post", f"requests/{waiting[0].pk}/approve").json()["given"] == 3
    again = program("post", f"requests/{waiting[0].pk}/deny")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "already_decided")
    assert program("post", f"requests/{waiting[1].pk}/deny").json()["state"] == "denied"
    assert program("get", "requests", state="denied").json()["count"] == 1


def test_schedules_by_program(riverton, program, campaign):
    made = program("post", "schedules", releases="unsent", campaign=campaign.pk, time="21:05", weekdays=[5, 6])
    assert made.status_code == 201
    assert made.json()["says"] == "Every Saturday and Sunday at 9:05 PM (New York): unsent first messages"

    pk = made.json()["id"]
    assert program("patch", f"schedules/{pk}", paused=True).json()["paused"]
    assert program("get", "schedules").json()["count"] == 1
    assert program("delete", f"schedules/{pk}").status_code == 204
    refused = program("post", "schedules", releases="unsent", time="21:05")
    assert (refused.status_code, set(refused.json()["error"]["fields"])) == (422, {"weekdays"})


def test_who_texted_just_now_is_sending(riverton, ada, campaign):
    from tests.test_collisions import sends

    [thread] = riverton.conversations(campaign, holder=riverton.tess)
    page = f"/riverton/admin/campaigns/{campaign.pk}/"
    assert "Sending now" not in says(ada.get(page))

    sends(thread, riverton.tess, timezone.now() - dt.timedelta(minutes=1))()

    assert "Sending now" in says(ada.get(page))
