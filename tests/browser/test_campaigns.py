"""Ada's campaign from its title to its end, in a real browser."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE
from textbank.campaigns import blanks, scripting
from textbank.campaigns.models import Campaign
from textbank.contacts.models import Upload
from textbank.conversations.models import Answer, Status

LIST = """First name,Last name,Cell,Precinct
Marisol,Vega,212-555-0142,14B
James,Okoro,(312) 555-0117,9
Nobody,Here,12,3
"""


@pytest.fixture
def here(riverton_live):
    return riverton_live


@pytest.fixture
def ada(here):
    return here.sign_in(here.town.ada)


def choose(page: Page, action: str) -> None:
    """An item of the three-dots menu of the only campaign there is."""
    page.get_by_role("button", name="Actions for").click()
    page.get_by_role("menuitem", name=action).click()


def only_campaign(here) -> Campaign:
    with here.rows():
        return Campaign.objects.get(organization=here.town.organization)


def test_a_campaign_from_its_title_to_the_archive(here, ada, tmp_path):
    (tmp_path / "list.csv").write_text(LIST)
    ada.goto(f"{here.url}/admin/")
    ada.get_by_role("link", name="Create a campaign").click()

    ada.get_by_label("Title").fill("Library canvass")
    ada.get_by_role("button", name="Save and go on").click()
    ada.get_by_label("Choose a CSV file").set_input_files(tmp_path / "list.csv")
    ada.get_by_role("button", name="Upload").click()
    expect(ada.get_by_text("2 contacts accepted from list.csv")).to_be_visible()
    expect(ada.get_by_role("cell", name="Not a valid phone number: 12", exact=True)).to_be_visible()
    ada.get_by_role("link", name="Go on to the script").click()
    write_script(ada)
    ada.get_by_role("button", name="Start campaign").click()
    ada.get_by_role("button", name="Start", exact=True).click()

    expect(ada.get_by_text("Library canvass has started.")).to_be_visible()
    ada.get_by_role("link", name="Campaigns", exact=True).first.click()
    row = ada.get_by_role("row").filter(has_text="Library canvass")
    choose(ada, "Pause")
    expect(row.get_by_text("Paused", exact=True)).to_be_visible()
    choose(ada, "Resume")
    expect(row.get_by_text("Started")).to_be_visible()
    choose(ada, "Archive")
    expect(ada.get_by_text("2 first messages will not be sent")).to_be_visible()
    ada.get_by_role("button", name="Archive").click()
    expect(row.get_by_text("Archived", exact=True)).to_be_visible()
    assert only_campaign(here).state == "archived"


def write_script(page: Page) -> None:
    """A first message with a blank, a question, and something to say to those who say yes."""
    page.get_by_label("First message").fill("Hi , can you come on Saturday?")
    for key in ("Control+Home", *["ArrowRight"] * len("Hi ")):
        page.keyboard.press(key)  # to whatever has the focus now: the editor may come at any moment
    page.get_by_role("button", name="{firstName}").click()
    page.get_by_label("Question").fill("Coming?")
    page.get_by_role("button", name="Add an answer").click()
    page.get_by_role("textbox", name="Answer").fill("Yes")
    page.get_by_role("button", name="What to say then").click()
    then = page.get_by_role("group", name="When the answer is Yes")
    then.get_by_label("Message").fill("Great! Your precinct is {precint}.")
    preview = page.get_by_role("complementary", name="Preview")
    expect(preview.get_by_text("Hi Marisol, can you come on Saturday?")).to_be_visible()
    expect(preview.get_by_text("Yes", exact=True)).to_be_visible()
    expect(then.get_by_text("Nothing fills {precint}. Did you mean {Precinct}?")).to_be_visible()
    then.get_by_label("Message").fill("Great! Your precinct is {precinct}.")
    expect(preview.get_by_text("Great! Your precinct is 14B.")).to_be_visible()
    page.get_by_role("button", name="Save and go on").click()


@pytest.mark.parametrize("begun", ["", "Hi "])
def test_who_begins_before_the_editor_is_there_goes_on_in_it(here, ada, begun):
    with here.rows():
        campaign = here.town.campaign(started=False)
    held = []

    def hold(route) -> None:
        held.append(route)

    ada.route(re.compile(r"/js/script_tree\."), hold)
    ada.goto(f"{here.url}/admin/campaigns/{campaign.pk}/script/", wait_until="commit")
    first = ada.get_by_label("First message")
    first.press("Control+a")
    first.press_sequentially(begun)

    for _ in range(150):
        if held:
            break
        ada.wait_for_timeout(100)
    for route in held:
        route.continue_()

    expect(ada.get_by_role("complementary", name="Preview")).to_be_visible()
    expect(first).to_be_focused()
    ada.keyboard.type("you!")
    expect(first).to_have_value(f"{begun}you!")
    expect(ada.get_by_text("Not saved yet")).to_be_visible()


def test_what_was_written_comes_back_in_the_editor(here, ada):
    with here.rows():
        campaign = here.town.campaign(started=False)
        written = scripting.tree(campaign)
    ada.goto(f"{here.url}/admin/campaigns/{campaign.pk}/script/")

    ada.get_by_role("button", name="Save script").click()

    expect(ada.get_by_text("The script is saved.")).to_be_visible()
    with here.rows():
        again = scripting.tree(Campaign.objects.get(pk=campaign.pk))
    assert without_ids(again) == without_ids(written)


def without_ids(tree):
    answers = [{**a, "next": a["next"] and without_ids(a["next"])} for a in tree["answers"]]
    return {"texts": tree["texts"], "question": tree["question"], "answers": answers}


def test_versions_answers_and_steps_are_added_and_removed(here, ada):
    with here.rows():
        campaign = here.town.campaign(started=False)
    ada.goto(f"{here.url}/admin/campaigns/{campaign.pk}/script/")
    first = ada.get_by_role("group", name="First step")

    first.get_by_role("button", name="Add a version").click()
    first.get_by_label("First message, version 2").fill("Hello!")
    ada.get_by_role("group", name="When the answer is Yes").get_by_role("button", name="Remove this step").click()
    first.get_by_role("button", name="Remove this answer").last.click()
    ada.get_by_role("button", name="Save script").click()

    expect(ada.get_by_text("The script is saved.")).to_be_visible()
    with here.rows():
        tree = scripting.tree(Campaign.objects.get(pk=campaign.pk))
    assert tree["texts"][1] == "Hello!"
    assert [(answer["value"], bool(answer["next"])) for answer in tree["answers"]] == [("Yes", False), ("No", True)]


def test_the_step_that_is_wrong_says_so_itself(here, ada):
    with here.rows():
        campaign = here.town.campaign(started=False)
    ada.goto(f"{here.url}/admin/campaigns/{campaign.pk}/script/")

    ada.get_by_role("group", name="When the answer is No").get_by_label("Message").fill("")
    ada.get_by_role("button", name="Save script").click()

    wrong = ada.get_by_role("group", name="When the answer is No")
    expect(wrong.get_by_text("The step after “No” says nothing. Write its text.")).to_be_visible()


def test_an_answered_script_is_reworded_only(here, ada):
    with here.rows():
        campaign = here.town.campaign()
        conversation = here.town.conversations(campaign)[0]
        Answer.objects.create(conversation=conversation, step=campaign.first_step, value="Yes")
    ada.goto(f"{here.url}/admin/campaigns/{campaign.pk}/script/")

    expect(ada.get_by_label("Question").first).to_be_disabled()
    expect(ada.get_by_role("button", name="Add an answer").first).to_be_hidden()
    ada.get_by_label("First message").fill("Hey {firstName}!")
    ada.get_by_role("button", name="Save script").click()

    expect(ada.get_by_text("The script is saved.")).to_be_visible()
    with here.rows():
        assert scripting.tree(Campaign.objects.get(pk=campaign.pk))["text"] == "Hey {firstName}!"


def test_a_dropped_list_is_sent_and_a_wrong_one_refused_in_place(here, ada):
    with here.rows():
        campaign = here.town.campaign(started=False, contacts=2)
    ada.goto(f"{here.url}/admin/campaigns/{campaign.pk}/contacts/")

    drop(ada, "me.png", "\x89PNG not a list")
    expect(ada.get_by_role("alert")).to_contain_text("2 contacts there are stay as they are")
    drop(ada, "list.csv", LIST)

    expect(ada.get_by_text("2 contacts accepted from list.csv")).to_be_visible()
    expect(ada).to_have_url(re.compile(r"/contacts/\d+/$"))


def drop(page: Page, name: str, text: str) -> None:
    page.locator("[data-drop]").evaluate(
        """(form, [name, text]) => {
            const data = new DataTransfer();
            data.items.add(new File([Uint8Array.from(text, (c) => c.charCodeAt(0))], name));
            form.dispatchEvent(new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: data }));
        }""",
        [name, text],
    )


def test_a_long_list_is_read_while_ada_looks_on(here, ada, tmp_path):
    lines = "".join(f"Ann,{number},+1212{2_000_000 + number}\n" for number in range(6_000))
    (tmp_path / "long.csv").write_text("First name,Last name,Cell\n" + lines)
    with here.rows():
        campaign = here.town.campaign(started=False)
    ada.goto(f"{here.url}/admin/campaigns/{campaign.pk}/contacts/")

    ada.get_by_label("Choose a CSV file").set_input_files(tmp_path / "long.csv")
    ada.get_by_role("button", name="Upload").click()

    expect(ada.get_by_text("6,000 contacts accepted from long.csv")).to_be_visible(timeout=30_000)
    with here.rows():
        assert Upload.objects.get(campaign=campaign).state == "done"


def test_the_page_reads_blanks_as_the_server_does(here, ada):
    texts = [
        "Hi {firstName}, it's {x}",
        "{first name} {FIRST_NAME}",
        "{frist}",
        "{",
        "a } b",
        "{firstName,",
        "{ }",
        "{}",
        "{constructor}",
        "Hi! {Previous texter first name} told me of {firstName}.\nShall we?",
    ]
    values = {"firstName": "Ana", "city": ""}
    ada.goto(f"{here.url}/admin/")

    read = ada.evaluate(
        """async ([texts, names, values]) => {
            const { fill, unknown } = await import("/static/js/blanks.js");
            return texts.map((text) => [unknown(text, names), fill(text, values)]);
        }""",
        [texts, [*blanks.NAMES, "city"], values],
    )

    assert read == [[blanks.unknown(text, ["city"]), blanks.fill(text, values)] for text in texts]


def test_a_dialog_whose_button_is_clicked_twice_stays_open(here, ada):
    with here.rows():
        campaign = here.town.campaign(started=False, contacts=1)
    ada.goto(f"{here.url}/admin/campaigns/{campaign.pk}/")

    ada.get_by_role("button", name="Start campaign").dblclick()

    expect(ada.get_by_role("button", name="Start", exact=True)).to_be_visible()


def test_a_title_of_one_long_word_keeps_to_a_phone(here):
    with here.rows():
        campaign = here.town.campaign("W" * 150)
    page = here.sign_in(here.town.ada, **PHONE)

    for path in PAGES:
        page.goto(f"{here.url}/admin/{path.format(pk=campaign.pk)}")
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


PAGES = ["", "campaigns/", "campaigns/new/", "campaigns/{pk}/", "campaigns/{pk}/contacts/", "campaigns/{pk}/script/"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("options", [{}, PHONE], ids=["desktop", "phone"])
def test_nothing_stands_in_anybodys_way(here, accessible, options, scheme):
    with here.rows():
        campaign = here.town.campaign(autoassign=False, contacts=3)
        here.town.conversations(campaign, 2, status=Status.NEEDS_RESPONSE, holder=here.town.tess)
    page = here.sign_in(here.town.ada, color_scheme=scheme, **options)

    for path in PAGES:
        page.goto(f"{here.url}/admin/{path.format(pk=campaign.pk)}")
        accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
