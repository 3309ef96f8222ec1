"""The Tags page: what there is, how many wear it, and how tags are made, changed and deleted."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from textbank.assignments import labelling, tags
from textbank.conversations.models import Action, Conversation, Handoff, Status
from textbank.organizations.models import Tag

TAGS = "/riverton/admin/tags/"
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def ada(client, riverton):
    client.force_login(riverton.ada.user)
    return client


@pytest.fixture
def spanish(riverton):
    return tags.make("Spanish", colour="blue", by=riverton.ada)


@pytest.fixture
def urgent(riverton):
    return tags.make("Urgent", colour="red", assignable=False, by=riverton.ada)


@pytest.fixture
def wear(riverton):
    """So many conversations of Tess that wear the tag, in an archived campaign or opted out as well."""

    def wearing(tag, count=1, **fields):
        made = riverton.conversations(riverton.campaign(), count, holder=riverton.tess, **fields)
        labelling.label([one.pk for one in made], [tag], by=riverton.ada, now=timezone.now())
        return made

    return wearing


def words(answer) -> str:
    """What a person reads, without the markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text)).strip()


def said(title="Spanish", colour="blue", kind="assignable", **more):
    return {"title": title, "colour": colour, "kind": kind, **more}


def there(organization):
    return [(tag.title, tag.colour, tag.assignable) for tag in organization.tags.order_by("pk")]


def test_the_way_there_is_shown_to_admins_alone(client, ada, riverton):
    assert "Tags" in [item["label"] for item in ada.get(TAGS).context["nav"]]

    client.force_login(riverton.sue.user)
    assert "Tags" not in [item["label"] for item in client.get("/riverton/admin/").context["nav"]]
    assert client.get(TAGS).status_code == 403


def test_without_a_tag_it_says_what_they_are_for(ada, otherton):
    tags.make("Theirs", by=otherton.zed)

    page = ada.get(TAGS)

    assert "No tag yet" in page.text
    assert "Theirs" not in page.text
    assert f'href="{TAGS}new/"' in page.text


def test_each_says_its_kind_and_how_many_wear_it_and_the_number_is_a_door(ada, riverton, spanish, urgent, wear):
    wear(spanish, 2, status=Status.NEEDS_RESPONSE)
    [gone] = wear(spanish)
    Conversation.objects.filter(pk=gone.pk).update(opted_out=True)
    riverton.conversations(riverton.campaign("Old", archived_at=timezone.now()))
    labelling.label([Conversation.objects.latest("pk").pk], [spanish], by=riverton.ada, now=timezone.now())

    page = ada.get(TAGS)

    assert "Spanish Assignable 4" in words(page)
    assert "Urgent Escalation 0" in words(page)
    [door] = re.findall(r'href="(/riverton/admin/message-review/[^"]+)">4<', page.text)
    assert len(ada.get(door.replace("&amp;", "&")).context["rows"]) == 4


def test_more_tags_are_not_more_statements(ada, riverton, spanish):
    def statements() -> int:
        with CaptureQueriesContext(connection) as made:
            ada.get(TAGS)
        return len(made)

    statements()
    few = statements()
    for number in range(20):
        tags.make(f"Tag {number}", by=riverton.ada)

    assert statements() == few


def test_one_is_made(ada, riverton):
    page = ada.post(f"{TAGS}new/", said("  Needs a ride ", "violet", "escalation"), follow=True)

    assert there(riverton.organization) == [("Needs a ride", "violet", False)]
    assert "“Needs a ride” is there for everybody to put on." in page.text


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"title": ""}, "This field is required."),
        ({"title": "SPANISH"}, "There is a tag “SPANISH” already."),
        ({"title": "x" * 101}, "at most 100"),
        ({"colour": "#123456"}, "Select a valid choice."),
        ({"kind": "loud"}, "Select a valid choice."),
    ],
)
def test_what_makes_no_sense_is_said_beside_its_field(ada, riverton, spanish, fields, why):
    page = ada.post(f"{TAGS}new/", said(**{"title": "Other", **fields}))

    assert page.status_code == 422
    assert why in page.text
    assert riverton.organization.tags.count() == 1


def test_another_title_and_colour_are_saved_at_once(ada, riverton, spanish, wear):
    wear(spanish)

    page = ada.post(f"{TAGS}{spanish.pk}/", said("Español", "teal"), follow=True)

    assert there(riverton.organization) == [("Español", "teal", True)]
    assert "“Español” is saved." in page.text


def test_a_title_that_is_taken_is_not_saved(ada, riverton, spanish, urgent):
    page = ada.post(f"{TAGS}{spanish.pk}/", said("urgent"))

    assert page.status_code == 422
    assert "There is a tag “urgent” already." in page.text


def test_another_kind_is_asked_about_with_the_numbers_and_then_done(ada, riverton, spanish, wear):
    wear(spanish, 3)
    wished = said(kind="escalation")

    asked = ada.post(f"{TAGS}{spanish.pk}/", wished)
    assert "Let “Spanish” escalate?" in asked.text
    assert "3 conversations wear it." in words(asked)
    assert "3 that texters have leave their hands." in words(asked)
    assert "Escalate 3" in words(asked)
    assert there(riverton.organization) == [("Spanish", "blue", True)]

    page = ada.post(f"{TAGS}{spanish.pk}/", {**wished, "sure": "yes"}, follow=True)
    assert "“Spanish” is saved. 3 conversations left their texters’ hands." in page.text
    assert Handoff.objects.get(action=Action.ESCALATE).moved == 3
    assert Conversation.objects.filter(escalated=True, texter=None).count() == 3


def test_a_kind_that_nobody_wears_is_not_asked_about(ada, riverton, spanish):
    ada.post(f"{TAGS}{spanish.pk}/", said(kind="escalation"))

    assert there(riverton.organization) == [("Spanish", "blue", False)]
    assert not Handoff.objects.filter(action=Action.ESCALATE).exists()


def test_who_is_escalated_no_more_is_said_before(ada, riverton, urgent, wear):
    _, both = wear(urgent, 2)
    angry = tags.make("Angry", assignable=False, by=riverton.ada)
    labelling.label([both.pk], [angry], by=riverton.ada, now=timezone.now())

    asked = words(ada.post(f"{TAGS}{urgent.pk}/", said("Urgent", "red")))

    assert "2 conversations wear it." in asked
    assert "1 of them wears no other tag that escalates, and is escalated no more" in asked
    assert "Those that another tag escalates stay escalated." in asked


def test_deleting_asks_with_the_number_and_then_takes_it_off(ada, riverton, urgent, wear):
    threads = wear(urgent, 2)

    for headers in ({}, HTMX):
        asked = words(ada.get(f"{TAGS}{urgent.pk}/delete/", **headers))
        assert "2 conversations wear it. It comes off, and that cannot be undone." in asked
        assert "They are escalated no more: in the pool, texters may ask for them again." in asked
    assert Tag.objects.filter(pk=urgent.pk).exists()

    page = ada.post(f"{TAGS}{urgent.pk}/delete/", follow=True)
    assert "“Urgent” is deleted. 2 conversations wore it." in page.text
    assert not riverton.organization.tags.exists()
    assert not Conversation.objects.filter(escalated=True).exists()
    assert {one.texter for one in Conversation.objects.filter(pk__in=[t.pk for t in threads])} == {None}


def test_another_organizations_tags_do_not_exist(ada, otherton):
    theirs = tags.make("Theirs", by=otherton.zed)

    for address in (f"{TAGS}{theirs.pk}/", f"{TAGS}{theirs.pk}/delete/"):
        assert ada.get(address).status_code == 404
        assert ada.post(address, said()).status_code == 404
    assert Tag.objects.get().title == "Theirs"
