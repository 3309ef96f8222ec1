"""Suspending asks what becomes of their conversations in the same step."""

import pytest

from textbank.assignments import leaving
from textbank.assignments.plans import BadPlan
from textbank.conversations.models import Conversation, Handoff, Status
from textbank.organizations import people


@pytest.fixture
def held(riverton):
    """Tess has one of each kind that an ordinary hand-off would leave alone, and one that it would not."""
    campaign = riverton.campaign()
    return [
        *riverton.conversations(campaign, holder=riverton.tess),
        *riverton.conversations(campaign, holder=riverton.tess, status=Status.CLOSED),
        *riverton.conversations(campaign, holder=riverton.tess, escalated=True),
    ]


def holders(held):
    return {one.texter for one in Conversation.objects.filter(pk__in=[one.pk for one in held])}


def test_they_stay_with_who_leaves(riverton, held, now):
    left = leaving.suspend(riverton.tess, "leave", by=riverton.ada, now=now)

    assert left.member.suspended
    assert left.handoff is None
    assert holders(held) == {riverton.tess}


def test_they_go_to_the_pool_the_closed_and_the_escalated_too(riverton, held, now):
    left = leaving.suspend(riverton.tess, "pool", by=riverton.ada, now=now)

    assert holders(held) == {None}
    assert (left.handoff.moved, left.handoff.by, left.handoff.reason) == (3, riverton.ada, "Tess Doe was suspended")


def test_they_go_to_others(riverton, held, now):
    left = leaving.suspend(riverton.tess, "reassign", [riverton.theo, riverton.tara], by=riverton.ada, now=now)

    assert holders(held) == {riverton.theo, riverton.tara}
    assert left.handoff.moved == 3


def test_who_has_nothing_leaves_no_hand_off(riverton, now):
    assert leaving.suspend(riverton.tess, "pool", by=riverton.ada, now=now).handoff is None


@pytest.mark.parametrize(
    ("then", "texters"), [("reassign", []), ("pool", ["theo"]), ("leave", ["theo"]), ("reassign", ["tess"])]
)
def test_what_contradicts_itself_suspends_nobody(riverton, held, now, then, texters):
    with pytest.raises(BadPlan):
        leaving.suspend(riverton.tess, then, [getattr(riverton, who) for who in texters], by=riverton.ada, now=now)

    riverton.tess.refresh_from_db()
    assert not riverton.tess.suspended


def test_who_may_not_suspend_hands_nothing_on(riverton, held, now):
    with pytest.raises(people.NotAllowed):
        leaving.suspend(riverton.olga, "pool", by=riverton.ada, now=now)
    assert not Handoff.objects.exclude(action="opening").exists()
