"""From the Campaigns page: releases, their receipts, Undo and the record, with the texter's page open beside."""

import datetime as dt
import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE
from textbank.assignments.carrying_out import AT_ONCE
from textbank.assignments.reassigning import reassign
from textbank.conversations.models import Conversation, Status


@pytest.fixture
def here(riverton_live):
    return riverton_live


@pytest.fixture
def campaign(here):
    """Tess has three to send and two to answer: one came 90 minutes ago, one 10 minutes ago."""
    with here.rows():
        campaign = here.town.campaign()
        here.town.conversations(campaign, 3, holder=here.town.tess)
        for minutes in (90, 10):
            came = timezone.now() - dt.timedelta(minutes=minutes)
            made = here.town.conversations(
                campaign, holder=here.town.tess, status=Status.NEEDS_RESPONSE, waiting_since=came
            )
            Conversation.objects.filter(pk=made[0].pk).update(held_since=came)
    return campaign


@pytest.fixture
def ada(here, campaign) -> Page:
    return here.sign_in(here.town.ada)


def held(here) -> int:
    with here.rows():
        return Conversation.objects.filter(texter=here.town.tess).count()


def choose(page: Page, here, item: str):
    page.goto(f"{here.url}/admin/")
    page.get_by_role("link", name="Campaigns", exact=True).click()
    page.get_by_role("button", name="Actions for Saturday canvass").click()
    page.get_by_role("menuitem", name=item).click()
    return page.get_by_role("dialog", name=item)


def test_release_unsent_messages_receipt_and_undo(here, ada, campaign, picture):
    """Both texters' pages lose them, and have them again after the undo, by themselves."""
    with here.rows():
        here.town.conversations(campaign, 2, holder=here.town.theo)
    tess, theo = (here.sign_in(member) for member in (here.town.tess, here.town.theo))
    for page, left in ((tess, "3 left"), (theo, "2 left")):
        page.goto(f"{here.url}/")
        expect(page.get_by_text(left)).to_be_visible()

    dialog = choose(ada, here, "Release Unsent Messages")
    expect(dialog).to_contain_text("5 conversations held, first message unsent")
    dialog.get_by_role("button", name="Release 5").click()

    receipt = ada.get_by_role("dialog")
    expect(receipt).to_contain_text("5 conversations released.")
    expect(tess.get_by_text("3 left")).to_be_hidden()
    expect(theo.get_by_text("2 left")).to_be_hidden()
    assert held(here) == 2

    receipt.get_by_role("button", name="Undo").click()
    ada.get_by_role("button", name="Undo 5").click()
    expect(ada.get_by_role("dialog")).to_contain_text("5 conversations given back.")
    expect(tess.get_by_text("3 left")).to_be_visible()
    expect(theo.get_by_text("2 left")).to_be_visible()
    assert held(here) == 5

    ada.get_by_role("link", name="See the record").click()
    expect(ada.get_by_role("heading", name="Undo")).to_be_visible()
    expect(ada.get_by_role("img", name="3 from The pool to Tess Doe")).to_be_visible()
    expect(ada.get_by_role("img", name="2 from The pool to Theo Doe")).to_be_visible()
    picture(ada, "record")


def waits_for(page: Page, name: str, count: int) -> None:
    """So many contacts of that name stand on the texter's page of replies."""
    expect(page.get_by_role("region", name="Replies").get_by_role("link", name=name)).to_have_count(count)


def test_release_unreplied_conversations_counts_what_is_typed(here, ada, picture):
    dialog = choose(ada, here, "Release Unreplied Conversations")

    expect(dialog).to_contain_text("idle 60 min or more: 1 · all: 2")
    expect(dialog.get_by_role("button", name="Release 1")).to_be_enabled()
    picture(ada, "release-unreplied")

    dialog.get_by_label("Idle for at least").fill("5")
    expect(dialog).to_contain_text("idle 5 min or more: 2 · all: 2")
    dialog.get_by_label("Idle for at least").fill("500")
    expect(dialog.get_by_role("button", name="Release 0")).to_be_disabled()
    dialog.get_by_label("Idle for at least").fill("0")
    dialog.get_by_label("Reason").fill("Tess went home")
    dialog.get_by_role("button", name="Release 2").click()

    expect(ada.get_by_role("dialog")).to_contain_text("2 conversations released.")
    assert held(here) == 3
    ada.get_by_role("button", name="Done").click()
    row = ada.get_by_role("row").filter(has_text="Saturday canvass")
    expect(row.get_by_role("cell").nth(2)).to_have_text("2")


def test_release_unreplied_conversations_leave_and_come_back_on_open_pages(here, ada, campaign):
    with here.rows():
        came = timezone.now() - dt.timedelta(minutes=70)
        fields = {"status": Status.NEEDS_RESPONSE, "waiting_since": came, "first_name": "Lin"}
        made = here.town.conversations(campaign, holder=here.town.theo, **fields)
        Conversation.objects.filter(pk=made[0].pk).update(held_since=came)
    tess, theo = (here.sign_in(member) for member in (here.town.tess, here.town.theo))
    for page, name, count in ((tess, "Maria", 2), (theo, "Lin", 1)):
        page.goto(f"{here.url}/replies/")
        waits_for(page, name, count)

    dialog = choose(ada, here, "Release Unreplied Conversations")
    expect(dialog).to_contain_text("idle 60 min or more: 2 · all: 3")
    dialog.get_by_role("button", name="Release 2").click()

    receipt = ada.get_by_role("dialog")
    expect(receipt).to_contain_text("2 conversations released.")
    waits_for(tess, "Maria", 1)
    waits_for(theo, "Lin", 0)

    # Theo asks, and is given who waits longest: Maria, whom Tess let wait.
    theo.goto(f"{here.url}/")
    theo.get_by_label("How many").fill("1")
    theo.get_by_role("button", name="Ask for texts").click()
    theo.goto(f"{here.url}/replies/")
    waits_for(theo, "Maria", 1)

    receipt.get_by_role("button", name="Undo").click()
    ada.get_by_role("button", name="Undo 1").click()
    expect(ada.get_by_role("dialog")).to_contain_text("1 conversation given back.")
    waits_for(theo, "Lin", 1)
    waits_for(theo, "Maria", 1)
    waits_for(tess, "Maria", 1)


def test_release_unhandled_replies_stands_above_the_list(here, ada):
    tess = here.sign_in(here.town.tess)
    tess.goto(f"{here.url}/replies/")
    waits_for(tess, "Maria", 2)
    ada.goto(f"{here.url}/admin/campaigns/")
    ada.get_by_role("button", name="Release Unhandled Replies").click()

    dialog = ada.get_by_role("dialog", name="Release Unhandled Replies")
    dialog.get_by_role("button", name="Release 1").click()

    expect(ada.get_by_role("dialog")).to_contain_text("1 conversation released.")
    waits_for(tess, "Maria", 1)
    assert held(here) == 4


def test_a_big_one_goes_on_by_itself_and_says_when_it_has_ended(here, ada, campaign):
    with here.rows():
        here.town.conversations(campaign, AT_ONCE, holder=here.town.tess)

    dialog = choose(ada, here, "Release Unsent Messages")
    dialog.get_by_role("button", name="Release 1,003").click()

    expect(ada.get_by_role("dialog")).to_contain_text("1,003 conversations released.")
    ada.get_by_role("link", name="See the record").click()
    expect(ada.get_by_role("img", name="1,003 from Tess Doe to The pool")).to_be_visible()
    assert held(here) == 2


def test_suspending_asks_who_goes_on(here, ada, picture):
    theo = here.sign_in(here.town.theo)
    theo.goto(f"{here.url}/replies/")
    waits_for(theo, "Maria", 0)
    ada.goto(f"{here.url}/admin/people/")
    ada.get_by_role("button", name="Actions for Tess Doe").click()
    ada.get_by_role("menuitem", name="Suspend").click()

    dialog = ada.get_by_role("dialog", name="Suspend Tess Doe?")
    expect(dialog).to_contain_text("What becomes of Tess’s 5 conversations?")
    dialog.get_by_label("Reassign them").check()
    dialog.get_by_role("combobox", name="Texters").fill("theo")
    ada.get_by_role("option", name="Theo Doe").click()
    picture(ada, "suspend")
    dialog.get_by_role("button", name="Suspend").click()

    expect(ada.get_by_text("5 conversations reassigned.")).to_be_visible()
    waits_for(theo, "Maria", 2)
    assert held(here) == 0


def addresses(here, campaign) -> list[str]:
    with here.rows():
        conversations = Conversation.objects.filter(campaign=campaign)
        ids = list(conversations.values_list("pk", flat=True))
        conversations.filter(pk=ids[0]).update(escalated=True)
        handoff = reassign(
            ids, [here.town.theo, here.town.tess], by=here.town.ada, reason="Tess went home", include_escalated=True
        )
    return [
        "/admin/campaigns/release-unhandled/",
        f"/admin/campaigns/{campaign.pk}/release-unsent/",
        f"/admin/campaigns/{campaign.pk}/release-unreplied/",
        "/admin/handoffs/",
        f"/admin/handoffs/{handoff.pk}/",
        f"/admin/handoffs/{handoff.pk}/undo/",
        "/admin/people/",
        f"/admin/people/{here.town.tess.pk}/suspend/",
        f"/conversations/{ids[-1]}/",
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("device", [{}, PHONE], ids=["desktop", "phone"])
def test_nothing_keeps_anybody_out(here, campaign, accessible, scheme, device):
    page = here.sign_in(here.town.ada, color_scheme=scheme, **device)
    for address in addresses(here, campaign):
        page.goto(f"{here.url}{address}")
        accessible(page)
        fits = page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        assert fits, f"{address} is wider than the screen"

    page.goto(f"{here.url}/admin/campaigns/")
    page.get_by_role("button", name=re.compile("Release Unhandled")).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    accessible(page)
