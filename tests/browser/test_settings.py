"""An owner decides, and what was decided holds in everybody's browser."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE
from textbank.conversations.models import Conversation, Status
from textbank.organizations.models import Role


@pytest.fixture
def here(riverton_live):
    with riverton_live.rows():
        town = riverton_live.town
        town.person("Olga", Role.OWNER)
        town.conversations(town.campaign(), 2, holder=town.tess, status=Status.NEEDS_RESPONSE)
    return riverton_live


def settings(here, **options) -> Page:
    page = here.sign_in(here.town.olga, **options)
    page.goto(f"{here.url}/admin/")
    if options.get("is_mobile"):
        page.get_by_role("button", name="Places").click()
    page.get_by_role("link", name="Settings").click()
    return page


def held(here, member) -> int:
    with here.rows():
        return Conversation.objects.filter(texter=member).count()


def test_olga_lets_supervolunteers_reassign_and_sue_does_and_takes_it_back(here):
    sue = here.sign_in(here.town.sue)
    sue.goto(f"{here.url}/admin/message-review/?status=needs_response")
    expect(sue.get_by_text("2 conversations")).to_be_visible()
    expect(sue.get_by_role("button", name="Reassign", exact=True)).to_be_hidden()

    olga = settings(here)
    olga.get_by_role("checkbox", name="Supervolunteers may reassign").check()
    olga.get_by_role("button", name="Save").click()
    expect(olga.get_by_text("Saved.")).to_be_visible()
    changes = olga.get_by_role("region", name="Changed lately")
    expect(changes).to_contain_text("Supervolunteers may reassign was no, is yes")

    sue.reload()
    sue.get_by_role("button", name="Reassign", exact=True).click()
    sue.get_by_role("combobox", name="Texters").fill("theo")
    sue.get_by_role("option", name="Theo Doe").click()
    sue.get_by_role("button", name="Reassign all 2 matching").click()
    sue.get_by_role("button", name="Reassign 2").click()
    expect(sue.get_by_text("2 conversations reassigned.")).to_be_visible()
    assert held(here, here.town.theo) == 2
    sue.get_by_role("button", name="Undo").click()
    sue.get_by_role("button", name="Undo 2").click()
    expect(sue.get_by_role("dialog")).to_contain_text("2 conversations given back.")
    assert held(here, here.town.tess) == 2


def test_what_is_wrong_is_said_and_nothing_is_lost(here):
    olga = settings(here)
    olga.get_by_role("textbox", name="Name").fill("Riverton Votes Again")
    olga.get_by_label("Farewell").fill("Bye, {frist}!")

    olga.get_by_role("button", name="Save").click()

    expect(olga.get_by_text("{frist} is not known.")).to_be_visible()
    expect(olga.get_by_label("Farewell")).to_have_value("Bye, {frist}!")
    expect(olga.get_by_role("textbox", name="Name")).to_have_value("Riverton Votes Again")
    olga.get_by_label("Farewell").fill("Bye, {firstName}!")
    olga.get_by_role("button", name="Save").click()
    expect(olga.get_by_role("navigation", name="Main")).to_contain_text("Riverton Votes Again")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("device", [{}, PHONE], ids=["desktop", "phone"])
def test_nothing_keeps_anybody_out(here, accessible, scheme, device):
    page = settings(here, color_scheme=scheme, **device)
    expect(page.get_by_role("heading", name="Settings")).to_be_visible()

    for name in ("Name", "Farewell"):
        accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        page.get_by_role("textbox", name=name).fill(" ")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Nothing is saved yet.")).to_be_visible()
