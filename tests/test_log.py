"""What may be asked of the log of hand-offs."""

import datetime as dt

import pytest

from textbank.assignments.reassigning import reassign, unassign
from textbank.assignments.releasing import release_unsent
from textbank.assignments.undoing import undo
from textbank.conversations.filters import Filter, Strangers
from textbank.conversations.models import Handoff
from textbank.reports.log import Asked, found


@pytest.fixture
def canvass(riverton):
    return riverton.campaign()


@pytest.fixture
def picnic(riverton):
    return riverton.campaign("Picnic")


def asked(town, **what) -> list[Handoff]:
    """Newest first, without those that opened a campaign."""
    return list(found(town.organization, Asked(**what)).exclude(action="opening").order_by("-pk"))


def test_who_did_it_is_not_who_was_given(riverton, canvass):
    made = riverton.conversations(canvass, 2, holder=riverton.tess)
    given = reassign([made[0].pk], [riverton.theo], by=riverton.ada)
    taken = unassign([made[1].pk], by=riverton.olga)

    assert asked(riverton, by=[riverton.ada.pk]) == [given]
    assert asked(riverton, by=[riverton.ada.pk, riverton.olga.pk]) == [taken, given]
    assert asked(riverton, by=[riverton.theo.pk]) == []
    assert asked(riverton, person="theo") == [given]
    assert asked(riverton, person="tess") == [taken, given]


def test_the_words_of_the_reason_in_any_order_and_case(riverton, canvass):
    made = riverton.conversations(canvass, 2, holder=riverton.tess)
    ill = reassign([made[0].pk], [riverton.theo], by=riverton.ada, reason="Tess is ill today")
    reassign([made[1].pk], [riverton.theo], by=riverton.ada, reason="Tess went home")

    assert asked(riverton, reason="ILL tess") == [ill]
    assert len(asked(riverton, reason="tess")) == 2
    assert asked(riverton, reason="tess ill home") == []
    assert asked(riverton, reason="100%") == []


def test_of_a_campaign_however_it_was_meant(riverton, canvass, picnic, now):
    ours = riverton.conversations(canvass, 4, holder=riverton.tess)
    theirs = riverton.conversations(picnic, 2, holder=riverton.tess)
    by_tick = reassign([ours[0].pk], [riverton.theo], by=riverton.ada)
    by_filter = reassign(Filter.parse({"campaign": [canvass.pk, picnic.pk]}), [riverton.theo], by=riverton.ada)
    by_person = unassign(Filter.parse({"texter": riverton.theo.pk}), by=riverton.ada)
    undone = undo(by_person, by=riverton.ada, now=now)
    other = reassign([theirs[0].pk], [riverton.tara], by=riverton.ada)
    filtered = release_unsent(picnic, by=riverton.ada, now=now)

    assert asked(riverton, campaign=[canvass.pk]) == [undone, by_person, by_filter, by_tick]
    assert asked(riverton, campaign=[picnic.pk]) == [filtered, other, undone, by_person, by_filter]
    assert len(asked(riverton, campaign=[canvass.pk, picnic.pk])) == 6
    assert found(riverton.organization, Asked(campaign=[canvass.pk], action="opening")).count() == 1


def test_days_are_the_organizations_and_the_last_one_counts(riverton, canvass):
    made = riverton.conversations(canvass, 2, holder=riverton.tess)
    # Half past eleven in the evening of the first, and of the second, in New York: the next day in Greenwich.
    first, second = dt.datetime(2026, 11, 3, 4, 30, tzinfo=dt.UTC), dt.datetime(2026, 11, 4, 4, 30, tzinfo=dt.UTC)
    late = unassign([made[0].pk], by=riverton.ada, now=first)
    later = unassign([made[1].pk], by=riverton.ada, now=second)

    assert asked(riverton, since=dt.date(2026, 11, 3)) == [later]
    assert asked(riverton, until=dt.date(2026, 11, 2)) == [late]
    assert asked(riverton, since=dt.date(2026, 11, 2), until=dt.date(2026, 11, 3)) == [later, late]
    assert asked(riverton, since=dt.date(2026, 11, 4)) == []


def test_what_is_asked_is_asked_together(riverton, canvass):
    made = riverton.conversations(canvass, 2, holder=riverton.tess)
    reassign([made[0].pk], [riverton.theo], by=riverton.ada, reason="ill")
    unassign([made[1].pk], by=riverton.ada, reason="ill")

    assert [act.action for act in asked(riverton, reason="ill", action="unassign", state="done")] == ["unassign"]


def test_the_other_organization_is_not_there(riverton, otherton, canvass):
    theirs = otherton.campaign(contacts=1)

    for what in ({"campaign": [theirs.pk]}, {"campaign": [canvass.pk, theirs.pk]}, {"by": [otherton.zed.pk]}):
        with pytest.raises(Strangers):
            found(riverton.organization, Asked(**what))
    assert asked(riverton, person="zed") == []
