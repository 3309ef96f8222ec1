"""A newcomer with a list of their own, from its upload to an answer that is answered: two people, two browsers."""

import datetime as dt

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE
from tests.browser.test_campaigns import LIST, write_script
from textbank.contacts.models import Contact
from textbank.conversations.models import Direction, Message, Status
from textbank.organizations.models import Settings


@pytest.fixture
def here(riverton_live):
    """Riverton texts all day, so that the story holds at any hour."""
    with riverton_live.rows():
        all_day = {"texting_starts": dt.time(0), "texting_ends": dt.time(0)}
        Settings.objects.filter(organization=riverton_live.town.organization).update(**all_day)
    return riverton_live


def test_from_a_list_of_ones_own_to_an_answered_answer(here, tmp_path):
    (tmp_path / "list.csv").write_text(LIST)
    ada, tess = here.sign_in(here.town.ada), here.sign_in(here.town.tess, **PHONE)

    # Ada makes a campaign of her list and starts it.
    ada.goto(f"{here.url}/admin/campaigns/new/")
    ada.get_by_label("Title").fill("Library canvass")
    ada.get_by_role("button", name="Save and go on").click()
    ada.get_by_label("Choose a CSV file").set_input_files(tmp_path / "list.csv")
    ada.get_by_role("button", name="Upload").click()
    expect(ada.get_by_text("2 contacts accepted from list.csv")).to_be_visible()
    ada.get_by_role("link", name="Go on to the script").click()
    write_script(ada)
    ada.get_by_role("button", name="Start campaign").click()
    ada.get_by_role("button", name="Start", exact=True).click()
    expect(ada.get_by_text("Library canvass has started.")).to_be_visible()

    # Tess asks for texts and sends the first message.
    tess.goto(f"{here.url}/")
    tess.get_by_role("button", name="Ask for texts").click()
    expect(tess.get_by_text("2 new first messages")).to_be_visible()
    tess.get_by_role("link", name="Send first messages").click()
    expect(tess.get_by_text("Hi Marisol, can you come on Saturday?")).to_be_visible()
    tess.wait_for_timeout(300)
    tess.keyboard.press("Enter")
    expect(tess.get_by_role("heading", name="James")).to_be_visible()
    expect(tess.get_by_role("img", name="1 of 2 sent")).to_be_visible()

    # Marisol answers, and Tess answers her by the script.
    with here.rows():
        marisol = Contact.objects.select_related("conversation").get(
            organization=here.town.organization, first_name="Marisol"
        )
    here.says(marisol.conversation, "Yes, gladly!")
    tess.goto(f"{here.url}/")
    tess.get_by_role("link", name="Answer replies").click()
    tess.get_by_role("link", name="Marisol").click()
    tess.get_by_role("button", name="Yes", exact=True).click()
    expect(tess.get_by_role("textbox", name="Message to Marisol")).to_have_value("Great! Your precinct is 14B.")
    tess.get_by_role("button", name="Send").click()

    expect(tess.get_by_role("list", name="Messages").get_by_text("Great! Your precinct is 14B.")).to_be_visible()
    with here.rows():
        thread = marisol.conversation
        thread.refresh_from_db()
        texts = Message.objects.filter(conversation=thread, direction=Direction.OUTGOING).values_list("text", flat=True)
        assert thread.status == Status.ACTIVE
        assert list(texts) == ["Hi Marisol, can you come on Saturday?", "Great! Your precinct is 14B."]
