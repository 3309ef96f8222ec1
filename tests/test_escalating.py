"""Tags on a conversation; one that is not assignable takes it out of its texter's hands."""

import pytest

from textbank.assignments import escalating, labelling
from textbank.assignments.pool import assignable
from textbank.conversations import sending
from textbank.conversations.ledger import Card, hand
from textbank.conversations.models import Action, Conversation, Handoff, Status
from textbank.organizations.models import Tag


@pytest.fixture
def spanish(riverton):
    return Tag.objects.create(organization=riverton.organization, title="Spanish")


@pytest.fixture
def reporter(riverton):
    return Tag.objects.create(organization=riverton.organization, title="Reporter", assignable=False)


@pytest.fixture
def thread(riverton, now):
    campaign = riverton.campaign()
    return riverton.conversations(campaign, holder=riverton.tess, status=Status.NEEDS_RESPONSE, waiting_since=now)[0]


def test_an_ordinary_tag_changes_no_hands(riverton, thread, spanish, now):
    assert escalating.tag(thread, [spanish], by=riverton.tess, now=now) == [spanish]
    assert escalating.tag(thread, [spanish], by=riverton.tess, now=now) == []

    thread.refresh_from_db()
    assert (thread.texter, thread.escalated, thread.worked_at) == (riverton.tess, False, now)


def test_an_escalation_tag_gives_it_out_of_hand_and_out_of_the_pool(riverton, thread, reporter, now):
    escalating.tag(thread, [reporter], by=riverton.tess, now=now, note="Asks who pays for this")

    thread.refresh_from_db()
    assert (thread.texter, thread.escalated, thread.status) == (None, True, Status.NEEDS_RESPONSE)
    act = Handoff.objects.get(action=Action.ESCALATE)
    assert (act.by, act.note, act.matched, act.moved) == (riverton.tess, "Asks who pays for this", 1, 1)
    assert not assignable(riverton.theo, Status.NEEDS_RESPONSE, now).exists()


def test_one_that_nobody_has_is_escalated_where_it_is(riverton, reporter, now):
    pooled = riverton.conversations(riverton.campaign())[0]

    escalating.tag(pooled, [reporter], by=riverton.sue, now=now, note="A reporter")

    act = Handoff.objects.get(action=Action.ESCALATE)
    assert (act.matched, act.moved, act.left_alone, act.note) == (1, 0, {"already_theirs": 1}, "A reporter")


def test_without_its_last_escalation_tag_it_is_escalated_no_more(riverton, thread, reporter, spanish, now):
    other = Tag.objects.create(organization=riverton.organization, title="Angry", assignable=False)
    escalating.tag(thread, [reporter, other, spanish], by=riverton.tess, now=now)

    escalating.untag(thread, [reporter], by=riverton.ada, now=now)
    thread.refresh_from_db()
    assert thread.escalated

    assert escalating.untag(thread, [other, reporter], by=riverton.ada, now=now) == 1
    thread.refresh_from_db()
    assert (thread.escalated, thread.texter) == (False, None)
    assert assignable(riverton.theo, Status.NEEDS_RESPONSE, now).get() == thread


def test_who_no_longer_has_it_tags_nothing(riverton, thread, spanish, now):
    act = Handoff.objects.create(organization=riverton.organization, action=Action.REASSIGN)
    hand(act, [Card(thread.pk, riverton.tess.pk, riverton.theo.pk)], at=now)

    with pytest.raises(sending.NotYours):
        escalating.tag(thread, [spanish], by=riverton.tess, now=now)
    assert not thread.taggings.exists()


def test_tagging_counts_as_a_change_since_somebody_looked(riverton, thread, spanish, now):
    Conversation.objects.update(changed_in="3")

    escalating.tag(thread, [spanish], by=riverton.sue, now=now)

    thread.refresh_from_db()
    assert int(thread.changed_in) > 3


def given_to(member, thread, now):
    """Ada gives it to them, escalated or not."""
    act = Handoff.objects.create(organization=member.organization, action=Action.REASSIGN, at=now)
    hand(act, [Card(thread.pk, Conversation.objects.get(pk=thread.pk).texter_id, member.pk)], at=now)


def test_who_was_given_an_escalated_one_may_escalate_it_again(riverton, thread, reporter, now):
    escalating.escalate(thread, by=riverton.tess, now=now)
    given_to(riverton.theo, thread, now)

    assert escalating.escalate(thread, by=riverton.theo, message="Not mine to say either", now=now)

    thread.refresh_from_db()
    assert (thread.texter, thread.escalated, thread.taggings.count()) == (None, True, 1)
    act = Handoff.objects.filter(action=Action.ESCALATE).latest("pk")
    assert (act.by, act.note, act.moved) == (riverton.theo, "Not mine to say either", 1)


def test_another_escalation_tag_takes_it_out_of_hand_again(riverton, thread, reporter, spanish, now):
    angry = Tag.objects.create(organization=riverton.organization, title="Angry", assignable=False)
    escalating.escalate(thread, by=riverton.tess, now=now)
    given_to(riverton.theo, thread, now)

    escalating.tag(thread, [spanish], by=riverton.sue, now=now)
    assert Conversation.objects.get(pk=thread.pk).texter == riverton.theo

    labelling.label([thread.pk], [angry], by=riverton.sue, now=now)
    assert Conversation.objects.get(pk=thread.pk).texter is None


def test_escalating_what_waits_in_the_pool_already_keeps_a_word_and_nothing_else(riverton, thread, reporter, now):
    escalating.escalate(thread, by=riverton.tess, now=now)

    assert not escalating.escalate(thread, by=riverton.sue, now=now)
    assert escalating.escalate(thread, by=riverton.sue, message="She called the office", now=now)

    acts = Handoff.objects.filter(action=Action.ESCALATE).order_by("pk")
    assert [(act.by, act.moved, act.note) for act in acts] == [
        (riverton.tess, 1, ""),
        (riverton.sue, 0, "She called the office"),
    ]


def test_a_tag_that_was_made_assignable_meanwhile_does_not_escalate(riverton, thread, reporter, now):
    Tag.objects.filter(pk=reporter.pk).update(assignable=True)

    with pytest.raises(escalating.NoEscalationTag):
        escalating.escalate(thread, with_tag=reporter, by=riverton.tess, now=now)

    assert not thread.taggings.exists()


def test_escalating_without_a_tag_takes_the_organizations_own(riverton, thread, reporter, now):
    assert escalating.escalate(thread, by=riverton.tess, now=now)
    assert not escalating.escalate(thread, by=riverton.sue, now=now)

    assert thread.taggings.get().tag == reporter


def test_an_organization_without_an_escalation_tag_gets_one(riverton, thread, now):
    escalating.escalate(thread, by=riverton.tess, now=now)

    tag = thread.taggings.get().tag
    assert (tag.title, tag.assignable) == ("Escalated", False)


def test_a_tag_that_only_says_so_does_not_escalate(riverton, thread, now):
    Tag.objects.create(organization=riverton.organization, title="Escalated")

    with pytest.raises(escalating.NoEscalationTag):
        escalating.escalate(thread, by=riverton.tess, now=now)
