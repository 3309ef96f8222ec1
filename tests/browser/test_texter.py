"""A texter's day, in a real browser."""

import re
import time
import uuid

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE
from textbank import news
from textbank.campaigns.models import CannedResponse
from textbank.contacts.models import OptOut
from textbank.conversations import ledger, sending
from textbank.conversations.ledger import Card
from textbank.conversations.models import Action, Direction, Draft, Handoff, Message, State, Status
from textbank.organizations import people

GUARD = 300  # milliseconds between two presses that are both meant
CARDS = re.compile(r"/first-messages/cards\b")


@pytest.fixture
def here(riverton_live):
    return riverton_live


def first_messages(here, count: int):
    """Tess has so many to send, to Maria, Omar, Dana and others."""
    names = ["Maria", "Omar", "Dana", "Priya", "Jin", "Lou"]
    with here.rows():
        campaign = here.town.campaign()
        made = []
        for number in range(count):
            name = names[number % len(names)]
            made += here.town.conversations(campaign, holder=here.town.tess, first_name=name)
        # Read now: later there is no database at hand.
        for one in made:
            one.contact.refresh_from_db()
    return made


@pytest.fixture
def waiting(here):
    """Maria answered Tess's first message."""
    (conversation,) = first_messages(here, 1)
    with here.rows():
        CannedResponse.objects.create(campaign=conversation.campaign, title="Where", text="At the Elm Street library.")
        CannedResponse.objects.create(campaign=conversation.campaign, title="Kids", text="Bring them, {firstName}!")
        sending.send(conversation.pk, None, by=here.town.tess, client_id=uuid.uuid4(), now=timezone.now())
    here.says(conversation, "Where do you meet?")
    page = here.sign_in(here.town.tess)
    page.goto(f"{here.url}/replies/")
    expect(page.get_by_role("link", name="Maria")).to_be_visible()
    page.close()
    return conversation


def sent(here) -> list[int]:
    """The conversations that were texted, in the order of the texts."""
    with here.rows():
        mine = Message.objects.filter(organization=here.town.organization, direction=Direction.OUTGOING)
        return list(mine.values_list("conversation", flat=True))


def until(true) -> None:
    """Waits for what the page does behind what it shows."""
    deadline = time.monotonic() + 15
    while not true():
        assert time.monotonic() < deadline, "It did not come about in time."
        time.sleep(0.1)


def go(page: Page, address: str, *, listening: bool) -> None:
    """Opens the page, and waits until it hears news if it is to hear any."""
    if not listening:
        page.goto(address)
        return
    with page.expect_response(lambda answer: "/live/?" in answer.url):
        page.goto(address)


def press_enter(page: Page) -> None:
    page.wait_for_timeout(GUARD)
    page.keyboard.press("Enter")


def card(page: Page):
    return page.locator("article.send-card")


def test_three_first_messages_go_out_by_enter(here):
    three = first_messages(here, 3)
    page = here.sign_in(here.town.tess)
    page.goto(f"{here.url}/first-messages/")

    for name in ("Maria", "Omar", "Dana"):
        expect(card(page).get_by_role("heading", name=name)).to_be_visible()
        press_enter(page)

    expect(page.get_by_role("heading", name="All sent")).to_be_visible()
    until(lambda: sorted(sent(here)) == [one.pk for one in three])


def test_a_double_press_texts_one_person(here):
    first, _ = first_messages(here, 2)
    page = here.sign_in(here.town.tess)
    page.goto(f"{here.url}/first-messages/")
    page.wait_for_timeout(GUARD)

    page.get_by_role("button", name="Send").dblclick()

    expect(card(page).get_by_role("heading", name="Omar")).to_be_visible()
    expect(page.get_by_role("img", name="1 of 2 sent")).to_be_visible()
    page.wait_for_timeout(GUARD)
    until(lambda: sent(here) == [first.pk])


def test_more_cards_than_come_at_once(here):
    many = first_messages(here, 27)
    page = here.sign_in(here.town.tess)
    page.goto(f"{here.url}/first-messages/")

    for one in many:
        expect(card(page)).to_have_attribute("data-card", str(one.pk))
        press_enter(page)

    expect(page.get_by_role("heading", name="All sent")).to_be_visible()
    until(lambda: sorted(sent(here)) == [one.pk for one in many])


def test_who_is_skipped_comes_last(here):
    first_messages(here, 3)
    page = here.sign_in(here.town.tess)
    page.goto(f"{here.url}/first-messages/")

    page.keyboard.press("s")
    expect(card(page).get_by_role("heading", name="Omar")).to_be_visible()
    press_enter(page)
    expect(card(page).get_by_role("heading", name="Dana")).to_be_visible()
    press_enter(page)

    expect(card(page).get_by_role("heading", name="Maria")).to_be_visible()


def test_without_a_network_clicks_wait_and_go_out_once(here):
    three = first_messages(here, 3)
    page = here.sign_in(here.town.tess)
    page.goto(f"{here.url}/first-messages/")

    page.context.set_offline(True)
    press_enter(page)
    press_enter(page)

    expect(page.get_by_text("2 wait for the network")).to_be_visible()
    expect(card(page).get_by_role("heading", name="Dana")).to_be_visible()
    assert sent(here) == []

    page.context.set_offline(False)

    expect(page.get_by_text("wait for the network")).to_be_hidden()
    expect(page.get_by_role("img", name="2 of 3 sent")).to_be_visible()
    until(lambda: sorted(sent(here)) == [one.pk for one in three[:2]])


@pytest.mark.parametrize("arrives", [True, False])
def test_a_click_survives_its_page(here, arrives):
    first, _ = first_messages(here, 2)
    page = here.sign_in(here.town.tess)
    page.goto(f"{here.url}/first-messages/")
    page.route("**/first-messages/", lambda route: lose(route, arrives))
    press_enter(page)
    expect(page.get_by_text("1 waits for the network")).to_be_visible()

    page.unroute("**/first-messages/")
    page.reload()

    expect(card(page).get_by_role("heading", name="Omar")).to_be_visible()
    expect(page.get_by_text("waits for the network")).to_be_hidden()
    expect(page.get_by_role("img", name="1 of 2 sent")).to_be_visible()
    until(lambda: sent(here) == [first.pk])


def test_a_click_goes_out_from_another_page_too(here):
    first, _ = first_messages(here, 2)
    page = here.sign_in(here.town.tess)
    page.goto(f"{here.url}/first-messages/")
    page.route("**/first-messages/", lambda route: lose(route, arrives=False))
    press_enter(page)
    expect(page.get_by_text("1 waits for the network")).to_be_visible()

    page.goto(here.url)
    expect(page.get_by_text("First messages: 1 waits for the network, and goes out by itself.")).to_be_visible()
    expect(page.get_by_role("link", name="Send first messages 2 left")).to_be_visible()
    page.unroute("**/first-messages/")

    expect(page.get_by_text("waits for the network")).to_be_hidden()
    expect(page.get_by_role("link", name="Send first messages 1 left")).to_be_visible()
    assert sent(here) == [first.pk]


def test_a_click_that_a_page_is_left_with_is_counted_on_the_next(here):
    first, _ = first_messages(here, 2)
    page = here.sign_in(here.town.tess)
    page.goto(f"{here.url}/first-messages/")
    made = []

    def hold(route) -> None:
        if route.request.method == "GET" and not made:
            made.append((route, route.fetch()))
        else:
            route.continue_()

    page.route("**/first-messages/", hold)
    # The new page is made, and has not come yet: the old one's click is taken.
    page.evaluate("() => setTimeout(() => location.reload())")
    until(lambda: (page.wait_for_timeout(GUARD), made)[1])
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        press_enter(page)
    [(route, answer)] = made
    page.wait_for_timeout(GUARD)
    route.fulfill(response=answer)

    expect(page.get_by_role("img", name="1 of 2 sent")).to_be_visible()
    expect(card(page).get_by_role("heading", name="Omar")).to_be_visible()
    assert sent(here) == [first.pk]


def lose(route, arrives: bool) -> None:
    """A text is lost on its way to the server; or it arrives, and the answer is lost."""
    if route.request.method != "POST":
        return route.continue_()
    if arrives:
        route.fetch()
    return route.abort()


def test_home_counts_by_itself(here):
    (conversation,) = first_messages(here, 1)
    with here.rows():
        sending.send(conversation.pk, None, by=here.town.tess, client_id=uuid.uuid4(), now=timezone.now())
    page = here.sign_in(here.town.tess)
    page.goto(here.url)
    expect(page.get_by_text("All done.")).to_be_visible()

    here.says(conversation, "Who is this?")

    expect(page.get_by_role("link", name="Answer replies 1 waiting")).to_be_visible()


def test_who_opted_out_meanwhile_comes_back_with_the_reason(here):
    first, _second = first_messages(here, 2)
    page = here.sign_in(here.town.tess)
    page.goto(f"{here.url}/first-messages/")
    with here.rows():
        OptOut.objects.create(
            organization=here.town.organization, cell=first.contact.cell, channel="text", at=timezone.now()
        )

    press_enter(page)
    expect(card(page).get_by_role("heading", name="Omar")).to_be_visible()
    page.wait_for_timeout(GUARD)
    page.keyboard.press("s")

    expect(page.get_by_role("alert")).to_have_text(re.compile("Not sent to Maria. Maria has opted out of texts."))
    expect(page.get_by_role("button", name="Send")).to_be_disabled()
    assert sent(here) == []


def test_signed_out_meanwhile_is_said_and_the_click_goes_out_after_signing_in(here):
    first, _second = first_messages(here, 2)
    page = here.sign_in(here.town.tess)
    page.goto(f"{here.url}/first-messages/")
    cookies = page.context.cookies()
    page.context.clear_cookies(name="sessionid")

    press_enter(page)

    expect(
        page.get_by_text("1 not sent yet: you have been signed out. Sign in again, and it goes out.")
    ).to_be_visible()
    expect(page.get_by_role("button", name="Send")).to_be_disabled()

    page.context.add_cookies(cookies)
    page.get_by_role("link", name="Sign in").click()

    until(lambda: sent(here) == [first.pk])


# Where a page listens, and where it asks for a ticket to do so.
LIVE = re.compile("/live/|/live-ticket")


@pytest.mark.parametrize("hears", [True, False])
def test_suspended_meanwhile_is_said_and_no_click_is_kept(here, hears):
    first_messages(here, 2)
    page = here.sign_in(here.town.tess)
    if not hears:
        page.route(LIVE, lambda route: route.abort())
    go(page, f"{here.url}/first-messages/", listening=hears)
    expect(card(page).get_by_role("heading", name="Maria")).to_be_visible()
    with here.rows():
        people.suspend(here.town.tess, by=here.town.ada, now=timezone.now())
        news.close()

    if not hears:
        press_enter(page)

    expect(page.get_by_text("Your membership of Riverton Votes is suspended.")).to_be_visible()
    expect(page.get_by_text("Nothing more is sent.")).to_be_visible()
    expect(page.get_by_text("1 not sent.")).to_be_visible(visible=not hears)
    expect(page.get_by_role("button", name="Send")).to_be_disabled()
    expect(card(page).get_by_role("heading", name="Maria")).to_be_visible()
    assert page.evaluate("Object.keys(localStorage).filter((one) => one.startsWith('outbox:'))") == []
    assert sent(here) == []


@pytest.mark.parametrize("hears", [True, False])
def test_suspended_on_another_page_is_said(here, waiting, hears):
    page = open_thread(here, waiting)
    if not hears:
        page.route(LIVE, lambda route: route.abort())
    go(page, page.url, listening=hears)
    with here.rows():
        people.suspend(here.town.tess, by=here.town.ada, now=timezone.now())
        news.close()

    if not hears:
        page.get_by_role("button", name="Close", exact=True).click()

    expect(page.get_by_text("Your membership of Riverton Votes is suspended. Ask one of its admins.")).to_be_visible()


def test_suspended_while_nobody_listened_is_said_when_the_page_catches_up(here):
    first_messages(here, 1)
    page = here.sign_in(here.town.tess)
    everything = 'event: hello\ndata: {}\n\ndata: {"what": "everything"}\n\n'
    listening = []

    def hold(route) -> None:
        listening.append(route)

    page.route("**/live/?*", hold)
    page.goto(f"{here.url}/first-messages/")
    expect(card(page).get_by_role("heading", name="Maria")).to_be_visible()
    wait_until(lambda: listening, page)
    with here.rows():
        people.suspend(here.town.tess, by=here.town.ada, now=timezone.now())

    listening[0].fulfill(content_type="text/event-stream", body=everything)

    expect(page.get_by_text("Your membership of Riverton Votes is suspended.")).to_be_visible()
    expect(page.get_by_role("button", name="Send")).to_be_disabled()


def test_what_is_handed_on_leaves_the_queue_by_itself(here):
    first, _second = first_messages(here, 2)
    page = here.sign_in(here.town.tess)
    page.goto(f"{here.url}/first-messages/")
    expect(card(page).get_by_role("heading", name="Maria")).to_be_visible()

    hand_on(here, first)

    expect(card(page).get_by_role("heading", name="Omar")).to_be_visible()


@pytest.mark.parametrize("late", ["answer", "cards"])
def test_a_text_that_goes_out_while_cards_are_fetched_is_counted_once(here, late):
    _maria, _omar, dana = first_messages(here, 3)
    page = here.sign_in(here.town.tess)
    held = []

    def hold(route) -> None:
        if route.request.method == "POST" or late == "cards":
            held.append((route, route.fetch()))
        else:
            route.continue_()

    go(page, f"{here.url}/first-messages/", listening=True)
    page.route("**/first-messages/" if late == "answer" else CARDS, hold)
    # What both have asked for is on its way: the server has answered one, and the page hears of the other first.
    if late == "answer":
        press_enter(page)
        expect(card(page).get_by_role("heading", name="Omar")).to_be_visible()
        with page.expect_response(CARDS):
            hand_on(here, dana)
    else:
        hand_on(here, dana)
        page.wait_for_timeout(2 * GUARD)
        with page.expect_response(lambda answer: answer.request.method == "POST"):
            press_enter(page)
    until(lambda: (page.wait_for_timeout(GUARD), held)[1])
    for route, answer in held:
        route.fulfill(response=answer)
    page.unroute_all(behavior="ignoreErrors")

    expect(page.get_by_role("img", name="1 of 2 sent")).to_be_visible()
    page.wait_for_timeout(3 * GUARD)
    expect(page.get_by_role("img", name="1 of 2 sent")).to_be_visible()
    expect(card(page).get_by_role("heading", name="Omar")).to_be_visible()


def hand_on(here, conversation) -> None:
    """Ada gives Tess's conversation to Theo, and the news of it goes out."""
    with here.rows():
        act = Handoff.objects.create(
            organization=here.town.organization, action=Action.REASSIGN, state=State.DONE, by=here.town.ada
        )
        ledger.hand(act, [Card(conversation.pk, here.town.tess.pk, here.town.theo.pk)], at=timezone.now())
        news.close()


def test_what_cannot_be_reached_is_said_once_above_what_one_writes_in_and_no_longer_than_so(here, waiting):
    page = open_thread(here, waiting, **PHONE)
    page.get_by_role("textbox", name="Message to Maria").fill("At the library.")
    page.context.set_offline(True)
    for _ in range(2):
        page.get_by_role("button", name="Send").tap()
        expect(page.get_by_text("Textbank could not be reached.")).to_have_count(1)

    page.context.set_offline(False)

    expect(page.get_by_text("Textbank could not be reached.")).to_be_hidden()
    page.get_by_role("button", name="Send").tap()
    until(lambda: len(sent(here)) == 2)


def test_who_is_opted_out_is_neither_written_to_nor_given_back(here, waiting):
    page = open_thread(here, waiting)
    expect(page.get_by_role("button", name="Give back")).to_be_visible()

    page.get_by_role("button", name="Opt out").click()
    page.get_by_role("button", name="Opt out without a text").click()

    expect(page.get_by_text("Maria has opted out of texts.")).to_be_visible()
    for name in ("Canned responses", "Escalate", "Give back", "Opt out"):
        expect(page.get_by_role("button", name=name, exact=True)).to_be_hidden()


def open_thread(here, conversation, **options) -> Page:
    page = here.sign_in(here.town.tess, **options)
    page.goto(f"{here.url}/conversations/{conversation.pk}/")
    return page


def composer(page: Page):
    return page.get_by_role("textbox", name="Message to Maria")


def test_a_reply_appears_on_the_open_page_and_is_answered(here, waiting):
    page = open_thread(here, waiting)

    here.says(waiting, "Hello?")
    expect(page.get_by_role("list", name="Messages").get_by_text("Hello?")).to_be_visible()
    # What has been on the screen for a moment counts as seen.
    page.wait_for_timeout(1800)
    composer(page).fill("At the Elm Street library.")
    composer(page).press("Enter")

    expect(page.get_by_role("list", name="Messages").get_by_text("At the Elm Street library.")).to_be_visible()
    expect(composer(page)).to_have_value("")
    expect(page.get_by_text("All answered")).to_be_visible()


def test_what_came_while_typing_is_shown_before_anything_is_sent(here, waiting):
    page = open_thread(here, waiting)
    page.evaluate("window.EventSource = null")
    composer(page).fill("At Elm Street.")
    page.route("**/conversations/*/", lambda route: route.abort())

    here.says(waiting, "Never mind, I found it")
    with here.rows():
        wait_until(lambda: Message.objects.filter(conversation=waiting, text__startswith="Never mind").exists(), page)
    page.unroute("**/conversations/*/")
    composer(page).press("Enter")

    expect(page.get_by_text("Maria answered while you were typing.")).to_be_visible()
    expect(page.get_by_role("list", name="Messages").get_by_text("Never mind, I found it")).to_be_visible()
    expect(composer(page)).to_have_value("At Elm Street.")

    page.get_by_role("button", name="Send anyway").click()
    expect(page.get_by_role("list", name="Messages").get_by_text("At Elm Street.")).to_be_visible()
    expect(page.get_by_text("Maria answered while you were typing.")).to_be_hidden()


def wait_until(true, page: Page) -> None:
    for _ in range(100):
        if true():
            return
        page.wait_for_timeout(50)
    raise AssertionError("It never happened.")


def test_an_answer_puts_the_scripts_words_into_the_composer(here, waiting):
    page = open_thread(here, waiting)

    page.get_by_role("button", name="Yes", exact=True).click()

    expect(composer(page)).to_have_value("Wonderful! We meet at ten.")
    expect(page.get_by_role("button", name="Yes", exact=True)).to_have_attribute("aria-pressed", "true")

    page.get_by_role("button", name="No", exact=True).click()
    expect(composer(page)).to_have_value("Thank you all the same.")

    composer(page).fill("My own words")
    page.get_by_role("button", name="Yes", exact=True).click()
    expect(page.get_by_role("button", name="The script for “Yes”")).to_be_visible()
    expect(composer(page)).to_have_value("My own words")


def test_canned_responses_are_searched_and_taken_over(here, waiting):
    page = open_thread(here, waiting)

    page.get_by_role("button", name="Canned responses").click()
    page.get_by_role("searchbox").fill("kids")
    expect(page.get_by_role("button", name="Where")).to_be_hidden()
    page.get_by_role("button", name="Kids").click()

    expect(composer(page)).to_have_value("Bring them, Maria!")
    expect(page.get_by_text("18 characters · 1 segment")).to_be_visible()


def test_a_draft_is_there_on_the_next_device(here, waiting):
    page = open_thread(here, waiting)
    composer(page).fill("We meet at")
    with here.rows():
        wait_until(lambda: Draft.objects.filter(conversation=waiting, text="We meet at").exists(), page)

    phone = open_thread(here, waiting, **PHONE)

    expect(composer(phone)).to_have_value("We meet at")


def test_opting_out_with_a_farewell(here, waiting):
    page = open_thread(here, waiting)

    page.get_by_role("button", name="Opt out").click()
    page.get_by_role("textbox", name="Farewell").fill("Sorry to have bothered you!")
    page.get_by_role("button", name="Send farewell and opt out").click()

    expect(page.get_by_text("Maria has opted out of texts.")).to_be_visible()
    expect(page.get_by_role("list", name="Messages").get_by_text("Sorry to have bothered you!")).to_be_visible()
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_disabled()
    expect(page.get_by_text("What you wrote stays here.")).to_be_hidden()
    for act in ("Escalate", "Opt out"):
        expect(page.get_by_role("button", name=act, exact=True)).to_be_hidden()
    with here.rows():
        assert OptOut.objects.filter(cell=waiting.contact.cell, lifted_at=None).exists()


def test_losing_the_conversation_is_said_and_the_words_stay(here, waiting):
    page = open_thread(here, waiting)
    composer(page).fill("We meet at the Elm")

    hand_on(here, waiting)

    expect(page.get_by_text("Theo has this conversation now. Ada handed it on.")).to_be_visible()
    expect(composer(page)).to_have_value("We meet at the Elm")
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_disabled()
    expect(composer(page)).not_to_be_editable()
    for act in ("Close", "Escalate", "Opt out", "Yes"):
        expect(page.get_by_role("button", name=act, exact=True)).to_be_hidden()


def test_a_phone_sends_by_its_button_and_enter_is_a_new_line(here, waiting):
    page = open_thread(here, waiting, **PHONE)

    composer(page).fill("One")
    composer(page).press("Enter")
    expect(composer(page)).to_have_value("One\n")
    page.get_by_role("button", name="Send", exact=True).tap()

    expect(page.get_by_role("list", name="Messages").get_by_text("One")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_use_these_pages(here, waiting, accessible, scheme):
    with here.rows():
        here.town.conversations(waiting.campaign, 3, holder=here.town.tess)
        here.town.conversations(waiting.campaign, 3)
        here.town.conversations(waiting.campaign, 3, holder=here.town.tess, status=Status.CLOSED)

    for options in ({"color_scheme": scheme}, {"color_scheme": scheme, **PHONE}):
        page = here.sign_in(here.town.tess, reduced_motion="reduce", **options)
        for path in ("", "first-messages/", "replies/", f"conversations/{waiting.pk}/", "past/"):
            page.goto(f"{here.url}/{path}")
            accessible(page)
        page.goto(f"{here.url}/conversations/{waiting.pk}/")
        page.get_by_role("button", name="Opt out").click()
        accessible(page)
