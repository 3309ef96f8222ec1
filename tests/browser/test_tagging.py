"""Tags and escalation in a real browser: by thumb, by keyboard, and beside the list."""

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE
from textbank.assignments import escalating, tags
from textbank.conversations.models import Action, Conversation, Handoff, Status

SMALL = {"viewport": PHONE["viewport"]}


@pytest.fixture
def here(riverton_live):
    with riverton_live.rows():
        by = riverton_live.town.ada
        tags.make("Spanish", colour="blue", by=by)
        tags.make("Urgent", colour="red", assignable=False, by=by)
        tags.make("Press", colour="violet", assignable=False, by=by)
    return riverton_live


@pytest.fixture
def maria(here):
    """Maria wrote to Tess."""
    with here.rows():
        [thread] = here.town.conversations(here.town.campaign(), holder=here.town.tess, status=Status.NEEDS_RESPONSE)
    return thread


def open_thread(here, thread, **options) -> Page:
    page = here.sign_in(here.town.tess, **options)
    page.goto(f"{here.url}/conversations/{thread.pk}/")
    return page


def worn(here, thread) -> set[str]:
    with here.rows():
        return {tagging.tag.title for tagging in thread.taggings.select_related("tag")}


def escalation(here) -> Handoff:
    with here.rows():
        acts = Handoff.objects.filter(organization=here.town.organization, action=Action.ESCALATE)
        return acts.select_related("by__user").latest("pk")


def test_tess_tags_and_escalates_with_her_thumb(here, maria):
    page = open_thread(here, maria, **PHONE)

    spanish = page.get_by_role("button", name="Spanish")
    spanish.tap()
    expect(spanish).to_have_attribute("aria-pressed", "true")
    assert worn(here, maria) == {"Spanish"}

    page.get_by_role("button", name="Escalate", exact=True).tap()
    dialog = page.get_by_role("dialog", name="Escalate Maria?")
    expect(dialog.get_by_text("Maria never does.")).to_be_visible()
    dialog.get_by_role("radio", name="Press").check(force=True)
    dialog.get_by_role("textbox", name="Note to the admins").fill("Asks who pays for this")
    dialog.get_by_role("button", name="Escalate", exact=True).tap()

    expect(page.get_by_text("You escalated this conversation.")).to_be_visible()
    expect(dialog).to_be_hidden()
    assert worn(here, maria) == {"Spanish", "Press"}
    act = escalation(here)
    assert (act.by, act.note, act.moved) == (here.town.tess, "Asks who pays for this", 1)


def test_tess_tags_and_escalates_by_keyboard_without_a_word(here, maria):
    page = open_thread(here, maria, **SMALL)

    spanish = page.get_by_role("button", name="Spanish")
    spanish.focus()
    page.keyboard.press("Space")
    expect(spanish).to_have_attribute("aria-pressed", "true")
    expect(spanish).to_be_focused()
    page.keyboard.press("Space")
    expect(spanish).to_have_attribute("aria-pressed", "false")
    assert worn(here, maria) == set()

    page.keyboard.press("x")
    dialog = page.get_by_role("dialog", name="Escalate Maria?")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()

    page.keyboard.press("x")
    dialog.get_by_role("textbox").focus()
    for _ in range(2):
        page.keyboard.press("Tab")
    expect(dialog.get_by_role("button", name="Escalate", exact=True)).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.get_by_text("You escalated this conversation.")).to_be_visible()
    # By the first of those that are offered.
    assert worn(here, maria) == {"Press"}
    assert escalation(here).note == ""


def test_ada_reads_why_turns_tags_and_resolves_beside_the_list(here, maria):
    with here.rows():
        escalating.escalate(maria, by=here.town.tess, message="Asks who pays for this", now=timezone.now())
    page = here.sign_in(here.town.ada)
    page.goto(f"{here.url}/admin/escalated-convos/")
    page.get_by_role("link", name="Maria Lopez").click()
    pane = page.get_by_role("region", name="Conversation", exact=True)
    row = page.get_by_role("row", name="Maria Lopez")
    expect(pane.get_by_text("Asks who pays for this").first).to_be_visible()

    pane.get_by_role("button", name="Press").click()
    expect(pane.get_by_role("button", name="Press")).to_have_attribute("aria-pressed", "true")
    expect(row.get_by_text("Press")).to_be_attached()
    pane.get_by_role("button", name="Press").click()
    expect(pane.get_by_role("button", name="Press")).to_have_attribute("aria-pressed", "false")

    pane.get_by_role("button", name="Resolve").click()
    expect(pane.get_by_role("button", name="Resolve")).to_be_hidden()
    expect(pane.get_by_role("button", name="Urgent")).to_have_attribute("aria-pressed", "false")
    with here.rows():
        assert not Conversation.objects.get(pk=maria.pk).escalated


def test_ada_makes_a_tag_and_everybody_is_shown_it(here, maria):
    page = here.sign_in(here.town.ada)
    page.goto(f"{here.url}/admin/")
    page.get_by_role("link", name="Tags").click()
    page.get_by_role("link", name="New tag").click()
    page.get_by_role("textbox", name="Title").fill("Needs a ride")
    page.get_by_role("radio", name="Amber").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Make tag").click()
    expect(page.get_by_text("“Needs a ride” is there for everybody to put on.")).to_be_visible()

    tess = open_thread(here, maria, **PHONE)
    tess.get_by_role("button", name="Needs a ride").tap()
    expect(tess.get_by_role("button", name="Needs a ride")).to_have_attribute("aria-pressed", "true")

    # The number is a door, and deleting says it.
    page.reload()
    page.get_by_role("row", name="Needs a ride").get_by_role("link", name="1", exact=True).click()
    expect(page.get_by_role("link", name="Maria Lopez")).to_be_visible()
    page.go_back()
    page.get_by_role("button", name="Actions for Needs a ride").click()
    page.get_by_role("menuitem", name="Delete").click()
    dialog = page.get_by_role("dialog", name="Delete “Needs a ride”?")
    expect(dialog.get_by_text("1 conversation wears it.")).to_be_visible()
    dialog.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("“Needs a ride” is deleted. 1 conversation wore it.")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_use_these_pages(here, maria, accessible, scheme):
    with here.rows():
        urgent = here.town.organization.tags.get(title="Urgent")
        escalating.tag(maria, list(here.town.organization.tags.all()), by=here.town.tess, now=timezone.now())
    looks = {"color_scheme": scheme, "reduced_motion": "reduce"}

    for options in (looks, {**looks, **PHONE}):
        page = here.sign_in(here.town.ada, **options)
        for path in ("tags/", "tags/new/", f"tags/{urgent.pk}/", f"tags/{urgent.pk}/delete/"):
            page.goto(f"{here.url}/admin/{path}")
            accessible(page)
        page.goto(f"{here.url}/admin/tags/{urgent.pk}/")
        page.get_by_role("radio", name="Assignable").check()
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("heading", name="Let “Urgent” escalate no more?")).to_be_visible()
        accessible(page)
        page.goto(f"{here.url}/admin/message-review/{maria.pk}/")
        accessible(page)
