"""Saving what Message Review shows, finding it before a filter is chosen, renaming, sharing and deleting it."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.test_review_pages import ESCALATED, HTMX, REVIEW, WAITING, shown, words
from textbank.conversations import saving
from textbank.conversations.filters import Filter
from textbank.conversations.models import SavedFilter, Status
from textbank.organizations.models import Tag

QUERY = "status=needs_response"
SAVE = f"{REVIEW}filters/save/"


@pytest.fixture
def as_(client):
    """Signs somebody in: `as_(riverton.ada).get(…)`."""

    def sign_in(member):
        client.force_login(member.user)
        return client

    return sign_in


@pytest.fixture
def sue(as_, riverton):
    return as_(riverton.sue)


@pytest.fixture
def waiting(riverton):
    """Tess has three contacts that wait for an answer."""
    return riverton.conversations(riverton.campaign(), 3, holder=riverton.tess, status=Status.NEEDS_RESPONSE)


def saved(by, title="Monday", said=WAITING, order="activity", **more):
    return saving.save(title, Filter.parse(said), order, by=by, **more)


def save(client, title="Monday", query=QUERY, **more):
    return client.post(SAVE, {"title": title, "filter": query, "order": "activity", **more}, **HTMX)


def shelves(page) -> dict[str, list[str]]:
    return {heading: [one.saved.title for one in kept] for heading, kept in page.context["shelves"] if kept}


def happened(answer) -> dict[str, object]:
    return json.loads(answer["HX-Trigger"])


# Saving


def test_the_list_offers_to_save_its_filter(sue, waiting):
    page = sue.get(REVIEW, {**WAITING, "order": "waiting"})

    assert "Save this filter" in page.text
    assert f"{SAVE}?filter=status%3Dneeds_response&amp;order=waiting" in page.text


def test_before_a_filter_is_chosen_there_is_nothing_to_save(sue):
    page = sue.get(REVIEW)

    assert "Save this filter" not in page.text
    assert shelves(page) == {}


def test_the_dialog_says_what_is_saved_and_asks_for_a_name(sue):
    dialog = sue.get(SAVE, {"filter": QUERY, "order": "waiting"}, **HTMX)

    assert "<html" not in dialog.text
    assert "Active campaigns · needs texter response" in words(dialog)
    assert 'name="filter" value="status=needs_response"' in dialog.text
    assert 'name="order" value="waiting"' in dialog.text
    assert "For everybody" not in dialog.text
    assert "<html" in sue.get(SAVE, {"filter": QUERY}).text


def test_sue_saves_it_and_finds_it_again(sue, riverton, waiting):
    answer = save(sue, order="name")

    assert answer["HX-Retarget"] == "#saved"
    assert happened(answer) == {"shut-dialog": {}, "toast": {"text": "Saved as “Monday”."}}
    page = sue.get(REVIEW)
    assert shelves(page) == {"Saved by you": ["Monday"]}
    assert "Active campaigns · needs texter response" in words(page)
    (one,) = page.context["shelves"][0][1]
    assert one.address == f"{REVIEW}?status=needs_response&order=name"
    opened = sue.get(one.address)
    assert shown(opened) == {one.pk for one in waiting}
    assert opened.context["asked"].order == "name"
    assert "Saved as “Monday”" in words(opened)


def test_the_same_filter_in_another_order_is_another(sue, riverton):
    saved(riverton.sue)

    assert "Save this filter" in sue.get(REVIEW, {**WAITING, "order": "name"}).text
    assert "Save this filter" in sue.get(REVIEW, {"status": "active"}).text
    switched = {**WAITING, "campaign_state": "active", "opted_out": "false", "escalated": ["exclude", "include"]}
    assert "Saved as “Monday”" in sue.get(REVIEW, switched).text


def test_ada_saves_for_everybody(as_, riverton, waiting):
    assert "For everybody in Riverton Votes" in as_(riverton.ada).get(SAVE, {"filter": QUERY}, **HTMX).text

    answer = save(as_(riverton.ada), shared="yes")

    assert happened(answer)["toast"] == {"text": "Saved for everybody as “Monday”."}
    saved(riverton.sue, "Mine")
    page = as_(riverton.sue).get(REVIEW)
    assert shelves(page) == {"Saved by you": ["Mine"], "Saved for everybody in Riverton Votes": ["Monday"]}
    assert "by Ada Doe" in words(page)
    assert "Actions for Mine" in page.text
    assert "Actions for Monday" not in page.text


def test_what_everybody_has_is_said_where_it_is_shown_and_not_offered_for_change(sue, riverton, waiting):
    saved(riverton.ada, shared=True)

    page = sue.get(REVIEW, WAITING)

    assert "Saved as “Monday”, for everybody" in words(page)
    assert "Save this filter" not in page.text
    assert "Actions for Monday" not in page.text


def test_saving_for_everybody_is_for_admins(sue):
    assert save(sue, shared="yes").status_code == 403
    assert not SavedFilter.objects.exists()


def test_a_name_that_is_taken_may_be_taken_over(sue, riverton):
    saved(riverton.sue, said={"texter": "unassigned"})

    refused = save(sue, "monday")

    assert refused.status_code == 422
    assert "You have a filter called “Monday” already." in words(refused)
    assert "Active campaigns · unassigned" in words(refused)
    assert 'name="replace" value="monday"' in refused.text

    # Another name typed meanwhile replaces nothing.
    save(sue, "Tuesday", replace="monday")
    assert SavedFilter.objects.get(title="Monday").filter == {"texter": ["unassigned"]}
    save(sue, "monday", replace="monday")
    assert SavedFilter.objects.get(title="monday").filter == {"status": ["needs_response"]}


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"title": " "}, "Give it a name"),
        ({"title": "a\0b"}, "Give it a name"),
        ({"title": "x" * 81}, "at most 80 characters"),
        ({"query": ""}, "An empty filter"),
        ({"query": "status=open"}, "is none of"),
    ],
)
def test_what_cannot_be_saved_is_said_in_the_dialog(sue, said, sentence):
    answer = save(sue, **said)

    assert answer.status_code == 422
    assert sentence in words(answer)
    assert not SavedFilter.objects.exists()


def test_without_htmx_one_comes_back_to_the_list(sue, waiting):
    answer = sue.post(SAVE, {"title": "Monday", "filter": QUERY, "order": "waiting"}, follow=True)

    assert answer.redirect_chain == [(f"{REVIEW}?status=needs_response&order=waiting", 302)]
    assert "Saved as “Monday”." in words(answer)


def test_escalated_convos_are_saved_too_and_open_in_message_review(as_, riverton):
    ada = as_(riverton.ada)
    query = ada.get(ESCALATED, WAITING).context["query"]

    save(ada, "Urgent", query)

    assert "Saved as “Urgent”" in words(ada.get(ESCALATED, WAITING))
    (one,) = ada.get(REVIEW).context["shelves"][0][1]
    assert one.address == f"{REVIEW}?status=needs_response&escalated=only&order=activity"


# What has happened to it since


def test_an_archived_campaign_opens(sue, riverton, waiting, now):
    campaign = waiting[0].campaign
    saved(riverton.sue, said={"campaign": campaign.pk})
    campaign.archived_at = now
    campaign.save()

    (one,) = sue.get(REVIEW).context["shelves"][0][1]
    page = sue.get(one.address)

    assert page.status_code == 200
    assert shown(page) == set()


def test_a_tag_that_is_gone_is_said_on_the_shelf_and_on_the_page(sue, riverton, waiting):
    tag = Tag.objects.create(organization=riverton.organization, title="Spanish")
    saved(riverton.sue, said={**WAITING, "not_tag": tag.pk})
    tag.delete()

    shelf = sue.get(REVIEW)
    (one,) = shelf.context["shelves"][0][1]
    page = sue.get(one.address)

    assert "It names a tag that is gone." in words(shelf)
    assert page.status_code == 404
    assert "It names a tag that is not here, or not here any more." in words(page)
    assert "Message Filter" in page.text
    assert "Select " not in page.text
    without = {part.words: part.without for part in page.context["parts"]}["not tagged a tag that is gone"]
    assert shown(sue.get(without)) == {one.pk for one in waiting}


def test_htmx_is_sent_to_the_page_that_says_it(sue, riverton, otherton):
    theirs = otherton.campaign().pk

    answer = sue.get(REVIEW, {"campaign": theirs}, **HTMX)

    assert answer.status_code == 404
    assert answer["HX-Redirect"] == f"{REVIEW}?campaign={theirs}&order=activity"
    assert "Saturday canvass" not in sue.get(REVIEW, {"campaign": theirs}).text


def test_what_is_not_understood_any_more_opens_nothing(sue, riverton, waiting):
    saved(riverton.sue)
    SavedFilter.objects.update(filter={"colour": ["green"]})

    page = sue.get(REVIEW)

    assert "It is not understood any more." in words(page)
    assert page.context["shelves"][0][1][0].address == ""
    assert "Actions for Monday" in page.text


# Renaming, sharing, deleting


def test_renaming(sue, riverton, waiting):
    one = saved(riverton.sue)
    address = f"{REVIEW}filters/{one.pk}/"

    assert "Rename or share" not in sue.get(address, **HTMX).text
    answer = sue.post(address, {"title": "Rush", "filter": QUERY, "order": "activity"}, **HTMX)

    assert happened(answer)["toast"] == {"text": "It is called “Rush” now."}
    assert "Saved as “Rush”" in words(answer)


def test_a_name_of_another_is_refused_in_words(sue, riverton):
    one, _ = saved(riverton.sue), saved(riverton.sue, "Rush")

    answer = sue.post(f"{REVIEW}filters/{one.pk}/", {"title": "rush"}, **HTMX)

    assert answer.status_code == 422
    assert "You have a filter called “Rush” already." in words(answer)


def test_sharing_and_taking_back(as_, riverton):
    one = saved(riverton.ada)
    address = f"{REVIEW}filters/{one.pk}/"

    answer = as_(riverton.ada).post(address, {"title": "Monday", "shared": "yes"}, **HTMX)
    assert happened(answer)["toast"] == {"text": "“Monday” is for everybody now."}
    dialog = as_(riverton.olga).get(address, **HTMX)
    assert "Otherwise it is Ada Doe’s alone." in words(dialog)
    answer = as_(riverton.olga).post(address, {"title": "Monday"}, **HTMX)

    assert happened(answer)["toast"] == {"text": "“Monday” is for Ada Doe alone now."}
    assert shelves(as_(riverton.olga).get(REVIEW)) == {}
    assert shelves(as_(riverton.ada).get(REVIEW)) == {"Saved by you": ["Monday"]}


def test_deleting_asks_first_and_takes_it_off_the_shelf(sue, riverton):
    one, _ = saved(riverton.sue), saved(riverton.sue, "Rush")
    assert 'data-confirm="Delete “Monday”?"' in sue.get(REVIEW).text

    answer = sue.post(f"{REVIEW}filters/{one.pk}/delete/", **HTMX)

    assert "Rush" in answer.text
    assert "Monday" not in answer.text
    assert happened(answer)["toast"] == {"text": "“Monday” is deleted."}
    assert sue.post(f"{REVIEW}filters/{one.pk}/delete/", **HTMX).status_code == 404


def test_deleting_the_one_that_is_shown_offers_to_save_it_again(sue, riverton, waiting):
    one = saved(riverton.sue)

    answer = sue.post(f"{REVIEW}filters/{one.pk}/delete/", {"filter": QUERY, "order": "activity"}, **HTMX)

    assert "Save this filter" in answer.text


# Who


def test_what_another_saved_for_themselves_is_not_there(as_, riverton, otherton):
    sues, adas = saved(riverton.sue), saved(riverton.ada, "Shared", shared=True)
    ada, there = as_(riverton.ada), f"{REVIEW}filters/"

    assert ada.get(f"{there}{sues.pk}/").status_code == 404
    assert ada.post(f"{there}{sues.pk}/delete/").status_code == 404
    sue = as_(riverton.sue)
    assert sue.get(f"{there}{adas.pk}/").status_code == 403
    assert sue.post(f"{there}{adas.pk}/", {"title": "Mine"}).status_code == 403
    assert sue.post(f"{there}{adas.pk}/delete/").status_code == 403
    zed, elsewhere = as_(otherton.zed), "/otherton/admin/message-review/filters/"
    for one in (sues, adas):
        assert zed.get(f"{elsewhere}{one.pk}/").status_code == 404
        assert zed.post(f"{elsewhere}{one.pk}/", {"title": "Mine"}).status_code == 404
        assert zed.post(f"{elsewhere}{one.pk}/delete/").status_code == 404
    assert SavedFilter.objects.count() == 2
    assert zed.post(f"{elsewhere}save/", {"title": "x", "filter": f"texter={riverton.tess.pk}"}).status_code == 404


def test_many_saved_filters_cost_no_more_statements(sue, riverton, waiting):
    def statements(**asked) -> int:
        with CaptureQueriesContext(connection) as made:
            sue.get(REVIEW, asked)
        return len(made)

    saved(riverton.sue, said={"campaign": waiting[0].campaign_id})
    statements()
    few = statements(), statements(**WAITING)
    for number in range(20):
        saved(riverton.sue, f"Filter {number}", {"campaign": waiting[0].campaign_id})

    assert (statements(), statements(**WAITING)) == few
