"""Choosing who receives: by a list of addresses, and everybody who is here."""

import datetime as dt

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE
from textbank.conversations.models import Conversation, Status
from textbank.organizations.models import Membership, Presence, Role, User


@pytest.fixture
def here(riverton_live):
    """Vera is suspended; two replies wait with Tess."""
    with riverton_live.rows():
        town = riverton_live.town
        town.person("Vera", Role.TEXTER)
        Membership.objects.filter(pk=town.vera.pk).update(suspended_at=timezone.now())
        town.conversations(town.campaign(), 2, holder=town.tess, status=Status.NEEDS_RESPONSE)
    return riverton_live


def reassigning(here, **options) -> Page:
    """Message Review with the texter picker open on all that waits."""
    page = here.sign_in(here.town.ada, **options)
    page.goto(f"{here.url}/admin/message-review/?status=needs_response")
    expect(page.get_by_text("2 conversations")).to_be_visible()
    if options:
        page.get_by_role("button", name="Message Actions").click()
    page.get_by_role("button", name="Reassign", exact=True).click()
    return page


def paste(page: Page, text: str) -> None:
    """From the clipboard into the picker, as a person does it."""
    page.get_by_label("Reason").fill(text)
    page.get_by_label("Reason").press("ControlOrMeta+a")
    page.get_by_label("Reason").press("ControlOrMeta+x")
    picker = page.get_by_role("combobox", name="Texters")
    picker.focus()
    picker.press("ControlOrMeta+v")


def chosen(page: Page) -> list[str]:
    return [words.strip() for words in page.locator("#act .token").all_inner_texts()]


def address(here, name: str) -> str:
    return f"{name}@{here.slug}.test"


def test_a_pasted_list_is_chosen_in_its_order_and_says_who_is_left_out(here):
    page = reassigning(here)

    paste(page, f"Theo <{address(here, 'theo')}>; {address(here, 'vera')}, nobody@x.test {address(here, 'sue')}")

    expect(page.locator("#act .token")).to_have_count(2)
    assert chosen(page) == ["Theo Doe", "Sue Doe"]
    note = page.locator("#act").get_by_role("status").first
    expect(note).to_have_text(
        "2 of 4 addresses chosen. Nobody here has nobody@x.test. Suspended, and not chosen: Vera Doe."
    )
    # One more is chosen by name, and nobody twice.
    paste(page, f"{address(here, 'sue')} {address(here, 'tess')}")
    expect(page.locator("#act .token")).to_have_count(3)
    assert chosen(page) == ["Theo Doe", "Sue Doe", "Tess Doe"]

    page.get_by_role("button", name="Reassign all 2 matching").click()
    page.get_by_role("button", name="Reassign 2").click()

    expect(page.get_by_text("2 conversations reassigned.")).to_be_visible()
    with here.rows():
        texters = Conversation.objects.filter(organization=here.town.organization).order_by("waiting_since", "pk")
        assert [one.texter_id for one in texters] == [here.town.theo.pk, here.town.sue.pk]


def test_everybody_who_is_here_now_is_chosen(here):
    with here.rows():
        for member, ago in ((here.town.theo, 0), (here.town.sue, 0), (here.town.tess, 60), (here.town.vera, 0)):
            seen = timezone.now() - dt.timedelta(minutes=ago)
            Presence.objects.create(membership=member, seen_at=seen)
    page = reassigning(here)

    page.get_by_role("button", name="Everybody here now").click()

    # Ada is here too.
    expect(page.locator("#act .token")).to_have_count(3)
    assert chosen(page) == ["Ada Doe", "Sue Doe", "Theo Doe"]
    expect(page.get_by_text("3 here now.")).to_be_visible()
    expect(page.get_by_text("2 of 2 matching would move.")).to_be_visible()
    page.get_by_role("button", name="Remove all").click()
    expect(page.locator("#act .token")).to_have_count(0)
    expect(page.get_by_role("button", name="Remove all")).to_be_hidden()
    expect(page.get_by_role("combobox", name="Texters")).to_be_focused()


def test_a_list_that_does_not_come_through_says_so(here):
    page = reassigning(here)
    page.context.set_offline(True)

    paste(page, f"{address(here, 'theo')} {address(here, 'sue')}")

    expect(page.get_by_text("The list did not come through, and nobody was chosen. Try again.")).to_be_visible()


@pytest.mark.parametrize("device", [{}, PHONE], ids=["desktop", "phone"])
def test_a_thousand_are_chosen_and_the_page_stays_usable(here, device):
    with here.rows():
        users = User.objects.bulk_create(
            User(email=f"v{number}@{here.slug}.test", first_name="Vera", last_name=str(number))
            for number in range(1000)
        )
        Membership.objects.bulk_create(Membership(organization=here.town.organization, user=user) for user in users)
    page = reassigning(here, **device)

    page.get_by_role("combobox", name="Texters").evaluate(
        """(input, text) => {
            const clipboardData = new DataTransfer();
            clipboardData.setData("text", text);
            input.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
        }""",
        "\n".join(user.email for user in users),
    )

    expect(page.locator("#act .token")).to_have_count(1000)
    expect(page.get_by_text("and 950 more, as evenly")).to_be_visible()
    page.get_by_role("button", name="Reassign all 2 matching").click()
    page.get_by_role("button", name="Reassign 2").click()
    expect(page.get_by_text("2 conversations reassigned.")).to_be_visible()
