"""Work changes hands while somebody writes: the pages of who loses it, who gets it and the admin, side by side."""

import datetime as dt
import uuid

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE
from textbank.conversations import sending
from textbank.conversations.models import Conversation, Draft, MessageStatus, Note, Status

WORDS = "We meet at ten, at the Elm Street"


@pytest.fixture
def here(riverton_live):
    return riverton_live


@pytest.fixture
def maria(here):
    """Maria asked something, and Tess has her."""
    with here.rows():
        campaign = here.town.campaign()
        [made] = here.town.conversations(campaign, holder=here.town.tess)
        sending.send(made.pk, None, by=here.town.tess, client_id=uuid.uuid4(), now=timezone.now())
        # While a text is on its way a page asks for it by itself, and hears of everything else.
        made.messages.update(status=MessageStatus.DELIVERED)
        now = timezone.now()
        Conversation.objects.filter(pk=made.pk).update(status=Status.NEEDS_RESPONSE, waiting_since=now)
        made.refresh_from_db()
        here.town.unanswered(made)
    return made


def listening(here, member, address: str, **options) -> Page:
    """A page of theirs that hears news."""
    page = here.sign_in(member, **options)
    with page.expect_response(lambda answer: "/live/?" in answer.url):
        page.goto(address)
    return page


def thread_of(here, member, conversation, **options) -> Page:
    return listening(here, member, f"{here.url}/conversations/{conversation.pk}/", **options)


def composer(page: Page):
    return page.get_by_role("textbox", name="Message to Maria")


def write(here, page: Page, conversation, words: str) -> None:
    """Types it, and waits until it is kept."""
    composer(page).press_sequentially(words)
    for _ in range(100):
        with here.rows():
            if Draft.objects.filter(conversation=conversation, text=words).exists():
                return
        page.wait_for_timeout(50)
    raise AssertionError("The draft was not kept.")


def panel(here):
    """Ada's page with Maria ticked and Theo chosen."""
    page = here.sign_in(here.town.ada)
    page.goto(f"{here.url}/admin/message-review/?status=needs_response")
    page.get_by_role("checkbox", name="Select Maria Lopez").check()
    page.get_by_role("region", name="Message Actions").get_by_role("button", name="Reassign", exact=True).click()
    page.get_by_role("combobox", name="Texters").fill("theo")
    page.get_by_role("option", name="Theo Doe").click()
    return page


def test_what_tess_is_writing_is_taken_anyway_and_goes_along(here, maria):
    tess = thread_of(here, here.town.tess, maria)
    theo = listening(here, here.town.theo, f"{here.url}/replies/")
    write(here, tess, maria, WORDS)
    ada = panel(here)

    expect(ada.get_by_text("1 being answered just now — Tess Doe")).to_be_visible()
    expect(ada.get_by_text("0 of 1 ticked would move.")).to_be_visible()
    ada.get_by_label("Note for the texters").fill("She only reads Spanish.")
    ada.get_by_role("checkbox", name="Also those being answered just now").check()
    expect(ada.get_by_text("1 of 1 ticked would move.")).to_be_visible()
    ada.get_by_role("button", name="Reassign selected").click()
    expect(ada.get_by_text("1 conversation reassigned.")).to_be_visible()

    # Who loses it is told to whom, keeps the words, and need not pass them on.
    expect(tess.get_by_text("Theo has this conversation now. Ada handed it on.")).to_be_visible()
    expect(tess.get_by_text("Theo sees what you were writing.")).to_be_visible()
    expect(composer(tess)).to_have_value(WORDS)
    expect(tess.get_by_role("button", name="Pass on as a note")).to_be_hidden()
    expect(tess.get_by_role("button", name="Send", exact=True)).to_be_disabled()

    # Who gets it sees them, and may say them.
    theo.get_by_role("link", name="Maria").click()
    expect(theo.get_by_text("She only reads Spanish.", exact=True)).to_be_visible()
    expect(theo.get_by_text("Tess was writing").first).to_be_visible()
    theo.get_by_role("button", name="Use these words").click()
    expect(composer(theo)).to_have_value(WORDS)
    theo.wait_for_timeout(1800)
    composer(theo).press("Enter")
    expect(theo.get_by_role("list", name="Messages").get_by_text(WORDS)).to_be_visible()
    expect(theo.get_by_role("button", name="Use these words")).to_be_hidden()
    expect(theo.get_by_text("She only reads Spanish.", exact=True)).to_be_visible()

    # And it is in the record, and in the timeline.
    theo.get_by_text("Who had this conversation").click()
    expect(theo.get_by_text(f"Tess was writing: “{WORDS}”")).to_be_visible()


@pytest.mark.parametrize("options", [{}, PHONE], ids=["desk", "phone"])
def test_tess_passes_on_what_she_had_begun(here, maria, options):
    tess = thread_of(here, here.town.tess, maria, **options)
    write(here, tess, maria, WORDS)
    with here.rows():
        # She was called away.
        Draft.objects.filter(conversation=maria).update(touched_at=timezone.now() - dt.timedelta(minutes=3))
    ada = panel(here)
    ada.get_by_role("button", name="Reassign selected").click()
    expect(tess.get_by_text("What you wrote stays here.")).to_be_visible()
    theo = thread_of(here, here.town.theo, maria, **options)
    expect(theo.get_by_text("Tess was writing")).to_be_hidden()

    tess.get_by_role("button", name="Pass on as a note").click()

    expect(tess.get_by_text("Theo sees what you were writing.")).to_be_visible()
    expect(tess.get_by_role("button", name="Pass on as a note")).to_be_hidden()
    expect(composer(tess)).to_have_value(WORDS)
    expect(tess.get_by_role("form", name="Answer").get_by_role("link", name="Your page")).to_be_focused()
    # Theo's open page shows it by itself.
    expect(theo.get_by_role("button", name="Use these words")).to_be_visible()
    with here.rows():
        assert Note.objects.get(conversation=maria).text == WORDS


def test_words_that_were_not_kept_yet_are_passed_on_too(here, maria):
    tess = thread_of(here, here.town.tess, maria)
    write(here, tess, maria, WORDS)
    tess.route("**/draft/", lambda route: route.abort())
    composer(tess).press_sequentially(" library.")
    ada = panel(here)
    ada.get_by_role("checkbox", name="Also those being answered just now").check()
    expect(ada.get_by_text("1 of 1 ticked would move.")).to_be_visible()
    ada.get_by_role("button", name="Reassign selected").click()
    expect(tess.get_by_text("Theo sees what you were writing.")).to_be_visible()

    tess.get_by_role("button", name="Pass on as a note").click()

    expect(tess.get_by_role("button", name="Pass on as a note")).to_be_hidden()
    with here.rows():
        assert Note.objects.get(conversation=maria).text == f"{WORDS} library."


def test_who_did_not_hear_of_it_learns_it_from_the_next_words(here, maria):
    tess = here.sign_in(here.town.tess)
    tess.route("**/live/?*", lambda route: route.abort())
    tess.goto(f"{here.url}/conversations/{maria.pk}/")
    ada = panel(here)
    ada.get_by_role("button", name="Reassign selected").click()
    expect(ada.get_by_text("1 conversation reassigned.")).to_be_visible()

    composer(tess).press_sequentially("We meet")

    expect(tess.get_by_text("Theo has this conversation now. Ada handed it on.")).to_be_visible()
    expect(composer(tess)).to_have_value("We meet")
    expect(tess.get_by_role("button", name="Pass on as a note")).to_be_visible()


def test_two_people_see_that_they_are_about_to_answer_at_once(here, maria):
    sue = listening(here, here.town.sue, f"{here.url}/admin/message-review/?status=needs_response")
    sue.get_by_role("link", name="Maria Lopez").click()
    beside = sue.get_by_role("region", name="Conversation", exact=True)
    expect(beside.get_by_text("held by Tess Doe")).to_be_visible()
    tess = thread_of(here, here.town.tess, maria)

    write(here, tess, maria, WORDS)
    expect(beside.get_by_text("Tess is answering this just now.")).to_be_visible()

    write(here, sue, maria, "Sue here")
    expect(tess.get_by_text("Sue is answering this just now.")).to_be_visible()
    composer(sue).fill("")
    expect(tess.get_by_text("Sue is answering this just now.")).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_use_these_pages(here, maria, accessible, scheme):
    with here.rows():
        from textbank.assignments.reassigning import reassign
        from textbank.conversations import drafting

        drafting.keep(maria, WORDS, by=here.town.tess, now=timezone.now())
        act = reassign(
            [maria.pk],
            [here.town.theo],
            by=here.town.ada,
            include_drafting=True,
            note="She only reads Spanish.",
            now=timezone.now(),
        )
        drafting.keep(maria, "Sue here", by=here.town.sue, now=timezone.now())
    for options in ({"color_scheme": scheme}, {"color_scheme": scheme, **PHONE}):
        for who, path in (
            (here.town.theo, f"conversations/{maria.pk}/"),
            (here.town.tess, f"conversations/{maria.pk}/"),
            (here.town.ada, f"admin/message-review/{maria.pk}/"),
            (here.town.ada, f"admin/handoffs/{act.pk}/"),
        ):
            page = here.sign_in(who, reduced_motion="reduce", **options)
            page.goto(f"{here.url}/{path}")
            accessible(page)
            page.close()
