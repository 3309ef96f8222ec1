"""What others do is seen on an admin's open pages: marked where it is, with nothing pulled away."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE
from textbank import news
from textbank.assignments import escalating, reassigning
from textbank.assignments.plans import Plan
from textbank.conversations.models import Action, Conversation, Handoff, Status
from textbank.organizations.models import Role


@pytest.fixture
def here(riverton_live):
    """With Olga, who owns it: a second pair of eyes."""
    with riverton_live.rows():
        riverton_live.town.person("Olga", Role.OWNER)
    return riverton_live


@pytest.fixture
def waiting(here) -> dict[str, Conversation]:
    """Tess has three contacts who wait for an answer, and Ana who does not."""
    with here.rows():
        campaign = here.town.campaign()
        sent, waits = Status.FIRST_MESSAGE_SENT, Status.NEEDS_RESPONSE
        for name, status in {"Ana": sent, "Maria": waits, "Omar": waits, "Lin": waits}.items():
            here.town.conversations(campaign, holder=here.town.tess, status=status, first_name=name)
        threads = Conversation.objects.filter(campaign=campaign).select_related("contact")
        return {thread.contact.first_name: thread for thread in threads}


@contextmanager
def happens(here) -> Iterator[None]:
    """Within, this process is another one of the installation, and tells its news."""
    with here.rows():
        yield
        news.close()


def review(here, member, query="?status=needs_response&order=name") -> Page:
    page = here.sign_in(member)
    page.goto(f"{here.url}/admin/message-review/{query}")
    expect(page.get_by_text("3 conversations")).to_be_visible()
    return page


def row(page: Page, name: str):
    return page.get_by_role("row").filter(has_text=f"{name} Lopez")


def names(page: Page) -> list[str]:
    return page.locator("#rows .row-title").all_inner_texts()


def hand_on(conversation, *, to, by) -> None:
    now = timezone.now()
    reassigning.carry_out(Plan(action=Action.REASSIGN, by=by, now=now, ticked=(conversation.pk,), texters=(to,)))


def test_what_others_do_is_marked_where_it_is(here, waiting):
    tess = here.sign_in(here.town.tess)
    tess.goto(f"{here.url}/replies/")
    theo = here.sign_in(here.town.theo)
    theo.goto(f"{here.url}/replies/")
    ada, olga = review(here, here.town.ada), review(here, here.town.olga)
    for name in ("Maria", "Omar"):
        ada.get_by_role("checkbox", name=f"Select {name} Lopez").check()
    row(ada, "Omar").get_by_role("link").focus()

    # Olga hands Maria on to Theo.
    olga.get_by_role("checkbox", name="Select Maria Lopez").check()
    olga.get_by_role("button", name="Reassign", exact=True).click()
    olga.get_by_role("combobox", name="Texters").fill("theo")
    olga.get_by_role("option", name="Theo Doe").click()
    olga.get_by_role("button", name="Reassign selected").click()

    expect(theo.get_by_role("link", name="Maria")).to_be_visible()
    expect(row(ada, "Maria")).to_contain_text("Changed by Olga Doe")
    expect(row(ada, "Maria")).to_contain_text("Theo Doe")
    expect(row(ada, "Maria")).to_contain_text("a hand-off from here leaves it alone")
    assert ada.get_by_text("no longer matches").count() == 0

    # Tess answers Omar, whom Ada is just at.
    tess.get_by_role("link", name="Omar").click()
    tess.get_by_role("textbox", name="Message to Omar").fill("On my way!")
    tess.wait_for_timeout(1800)
    tess.get_by_role("button", name="Send", exact=True).click()

    expect(row(ada, "Omar")).to_contain_text("Changed by Tess Doe")
    expect(row(ada, "Omar")).to_contain_text("no longer matches")
    expect(row(ada, "Omar")).to_contain_text("Active Conversation")
    expect(ada.get_by_role("link", name="1 fewer match now: look again")).to_be_visible()
    # Nothing was pulled away: the order, the ticks, the focus are what they were.
    assert names(ada) == ["Lin Lopez", "Maria Lopez", "Omar Lopez"]
    expect(ada.get_by_role("checkbox", name="Select Maria Lopez")).to_be_checked()
    expect(ada.get_by_role("checkbox", name="Select Omar Lopez")).to_be_checked()
    expect(row(ada, "Omar").get_by_role("link")).to_be_focused()
    expect(ada.get_by_text("3 conversations")).to_be_visible()

    # Ana writes: she is new here, and waits until somebody asks for her.
    here.says(waiting["Ana"], "And where?")

    expect(ada.get_by_role("link", name="1 new · Show")).to_be_visible()
    assert names(ada) == ["Lin Lopez", "Maria Lopez", "Omar Lopez"]

    # What Ada had seen is what she hands on.
    ada.get_by_role("button", name="Unassign", exact=True).click()
    expect(ada.get_by_text("0 of 2 ticked would move.")).to_be_visible()
    expect(ada.get_by_text("2 changed since they were looked at")).to_be_visible()
    ada.get_by_role("button", name="Close this panel").click()

    ada.get_by_role("link", name="1 new · Show").click()

    expect(row(ada, "Ana")).to_be_visible()
    assert names(ada) == ["Ana Lopez", "Lin Lopez", "Maria Lopez"]
    expect(row(ada, "Maria")).not_to_contain_text("Changed")
    expect(ada.get_by_role("checkbox", name="Select Maria Lopez")).to_be_checked()
    expect(ada.get_by_role("link", name=re.compile("Show|look again"))).to_have_count(0)


def test_an_open_preview_follows(here, waiting):
    ada = review(here, here.town.ada)
    ada.get_by_role("checkbox", name="Select Maria Lopez").check()
    ada.get_by_role("button", name="Unassign", exact=True).click()
    expect(ada.get_by_text("1 of 1 ticked would move.")).to_be_visible()

    with happens(here):
        hand_on(waiting["Maria"], to=here.town.theo, by=here.town.olga)

    expect(ada.get_by_text("0 of 1 ticked would move.")).to_be_visible()


def test_the_badge_moves_by_itself(here, waiting):
    ada = review(here, here.town.ada)
    item = ada.get_by_role("listitem").filter(has=ada.get_by_role("link", name="Escalated Convos"))
    expect(item.locator(".badge")).to_be_hidden()

    with happens(here):
        escalating.escalate(waiting["Lin"], by=here.town.tess, now=timezone.now())

    expect(item.locator(".badge")).to_have_text("1")
    expect(row(ada, "Lin")).to_contain_text("Changed by Tess Doe")


def test_the_conversation_beside_the_list_follows(here, waiting):
    ada = review(here, here.town.ada)
    row(ada, "Lin").get_by_role("link").click()
    beside = ada.get_by_role("region", name="Conversation", exact=True)
    expect(beside.get_by_text("held by Tess Doe")).to_be_visible()

    here.says(waiting["Lin"], "Is anybody there?")
    with happens(here):
        hand_on(waiting["Lin"], to=here.town.theo, by=here.town.olga)

    expect(beside.get_by_text("Is anybody there?")).to_be_visible()
    expect(beside.get_by_text("held by Theo Doe")).to_be_visible()


def test_campaigns_move_by_themselves_and_an_open_menu_stays(here, waiting):
    ada = here.sign_in(here.town.ada)
    ada.goto(f"{here.url}/admin/campaigns/")
    replies = ada.locator("[data-label=Waiting]")
    expect(replies).to_have_text("3")
    ada.get_by_role("button", name="Actions for").click()
    pause = ada.get_by_role("menuitem", name="Pause").element_handle()

    here.says(waiting["Ana"], "And where?")

    expect(replies).to_have_text("4")
    assert pause.evaluate("item => item.isConnected"), "a click that has begun is lost with what it began on"
    expect(ada.get_by_role("menuitem", name="Pause")).to_be_visible()
    expect(ada.get_by_role("menuitem").first).to_be_focused()
    ada.get_by_role("menuitem", name="Pause").click()
    expect(ada.get_by_text("Paused", exact=True)).to_be_visible()


def test_what_somebody_is_in_is_renewed_around_them(here):
    page = here.sign_in(here.town.ada)
    page.goto(f"{here.url}/admin/handoffs/")
    renewed = page.evaluate("""() => {
      const box = document.createElement("div");
      box.setAttribute("hx-ext", "renew");
      box.innerHTML = '<p id="a">1</p><p id="b"><a href="#" title="1">1 waits</a></p><p id="c">1</p>';
      document.getElementById("main").append(box);
      box.querySelector("a").focus();
      const fresh = '<p id="new">0</p><p id="b"><a href="#" title="2">2 wait</a></p><p id="c">2</p>';
      htmx.swap(box, `<div>${fresh}</div>`, { swapStyle: "renew" }, { contextElement: box });
      return [box.textContent, document.activeElement.textContent];
    }""")

    assert renewed == ["02 wait2", "2 wait"]


def test_the_log_of_hand_offs_says_what_is_new(here, waiting):
    ada = here.sign_in(here.town.ada)
    ada.goto(f"{here.url}/admin/handoffs/?action=reassign")
    expect(ada.get_by_text("No hand-off like that")).to_be_visible()

    with happens(here):
        hand_on(waiting["Lin"], to=here.town.theo, by=here.town.olga)

    ada.get_by_role("link", name="1 new · Show").click()
    expect(ada.get_by_role("row").filter(has_text="Olga Doe")).to_be_visible()


def test_who_did_not_begin_it_sees_how_far_it_is(here, waiting):
    with here.rows():
        act = Handoff.objects.create(
            organization=here.town.organization, action=Action.REASSIGN, by=here.town.olga, total=100, matched=20
        )
    ada = here.sign_in(here.town.ada)
    # Its own look every five seconds is for lost news.
    ada.clock.install()
    ada.goto(f"{here.url}/admin/handoffs/{act.pk}/")
    expect(ada.get_by_text("20 of 100")).to_be_visible()

    with happens(here):
        Handoff.objects.filter(pk=act.pk).update(matched=60)
        news.tell_watchers(here.town.organization.pk, f"handoff:{act.pk}")

    expect(ada.get_by_text("60 of 100")).to_be_visible()
    with here.rows():
        Handoff.objects.filter(pk=act.pk).update(state="stopped", finished_at=timezone.now())


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("device", [{}, PHONE], ids=["desk", "phone"])
def test_everybody_can_read_what_is_marked(here, waiting, accessible, scheme, device):
    ada = here.sign_in(here.town.ada, color_scheme=scheme, reduced_motion="reduce", **device)
    ada.goto(f"{here.url}/admin/message-review/?status=needs_response")
    ada.get_by_role("checkbox", name="Select Maria Lopez").check()

    here.says(waiting["Ana"], "And where?")
    with happens(here):
        hand_on(waiting["Maria"], to=here.town.theo, by=here.town.olga)
        hand_on(waiting["Lin"], to=here.town.theo, by=here.town.olga)

    expect(row(ada, "Lin")).to_contain_text("Changed by Olga Doe")
    expect(ada.get_by_role("link", name="1 more match now: look again")).to_be_visible()
    accessible(ada)


# What it costs

MINUTES = 60 * 1000
LOOK = re.compile(r"since/\?|part=")
HIDDEN = "Object.defineProperty(document, 'hidden', {{ configurable: true, get: () => {} }})"


def quiet(here, address: str) -> Page:
    """A page of Ada's whose clock is ours, and which has looked at all that happened before."""
    page = here.sign_in(here.town.ada)
    page.clock.install()
    with page.expect_response(lambda answer: "/live/" in answer.url):
        page.goto(f"{here.url}/admin/{address}")
    with page.expect_response(LOOK):
        hears(page)
    page.clock.run_for(1 * MINUTES)
    page.wait_for_load_state("networkidle")
    return page


def asked_by(page: Page) -> list[str]:
    """Every address that the page asks for from now on, without what follows the question mark."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.split("?")[0].split("/admin/")[-1]))
    return asked


def hears(page: Page, what: str = "work") -> None:
    page.evaluate("what => document.body.dispatchEvent(new CustomEvent('news', { detail: { what } }))", what)


@pytest.mark.parametrize("address", ["escalated-convos/", "campaigns/", "handoffs/"])
def test_a_page_that_nothing_happens_to_asks_for_nothing(here, waiting, address):
    page = quiet(here, address)
    asked = asked_by(page)

    page.clock.run_for(10 * MINUTES)
    assert asked == []

    # And it would, if something happened.
    with page.expect_request(LOOK):
        hears(page)
        page.clock.run_for(1000)


def test_a_conversation_open_beside_the_list_asks_for_nothing_either(here, waiting):
    page = quiet(here, "message-review/?status=needs_response")
    row(page, "Maria").get_by_role("link").click()
    expect(page.get_by_text("held by Tess Doe")).to_be_visible()
    asked = asked_by(page)

    page.clock.run_for(10 * MINUTES)

    assert asked == []


def test_a_busy_evening_is_looked_at_ever_more_seldom(here, waiting):
    page = quiet(here, "message-review/?status=needs_response")
    page.evaluate("window.looks = 0; document.body.addEventListener('glance', () => (window.looks += 1))")

    def evening(seconds: int) -> None:
        """News every half second."""
        for _ in range(2 * seconds):
            hears(page)
            page.clock.run_for(500)

    # Soon after the first.
    with page.expect_request(LOOK):
        evening(1)
    evening(60)
    # After two seconds, four, eight, and then every sixteen.
    assert 3 <= page.evaluate("window.looks") <= 8
    page.clock.run_for(1 * MINUTES)
    # After a quiet minute soon again.
    with page.expect_request(LOOK):
        evening(1)


def test_nobody_looks_and_nothing_is_asked(here, waiting):
    page = quiet(here, "message-review/?status=needs_response")
    asked = asked_by(page)
    page.evaluate(HIDDEN.format("true"))
    hears(page, "escalated")
    page.clock.run_for(1 * MINUTES)
    assert asked == []

    page.evaluate(HIDDEN.format("false"))
    with page.expect_request(LOOK), page.expect_request(re.compile("badge/")):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        page.clock.run_for(1000)

    assert sorted(asked) == ["escalated-convos/badge/", "message-review/since/"]
