"""Saved filters in a real browser, by keyboard alone: save, find again, open, rename, delete; on a phone, too."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE
from textbank.conversations.models import SavedFilter, Status


@pytest.fixture
def here(riverton_live):
    """Tess has two replies to answer; two first messages are in the pool."""
    with riverton_live.rows():
        campaign = riverton_live.town.campaign()
        riverton_live.town.conversations(campaign, 2, holder=riverton_live.town.tess, status=Status.NEEDS_RESPONSE)
        riverton_live.town.conversations(campaign, 2)
    return riverton_live


@pytest.fixture
def review(here) -> str:
    return f"{here.url}/admin/message-review/"


def save(page: Page, name: str):
    """By the keyboard, from the list."""
    page.get_by_role("link", name="Save this filter").press("Enter")
    dialog = page.get_by_role("dialog", name="Save this filter")
    expect(dialog.get_by_label("Name")).to_be_focused()
    page.keyboard.type(name)
    return dialog


def titles(here) -> list[str]:
    with here.rows():
        return sorted(SavedFilter.objects.filter(organization=here.town.organization).values_list("title", flat=True))


def test_save_find_open_and_delete(here, review, accessible):
    page = here.sign_in(here.town.ada)
    page.goto(f"{review}?status=needs_response&order=waiting")
    page.get_by_label("Select this page").check()

    save(page, "Monday rush").get_by_label("For everybody in Riverton Votes").check()
    page.keyboard.press("Enter")

    kept = page.get_by_role("button", name="Saved as “Monday rush”")
    expect(kept).to_be_focused()
    expect(page.get_by_role("dialog")).to_be_hidden()
    # What was ticked is ticked still.
    expect(page.get_by_role("region", name="Message Actions")).to_contain_text("2 ticked")

    page.goto(review)
    accessible(page)
    shelf = page.get_by_role("region", name="Saved for everybody in Riverton Votes")
    expect(shelf).to_contain_text("Active campaigns · needs texter response")
    shelf.get_by_role("link", name="Monday rush").press("Enter")
    expect(page).to_have_url(f"{review}?status=needs_response&order=waiting")
    expect(page.get_by_text("2 conversations")).to_be_visible()
    expect(page.get_by_role("link", name="Longest waiting")).to_have_attribute("aria-current", "true")
    page.go_back()

    page.get_by_role("button", name="Actions for Monday rush").press("Enter")
    page.get_by_role("menuitem", name="Delete").press("Enter")
    page.get_by_role("dialog", name="Delete “Monday rush”?").get_by_role("button", name="Delete").press("Enter")
    expect(shelf).to_be_hidden()
    # The keyboard's focus has not fallen off the page.
    expect(page.get_by_role("link", name="Needs Texter Response")).to_be_focused()
    assert titles(here) == []


def test_a_name_that_is_taken_is_taken_over_or_another_is_typed(here, review, accessible):
    page = here.sign_in(here.town.sue)
    page.goto(f"{review}?status=needs_response")
    save(page, "Monday")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Saved as “Monday”")).to_be_visible()
    page.goto(f"{review}?texter=unassigned")

    dialog = save(page, "Monday")
    page.keyboard.press("Enter")
    expect(dialog).to_contain_text("You have a filter called “Monday” already.")
    expect(dialog.get_by_label("Name")).to_be_focused()
    accessible(page)
    dialog.get_by_label("Name").fill("Tuesday")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Saved as “Tuesday”")).to_be_focused()
    assert titles(here) == ["Monday", "Tuesday"]

    page.get_by_role("button", name="Saved as “Tuesday”").press("Enter")
    page.get_by_role("menuitem", name="Rename").press("Enter")
    page.get_by_role("dialog", name="Rename").get_by_label("Name").fill("Wednesday")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Saved as “Wednesday”")).to_be_focused()

    page.goto(f"{review}?texter=unassigned&order=name")
    dialog = save(page, "monday")
    page.keyboard.press("Enter")
    dialog.get_by_role("button", name="Replace “Monday”").press("Enter")
    expect(page.get_by_role("button", name="Saved as “monday”")).to_be_focused()
    assert titles(here) == ["Wednesday", "monday"]


def test_on_a_phone(here, review):
    page = here.sign_in(here.town.ada, **PHONE)
    page.goto(f"{review}?status=needs_response")

    page.get_by_role("link", name="Save this filter").tap()
    dialog = page.get_by_role("dialog", name="Save this filter")
    dialog.get_by_label("Name").fill("A name that is a good deal longer than a phone of 390 pixels is wide")
    dialog.get_by_role("button", name="Save", exact=True).tap()
    expect(page.get_by_role("button", name="Saved as")).to_be_visible()
    page.goto(review)
    page.get_by_role("region", name="Saved by you").get_by_role("listitem").tap()

    expect(page).to_have_url(f"{review}?status=needs_response&order=activity")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
