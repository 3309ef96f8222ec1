"""The texter's side of the pool, on phones and by keyboard: asking, receiving, giving back."""

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE
from textbank import news
from textbank.assignments import requesting
from textbank.assignments.models import Request
from textbank.assignments.reassigning import reassign
from textbank.conversations import answering, drafting, sending
from textbank.conversations.models import Action, Conversation, Draft, Handoff, Status
from textbank.organizations.models import Approval, Membership, Team

WORDS = "We meet at ten, at the Elm Street library."
INTRO = "I'm Theo, taking over from Tess."


@pytest.fixture
def here(riverton_live):
    return riverton_live


@pytest.fixture
def canvass(here):
    """Five first messages and two replies are in the pool."""
    with here.rows():
        campaign = here.town.campaign()
        here.town.conversations(campaign, 5)
        here.town.conversations(campaign, 2, status=Status.NEEDS_RESPONSE)
    return campaign


@pytest.fixture
def maria(here):
    """Tess wrote to Maria, who answered that she comes and asked something."""
    with here.rows():
        campaign = here.town.campaign()
        [made] = here.town.conversations(campaign, holder=here.town.tess)
        sending.send(made.pk, None, by=here.town.tess, client_id=uuid.uuid4(), now=timezone.now())
        now = timezone.now()
        Conversation.objects.filter(pk=made.pk).update(status=Status.NEEDS_RESPONSE, waiting_since=now)
        made.refresh_from_db()
        here.town.unanswered(made)
        answering.answer(made, campaign.first_step, "Yes", by=here.town.tess, now=now)
    return made


def home(here, member, **options) -> Page:
    """Their page, which hears news."""
    page = here.sign_in(member, **options)
    with page.expect_response(lambda answer: "/live/?" in answer.url):
        page.goto(here.url)
    return page


def thread(here, member, conversation, **options) -> Page:
    page = here.sign_in(member, **options)
    with page.expect_response(lambda answer: "/live/?" in answer.url):
        page.goto(f"{here.url}/conversations/{conversation.pk}/")
    return page


def composer(page: Page):
    return page.get_by_role("textbox", name="Message to Maria")


def held(here, member) -> int:
    with here.rows():
        return Conversation.objects.filter(texter=member).count()


def needs_approval(here, member) -> None:
    with here.rows():
        Membership.objects.filter(pk=member.pk).update(approval=Approval.REQUIRED)


# Asking


def test_a_phone_asks_for_replies_and_sees_before_what_it_gets(here, canvass):
    page = home(here, here.town.tess, **PHONE)
    expect(page.get_by_text("You get 5 first messages and 2 replies at once.")).to_be_visible()

    page.get_by_text("Replies 2").tap()
    expect(page.get_by_text("You get 2 replies at once.")).to_be_visible()
    expect(page.get_by_role("radio", name="Replies 2")).to_be_focused()
    page.get_by_label("How many").fill("1")
    expect(page.get_by_text("You get 1 reply at once.")).to_be_visible()
    page.get_by_role("button", name="Ask for texts").tap()

    expect(page.get_by_text("You have 1 reply to answer.")).to_be_visible()
    expect(page.get_by_role("link", name="Answer replies 1 waiting")).to_be_visible()
    assert held(here, here.town.tess) == 1


def test_who_is_in_a_team_chooses_the_team_and_then_the_campaign(here, canvass):
    with here.rows():
        team = Team.objects.create(organization=here.town.organization, title="Spanish")
        team.members.add(here.town.theo)
        here.town.campaign("Sábado", contacts=3, limited_to_teams=True).teams.add(team)
    page = home(here, here.town.theo, **PHONE)

    page.get_by_label("From which team").select_option("Spanish (10)")
    page.get_by_label("From which campaign").select_option("Sábado (3)")
    expect(page.get_by_text("You get 3 first messages at once.")).to_be_visible()
    expect(page.get_by_label("How many")).to_have_value("3")
    page.get_by_role("button", name="Ask for texts").tap()

    expect(page.get_by_text("You have 3 new first messages.")).to_be_visible()


def test_a_request_waits_is_withdrawn_and_another_is_approved_on_the_open_page(here, canvass):
    needs_approval(here, here.town.tess)
    page = home(here, here.town.tess, **PHONE)
    expect(page.get_by_text("An admin looks at it first.")).to_be_visible()
    page.get_by_label("How many").fill("4")
    page.get_by_role("button", name="Ask for texts").tap()
    expect(page.get_by_text("You asked for 4 texts")).to_be_visible()

    page.get_by_role("button", name="Withdraw").tap()
    expect(page.get_by_text("Withdrawn: nobody is asked to approve it any more.")).to_be_visible()

    page.get_by_label("How many").fill("3")
    with page.expect_response(lambda answer: "/live/?" in answer.url):
        page.get_by_role("button", name="Ask for texts").tap()
    with here.rows():
        asked = Request.objects.get(texter=here.town.tess, state=Request.State.WAITING)
        requesting.approve(asked, by=here.town.sue, now=timezone.now())
        news.close()

    expect(page.get_by_text("Sue approved it. You have 1 new first message and 2 replies to answer.")).to_be_visible()
    expect(page.get_by_role("link", name="Answer replies 2 waiting")).to_be_visible()
    expect(page.get_by_role("button", name="Ask for texts")).to_be_visible()


def test_a_request_that_is_turned_down_is_said_on_the_open_page(here, canvass):
    needs_approval(here, here.town.tess)
    with here.rows():
        tess = Membership.objects.select_related("organization__settings").get(pk=here.town.tess.pk)
        asked = requesting.request(tess, 3, now=timezone.now())
    page = home(here, here.town.tess, **PHONE)
    expect(page.get_by_text("You asked for 3 texts")).to_be_visible()

    with here.rows():
        requesting.deny(asked, by=here.town.sue, now=timezone.now())
        news.close()

    expect(page.get_by_text("Sue turned down what you asked for: 3 texts")).to_be_visible()
    expect(page.get_by_role("button", name="Ask for texts")).to_be_visible()


def test_a_request_that_is_turned_down_while_the_page_looks_is_said_afterwards(here, canvass):
    needs_approval(here, here.town.tess)
    with here.rows():
        tess = Membership.objects.select_related("organization__settings").get(pk=here.town.tess.pk)
        asked = requesting.request(tess, 3, now=timezone.now())
    page = home(here, here.town.tess, **PHONE)

    page.get_by_role("button", name="Withdraw").focus()

    with looking(here, page, f"{here.url}/ask/*"), here.rows():
        requesting.deny(asked, by=here.town.sue, now=timezone.now())

    expect(page.get_by_text("Sue turned down what you asked for: 3 texts")).to_be_visible()
    expect(page.get_by_role("button", name="Withdraw")).to_be_hidden()


def test_what_is_handed_over_while_the_page_looks_is_seen_afterwards(here, canvass):
    page = home(here, here.town.tess, **PHONE)

    with looking(here, page, f"{here.url}/"), here.rows():
        here.town.conversations(canvass, 2, holder=here.town.tess)
        news.tell([here.town.tess.pk], "queue")

    expect(page.get_by_role("link", name="Send first messages 2 left")).to_be_visible()


def test_a_number_typed_while_the_page_looks_stays(here, canvass):
    page = home(here, here.town.tess, **PHONE)

    with looking(here, page, f"{here.url}/ask/*"):
        page.get_by_label("How many").fill("1")

    expect(page.get_by_text("You get 1 reply at once.")).to_be_visible()
    expect(page.get_by_label("How many")).to_have_value("1")


@contextmanager
def looking(here, page: Page, address: str) -> Iterator[None]:
    """Within, the page has asked what it shows and is not answered; it hears of what happened, and then the answer."""
    first = []

    def hold(route) -> None:
        if first:
            route.continue_()
        else:
            first.append((route, route.fetch()))

    page.route(address, hold)
    with page.expect_request(address), here.rows():
        news.tell([here.town.tess.pk], "everything")
    page.wait_for_timeout(300)
    yield
    page.wait_for_timeout(600)
    [(route, answer)] = first
    route.fulfill(response=answer)


# Giving back


def test_done_for_the_day_and_not_after_all(here, canvass, maria):
    with here.rows():
        here.town.conversations(canvass, 3, holder=here.town.tess)
        here.town.conversations(canvass, 1, holder=here.town.tess, status=Status.NEEDS_RESPONSE, escalated=True)
    page = home(here, here.town.tess, **PHONE)

    page.get_by_role("link", name="Done for the day").tap()
    expect(page.get_by_text("3 first messages and 1 reply go back to the pool")).to_be_visible()
    expect(page.get_by_text("1 escalated one stays with you.")).to_be_visible()
    page.get_by_role("button", name="Give back 4").tap()

    expect(page.get_by_text("3 first messages and 1 reply went back to the pool. Thank you!")).to_be_visible()
    assert held(here, here.town.tess) == 1

    page.get_by_role("button", name="Undo").tap()
    expect(page.get_by_text("4 conversations came back to you.")).to_be_visible()
    assert held(here, here.town.tess) == 5


def test_one_is_given_back_with_a_note_and_taken_over_with_the_intro_line(here, maria):
    tess = thread(here, here.town.tess, maria, **PHONE)
    composer(tess).press_sequentially("Let me ask")
    kept(here, tess, maria, "Let me ask")

    tess.get_by_role("button", name="Give back").tap()
    dialog = tess.get_by_role("dialog", name="Give Maria back?")
    dialog.get_by_text("I don’t know the answer").tap()
    dialog.get_by_label("Note for whoever has it next").fill("She asks where we meet.")
    dialog.get_by_role("button", name="Give back").tap()

    expect(tess.get_by_text("You gave this conversation back to the pool.")).to_be_visible()
    expect(tess.get_by_text("Whoever has it next sees what you were writing.")).to_be_visible()
    expect(composer(tess)).not_to_be_editable()

    theo = home(here, here.town.theo, **PHONE)
    theo.get_by_role("button", name="Ask for texts").tap()
    theo.get_by_role("link", name="Answer replies").tap()
    theo.get_by_role("link", name="Maria").tap()
    so_far = theo.get_by_role("region", name="So far")
    expect(so_far).to_contain_text("Tess gave it back: I don’t know the answer.")
    expect(so_far).to_contain_text("Coming? Yes")
    expect(theo.get_by_text("She asks where we meet.").first).to_be_visible()
    expect(so_far).to_be_in_viewport()

    composer(theo).fill(WORDS)
    theo.get_by_role("button", name="Introduce yourself").tap()
    expect(composer(theo)).to_have_value(f"{INTRO} {WORDS}")
    with here.rows():
        assert not maria.messages.filter(author=here.town.theo).exists()
    theo.wait_for_timeout(1800)
    theo.get_by_role("button", name="Send", exact=True).tap()

    expect(theo.get_by_role("list", name="Messages").get_by_text(f"{INTRO} {WORDS}")).to_be_visible()
    expect(so_far).to_be_hidden()
    expect(theo.get_by_role("button", name="Introduce yourself")).to_be_hidden()


def kept(here, page: Page, conversation, words: str) -> None:
    for _ in range(100):
        with here.rows():
            if Draft.objects.filter(conversation=conversation, text=words).exists():
                return
        page.wait_for_timeout(50)
    raise AssertionError("The draft was not kept.")


def test_what_was_given_back_by_mistake_is_taken_back(here, maria):
    tess = thread(here, here.town.tess, maria, **PHONE)
    tess.get_by_role("button", name="Give back").tap()
    dialog = tess.get_by_role("dialog", name="Give Maria back?")
    dialog.get_by_text("Something else").tap()
    dialog.get_by_role("button", name="Give back").tap()
    expect(dialog.get_by_text("Say in a few words why you give it back.")).to_be_visible()
    dialog.get_by_label("Why, in your own words").fill("Wrong button")
    dialog.get_by_role("button", name="Give back").tap()
    expect(tess.get_by_text("You gave this conversation back to the pool.")).to_be_visible()

    tess.get_by_role("button", name="Take it back").tap()

    expect(tess.get_by_role("button", name="Give back")).to_be_visible()
    expect(composer(tess)).to_be_editable()
    with here.rows():
        assert list(Handoff.objects.filter(by=here.town.tess).values_list("action", "reason")) == [
            (Action.GIVE_BACK, "Wrong button"),
            (Action.UNDO, ""),
        ]


def test_a_first_message_is_given_back_from_its_card(here):
    with here.rows():
        campaign = here.town.campaign()
        here.town.conversations(campaign, holder=here.town.tess)
        here.town.conversations(campaign, holder=here.town.tess, first_name="Omar")
    page = here.sign_in(here.town.tess, **PHONE)
    page.goto(f"{here.url}/first-messages/")
    card = page.locator("article.send-card")
    page.get_by_role("link", name="Skip Maria").tap()
    expect(card.get_by_role("heading", name="Omar")).to_be_visible()

    card.get_by_role("link", name="Give back").tap()
    expect(page.get_by_role("heading", name="Give Omar back?")).to_be_visible()
    page.get_by_text("I know this person").tap()
    page.get_by_role("button", name="Give back").tap()

    expect(page.get_by_text("Omar went back to the pool.")).to_be_visible()
    expect(card.get_by_role("heading", name="Maria")).to_be_visible()
    assert held(here, here.town.tess) == 1


def test_a_pin_is_seen_by_everybody_who_looks(here, maria):
    tess = thread(here, here.town.tess, maria, **PHONE)
    sue = here.sign_in(here.town.sue)
    sue.goto(f"{here.url}/admin/message-review/?status=needs_response")
    sue.get_by_role("link", name="Maria Lopez").click()
    panel = sue.get_by_role("region", name="Conversation", exact=True)
    expect(panel.get_by_role("button", name="Pin", exact=True)).to_be_visible()

    tess.get_by_role("button", name="Pin: stays with you").tap()

    expect(tess.get_by_role("button", name="Pin: stays with you")).to_have_attribute("aria-pressed", "true")
    expect(tess.get_by_role("button", name="Give back")).to_be_hidden()
    panel.get_by_role("button", name="Pin", exact=True).click()
    expect(panel.get_by_text("Stays with Tess")).to_be_visible()
    panel.get_by_role("button", name="Unpin").click()
    expect(tess.get_by_role("button", name="Give back")).to_be_visible()


# By keyboard alone, and for everybody


def tab_to(page: Page, target) -> None:
    """Moves on by Tab as somebody would, until it is there."""
    for _ in range(40):
        if target.evaluate("(element) => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError("Tab does not lead there.")


def test_a_shift_by_keyboard_alone(here, canvass, maria):
    page = home(here, here.town.tess)

    tab_to(page, page.get_by_role("radio", name="Both 7"))
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("You get 2 replies at once.")).to_be_visible()
    expect(page.get_by_role("radio", name="Replies 2")).to_be_focused()
    tab_to(page, page.get_by_role("button", name="Ask for texts"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("You have 2 replies to answer.")).to_be_visible()

    page.goto(f"{here.url}/conversations/{maria.pk}/")
    page.locator("body").press("p")
    expect(page.get_by_text("Stays with you")).to_be_visible()
    page.locator("body").press("p")
    expect(page.get_by_text("Stays with you")).to_be_hidden()
    page.locator("body").press("b")
    dialog = page.get_by_role("dialog", name="Give Maria back?")
    tab_to(page, dialog.get_by_role("radio").first)
    page.keyboard.press("Space")
    tab_to(page, dialog.get_by_label("Note for whoever has it next"))
    page.keyboard.type("Asks for the bus.")
    tab_to(page, dialog.get_by_role("button", name="Give back"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("You gave this conversation back to the pool.")).to_be_visible()

    page.goto(here.url)
    tab_to(page, page.get_by_role("link", name="Done for the day"))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("button", name="Give back 2"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 replies went back to the pool.")).to_be_visible()
    assert held(here, here.town.tess) == 0


def test_the_intro_line_by_its_key(here, maria):
    with here.rows():
        reassign([maria.pk], [here.town.theo], by=here.town.ada, now=timezone.now())
    page = thread(here, here.town.theo, maria)

    page.locator("body").press("i")

    expect(composer(page)).to_have_value(INTRO)
    expect(composer(page)).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_use_these_pages(here, canvass, maria, accessible, scheme):
    with here.rows():
        team = Team.objects.create(organization=here.town.organization, title="Spanish")
        team.members.add(here.town.theo)
        [other] = here.town.conversations(canvass, holder=here.town.tess, status=Status.NEEDS_RESPONSE)
        [first] = here.town.conversations(canvass, holder=here.town.theo)
        drafting.keep(maria, "Let me ask", by=here.town.tess, now=timezone.now())
        reassign(
            [maria.pk],
            [here.town.theo],
            by=here.town.ada,
            include_drafting=True,
            note="She asks where we meet.",
            now=timezone.now(),
        )
    needs_approval(here, here.town.tess)
    tess, theo = here.town.tess, here.town.theo
    waiting = here.sign_in(tess)
    waiting.goto(here.url)
    waiting.get_by_role("button", name="Ask for texts").click()
    expect(waiting.get_by_text(re.compile("You asked for"))).to_be_visible()
    pages = [
        (tess, ""),
        (theo, ""),
        (theo, "done-for-the-day/"),
        (theo, f"conversations/{maria.pk}/"),
        (theo, f"conversations/{first.pk}/give-back/"),
        (theo, "first-messages/"),
    ]

    for options in ({"color_scheme": scheme}, {"color_scheme": scheme, **PHONE}):
        for who, path in pages:
            page = here.sign_in(who, reduced_motion="reduce", **options)
            page.goto(f"{here.url}/{path}")
            accessible(page)
            page.close()
        page = here.sign_in(tess, reduced_motion="reduce", **options)
        page.goto(f"{here.url}/conversations/{other.pk}/")
        page.get_by_role("button", name="Pin: stays with you").click()
        expect(page.get_by_text("Stays with you")).to_be_visible()
        accessible(page)
        page.get_by_role("button", name="Pin: stays with you").click()
        page.get_by_role("button", name="Give back").click()
        page.get_by_text("Something else").click()
        accessible(page)
        page.close()
