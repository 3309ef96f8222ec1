"""Saved filters: who saves for whom, under which name, and what is read back of them."""

import pytest
from django.db import IntegrityError, transaction

from tests.together import at_once
from textbank.conversations import saving
from textbank.conversations.filters import Filter, Strangers
from textbank.conversations.models import SavedFilter
from textbank.conversations.saving import CannotSave, NotYoursToChange, TitleTaken
from textbank.organizations.models import AuditEntry, Role, Tag
from textbank.reports import saved_filters

WAITING = {"status": ["needs_response"], "waiting_minutes": 60}


def save(by, title="Monday", said=WAITING, order="waiting", **more):
    return saving.save(title, Filter.parse(said), order, by=by, **more)


def tag(town, title="Spanish"):
    return Tag.objects.create(organization=town.organization, title=title)


def titles(viewer) -> list[str]:
    return [one.saved.title for one in saved_filters.found_by(viewer)]


def test_sue_saves_for_herself(riverton):
    saved = save(riverton.sue, "  Monday \n rush ")

    saved.refresh_from_db()
    assert (saved.title, saved.owner, saved.shared, saved.order) == ("Monday rush", riverton.sue, False, "waiting")
    assert saved.filter == Filter.parse(WAITING).as_json()
    assert saved.organization_id == riverton.organization.pk
    assert titles(riverton.sue) == ["Monday rush"]
    assert titles(riverton.ada) == []
    assert not AuditEntry.objects.exists()


def test_ada_saves_for_everybody(riverton, otherton):
    save(riverton.ada, shared=True)
    save(riverton.sue, "Zebra")
    save(riverton.sue, "apple")

    assert titles(riverton.sue) == ["apple", "Zebra", "Monday"]
    assert titles(riverton.olga) == ["Monday"]
    assert titles(otherton.zed) == []
    assert AuditEntry.objects.get().did == "filter shared"


def test_saving_for_everybody_is_for_admins(riverton):
    with pytest.raises(NotYoursToChange):
        save(riverton.sue, shared=True)

    assert not SavedFilter.objects.exists()


@pytest.mark.parametrize(
    ("title", "said", "order", "part"),
    [
        ("  ", WAITING, "waiting", "title"),
        ("\u200b", WAITING, "waiting", "title"),
        ("x" * 81, WAITING, "waiting", "title"),
        ("Monday", {}, "waiting", "filter"),
        ("Monday", {"campaign": list(range(1, 2000))}, "waiting", "filter"),
        ("Monday", WAITING, "size", "order"),
    ],
)
def test_what_cannot_be_saved_is_said_part_by_part(riverton, title, said, order, part):
    with pytest.raises(CannotSave) as no:
        save(riverton.ada, title, said, order)

    assert list(no.value.fields) == [part]


def test_what_another_organization_has_is_not_saved(riverton, otherton):
    with pytest.raises(Strangers):
        save(riverton.ada, said={"tag": [tag(otherton).pk]})


# Names


def test_a_name_is_taken_once_among_ones_own_and_once_among_everybodys(riverton):
    mine = save(riverton.ada)
    everybodys = save(riverton.ada, shared=True)
    save(riverton.sue)

    for shared, there in ((False, mine), (True, everybodys)):
        with pytest.raises(TitleTaken) as no:
            save(riverton.ada, "MONDAY", {"escalated": "only"}, shared=shared)
        assert no.value.there == there
    assert titles(riverton.ada) == ["Monday", "Monday"]


def test_the_database_keeps_that_promise_too(riverton):
    save(riverton.ada)
    save(riverton.ada, shared=True)

    for shared in (False, True):
        with pytest.raises(IntegrityError), transaction.atomic():
            SavedFilter.objects.create(
                organization=riverton.organization, owner=riverton.ada, title="monday", shared=shared, filter=WAITING
            )


def test_the_database_refuses_an_owner_of_another_organization(riverton, otherton):
    with pytest.raises(IntegrityError), transaction.atomic():
        SavedFilter.objects.create(organization=riverton.organization, owner=otherton.zed, title="x", filter=WAITING)


def test_replacing_keeps_the_name_and_changes_what_it_says(riverton):
    first = save(riverton.olga, shared=True)

    second = save(riverton.ada, "monday", {"escalated": "only"}, "name", shared=True, replace=True)

    assert second.pk == first.pk
    second.refresh_from_db()
    assert (second.filter, second.order, second.owner) == ({"escalated": "only"}, "name", riverton.ada)
    assert SavedFilter.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_take_a_name_in_the_same_moment_one_hears_of_it(riverton):
    found = at_once(
        lambda: save(riverton.ada, shared=True), lambda: save(riverton.olga, said={"escalated": "only"}, shared=True)
    )

    assert sorted(type(one).__name__ for one in found) == ["SavedFilter", "TitleTaken"]
    assert SavedFilter.objects.count() == 1


def test_there_is_an_end_to_saving(riverton, monkeypatch):
    monkeypatch.setattr(saving, "MOST", 2)
    save(riverton.ada, "One")
    save(riverton.ada, "Two")

    with pytest.raises(CannotSave, match="2 already"):
        save(riverton.ada, "Three")

    save(riverton.ada, "One", {"escalated": "only"}, replace=True)
    save(riverton.ada, "Three", shared=True)
    save(riverton.sue, "Three")


# Changing


def test_renaming_and_sharing(riverton):
    mine = save(riverton.ada)

    saving.change(mine, title="Rush", shared=True, by=riverton.ada)
    assert titles(riverton.sue) == ["Rush"]

    saving.change(mine, title="Quiet", shared=False, by=riverton.olga)
    assert titles(riverton.sue) == titles(riverton.olga) == []
    assert titles(riverton.ada) == ["Quiet"]
    assert list(AuditEntry.objects.order_by("pk").values_list("did", flat=True)) == [
        "filter shared",
        "filter no longer shared",
    ]


def test_a_name_may_change_its_capitals_and_not_be_anothers(riverton):
    monday, tuesday = save(riverton.sue, "Monday"), save(riverton.sue, "Tuesday")

    saving.change(monday, title="MONDAY", shared=False, by=riverton.sue)
    with pytest.raises(TitleTaken, match="You have a filter called “Tuesday”"):
        saving.change(monday, title="tuesday", shared=False, by=riverton.sue)

    assert titles(riverton.sue) == ["MONDAY", tuesday.title]


def test_sharing_does_not_push_another_out(riverton):
    save(riverton.olga, shared=True)
    mine = save(riverton.ada)

    with pytest.raises(TitleTaken, match="Everybody here has"):
        saving.change(mine, title="Monday", shared=True, by=riverton.ada)

    mine.refresh_from_db()
    assert not mine.shared


def test_who_may_change_and_delete(riverton, otherton):
    sues, shared = save(riverton.sue), save(riverton.ada, shared=True)

    for saved, by in ((sues, riverton.ada), (shared, riverton.sue), (sues, otherton.zed), (shared, otherton.zed)):
        with pytest.raises(NotYoursToChange):
            saving.change(saved, title="Theirs", shared=saved.shared, by=by)
        with pytest.raises(NotYoursToChange):
            saving.delete(saved, by=by)
    with pytest.raises(NotYoursToChange):
        saving.change(sues, title="Monday", shared=True, by=riverton.sue)

    saving.delete(sues, by=riverton.sue)
    saving.delete(shared, by=riverton.olga)
    assert not SavedFilter.objects.exists()
    assert AuditEntry.objects.latest("pk").did == "shared filter deleted"


def test_who_is_no_admin_any_more_changes_what_they_shared_no_more(riverton):
    shared = save(riverton.ada, shared=True)
    riverton.ada.role = Role.SUPERVOLUNTEER

    with pytest.raises(NotYoursToChange):
        saving.delete(shared, by=riverton.ada)


# Reading back


def test_what_is_read_back_says_itself(riverton):
    campaign = riverton.campaign()
    save(riverton.ada, said={**WAITING, "campaign": campaign.pk})
    save(riverton.ada, "Sunday", {"texter": ["unassigned", riverton.tess.pk]})

    monday, sunday = saved_filters.found_by(riverton.ada)

    assert monday.words == "Active campaigns · in Saturday canvass · needs texter response · waiting an hour or longer"
    assert sunday.words == "Active campaigns · unassigned · or held by Tess Doe"
    assert monday.trouble == sunday.trouble == ""


def test_what_is_archived_is_still_there(riverton, now):
    campaign = riverton.campaign()
    save(riverton.ada, said={"campaign": campaign.pk})
    campaign.archived_at = now
    campaign.save()

    (saved,) = saved_filters.found_by(riverton.ada)

    assert saved.trouble == ""


def test_what_is_gone_is_said(riverton):
    spanish = tag(riverton)
    save(riverton.ada, said={"tag": spanish.pk, "not_tag": tag(riverton, "Kind").pk})
    spanish.delete()

    (saved,) = saved_filters.found_by(riverton.ada)

    assert saved.trouble == "It names a tag that is gone."
    assert saved.words == "Active campaigns · tagged a tag that is gone · not tagged Kind"


@pytest.mark.parametrize("stored", [{}, {"colour": ["green"]}, {"status": ["open"]}, {"status": []}])
def test_what_is_not_understood_any_more_is_never_everything(riverton, stored):
    save(riverton.ada)
    SavedFilter.objects.update(filter=stored)

    (saved,) = saved_filters.found_by(riverton.ada)

    assert saved.which is None
    assert saved.trouble


def test_reading_many_costs_no_more_statements_than_one(riverton, django_assert_num_queries):
    campaign, spanish = riverton.campaign(), tag(riverton)
    for number in range(10):
        save(riverton.ada, f"Filter {number}", {"campaign": campaign.pk, "tag": spanish.pk, "texter": riverton.tess.pk})

    with django_assert_num_queries(2):
        assert len(saved_filters.found_by(riverton.ada)) == 10
