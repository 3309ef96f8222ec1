"""A conversation is pinned to who has it, on their page and in the review panel."""

import pytest
from django.utils import timezone

from textbank.assignments.reassigning import reassign
from textbank.conversations import pinning
from textbank.conversations.models import Status

HTMX = {"HTTP_HX_REQUEST": "true"}
REVIEW = {**HTMX, "HTTP_X_PANE": "review"}


@pytest.fixture
def as_(client):
    def sign_in(member):
        client.force_login(member.user)
        return client

    return sign_in


@pytest.fixture
def maria(riverton):
    """Maria asks Tess something."""
    [thread] = riverton.conversations(riverton.campaign(), holder=riverton.tess, status=Status.NEEDS_RESPONSE)
    return thread


def address(thread, act=""):
    return f"/riverton/conversations/{thread.pk}/{act}"


def test_tess_pins_and_unpins_her_own(as_, riverton, maria):
    tess = as_(riverton.tess)
    assert 'aria-pressed="false"' in tess.get(address(maria)).text

    part = tess.post(address(maria, "pin/"), {"on": "yes"}, **HTMX)

    assert "Stays with you" in part.text
    assert "data-pinned" in part.text
    assert "pinned to you" in tess.get("/riverton/replies/").text
    maria.refresh_from_db()
    assert maria.pinned_to == riverton.tess
    assert reassign([maria.pk], [riverton.theo], by=riverton.ada).left_alone == {"pinned": 1}

    page = tess.post(address(maria, "pin/"), {"on": "no"}, follow=True)
    assert "Stays with you" not in page.text
    maria.refresh_from_db()
    assert maria.pinned_to is None


def test_sue_pins_it_to_tess_from_the_review_panel(as_, riverton, maria):
    sue, panel = as_(riverton.sue), f"/riverton/admin/message-review/{maria.pk}/"
    assert "Stays with" not in sue.get(panel, **HTMX).text

    part = sue.post(address(maria, "pin/"), {"on": "yes"}, **REVIEW)

    assert "Stays with Tess" in part.text
    assert "Unpin" in part.text
    assert "Stays with Tess" in sue.get(panel, **HTMX).text
    assert "Stays with Tess" in sue.get(address(maria)).text
    assert "pinned to them" in sue.get("/riverton/admin/message-review/?status=needs_response").text
    maria.refresh_from_db()
    assert maria.pinned_to == riverton.tess


def test_what_nobody_has_stays_with_nobody(as_, riverton, maria):
    reassign([maria.pk], [riverton.theo], by=riverton.ada)
    [free] = riverton.conversations(maria.campaign, status=Status.NEEDS_RESPONSE)
    sue = as_(riverton.sue)

    assert 'id="pin"' not in sue.get(f"/riverton/admin/message-review/{free.pk}/", **HTMX).text
    refused = sue.post(address(free, "pin/"), {"on": "yes"}, **REVIEW)

    assert refused.status_code == 409
    assert "Nobody has this conversation. Give it to somebody first." in refused.text


def test_who_lost_it_pins_nothing(as_, riverton, maria):
    reassign([maria.pk], [riverton.theo], by=riverton.ada)

    answer = as_(riverton.tess).post(address(maria, "pin/"), {"on": "yes"}, **HTMX)

    assert answer.status_code == 409
    maria.refresh_from_db()
    assert maria.pinned_to is None


def test_what_is_pinned_to_one_who_escalated_it_is_said(as_, riverton, maria):
    pinning.pin(maria, by=riverton.tess, now=timezone.now())
    as_(riverton.tess).post(address(maria, "escalate/"))

    panel = as_(riverton.ada).get(f"/riverton/admin/message-review/{maria.pk}/", **HTMX)

    assert "Stays with Tess" in panel.text
    assert "Unpin" in panel.text
