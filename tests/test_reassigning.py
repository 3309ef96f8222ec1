"""Work changes hands: evenly, only what was seen, and with the reason why anything stays."""

import datetime as dt
import uuid

import pytest

from textbank.assignments.plans import BadPlan, Plan, Strangers
from textbank.assignments.reassigning import preview, reassign, unassign
from textbank.conversations import closing, drafting
from textbank.conversations.filters import BadFilter, Filter
from textbank.conversations.models import Action, Conversation, Handoff, Move, Status
from textbank.conversations.receiving import receive
from textbank.conversations.snapshots import Snapshot
from textbank.messaging.texts import Inbound


@pytest.fixture
def campaign(riverton):
    return riverton.campaign()


@pytest.fixture
def ten(riverton, campaign):
    """Tess holds ten that need a response, the first one waiting longest."""
    return riverton.conversations(campaign, 10, holder=riverton.tess, status=Status.NEEDS_RESPONSE)


def ids(conversations):
    return [conversation.pk for conversation in conversations]


def held(member):
    return Conversation.objects.filter(texter=member).count()


def test_cards_are_dealt_evenly_and_the_record_says_so(riverton, campaign, ten):
    handoff = reassign(Filter.parse({"campaign": campaign.pk}), [riverton.theo, riverton.tara], by=riverton.ada)

    assert (held(riverton.tess), held(riverton.theo), held(riverton.tara)) == (0, 5, 5)
    assert (handoff.matched, handoff.moved, handoff.left_alone) == (10, 10, {})
    assert handoff.shares == {str(riverton.theo.pk): 5, str(riverton.tara.pk): 5}
    assert handoff.gives == {str(riverton.tess.pk): 10}


def test_who_waits_longest_is_dealt_first(riverton, campaign, now):
    late, early = (
        riverton.conversations(campaign, status=Status.NEEDS_RESPONSE, waiting_since=now - dt.timedelta(minutes=m))[0]
        for m in (5, 50)
    )

    reassign([late.pk, early.pk], [riverton.theo, riverton.tara], by=riverton.ada)

    early.refresh_from_db()
    assert early.texter == riverton.theo


def test_a_card_that_falls_to_its_holder_stays_and_counts(riverton, ten):
    handoff = reassign(ids(ten), [riverton.tess, riverton.theo], by=riverton.ada)

    assert (handoff.matched, handoff.moved) == (10, 5)
    assert handoff.left_alone == {"already_theirs": 5}
    assert handoff.shares == {str(riverton.tess.pk): 5, str(riverton.theo.pk): 5}


def test_unassigning_gives_to_the_pool(riverton, ten):
    handoff = unassign(ids(ten), by=riverton.ada, reason="Tess is asleep")

    assert held(None) == 10
    assert handoff.gives == {str(riverton.tess.pk): 10}
    assert Move.objects.filter(handoff=handoff, giver=riverton.tess, receiver=None).count() == 10


def test_what_should_stay_stays_and_why(riverton, campaign, ten, now):
    Conversation.objects.filter(pk=ten[0].pk).update(escalated=True)
    Conversation.objects.filter(pk=ten[1].pk).update(opted_out=True)
    Conversation.objects.filter(pk=ten[2].pk).update(pinned_to=riverton.tess)
    closing.close(ten[3])
    drafting.keep(ten[4], "Hello", by=riverton.tess, now=now)
    everything = Filter.parse({"campaign": campaign.pk, "opted_out": ["false", "true"]})

    handoff = reassign(everything, [riverton.theo], by=riverton.ada, now=now)

    assert handoff.left_alone == {"escalated": 1, "opted_out": 1, "pinned": 1, "closed": 1, "being_answered": 1}
    assert (handoff.matched, handoff.moved) == (10, 5)


def test_ticked_ones_move_though_escalated_or_closed(riverton, ten):
    Conversation.objects.filter(pk=ten[0].pk).update(escalated=True)
    closing.close(ten[1])

    handoff = reassign(ids(ten), [riverton.theo], by=riverton.ada)

    assert handoff.moved == 10


def test_a_draft_of_long_ago_holds_nothing(riverton, ten, now):
    drafting.keep(ten[0], "Hello", by=riverton.tess, now=now - dt.timedelta(minutes=3))

    assert reassign(ids(ten), [riverton.theo], by=riverton.ada, now=now).moved == 10


def test_archived_conversations_may_only_be_unassigned(riverton, campaign, ten, now):
    campaign.archived_at = now
    campaign.save()

    assert reassign(ids(ten), [riverton.theo], by=riverton.ada).left_alone == {"campaign_archived": 10}
    assert unassign(ids(ten), by=riverton.ada).moved == 10


@pytest.mark.django_db(transaction=True)
def test_what_changed_since_it_was_seen_stays(riverton, campaign, ten, now):
    seen = Snapshot.now()
    receive(riverton.service, Inbound("in-1", ten[0].contact.cell, "+12125550100", "Hi?"), now=now)

    handoff = reassign(Filter.parse({"campaign": campaign.pk}), [riverton.theo], by=riverton.ada, as_of=seen, expect=10)

    assert (handoff.matched, handoff.moved, handoff.left_alone) == (10, 9, {"changed": 1})


@pytest.mark.django_db(transaction=True)
def test_what_no_longer_matches_counts_as_changed(riverton, campaign, ten):
    seen = Snapshot.now()
    closing.close(ten[0])

    waiting = Filter.parse({"campaign": campaign.pk, "status": "needs_response"})
    handoff = reassign(waiting, [riverton.theo], by=riverton.ada, as_of=seen, expect=10)

    assert (handoff.matched, handoff.moved, handoff.left_alone) == (10, 9, {"changed": 1})


def test_never_more_than_was_expected(riverton, campaign, ten):
    assert reassign(Filter.parse({"campaign": campaign.pk}), [riverton.theo], by=riverton.ada, expect=4).moved == 4


def test_only_so_many_when_told(riverton, ten):
    handoff = reassign(ids(ten), [riverton.theo], by=riverton.ada, limit=3)

    assert (handoff.matched, handoff.moved, held(riverton.theo)) == (3, 3, 3)


def test_so_many_to_each(riverton, ten):
    handoff = reassign(ids(ten), [riverton.theo, riverton.tara], by=riverton.ada, each=(5, 2))

    assert handoff.shares == {str(riverton.theo.pk): 5, str(riverton.tara.pk): 2}
    assert (handoff.matched, handoff.moved, held(riverton.tess)) == (7, 7, 3)


def test_so_many_each_of_fewer_than_there_are_come_as_far_as_they_do(riverton, campaign, ten):
    everything = Filter.parse({"campaign": campaign.pk})

    handoff = reassign(everything, [riverton.theo, riverton.tara], by=riverton.ada, each=(8, 4))

    assert (handoff.moved, held(riverton.theo), held(riverton.tara)) == (10, 6, 4)
    with pytest.raises(BadPlan, match="for each"):
        reassign(everything, [riverton.theo, riverton.tara], by=riverton.ada, each=(8,))
    with pytest.raises(BadPlan, match="for each"):
        reassign(everything, [riverton.theo], by=riverton.ada, each=(8,), limit=3)


def test_the_same_click_hands_on_once(riverton, ten):
    same = uuid.uuid4()

    once = reassign(ids(ten), [riverton.theo], by=riverton.ada, client_id=same)
    again = reassign(ids(ten), [riverton.tara], by=riverton.ada, client_id=same)

    assert once == again
    assert held(riverton.theo) == 10


def test_the_preview_promises_what_the_act_does(riverton, ten):
    wish = Plan(
        Action.REASSIGN,
        riverton.ada,
        dt.datetime.now(dt.UTC),
        ticked=tuple(ids(ten)),
        texters=(riverton.tess, riverton.theo),
    )

    promised = preview(wish)
    assert promised.pk is None
    assert not Handoff.objects.filter(action=Action.REASSIGN).exists()

    done = reassign(ids(ten), [riverton.tess, riverton.theo], by=riverton.ada)
    for figure in ("matched", "moved", "left_alone", "shares", "gives"):
        assert getattr(promised, figure) == getattr(done, figure)


def test_plans_that_make_no_sense(riverton, campaign, ten):
    with pytest.raises(BadPlan, match="empty filter"):
        reassign(Filter.parse({}), [riverton.theo], by=riverton.ada)
    with pytest.raises(BadPlan, match="at least one texter"):
        reassign(ids(ten), [], by=riverton.ada)
    with pytest.raises(BadPlan, match="either a filter"):
        reassign([], [riverton.theo], by=riverton.ada)
    riverton.theo.suspended_at = dt.datetime.now(dt.UTC)
    with pytest.raises(BadPlan, match="Suspended"):
        reassign(ids(ten), [riverton.theo], by=riverton.ada)


def test_zed_moves_nothing_of_riverton(riverton, otherton, campaign, ten):
    with pytest.raises(Strangers):
        reassign(ids(ten), [otherton.yan], by=otherton.zed)
    with pytest.raises(Strangers):
        reassign(Filter.parse({"campaign": campaign.pk}), [otherton.yan], by=otherton.zed)
    assert held(riverton.tess) == 10


@pytest.mark.parametrize(
    "said", [{"campain": "1"}, {"campaign": "x"}, {"status": "open"}, {"escalated": "only,exclude"}]
)
def test_a_misspelt_filter_is_refused(said):
    with pytest.raises(BadFilter):
        Filter.parse(said)


def test_a_filter_turns_back_into_an_address(campaign):
    said = Filter.parse({"campaign": f"{campaign.pk},7", "status": ["needs_response"], "texter": "unassigned"})

    assert said.as_query() == f"campaign={campaign.pk}&campaign=7&status=needs_response&texter=unassigned"
    assert Filter.parse(said.as_json()) == said


def test_handing_on_takes_the_same_statements_however_many(riverton, campaign, django_assert_max_num_queries):
    many = riverton.conversations(campaign, 200)

    with django_assert_max_num_queries(14):
        reassign(ids(many), [riverton.theo, riverton.tara], by=riverton.ada)


def test_who_was_just_answering_is_counted_in_the_preview_and_the_record(riverton, campaign, ten, now):
    [theos] = riverton.conversations(campaign, holder=riverton.theo, status=Status.NEEDS_RESPONSE)
    drafting.keep(theos, "Hello", by=riverton.theo, now=now)
    for one in ten[:2]:
        drafting.keep(one, "Hello", by=riverton.tess, now=now)
    which = Filter.parse({"campaign": campaign.pk})

    shown = preview(Plan(Action.REASSIGN, riverton.ada, now, filter=which, texters=(riverton.tara,)))
    done = reassign(which, [riverton.tara], by=riverton.ada, now=now)

    for act in (shown, done, Handoff.objects.get(pk=done.pk)):
        assert act.left_alone == {"being_answered": 3}
        assert act.answering == {str(riverton.tess.pk): 2, str(riverton.theo.pk): 1}
