"""A conversation that wears two tags is there once, wherever it is shown or counted."""

import pytest
from django.utils import timezone

from tests.program import Program
from textbank.assignments import labelling, reassigning, tags
from textbank.assignments.plans import Plan
from textbank.assignments.reassigning import reassign
from textbank.conversations.filters import Filter
from textbank.conversations.models import Action, Status
from textbank.reports import counts, to_do, wearing

ESCALATED = "/riverton/admin/escalated-convos/"
REVIEW = "/riverton/admin/message-review/"


@pytest.fixture
def worn(riverton):
    """Two tags that escalate, and one that only says something."""
    made = [tags.make(title, assignable=False, by=riverton.ada) for title in ("Urgent", "Angry")]
    return [*made, tags.make("Spanish", by=riverton.ada)]


@pytest.fixture
def thread(riverton, worn):
    """Theo was given it, with all three."""
    [thread] = riverton.conversations(riverton.campaign(), holder=riverton.tess, status=Status.NEEDS_RESPONSE)
    labelling.label([thread.pk], worn, by=riverton.ada, now=timezone.now())
    reassign([thread.pk], [riverton.theo], by=riverton.ada)
    return thread


@pytest.fixture
def ada(client, riverton):
    client.force_login(riverton.ada.user)
    return client


def test_on_the_pages_and_the_badge(ada, riverton, thread, worn):
    of_each = "&".join(f"tag={tag.pk}" for tag in worn)

    for address in (ESCALATED, f"{ESCALATED}?{of_each}", f"{REVIEW}?{of_each}", f"{REVIEW}?escalated=only"):
        page = ada.get(address)
        assert [row.conversation.pk for row in page.context["rows"]] == [thread.pk]
        assert page.context["count"] == 1
        assert [tag.title for tag in page.context["rows"][0].tags] == ["Angry", "Spanish", "Urgent"]
    [badge] = [item["badge"] for item in page.context["nav"] if item["label"] == "Escalated Convos"]
    assert badge == "1"
    assert ">1 conversation</b>" in ada.get(f"{REVIEW}count/?{of_each}").text


@pytest.mark.parametrize("order", ["activity", "waiting", "name"])
def test_in_every_order_of_the_api(riverton, thread, worn, order):
    said = Program(riverton.ada).get("/conversations", tag=[tag.pk for tag in worn], order=order).said

    assert said["count"] == 1
    assert [row["id"] for row in said["results"]] == [thread.pk]


def test_in_the_counts(riverton, thread, worn):
    counted = counts.by_campaign([thread.campaign_id])[thread.campaign_id]
    assert (counted.total, counted.escalated) == (1, 1)
    assert to_do.to_do(riverton.theo, timezone.now()).replies == 1

    assert wearing.worn(worn) == {tag.pk: 1 for tag in worn}
    assert wearing.wearing(worn[0]) == (1, 1, 0)
    assert wearing.wearing(worn[2]) == (1, 1, 0)


def test_in_what_changes_hands(riverton, thread, worn):
    which = Filter.parse({"tag": [tag.pk for tag in worn], "escalated": "only"})
    plan = Plan(Action.UNASSIGN, riverton.ada, timezone.now(), filter=which)
    shown = reassigning.preview(plan)

    act = reassigning.carry_out(plan)

    assert (shown.matched, shown.moved) == (act.matched, act.moved) == (1, 1)
    assert act.moves.count() == 1


def test_both_come_off_at_once(riverton, thread, worn):
    assert labelling.resolve([thread.pk], by=riverton.ada, now=timezone.now()) == 1

    assert thread.taggings.get().tag == worn[2]
