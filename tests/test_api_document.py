"""The API as a whole: its document, its page, one shape for every refusal, and nothing that makes it fall over."""

import datetime as dt
import json
from pathlib import Path

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import booleans
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.program import Program
from textbank.assignments import automatic
from textbank.assignments.models import Request, Schedule
from textbank.contacts.models import Upload
from textbank.conversations import saving
from textbank.conversations.filters import READERS, Filter
from textbank.conversations.models import Handoff, Status
from textbank.organizations import joining
from textbank.organizations.models import Role, Tag, Team

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
REFERENCE = Path(__file__).parent.parent / "docs/reference/api.md"


@pytest.fixture
def document(client, db):
    return client.get("/api/v1/openapi.json").json()


def test_every_call_is_in_the_reference(document):
    words = REFERENCE.read_text()
    calls = [
        f"{method.upper()} {address.removeprefix('/api/v1').replace('{', '').replace('}', '')}"
        for address, methods in document["paths"].items()
        for method in methods
    ]

    assert [call for call in calls if f"`{call}" not in words] == []


def test_every_key_of_the_filter_is_in_the_document_and_the_reference(document):
    parameters = {one["name"] for one in document["paths"]["/api/v1/conversations"]["get"]["parameters"]}
    words = REFERENCE.read_text()

    assert parameters == {*READERS, "order", "limit", "after", "as_of"}
    assert [key for key in parameters if f"`{key}`" not in words] == []


def test_every_call_says_what_it_does_and_who_is_let_in(document):
    for methods in document["paths"].values():
        for call in methods.values():
            assert call["description"], call["operationId"]
            assert call["security"], call["operationId"]


def test_the_page_of_the_document_needs_nothing_from_elsewhere(client):
    page = client.get("/api/v1/docs")

    words = page.content.decode()
    assert page.status_code == 200
    assert "swagger-ui" in words
    assert "http://" not in words
    assert "https://" not in words
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert client.get("/api/v1/").url == "/api/v1/docs"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("get", "/nothing", 404, "not_found"),
        ("get", "/conversations/nothing", 404, "not_found"),
        ("get", "/conversations/99999999999999999999999", 404, "not_found"),
        ("get", "/campaigns/99999999999999999999999", 404, "not_found"),
        ("delete", "/me", 405, "method_not_allowed"),
        ("get", "/me?as=zed", 422, "invalid"),
        ("get", "/members?search=%00", 422, "invalid"),
        ("post", "/texter/requests", 422, "invalid"),
    ],
)
def test_every_refusal_has_the_same_shape(riverton, method, path, status, code):
    said = Program(riverton.ada).send(method, path, None)

    assert said.status_code == status
    error = said.json()["error"]
    assert set(error) == {"code", "message", "fields"}
    assert error["code"] == code
    assert error["message"].endswith(".")


def test_a_body_where_there_is_none_to_be(riverton):
    campaign = riverton.campaign(contacts=1)

    said = Program(riverton.ada).post(f"/campaigns/{campaign.pk}/pause", {"until": "noon"})

    assert (said.status_code, list(said.said["error"]["fields"])) == (422, ["body"])
    assert Program(riverton.ada).post(f"/campaigns/{campaign.pk}/pause", {}).status_code == 200


def test_a_body_that_is_too_much(riverton):
    said = Program(riverton.ada).post("/campaigns", {"title": "x", "description": "y" * 6 * 2**20})

    assert (said.status_code, said.said["error"]["code"]) == (413, "too_large")


def test_a_fault_of_ours_looks_like_a_refusal(riverton, monkeypatch):
    monkeypatch.setattr("textbank.api.me.person", None)

    said = Program(riverton.ada, faults=False).get("/me")

    assert (said.status_code, said.said["error"]["code"]) == (500, "fault")
    assert "NoneType" not in json.dumps(said.said)


def test_nesting_without_end(riverton):
    deep = '{"title": "x", "script": ' + '[{"answers": ' * 600 + "[]" + "}]" * 600 + "}"
    deeper = "[" * 100_000

    for body in (deep, deeper):
        assert Program(riverton.ada).post("/campaigns", body).status_code == 422


@pytest.fixture
def real(riverton):
    """An id that is there, for each that an address may hold."""
    campaign = riverton.campaign(contacts=2)
    [thread] = riverton.conversations(campaign, holder=riverton.ada, status=Status.NEEDS_RESPONSE)
    upload = Upload.objects.create(campaign=campaign, file_name="list.csv")
    kept = saving.save("Monday", Filter.parse({"escalated": "only"}), "name", by=riverton.ada)
    schedule = Schedule(organization=riverton.organization, made_by=riverton.ada, time=dt.time(21), timezone="UTC")
    schedule.weekdays = [0]
    return {
        "asked": Request.objects.create(organization=riverton.organization, texter=riverton.tess, count=1).pk,
        "campaign": campaign.pk,
        "conversation": thread.pk,
        "handoff": Handoff.objects.latest("pk").pk,
        "invite": joining.invite(Role.TEXTER, by=riverton.ada).pk,
        "member": riverton.theo.pk,
        "tag": Tag.objects.create(organization=riverton.organization, title="Spanish").pk,
        "team": Team.objects.create(organization=riverton.organization, title="Spanish").pk,
        "saved": kept.pk,
        "schedule": automatic.put_on(schedule, timezone.now()).pk,
        "upload": upload.pk,
    }


@pytest.fixture
def application():
    """As servers run it, on the connection of the test."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield WSGIHandler()
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.parametrize("examples", [pytest.param(5, id="a few"), pytest.param(40, id="many", marks=pytest.mark.slow)])
def test_whatever_is_sent_is_answered_as_the_document_says(riverton, real, application, examples):
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)
    headers = Program(riverton.ada).headers

    for operation in (found.ok() for found in schema.get_all_operations()):
        as_documented, otherwise = (operation.as_strategy(generation_mode=mode) for mode in GenerationMode)

        @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(case=as_documented | otherwise, known=booleans())
        def try_it(case, known):
            if known:
                case.path_parameters.update({name: real[name] for name in case.path_parameters})
            with transaction.atomic():
                case.call_and_validate(headers=headers, checks=CHECKS)
                transaction.set_rollback(True)

        try_it()
