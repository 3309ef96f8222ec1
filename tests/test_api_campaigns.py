"""Campaigns and their contact lists through the API."""

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.program import Program
from textbank.campaigns.models import Campaign
from textbank.contacts.models import Contact
from textbank.conversations.models import Status
from textbank.organizations import teams
from textbank.organizations.models import AuditEntry

SCRIPT = [
    {
        "text": "Hi {firstName}, can you come?",
        "question": "Coming?",
        "answers": [{"value": "Yes", "next": {"texts": ["Great!", "Wonderful!"]}}, {"value": "No"}],
    }
]

LIST = b"""\xef\xbb\xbfLast Name;FIRST NAME;Mobile;Precinct
Lopez;Maria;(212) 555-0101;12
Diaz;Juan;212-555-0102;12
Lopez;Maria again;+1 212 555 0101;13
Nobody;;call me;13
"""


@pytest.fixture
def ada(riverton):
    return Program(riverton.ada)


def csv(content=LIST, name="list.csv"):
    return SimpleUploadedFile(name, content, content_type="text/csv")


def test_a_campaign_is_planned_with_its_script(riverton, ada):
    said = ada.post(
        "/campaigns",
        {"title": " Saturday ", "due_by": "2026-11-03", "texting_hours": {"start": "10:00"}, "script": SCRIPT},
    )

    assert said.status_code == 201
    made = said.said
    assert (made["title"], made["state"], made["due_by"], made["autoassign"]) == (
        "Saturday",
        "draft",
        "2026-11-03",
        True,
    )
    assert made["texting_hours"] == {"start": "10:00", "end": "21:00", "timezone": "America/New_York"}
    [step] = made["script"]
    yes, no = step["answers"]
    assert (step["text"], step["question"]) == ("Hi {firstName}, can you come?", "Coming?")
    assert (yes["value"], yes["next"]["texts"], no["next"]) == ("Yes", ["Great!", "Wonderful!"], None)
    assert AuditEntry.objects.get().did == "planned"


def test_the_organizations_hours_are_the_usual_ones(riverton, ada):
    settings = riverton.organization.settings
    settings.texting_starts, settings.timezone = dt.time(11), "America/Chicago"
    settings.save()

    made = ada.post("/campaigns", {"title": "Saturday"}).said

    assert made["texting_hours"] == {"start": "11:00", "end": "21:00", "timezone": "America/Chicago"}
    assert made["script"] == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "title"),
        ({"title": "  "}, "title"),
        ({"title": "x", "colour": "red"}, "colour"),
        ({"title": "x", "due_by": "soon"}, "due_by"),
        ({"title": "x", "autoassign": "perhaps"}, "autoassign"),
        ({"title": "x", "texting_hours": {"start": "25:00"}}, "texting_hours.start"),
        ({"title": "x", "texting_hours": {"timezone": "Riverton"}}, "texting_hours.timezone"),
        ({"title": "x", "script": [{"question": "?"}]}, "script"),
        ({"title": "x", "script": [{"text": "a"}, {"text": "b"}]}, "script"),
        ({"title": "x", "script": [{"text": "a", "answers": [{"value": "b", "nxt": None}]}]}, "script.0.answers.0.nxt"),
        ({"title": "x\0"}, "body"),
        ({"title": "\ud800"}, "body"),
        ([], "body"),
        ("[", "body"),
        ('{"title": NaN}', "body"),
    ],
)
def test_what_is_not_understood_makes_no_campaign(ada, body, field):
    said = ada.post("/campaigns", body)

    assert said.status_code == 422
    assert set(said.said["error"]) == {"code", "message", "fields"}
    assert list(said.said["error"]["fields"]) == [field]
    assert said.said["error"]["fields"][field].endswith(".")
    assert not Campaign.objects.exists()


def test_from_draft_to_archive_and_back(riverton, ada):
    pk = ada.post("/campaigns", {"title": "Saturday"}).said["id"]
    not_yet = ada.post(f"/campaigns/{pk}/start")
    riverton.conversations(Campaign.objects.get())
    ready = riverton.campaign(started=False, contacts=1)

    assert (not_yet.status_code, not_yet.said["error"]["code"]) == (409, "not_ready")
    assert "Upload a list." in not_yet.said["error"]["message"]
    states = [
        ada.post(f"/campaigns/{ready.pk}/{verb}").said["state"]
        for verb in ("start", "start", "pause", "resume", "archive", "unarchive")
    ]
    assert states == ["started", "started", "paused", "started", "archived", "started"]


def test_counts_by_status(riverton, ada):
    campaign = riverton.campaign(contacts=3)
    riverton.conversations(campaign, 2, holder=riverton.tess, status=Status.NEEDS_RESPONSE)
    riverton.conversations(campaign, opted_out=True)

    one = ada.get(f"/campaigns/{campaign.pk}").said
    [row] = ada.get("/campaigns").said["results"]

    assert {key: one[key] for key in row} == row
    assert one["counts"] == {
        "needs_first_message": 3,
        "first_message_sent": 0,
        "needs_response": 2,
        "active": 0,
        "closed": 0,
    }
    assert (one["total"], one["unassigned"], one["opted_out"]) == (5, 3, 1)


def test_the_list_is_paged_newest_first_and_searched(riverton, ada):
    old, archived, new = (
        riverton.campaign("Old"),
        riverton.campaign("Over", archived_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC)),
        riverton.campaign("New"),
    )

    def ids(said):
        return [row["id"] for row in said.said["results"]]

    first = ada.get("/campaigns", limit=2)
    assert ids(first) == [new.pk, archived.pk]
    assert ids(ada.get(first.said["next"])) == [old.pk]
    assert ids(ada.get("/campaigns", state="archived")) == [archived.pk]
    assert ids(ada.get("/campaigns", search="o")) == [archived.pk, old.pk]
    assert ada.get("/campaigns", state="asleep").status_code == 422


def test_the_list_takes_as_many_statements_for_many_as_for_one(riverton, ada, django_assert_max_num_queries):
    for _ in range(5):
        riverton.campaign(contacts=1)
    ada.get("/me")

    with django_assert_max_num_queries(7):  # token, snapshot, few or many, page, teams, counts, count
        ada.get("/campaigns")


def test_to_whom_it_is_handed_out_is_said_and_changed(riverton, otherton, ada):
    spanish = teams.make("Spanish", by=riverton.ada)
    wish = {"title": "Sábado", "teams": [spanish.pk], "limited_to_teams": True, "priority": 5}

    made = ada.post("/campaigns", wish).said
    assert (made["teams"], made["limited_to_teams"]) == ([{"id": spanish.pk, "title": "Spanish"}], True)
    assert (made["priority"], made["release_after_minutes"]) == (5, None)

    address = f"/campaigns/{made['id']}"
    changed = ada.patch(address, {"limited_to_teams": False, "release_after_minutes": 30, "autoassign": False}).said
    assert (changed["limited_to_teams"], changed["release_after_minutes"], changed["autoassign"]) == (False, 30, False)
    assert (changed["title"], changed["teams"]) == ("Sábado", made["teams"])
    assert ada.patch(address, {"teams": [], "texting_hours": {"end": "20:00"}}).said["texting_hours"]["end"] == "20:00"
    assert AuditEntry.objects.filter(did="changed").count() == 2

    assert ada.patch(address, {"teams": [teams.make("Theirs", by=otherton.zed).pk]}).status_code == 404
    assert ada.patch(f"/campaigns/{otherton.campaign().pk}", {"title": "Ours"}).status_code == 404


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"limited_to_teams": True}, "teams"),
        ({"priority": 10_001}, "priority"),
        ({"release_after_minutes": 0}, "release_after_minutes"),
        ({"title": " "}, "title"),
        ({"script": []}, "script"),
    ],
)
def test_what_cannot_be_changed_so_is_refused_by_its_part(riverton, ada, wish, field):
    said = ada.patch(f"/campaigns/{riverton.campaign().pk}", wish)

    assert (said.status_code, list(said.said["error"]["fields"])) == (422, [field])
    assert not AuditEntry.objects.exists()


def test_a_list_comes_in_and_is_reported_on(riverton, ada):
    campaign = riverton.campaign(started=False)

    said = ada.upload(f"/campaigns/{campaign.pk}/contacts", csv())

    assert said.status_code == 201, said.said
    report = said.said
    assert (report["accepted"], report["duplicates"], report["opted_out"], report["invalid_count"]) == (2, 1, 0, 1)
    assert report["invalid"][0]["line"] == 5
    assert "call me" in report["invalid"][0]["reason"]
    assert (report["state"], report["error"]) == ("done", "")
    assert ada.get(report["address"]).said == report
    assert said.headers["Location"] == report["address"]
    assert Contact.objects.get(first_name="Juan").custom == {"Precinct": "12"}
    assert ada.get(f"/campaigns/{campaign.pk}").said["custom_fields"] == ["Precinct"]


def test_a_long_list_goes_on_as_a_job(riverton, ada):
    campaign = riverton.campaign(started=False)
    rows = b"".join(b"Maria,%d\n" % (2123000000 + row) for row in range(5000))

    said = ada.upload(f"/campaigns/{campaign.pk}/contacts", csv(b"firstName,cell\n" + rows))

    assert said.status_code == 202
    assert (said.said["state"], said.said["lines"]) == ("staged", 5001)
    assert ada.get(said.said["address"]).said["state"] == "staged"


def test_a_file_that_is_no_list(riverton, ada):
    campaign = riverton.campaign(started=False)

    picture = ada.upload(f"/campaigns/{campaign.pk}/contacts", csv(b"\x89PNG\r\n\x1a\n", "cat.png"))
    nothing = ada.post(f"/campaigns/{campaign.pk}/contacts", {})
    two = ada.upload(f"/campaigns/{campaign.pk}/contacts", csv(), fiel="x")

    assert (picture.status_code, picture.said["error"]["code"]) == (422, "unreadable")
    assert "picture" in picture.said["error"]["fields"]["file"]
    assert (nothing.status_code, list(nothing.said["error"]["fields"])) == (422, ["file"])
    assert (two.status_code, list(two.said["error"]["fields"])) == (422, ["fiel"])
    assert not Contact.objects.exists()


def test_an_archived_campaign_takes_no_contacts(riverton, ada):
    campaign = riverton.campaign(archived_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))

    said = ada.upload(f"/campaigns/{campaign.pk}/contacts", csv())

    assert (said.status_code, said.said["error"]["code"]) == (409, "campaign_archived")
