"""The page that users know, step by step in its own words, with both texters' browsers open beside the admin's."""

import re
import uuid

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE
from textbank.assignments import escalating
from textbank.conversations import sending, uploading
from textbank.conversations.models import Conversation, Handoff, Message, Status, Tagging
from textbank.organizations.models import Tag

SLOW = 30_000


@pytest.fixture
def here(riverton_live):
    return riverton_live


@pytest.fixture
def canvass(here):
    """Tess has two contacts who wait for an answer and three to text; four more are in the pool."""
    with here.rows():
        campaign = here.town.campaign()
        for name in ("Ana", "Lin", "Rosa", "Sam"):
            here.town.conversations(campaign, first_name=name)
        here.town.conversations(campaign, 3, holder=here.town.tess)
        for name in ("Maria", "Omar"):
            asked(here, here.town.conversations(campaign, holder=here.town.tess, first_name=name)[0])
    return campaign


def asked(here, conversation: Conversation) -> None:
    """The first message went out, and an answer has come."""
    sending.send(conversation.pk, None, by=here.town.tess, client_id=uuid.uuid4(), now=timezone.now())
    text = Message.objects.create(
        organization=here.town.organization,
        conversation=conversation,
        service=here.town.service,
        direction=2,
        status=8,
        text=f"Where do you meet? {conversation.contact.first_name}",
    )
    now = timezone.now()
    Conversation.objects.filter(pk=conversation.pk).update(
        status=Status.NEEDS_RESPONSE, waiting_since=now, last_inbound=text.pk, last_activity=now
    )


def holders(here) -> dict[str, int]:
    """Who has how many."""
    with here.rows():
        found = Conversation.objects.filter(organization=here.town.organization).select_related("texter__user")
        names = [one.texter.user.first_name if one.texter else "" for one in found]
        return {name: names.count(name) for name in names}


def dashboard(here, **options) -> Page:
    page = here.sign_in(here.town.ada, **options)
    page.goto(f"{here.url}/admin/")
    return page


def actions(page: Page):
    return page.get_by_role("region", name="Message Actions")


def choose(page: Page, name: str) -> None:
    page.get_by_role("combobox", name="Texters").fill(name.lower())
    page.get_by_role("option", name=name).click()


def test_reassigning_from_the_message_review_page(here, canvass):
    tess = here.sign_in(here.town.tess)
    tess.goto(f"{here.url}/replies/")
    theo = here.sign_in(here.town.theo)
    theo.goto(f"{here.url}/replies/")
    expect(tess.get_by_role("link", name="Maria")).to_be_visible()
    expect(theo.get_by_role("region", name="Replies").get_by_text("All answered")).to_be_visible()
    page = dashboard(here)

    # 1. Go to the Message Review page from the administration dashboard.
    page.get_by_role("link", name="Message Review").click()
    # 2. Filter the message list from the Message Filter window.
    window = page.get_by_role("region", name="Message Filter")
    window.get_by_role("checkbox", name="Needs Texter Response").check()
    expect(page.get_by_text("2 conversations")).to_be_visible()
    # 3. Find the conversations you want to reassign, and select them with the checkbox.
    page.get_by_role("checkbox", name="Select Maria Lopez").check()
    expect(actions(page).get_by_text("1 ticked")).to_be_visible()
    # 4. Open the Message Actions window. 5. Select Reassign.
    actions(page).get_by_role("button", name="Reassign", exact=True).click()
    expect(page.get_by_role("button", name="Reassign selected")).to_be_disabled()
    # 6. Specify one or more texters who will receive the reassignment.
    choose(page, "Theo Doe")
    expect(page.get_by_text("1 of 1 ticked would move.")).to_be_visible()
    # 7. Click Reassign selected.
    page.get_by_role("button", name="Reassign selected").click()

    expect(actions(page).get_by_text("1 conversation reassigned.")).to_be_visible()
    # Both texters' open pages change by themselves.
    expect(theo.get_by_role("link", name="Maria")).to_be_visible()
    expect(tess.get_by_role("link", name="Maria")).to_be_hidden()
    expect(tess.get_by_role("link", name="Omar")).to_be_visible()
    # The receiver sees the whole history, and its author is who it was.
    theo.get_by_role("link", name="Maria").click()
    thread = theo.get_by_role("list", name="Messages")
    expect(thread.get_by_text("Where do you meet? Maria")).to_be_visible()
    expect(thread.get_by_text(re.compile("^Tess · "))).to_be_visible()


def test_what_was_said_of_one_hand_off_is_not_said_of_the_next(here, canvass):
    page = here.sign_in(here.town.ada)
    page.goto(f"{here.url}/admin/message-review/?status=needs_response")
    page.get_by_role("checkbox", name="Select Maria Lopez").check()
    actions(page).get_by_role("button", name="Reassign", exact=True).click()
    choose(page, "Theo Doe")
    for field, words in (("How many", "1"), ("Reason", "Tess went home"), ("Note for the texters", "Hurry.")):
        page.get_by_label(field).fill(words)
    expect(page.get_by_text("1 of 1 ticked would move.")).to_be_visible()
    page.get_by_role("button", name="Reassign selected").click()
    expect(actions(page).get_by_text("1 conversation reassigned.")).to_be_visible()

    page.get_by_role("checkbox", name="Select Omar Lopez").check()
    actions(page).get_by_role("button", name="Reassign", exact=True).click()

    expect(actions(page).get_by_text("Choose one or more texters first.")).to_be_visible()
    for field in ("How many", "Reason", "Note for the texters"):
        expect(page.get_by_label(field)).to_have_value("")


def test_assigning_unassigned_first_messages_of_one_campaign(here, canvass, picture):
    """The example of the page: Needs First Message, from a specific campaign, that are currently unassigned."""
    theo = here.sign_in(here.town.theo)
    theo.goto(f"{here.url}/")
    page = dashboard(here)

    page.get_by_role("link", name="Message Review").click()
    window = page.get_by_role("region", name="Message Filter")
    window.get_by_role("checkbox", name="Needs First Message").check()
    window.get_by_role("combobox", name="Campaign", exact=True).fill("satur")
    page.get_by_role("option", name="Saturday canvass").click()
    window.get_by_role("combobox", name="Texter", exact=True).fill("una")
    page.get_by_role("option", name="Unassigned").click()
    expect(page.get_by_text("4 conversations")).to_be_visible()
    actions(page).get_by_role("button", name="Reassign", exact=True).click()
    choose(page, "Theo Doe")
    choose(page, "Sue Doe")
    expect(actions(page).locator("dt", has_text="Sue Doe")).to_be_visible()
    picture(page, "reassign")
    # 7. … or Reassign all n matching, to reassign all contacts that match the filter.
    page.get_by_role("button", name="Reassign all 4 matching").click()
    page.get_by_role("button", name="Reassign 4").click()

    expect(actions(page).get_by_text("4 conversations reassigned.")).to_be_visible()
    picture(page, "receipt")
    assert holders(here) == {"Tess": 5, "Theo": 2, "Sue": 2}
    expect(theo.get_by_text("2 left")).to_be_visible()

    # And back, as if it had not happened.
    actions(page).get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Undo 4").click()
    expect(page.get_by_text("4 conversations given back.")).to_be_visible()
    assert holders(here) == {"Tess": 5, "": 4}


def test_unassigning_gives_back_to_the_pool(here, canvass):
    """Note: You can also select Unassign to release the conversations back into the assignment pool."""
    tess = here.sign_in(here.town.tess)
    tess.goto(f"{here.url}/replies/")
    page = dashboard(here)
    page.get_by_role("link", name="Message Review").click()
    page.get_by_role("link", name="Needs Texter Response").click()

    actions(page).get_by_role("button", name="Unassign", exact=True).click()
    page.get_by_role("button", name="Unassign all 2 matching").click()
    page.get_by_role("button", name="Unassign 2").click()

    expect(actions(page).get_by_text("2 conversations unassigned.")).to_be_visible()
    expect(actions(page).get_by_text("2 conversations may be asked for now.")).to_be_visible()
    expect(tess.get_by_role("region", name="Replies").get_by_text("All answered")).to_be_visible()


def test_reassigning_from_the_escalated_convos_page(here, canvass, picture):
    tess = here.sign_in(here.town.tess)
    tess.goto(f"{here.url}/replies/")
    expect(tess.get_by_role("link", name="Maria")).to_be_visible()
    theo = here.sign_in(here.town.theo)
    theo.goto(f"{here.url}/replies/")
    with here.rows():
        tag = Tag.objects.create(organization=here.town.organization, title="Needs Spanish", assignable=False)
        for one in Conversation.objects.filter(
            organization=here.town.organization, status=Status.NEEDS_RESPONSE
        ).select_related("contact"):
            escalating.tag(one, [tag], by=here.town.sue, now=timezone.now())
    # Who escalates lets go: they leave the open page of whoever had them.
    expect(tess.get_by_role("region", name="Replies").get_by_text("All answered")).to_be_visible()
    page = dashboard(here)

    # 1. Go to the Escalated Convos page from the administration dashboard.
    link = page.get_by_role("listitem").filter(has=page.get_by_role("link", name="Escalated Convos"))
    expect(link).to_contain_text("2")
    page.get_by_role("link", name="Escalated Convos").click()
    expect(page.get_by_text("2 conversations")).to_be_visible()
    # 2. Select conversations with either or both: filter, and select with the checkbox.
    page.get_by_role("region", name="Message Filter").get_by_label("Contact name").fill("mar")
    expect(page.get_by_text("1 conversation", exact=True)).to_be_visible()
    page.get_by_role("checkbox", name="Select Maria Lopez").check()
    # 3. to 6. Message Actions, Reassign, texters, Reassign selected.
    actions(page).get_by_role("button", name="Reassign", exact=True).click()
    choose(page, "Theo Doe")
    page.get_by_role("button", name="Reassign selected").click()

    expect(actions(page).get_by_text("1 conversation reassigned.")).to_be_visible()
    expect(theo.get_by_role("link", name="Maria")).to_be_visible()
    expect(tess.get_by_role("link", name="Maria")).to_be_hidden()

    # And from one texter to another: whoever loses it and whoever gains it see it at once.
    actions(page).get_by_role("button", name="Reassign", exact=True).click()
    choose(page, "Tess Doe")
    page.get_by_role("button", name="Reassign all 1 matching").click()
    page.get_by_role("button", name="Reassign 1").click()

    expect(tess.get_by_role("link", name="Maria")).to_be_visible()
    expect(theo.get_by_role("region", name="Replies").get_by_text("All answered")).to_be_visible()

    # Unassign offers to resolve the escalation too.
    page.get_by_role("link", name="Remove: named").click()
    expect(page.get_by_text("2 conversations")).to_be_visible()
    actions(page).get_by_role("button", name="Unassign", exact=True).click()
    actions(page).get_by_role("checkbox", name="Resolve the escalation too").check()
    expect(page.get_by_text("2 would be resolved")).to_be_visible()
    picture(page, "escalated")
    page.get_by_role("button", name="Unassign all 2 matching").click()
    page.get_by_role("button", name="Unassign 1").click()

    expect(actions(page).get_by_text("1 conversation unassigned.")).to_be_visible()
    expect(page.get_by_text("Nothing is escalated")).to_be_visible()
    expect(tess.get_by_role("region", name="Replies").get_by_text("All answered")).to_be_visible()


@pytest.mark.parametrize("width", [1060, 1280, 1600])
def test_what_was_said_has_room_at_every_width(here, canvass, width):
    with here.rows():
        tag = Tag.objects.create(organization=here.town.organization, title="Needs Spanish")
        thread = canvass.conversations.get(messages__text="Where do you meet? Maria")
        Tagging.objects.create(conversation=thread, tag=tag)
        Conversation.objects.filter(pk=thread.pk).update(opted_out=True)
    page = dashboard(here)
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{here.url}/admin/message-review/?opted_out=true&opted_out=false")

    said = page.get_by_text("Where do you meet? Maria", exact=True)
    expect(said).to_be_visible()
    assert said.evaluate("said => said.clientWidth") > 200
    expect(page.get_by_role("row").filter(has=said).get_by_text("Opted out", exact=True)).to_be_in_viewport(ratio=1)
    assert page.get_by_role("region", name="List").evaluate("list => list.scrollWidth <= list.clientWidth")


def test_ticks_survive_paging_and_sorting_and_a_change_of_filter_clears_them_in_words(here):
    with here.rows():
        campaign = here.town.campaign()
        here.town.conversations(campaign, 60, holder=here.town.tess)
    page = here.sign_in(here.town.ada)
    page.goto(f"{here.url}/admin/message-review/?texter={here.town.tess.pk}")

    page.get_by_role("checkbox", name="Select this page").check()
    expect(actions(page).get_by_text("50 ticked")).to_be_visible()
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_text("10 on this page")).to_be_visible()
    expect(actions(page).get_by_text("50 ticked")).to_be_visible()
    page.locator(".tick").first.check()
    expect(actions(page).get_by_text("51 ticked")).to_be_visible()
    page.get_by_role("link", name="Name", exact=True).click()
    expect(page.get_by_text("50 on this page")).to_be_visible()
    expect(actions(page).get_by_text("51 ticked")).to_be_visible()

    page.get_by_role("region", name="Message Filter").get_by_role("checkbox", name="Needs First Message").check()

    expect(actions(page).get_by_text("51 ticks were cleared: the filter changed.")).to_be_visible()
    expect(actions(page).get_by_text("0 ticked")).to_be_visible()


def test_who_types_before_the_page_is_complete_is_heard(here, canvass):
    page = here.sign_in(here.town.ada)
    last_script, held = re.compile(r"/js/texting_clock\."), []

    def hold(route) -> None:
        held.append(route)

    page.route(last_script, hold)
    with page.expect_request(last_script):
        page.goto(f"{here.url}/admin/message-review/?status=needs_response", wait_until="commit")
    page.get_by_label("Contact name").fill("mar")
    expect(page.get_by_text("2 conversations")).to_be_visible()

    held.pop().continue_()

    expect(page.get_by_text("1 conversation", exact=True)).to_be_visible()
    expect(page.get_by_label("Contact name")).to_have_value("mar")


def test_the_list_by_keyboard(here, canvass):
    page = here.sign_in(here.town.ada)
    page.goto(f"{here.url}/admin/message-review/?texter={here.town.tess.pk}&order=name")
    expect(page.get_by_text("5 conversations")).to_be_visible()

    page.keyboard.press("j")
    page.keyboard.press("Space")
    expect(actions(page).get_by_text("1 ticked")).to_be_visible()
    page.keyboard.press("Shift+J")
    page.keyboard.press("Shift+J")
    expect(actions(page).get_by_text("3 ticked")).to_be_visible()
    page.keyboard.press("a")
    expect(actions(page).get_by_text("5 ticked")).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    beside = page.get_by_role("region", name="Conversation", exact=True)
    expect(beside.get_by_role("heading", name="Maria Lopez")).to_be_visible()
    page.keyboard.press("j")
    expect(beside.get_by_role("heading", name="Omar Lopez")).to_be_visible()
    page.keyboard.press("Escape")
    expect(beside).to_be_hidden()


def test_answering_beside_the_list(here, canvass):
    tess = here.sign_in(here.town.tess)
    tess.goto(f"{here.url}/replies/")
    page = here.sign_in(here.town.sue)
    page.goto(f"{here.url}/admin/message-review/?status=needs_response&name=maria")
    expect(page.get_by_role("button", name="Reassign")).to_have_count(0)

    page.get_by_role("link", name="Maria Lopez").click()
    beside = page.get_by_role("region", name="Conversation", exact=True)
    expect(beside.get_by_text("held by Tess Doe")).to_be_visible()
    beside.get_by_role("button", name="Yes").click()
    expect(beside.get_by_role("textbox", name="Message to Maria")).to_have_value("Wonderful! We meet at ten.")
    page.wait_for_timeout(1800)
    beside.get_by_role("textbox", name="Message to Maria").press("Enter")

    expect(beside.get_by_text("Active Conversation")).to_be_visible()
    expect(beside.get_by_text(re.compile("^You · "))).to_be_visible()
    expect(beside.get_by_role("textbox", name="Message to Maria")).to_have_value("")
    # The line of the list is another one now, and stays where it was.
    expect(page.get_by_role("row", name="Maria").get_by_text("Active Conversation")).to_be_visible()
    expect(tess.get_by_role("link", name="Maria")).to_be_hidden()

    beside.get_by_role("button", name="Close", exact=True).click()
    expect(beside.get_by_role("button", name="Reopen")).to_be_visible()


def test_a_thousand_and_more_go_on_by_themselves(here):
    with here.rows():
        campaign = here.town.campaign(contacts=1)
        many(campaign, 1500, here.town.ada)
    page = here.sign_in(here.town.ada)
    page.goto(f"{here.url}/admin/message-review/?texter=unassigned")
    expect(page.get_by_text("1,501 conversations")).to_be_visible()

    actions(page).get_by_role("button", name="Reassign", exact=True).click()
    choose(page, "Theo Doe")
    choose(page, "Tess Doe")
    page.get_by_role("button", name="Reassign all 1,501 matching").click()
    page.get_by_role("button", name="Reassign 1,501").click()

    expect(actions(page).get_by_text("1,501 conversations reassigned.")).to_be_visible(timeout=SLOW)
    expect(page.get_by_text("No conversation is like that")).to_be_visible()
    with here.rows():
        act = Handoff.objects.latest("pk")
        assert sorted(act.shares.values()) == [750, 751]


def many(campaign, count: int, by) -> None:
    """Contacts with their conversations."""
    lines = ["First name,Last name,Cell", *(f"Ana,Li,+1415{3_000_000 + n}" for n in range(count))]
    uploading.receive(campaign, "many.csv", ["\n".join(lines).encode()], by=by, now=timezone.now())


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_use_these_pages(here, canvass, accessible, picture, scheme):
    with here.rows():
        conversation = Conversation.objects.filter(status=Status.NEEDS_RESPONSE, texter=here.town.tess).first()
    for options in ({"color_scheme": scheme}, {"color_scheme": scheme, **PHONE}):
        page = here.sign_in(here.town.ada, reduced_motion="reduce", **options)
        for path in ("", "?status=needs_response", "?status=closed", "?status=nonsense", f"{conversation.pk}/"):
            page.goto(f"{here.url}/admin/message-review/{path}")
            accessible(page)
        page.goto(f"{here.url}/admin/escalated-convos/")
        accessible(page)
        page.goto(f"{here.url}/admin/message-review/?status=needs_response")
        page.locator(".tick").first.check()
        if "is_mobile" in options:
            page.get_by_role("button", name="Message Actions").tap()
        actions(page).get_by_role("button", name="Reassign", exact=True).click()
        choose(page, "Theo Doe")
        expect(page.get_by_text("1 of 1 ticked would move.")).to_be_visible()
        accessible(page)
        if scheme == "light" and "is_mobile" in options:
            picture(page, "reassign-phone")
        page.get_by_role("combobox", name="Texters").fill("s")
        expect(page.get_by_role("option", name="Sue Doe")).to_be_visible()
        accessible(page)
