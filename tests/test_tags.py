"""Tags are made, changed and deleted, and whoever wears one is as escalated as its kind says."""

from functools import partial

import pytest

from tests.together import at_once
from textbank.assignments import carrying_out, escalating, labelling, tags, undoing
from textbank.assignments.pool import assignable
from textbank.conversations import sending
from textbank.conversations.ledger import Card, hand
from textbank.conversations.models import Action, Conversation, Handoff, Move, State, Status, Tagging
from textbank.conversations.snapshots import Snapshot, UnchangedSince
from textbank.organizations.models import AuditEntry, Tag


@pytest.fixture
def reporter(riverton):
    """A tag that only says so."""
    return tags.make("Reporter", by=riverton.ada)


@pytest.fixture
def urgent(riverton):
    return tags.make("Urgent", assignable=False, by=riverton.ada)


@pytest.fixture
def campaign(riverton):
    return riverton.campaign()


@pytest.fixture
def wear(riverton, campaign, now):
    """So many conversations that wear the tags, in the hands of Tess or of somebody else."""

    def wearing(*worn, count=1, holder=riverton.tess):
        made = riverton.conversations(campaign, count, holder=holder, status=Status.NEEDS_RESPONSE)
        Tagging.objects.bulk_create(Tagging(conversation=one, tag=tag) for one in made for tag in worn)
        escalated = not all(tag.assignable for tag in worn)
        Conversation.objects.filter(pk__in=[one.pk for one in made]).update(escalated=escalated)
        return made

    return wearing


def standing(threads) -> list[tuple[bool, int | None]]:
    fresh = Conversation.objects.in_bulk([one.pk for one in threads])
    return [(fresh[one.pk].escalated, fresh[one.pk].texter_id) for one in threads]


def becomes(tag, by, now, **fields) -> tags.Changed:
    return tags.change(tag, by=by, now=now, **fields)


def test_a_title_is_taken_whatever_its_case_and_only_here(riverton, otherton, reporter, now):
    with pytest.raises(tags.TitleTaken):
        tags.make("REPORTER", by=riverton.ada)
    tags.make("Reporter", by=otherton.zed)
    other = tags.make("Spanish", by=riverton.ada)
    with pytest.raises(tags.TitleTaken):
        becomes(other, riverton.ada, now, title="reporter")

    assert becomes(reporter, riverton.ada, now, title="reporter").tag.title == "reporter"


def test_who_did_what_to_a_tag_is_kept(riverton, reporter, now):
    becomes(reporter, riverton.ada, now, title="Press", colour="blue")
    becomes(reporter, riverton.ada, now, title="Press")
    tags.delete(reporter, by=riverton.ada, now=now)

    told = AuditEntry.objects.filter(did__startswith="tag").order_by("pk").values_list("did", "about")
    assert list(told) == [("tag made", "Reporter"), ("tag changed", "Press"), ("tag deleted", "Press")]


def test_once_it_escalates_who_wears_it_leaves_their_texters_hands(riverton, reporter, wear, now):
    [held], [pooled], [bare] = wear(reporter), wear(reporter, holder=None), wear()

    act = becomes(reporter, riverton.ada, now, assignable=False).handoff

    assert standing([held, pooled, bare]) == [(True, None), (True, None), (False, riverton.tess.pk)]
    assert (act.action, act.by, act.state, act.moved) == (Action.ESCALATE, riverton.ada, State.DONE, 1)
    assert (act.matched, act.left_alone, act.reason) == (2, {"already_theirs": 1}, "“Reporter” escalates from now on")
    assert not assignable(riverton.theo, Status.NEEDS_RESPONSE, now).filter(pk__in=[held.pk, pooled.pk]).exists()


def test_another_title_or_colour_moves_nobody(riverton, reporter, wear, now):
    threads = wear(reporter)

    changed = becomes(reporter, riverton.ada, now, title="Press", colour="violet", assignable=True)

    assert (changed.worn, changed.handoff) == (1, None)
    assert standing(threads) == [(False, riverton.tess.pk)]


def test_what_was_escalated_before_and_given_to_somebody_leaves_their_hands_too(riverton, reporter, urgent, wear, now):
    threads = wear(reporter, urgent)

    act = becomes(reporter, riverton.ada, now, assignable=False).handoff

    assert standing(threads) == [(True, None)]
    assert act.moved == 1


def test_undoing_that_gives_them_back_and_leaves_the_tags(riverton, reporter, wear, now):
    threads = wear(reporter)
    act = becomes(reporter, riverton.ada, now, assignable=False).handoff

    undoing.undo(act, by=riverton.ada, now=now)

    assert standing(threads) == [(True, riverton.tess.pk)]


def test_once_it_is_assignable_who_wears_no_other_is_escalated_no_more(riverton, urgent, wear, now):
    angry = tags.make("Angry", assignable=False, by=riverton.ada)
    [pooled], [held], [both] = wear(urgent, holder=None), wear(urgent), wear(urgent, angry, holder=None)

    changed = becomes(urgent, riverton.ada, now, assignable=True)

    assert standing([pooled, held, both]) == [(False, None), (False, riverton.tess.pk), (True, None)]
    assert (changed.worn, changed.handoff) == (3, None)
    assert assignable(riverton.theo, Status.NEEDS_RESPONSE, now).get() == pooled


def test_deleting_an_escalation_tag_ends_escalations_and_stays_in_the_pool(riverton, urgent, reporter, wear, now):
    angry = tags.make("Angry", assignable=False, by=riverton.ada)
    [pooled], [both] = wear(urgent, reporter, holder=None), wear(urgent, angry, holder=None)

    assert tags.delete(urgent, by=riverton.ada, now=now) == 2

    assert standing([pooled, both]) == [(False, None), (True, None)]
    assert not Tag.every.filter(pk=urgent.pk).exists()
    assert pooled.taggings.get().tag == reporter
    with pytest.raises(Tag.DoesNotExist):
        tags.delete(urgent, by=riverton.ada, now=now)


@pytest.mark.django_db(transaction=True)
def test_what_loses_its_tag_has_changed_since_it_was_looked_at_but_nobody_worked_on_it(riverton, reporter, wear, now):
    [thread] = wear(reporter)
    seen = Snapshot.now()
    Conversation.objects.update(changed_in="3")

    tags.delete(reporter, by=riverton.ada, now=now)

    assert not Conversation.objects.filter(UnchangedSince("changed_in", seen), pk=thread.pk).exists()
    assert Conversation.objects.get(pk=thread.pk).worked_at is None


# Many wear it


@pytest.fixture
def small(monkeypatch):
    """Ten are many here, and three are a batch."""
    monkeypatch.setattr(tags, "AT_ONCE", 9)
    monkeypatch.setattr(tags, "BATCH", 3)


def go_on(tag, by, act=None) -> Handoff | None:
    tags.go_on(tag=tag.pk, by=by.pk, handoff=act.pk if act else None)
    if act:
        act.refresh_from_db()
    return act


def test_many_are_taken_out_part_by_part_in_one_act(riverton, reporter, wear, small, now):
    threads = [*wear(reporter, count=8), *wear(reporter, count=3, holder=None)]

    act = becomes(reporter, riverton.ada, now, assignable=False).handoff
    assert (act.state, act.total, act.moved) == (State.RUNNING, 11, 0)
    assert standing(threads[:1]) == [(False, riverton.tess.pk)]

    go_on(reporter, riverton.ada, act)
    assert standing(threads) == [(True, None)] * 11
    assert (act.state, act.matched, act.moved, act.left_alone) == (State.DONE, 11, 8, {"already_theirs": 3})


def test_a_killed_workers_job_goes_on(riverton, reporter, wear, small, now, monkeypatch):
    threads = wear(reporter, count=10)
    act = becomes(reporter, riverton.ada, now, assignable=False).handoff
    real = tags.take_out

    def dies_in_the_second_batch(some, act, now):
        if threads[3] in some:
            raise SystemExit
        real(some, act, now)

    monkeypatch.setattr(tags, "take_out", dies_in_the_second_batch)
    with pytest.raises(SystemExit):
        go_on(reporter, riverton.ada, act)
    monkeypatch.setattr(tags, "take_out", real)
    later = Handoff.objects.create(organization=riverton.organization, action=Action.REASSIGN, at=now)
    hand(later, [Card(threads[0].pk, None, riverton.theo.pk)], at=now.replace(hour=23))

    go_on(reporter, riverton.ada, act)

    # What Ada gave to Theo in between he was given as an escalated one.
    assert standing(threads) == [(True, riverton.theo.pk), *[(True, None)] * 9]
    assert (act.state, act.matched, act.moved) == (State.DONE, 10, 10)
    assert Move.objects.filter(handoff=act).count() == 10


def test_stopped_the_rest_is_escalated_where_it_is(riverton, reporter, wear, small, now, monkeypatch):
    threads = wear(reporter, count=10)
    act = becomes(reporter, riverton.ada, now, assignable=False).handoff
    real = tags.take_out

    def then_ada_stops_it(*args):
        real(*args)
        if not Handoff.objects.get(pk=act.pk).stop_asked:
            carrying_out.stop(act, by=riverton.ada)

    monkeypatch.setattr(tags, "take_out", then_ada_stops_it)
    go_on(reporter, riverton.ada, act)

    assert standing(threads) == [*[(True, None)] * 3, *[(True, riverton.tess.pk)] * 7]
    assert (act.state, act.matched, act.moved, act.left_alone) == (State.STOPPED, 10, 3, {"stopped": 7})


def test_a_fault_is_written_down(riverton, reporter, wear, small, now, monkeypatch):
    wear(reporter, count=10)
    act = becomes(reporter, riverton.ada, now, assignable=False).handoff
    monkeypatch.setattr(tags, "take_out", lambda *args: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        go_on(reporter, riverton.ada, act)

    act.refresh_from_db()
    assert (act.state, act.error[:20]) == (State.FAILED, "It stopped at a faul")


def test_one_that_is_deleted_before_its_turn_comes_ends_its_act(riverton, reporter, wear, small, now):
    threads = wear(reporter, count=10)
    act = becomes(reporter, riverton.ada, now, assignable=False).handoff
    tags.delete(reporter, by=riverton.ada, now=now)
    go_on(reporter, riverton.ada)

    go_on(reporter, riverton.ada, act)

    assert (act.state, act.moved) == (State.DONE, 0)
    assert standing(threads) == [(False, riverton.tess.pk)] * 10


def test_a_tag_of_many_is_gone_at_once_and_comes_off_part_by_part(riverton, urgent, wear, small, now):
    threads = wear(urgent, count=10, holder=None)

    assert tags.delete(urgent, by=riverton.ada, now=now) == 10
    assert not riverton.organization.tags.exists()
    again = tags.make("Urgent", by=riverton.ada)
    assert escalating.tag(threads[0], [urgent], by=riverton.sue, now=now) == []

    go_on(urgent, riverton.ada)
    assert standing(threads) == [(False, None)] * 10
    assert list(Tag.every.all()) == [again]
    go_on(urgent, riverton.ada)


def test_many_that_are_escalated_no_more(riverton, urgent, wear, small, now):
    threads = wear(urgent, count=10, holder=None)

    changed = becomes(urgent, riverton.ada, now, assignable=True)
    go_on(urgent, riverton.ada)

    assert (changed.worn, changed.handoff) == (10, None)
    assert standing(threads) == [(False, None)] * 10


# In the same moment


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("how", ["one", "many"])
def test_tess_puts_it_on_while_it_becomes_one_that_escalates(riverton, wear, how, now):
    for number in range(4):
        tag = tags.make(f"Reporter {number}", by=riverton.ada)
        [thread] = wear()
        one = partial(escalating.tag, thread, [tag], by=riverton.tess, now=now)
        many = partial(labelling.label, [thread.pk], [tag], by=riverton.sue, now=now)

        at_once({"one": one, "many": many}[how], partial(becomes, tag, riverton.ada, now, assignable=False))

        assert standing([thread]) == [(True, None)]


@pytest.mark.django_db(transaction=True)
def test_tess_puts_it_on_while_it_is_deleted(riverton, wear, now):
    for number in range(4):
        tag = tags.make(f"Urgent {number}", assignable=False, by=riverton.ada)
        [thread] = wear()

        escalated, worn = at_once(
            partial(escalating.tag, thread, [tag], by=riverton.tess, now=now),
            partial(tags.delete, tag, by=riverton.ada, now=now),
        )

        assert worn in (0, 1)
        assert escalated == ([tag] if worn else [])
        assert standing([thread]) == [(False, None if worn else riverton.tess.pk)]


@pytest.mark.django_db(transaction=True)
def test_one_tag_comes_off_while_the_other_becomes_one_that_escalates(riverton, wear, now):
    for number in range(4):
        urgent = tags.make(f"Urgent {number}", assignable=False, by=riverton.ada)
        reporter = tags.make(f"Reporter {number}", by=riverton.ada)
        [thread] = wear(urgent, reporter, holder=None)

        at_once(
            partial(escalating.untag, thread, [urgent], by=riverton.sue, now=now),
            partial(becomes, reporter, riverton.ada, now, assignable=False),
        )

        assert standing([thread]) == [(True, None)]


def test_who_no_longer_has_it_escalates_nothing(riverton, urgent, wear, now):
    [thread] = wear(holder=riverton.theo)

    with pytest.raises(sending.NotYours):
        escalating.escalate(thread, with_tag=urgent, by=riverton.tess, now=now)
