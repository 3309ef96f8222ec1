"""Closing, reopening, tagging, untagging and resolving many at once, through the API."""

import pytest

from tests.program import Program
from textbank.conversations import closing
from textbank.conversations.models import Conversation, Handoff, Status, Tagging
from textbank.organizations.models import Tag


@pytest.fixture
def sue(riverton):
    return Program(riverton.sue)


@pytest.fixture
def three(riverton):
    return riverton.conversations(riverton.campaign(), 3, holder=riverton.tess, status=Status.NEEDS_RESPONSE)


@pytest.fixture
def spanish(riverton):
    return Tag.objects.create(organization=riverton.organization, title="Spanish")


@pytest.fixture
def urgent(riverton):
    return Tag.objects.create(organization=riverton.organization, title="Urgent", assignable=False)


def mark(program, threads, **do):
    return program.post("/conversations/marks", {"conversations": [one.pk for one in threads], **do})


def statuses(threads) -> list[Status]:
    return [Conversation.objects.get(pk=one.pk).status for one in threads]


def test_closing_and_reopening(sue, three):
    closing.close(three[0])

    closed = mark(sue, three, close=True)
    again = mark(sue, three[:2], reopen=True)

    assert (closed.status_code, closed.said) == (200, {"changed": 2, "unchanged": 1})
    assert again.said == {"changed": 2, "unchanged": 0}
    assert statuses(three) == [Status.NEEDS_RESPONSE, Status.NEEDS_RESPONSE, Status.CLOSED]


def test_tagging_and_untagging(riverton, sue, three, spanish):
    assert mark(sue, three, tag=[spanish.pk]).said == {"changed": 3, "unchanged": 0}
    assert mark(sue, three, tag=[spanish.pk]).said == {"changed": 0, "unchanged": 3}
    assert set(Tagging.objects.values_list("by", flat=True)) == {riverton.sue.pk}

    assert mark(sue, three[:1], untag=[spanish.pk]).said == {"changed": 1, "unchanged": 0}
    assert Tagging.objects.count() == 2


def test_a_tag_that_escalates_takes_them_out_and_resolving_brings_them_back(riverton, sue, three, urgent):
    mark(sue, three, tag=[urgent.pk])

    assert set(Conversation.objects.values_list("escalated", "texter")) == {(True, None)}
    assert Handoff.objects.filter(action="escalate", by=riverton.sue).exists()
    assert mark(sue, three, resolve=True).said == {"changed": 3, "unchanged": 0}
    assert not Conversation.objects.filter(escalated=True).exists()


def test_a_conversation_named_twice_counts_once(sue, three):
    assert mark(sue, [*three, *three], close=True).said == {"changed": 3, "unchanged": 0}


@pytest.mark.parametrize(
    "do",
    [
        {},
        {"close": False},
        {"close": True, "reopen": True},
        {"close": True, "tag": [1]},
        {"close": "yes"},
        {"tag": []},
        {"tag": ["Spanish"]},
        {"archive": True},
        {"close": True, "conversations": []},
        {"close": True, "conversations": [1] * (closing.MOST + 1)},
    ],
)
def test_what_makes_no_sense_changes_nothing(sue, three, do):
    assert mark(sue, three, **do).status_code == 422
    assert set(statuses(three)) == {Status.NEEDS_RESPONSE}


def test_what_is_of_another_organization_is_not_there(riverton, otherton, sue, three, spanish):
    [theirs] = otherton.conversations(otherton.campaign(), status=Status.NEEDS_RESPONSE)
    tag = Tag.objects.create(organization=otherton.organization, title="Spanish")

    assert mark(sue, [*three, theirs], close=True).status_code == 404
    assert mark(sue, three, tag=[tag.pk]).status_code == 404
    assert mark(Program(otherton.zed), three, close=True).status_code == 404
    assert set(statuses([*three, theirs])) == {Status.NEEDS_RESPONSE}


def test_texters_mark_one_at_a_time(riverton, three):
    assert mark(Program(riverton.tess), three, close=True).status_code == 403
