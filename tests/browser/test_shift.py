"""A shift: six texters on their phones, an admin at her desk, and a night in which what is left goes back."""

import datetime as dt
import re
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE
from tests.browser.test_texter import GUARD, until
from textbank import news
from textbank.assignments import automatic
from textbank.assignments.models import Schedule
from textbank.conversations.models import Action, Conversation, Handoff, Kind, Message, MessageStatus, Status
from textbank.organizations.models import Approval, Role
from textbank.reports import invariants

NAMES = ("Maria", "Omar", "Dana", "Priya", "Jin", "Lou", "Ana", "Ben", "Cora", "Dov", "Eli", "Fay", "Gus", "Ivo", "Joy")
MORE = ("Kai", "Lena", "Max")  # for whom nobody has asked when the shift is over
ON_THE_WAY = (MessageStatus.QUEUED, MessageStatus.SENDING)


@pytest.fixture
def here(riverton_live):
    """Olga owns it; Tara, Toni, Tom and Tia text too. Toni and Tom need approval. Eighteen wait for a first message."""
    town = riverton_live.town
    with riverton_live.rows():
        town.person("Olga", Role.OWNER)
        for name in ("Tara", "Toni", "Tom", "Tia"):
            town.person(name, Role.TEXTER)
        for member in (town.toni, town.tom):
            member.approval = Approval.REQUIRED
            member.save()
        campaign = town.campaign()
        for name in NAMES + MORE:
            town.conversation(campaign, status=Status.NEEDS_FIRST_MESSAGE, first_name=name)
    return riverton_live


@pytest.fixture
def broken_before(here):
    """Other stories of the installation may have left something that was made by hand; and when we looked."""
    now = timezone.now()
    with here.rows():
        return set(invariants.broken(limit=10_000, now=now)), now


def ask(here, page: Page, count: int) -> None:
    page.goto(f"{here.url}/")
    page.get_by_role("spinbutton", name="How many").fill(str(count))
    page.get_by_role("button", name="Ask for texts").click()


def send_first_messages(here, page: Page, count: int, of: int) -> None:
    page.goto(f"{here.url}/first-messages/")
    for number in range(1, count + 1):
        page.wait_for_timeout(GUARD)
        page.get_by_role("button", name="Send").tap()
        expect(page.get_by_role("img", name=f"{number} of {of} sent")).to_be_attached()


def texted_by(here, member) -> list[Conversation]:
    with here.rows():
        return list(Conversation.objects.held_by(member).select_related("contact").order_by("last_activity"))


def answer(page: Page, name: str, words: str) -> None:
    page.get_by_role("textbox", name=f"Message to {name}").fill(words)
    page.get_by_role("button", name="Send", exact=True).tap()
    expect(page.get_by_role("list", name="Messages").get_by_text(words)).to_be_visible()


def test_a_shift_from_the_first_request_to_the_night(here, broken_before):
    town = here.town
    ada = here.sign_in(town.ada)
    tess, theo, tara, toni, tom, tia = (
        here.sign_in(member, **PHONE) for member in (town.tess, town.theo, town.tara, town.toni, town.tom, town.tia)
    )

    # Three are given what they ask for, two wait until Ada has approved it.
    for page in (tess, theo, tara):
        ask(here, page, 3)
        expect(page.get_by_text("You have 3 new first messages.")).to_be_visible()
    for page in (toni, tom):
        ask(here, page, 3)
        expect(page.get_by_text("You asked for 3 texts")).to_be_visible()
    ada.goto(f"{here.url}/admin/assignment-requests/")
    for name in ("Toni Doe", "Tom Doe"):
        ada.get_by_role("checkbox", name=f"Select {name}").check()
    ada.get_by_role("button", name="Approve ticked").click()
    expect(ada.get_by_text("2 approved: 6 texts were handed out.")).to_be_visible()
    for page in (toni, tom):
        expect(page.get_by_text("Ada approved it. You have 3 new first messages.")).to_be_visible()

    # First messages go out; Tara and Toni leave one each.
    for page, count in ((tess, 3), (theo, 3), (tara, 2), (toni, 2), (tom, 3)):
        send_first_messages(here, page, count, of=3)

    # Contacts answer: two of Tess's, one of Theo's, one of Tara's.
    first, second = texted_by(here, town.tess)[:2]
    of_theo, of_tara = texted_by(here, town.theo)[0], texted_by(here, town.tara)[-1]
    for page in (tess, tom, tara):
        page.goto(f"{here.url}/replies/")
    for thread in (first, second, of_theo, of_tara):
        here.says(thread, f"Where do you meet? {thread.contact.first_name}")

    # Tess answers one by the script and gives the other back.
    tess.get_by_role("link", name=first.contact.first_name).tap()
    tess.get_by_role("button", name="Yes", exact=True).tap()
    composer = tess.get_by_role("textbox", name=f"Message to {first.contact.first_name}")
    expect(composer).to_have_value("Wonderful! We meet at ten.")
    tess.get_by_role("button", name="Send", exact=True).tap()
    expect(tess.get_by_role("list", name="Messages").get_by_text("Wonderful! We meet at ten.")).to_be_visible()
    give_back(here, tess, second)

    # Tia asks for replies only, is given that one, and reads why.
    tia.goto(f"{here.url}/")
    tia.get_by_text(re.compile(r"^Replies\s+1$")).tap()
    expect(tia.get_by_text("You get 1 reply at once")).to_be_visible()
    tia.get_by_role("button", name="Ask for texts").tap()
    expect(tia.get_by_text("You have 1 reply to answer.")).to_be_visible()
    tia.get_by_role("link", name="Answer replies").tap()
    tia.get_by_role("link", name=second.contact.first_name).tap()
    expect(tia.get_by_text("Asks for the bus to Elm Street", exact=True)).to_be_visible()
    answer(tia, second.contact.first_name, "Take line 12.")

    # Ada hands Theo's to Tom, with a note that he sees above it.
    hand_over(here, ada, of_theo, "Tom Doe", "He is hard of hearing: no calls.")
    tom.get_by_role("link", name=of_theo.contact.first_name).tap()
    expect(tom.get_by_text("He is hard of hearing: no calls.", exact=True)).to_be_visible()
    answer(tom, of_theo.contact.first_name, "At the library, at ten.")

    # Tara answers hers and is done for the day.
    tara.get_by_role("link", name=of_tara.contact.first_name).tap()
    answer(tara, of_tara.contact.first_name, "On Elm Street.")
    tara.goto(f"{here.url}/")
    tara.get_by_role("link", name="Done for the day").tap()
    tara.get_by_role("button", name="Give back 1").tap()
    expect(tara.get_by_text("All done.")).to_be_visible()

    # At night what is left goes back.
    toni.goto(f"{here.url}/")
    expect(toni.get_by_role("link", name="Send first messages")).to_be_visible()
    the_night_comes(here, ada)
    expect(toni.get_by_text("All done.")).to_be_visible()

    assert_every_text_went_once(here)
    before, now = broken_before
    with here.rows():
        assert set(invariants.broken(limit=10_000, now=now)) - before == set()


def give_back(here, page: Page, thread: Conversation) -> None:
    page.goto(f"{here.url}/conversations/{thread.pk}/")
    page.get_by_role("button", name="Give back").tap()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("Something else").tap()
    dialog.get_by_role("textbox", name="Why, in your own words").fill("I do not know the buses")
    dialog.get_by_role("textbox", name="Note for whoever has it next").fill("Asks for the bus to Elm Street")
    dialog.get_by_role("button", name="Give back").tap()
    expect(page.get_by_text("You gave this conversation back to the pool.")).to_be_visible()


def hand_over(here, page: Page, thread: Conversation, to: str, note: str) -> None:
    page.goto(f"{here.url}/admin/message-review/?status=needs_response")
    page.get_by_role("checkbox", name=f"Select {thread.contact.first_name} Lopez").check()
    actions = page.get_by_role("region", name="Message Actions")
    actions.get_by_role("button", name="Reassign", exact=True).click()
    page.get_by_role("combobox", name="Texters").fill(to.lower())
    page.get_by_role("option", name=to).click()
    page.get_by_label("Note for the texters").fill(note)
    expect(page.get_by_text("1 of 1 ticked would move.")).to_be_visible()
    page.get_by_role("button", name="Reassign selected").click()
    expect(actions.get_by_text("1 conversation reassigned.")).to_be_visible()


def the_night_comes(here, page: Page) -> None:
    """Ada puts a release on for half a day from now, and its moment comes."""
    at = timezone.now().astimezone(ZoneInfo("America/New_York")) + dt.timedelta(hours=12)
    page.goto(f"{here.url}/admin/schedules/")
    page.get_by_label("Campaign").select_option(label="Saturday canvass")
    page.get_by_label("At", exact=True).fill(f"{at:%H:%M}")
    page.get_by_role("button", name="Put it on").click()
    expect(page.get_by_text("unsent first messages. It is on.")).to_be_visible()
    with here.rows():
        schedule = Schedule.objects.get(organization=here.town.organization)
        automatic.run_due(schedule.next_at)
        schedule.refresh_from_db()
        assert (schedule.last_handoff.action, schedule.last_handoff.moved) == (Action.SCHEDULED_RELEASE, 1)
        news.close()


def assert_every_text_went_once(here) -> None:
    """Thirteen first messages and four answers, to seventeen different carrier's ids; four contacts wrote."""
    with here.rows():
        ours = Message.objects.filter(organization=here.town.organization, author__isnull=False)
        until(lambda: not ours.filter(status__in=ON_THE_WAY).exists())
        firsts = ours.filter(kind=Kind.FIRST).values_list("conversation", flat=True)
        assert (len(firsts), len(set(firsts))) == (13, 13)
        assert len(set(ours.values_list("provider_id", flat=True))) == ours.count() == 17
        unsent = Conversation.objects.filter(organization=here.town.organization, status=Status.NEEDS_FIRST_MESSAGE)
        assert [one.texter for one in unsent] == [None] * 5
        assert not Conversation.objects.filter(organization=here.town.organization).needing_response().exists()
        acts = Handoff.objects.filter(organization=here.town.organization).values_list("action", flat=True)
        assert Action.GIVE_BACK in acts
