"""Ada makes a team, keeps a campaign for it, and controls what the pools hand out."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE
from textbank.campaigns.models import Campaign
from textbank.conversations.models import Conversation, Status
from textbank.organizations import teams
from textbank.organizations.models import Approval, Settings, Tag, Team


@pytest.fixture
def here(riverton_live):
    return riverton_live


@pytest.fixture
def ada(here):
    return here.sign_in(here.town.ada)


def choose(page: Page, label: str, *names: str) -> None:
    box = page.get_by_role("combobox", name=label)
    for name in names:
        box.fill(name)
        page.get_by_role("option", name=name).click()


def test_who_types_a_name_before_the_page_is_complete_is_heard(here, ada):
    script, held = re.compile(r"/js/review_combobox\."), []

    def hold(route) -> None:
        held.append(route)

    ada.route(script, hold)
    with ada.expect_request(script):
        ada.goto(f"{here.url}/admin/teams/new/", wait_until="commit")
    ada.get_by_role("combobox", name="Members").fill("Theo")

    held.pop().continue_()

    expect(ada.get_by_role("option", name="Theo")).to_be_visible()


def test_a_team_is_made_and_a_campaign_is_for_it_alone(here, ada):
    with here.rows():
        campaign = here.town.campaign("Sábado", contacts=3)
    ada.goto(f"{here.url}/admin/")
    ada.get_by_role("link", name="Teams").click()
    ada.get_by_role("link", name="Make a team").click()

    ada.get_by_label("Title").fill("Spanish speakers")
    choose(ada, "Members", "Theo")
    ada.get_by_role("button", name="Make team").click()
    expect(ada.get_by_text("Team “Spanish speakers” is there.")).to_be_visible()
    ada.get_by_role("link", name="Campaigns", exact=True).first.click()
    ada.get_by_role("button", name="Actions for Sábado").click()
    ada.get_by_role("menuitem", name="Edit").click()
    expect(ada.get_by_role("combobox", name="Teams")).to_be_hidden()
    ada.get_by_label("These teams alone").check()
    choose(ada, "Teams", "Spanish")
    ada.get_by_role("button", name="Save").click()

    expect(ada.get_by_text("for Spanish speakers alone")).to_be_visible()
    expect(ada.get_by_text("Only for team Spanish speakers.")).to_be_visible()
    with here.rows():
        assert Campaign.objects.get(pk=campaign.pk).limited_to_teams
    tess, theo = here.sign_in(here.town.tess), here.sign_in(here.town.theo)
    tess.goto(f"{here.url}/")
    theo.goto(f"{here.url}/")
    expect(tess.get_by_text("only for team Spanish speakers")).to_be_visible()
    theo.get_by_role("button", name="Ask").click()
    expect(theo.get_by_text("Send first messages")).to_be_visible()
    with here.rows():
        assert Conversation.objects.filter(texter=here.town.theo).count() == 3

    ada.get_by_role("link", name="Teams").click()
    ada.get_by_role("button", name="Actions for Spanish speakers").click()
    ada.get_by_role("menuitem", name="Delete").click()
    expect(ada.get_by_text("This campaign is for this team alone")).to_be_visible()
    ada.get_by_label("Offer it to everybody").check()
    ada.get_by_role("button", name="Delete", exact=True).click()
    expect(ada.get_by_text("“Sábado”: offered to everybody now.")).to_be_visible()
    with here.rows():
        assert not Campaign.objects.get(pk=campaign.pk).limited_to_teams


def saves(column):
    """The answer to what saves it. Enter may save twice: as a change, and by being pressed."""
    return lambda answer: f"rows={column}" in (answer.request.post_data or "")


def test_a_row_is_saved_in_place_and_what_is_wrong_is_said_in_it(here, ada):
    with here.rows():
        here.town.campaign(contacts=3)
        teams.make("Spanish", members=[here.town.theo], by=here.town.ada)
    ada.goto(f"{here.url}/admin/assignment-control/")
    general = ada.get_by_role("row").filter(has_text="General")
    expect(general.get_by_text("3 first messages")).to_be_visible()

    general.get_by_label("Most at once").fill("0")
    general.get_by_label("What it gives").select_option("Replies")
    expect(general.get_by_text("Between 1 and 10,000 texts at once.")).to_be_visible()
    general.get_by_label("Most at once").fill("40")
    general.get_by_label("Most at once").press("Enter")
    expect(ada.get_by_text("Saved.")).to_be_visible()
    expect(general.get_by_text("3 first messages")).to_be_hidden()
    expect(general.get_by_text("Between 1 and 10,000")).to_be_hidden()
    ada.get_by_role("row").filter(has_text="Spanish").get_by_role("switch").uncheck()
    expect(ada.get_by_role("row").filter(has_text="Spanish").get_by_text("Nothing: it is off")).to_be_visible()
    ada.get_by_label("Backlog gate").fill("25")
    with ada.expect_response(saves("backlog_gate")):
        ada.get_by_label("Backlog gate").press("Enter")
    with ada.expect_response(saves("finish_replies_first")):
        ada.get_by_label("Finish replies first").check()

    ada.reload()
    expect(ada.get_by_label("Backlog gate")).to_have_value("25")
    expect(ada.get_by_label("Finish replies first")).to_be_checked()
    with here.rows():
        settings = Settings.objects.get(organization=here.town.organization)
        assert (settings.general_gives, settings.most_at_once) == ("replies", 40)
        assert not Team.objects.get(organization=here.town.organization).is_on


def test_a_team_is_chosen_as_receivers(here, ada):
    with here.rows():
        campaign = here.town.campaign(contacts=4)
        teams.make("Spanish", members=[here.town.theo, here.town.tess], by=here.town.ada)
    ada.goto(f"{here.url}/admin/message-review/?campaign={campaign.pk}")

    ada.get_by_role("button", name="Reassign", exact=True).click()
    ada.get_by_role("combobox", name="Texters").fill("span")
    ada.get_by_role("option", name="Team Spanish (2)").click()
    expect(ada.get_by_role("button", name="Remove Tess Doe")).to_be_visible()
    expect(ada.get_by_role("button", name="Remove Theo Doe")).to_be_visible()
    ada.get_by_role("button", name="Reassign all 4 matching").click()
    ada.get_by_role("button", name="Reassign 4").click()

    expect(ada.get_by_text("4 conversations reassigned.")).to_be_visible()
    with here.rows():
        assert Conversation.objects.filter(texter=here.town.tess).count() == 2


def test_the_ticked_are_changed_in_one_step(here, ada):
    ada.goto(f"{here.url}/admin/people/")
    expect(ada.get_by_role("button", name="Change the ticked")).to_be_disabled()

    ada.get_by_label("Select everybody on this page").check()
    expect(ada.get_by_text("3 ticked")).to_be_visible()
    ada.get_by_label("Select Theo Doe").uncheck()
    ada.get_by_label("Approval").select_option("Approval required")
    ada.get_by_label("Limit").select_option("Hold at most …")
    ada.get_by_label("Hold at most").fill("50")
    ada.get_by_role("button", name="Change the ticked").click()

    expect(ada.get_by_text("2 people changed.")).to_be_visible()
    with here.rows():
        assert [
            (member.user.first_name, member.cap)
            for member in here.town.organization.memberships.filter(approval=Approval.REQUIRED).order_by("pk")
        ] == [("Sue", 50), ("Tess", 50)]


PAGES = ["teams/", "teams/new/", "teams/{team}/", "teams/{team}/delete/", "assignment-control/", "people/"]
PAGES += ["people/{person}/", "campaigns/{campaign}/edit/", "campaigns/{campaign}/"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("options", [{}, PHONE], ids=["desktop", "phone"])
def test_nothing_stands_in_anybodys_way(here, accessible, options, scheme):
    with here.rows():
        legal = Tag.objects.create(organization=here.town.organization, title="Legal", assignable=False)
        team = teams.make("Spanish", members=[here.town.tess], escalation_tags=[legal], by=here.town.ada)
        campaign = here.town.campaign(contacts=3, limited_to_teams=True)
        campaign.teams.add(team)
        here.town.conversations(campaign, 2, status=Status.NEEDS_RESPONSE)
    page = here.sign_in(here.town.ada, color_scheme=scheme, **options)

    names = {"team": team.pk, "person": here.town.tess.pk, "campaign": campaign.pk}
    for path in PAGES:
        page.goto(f"{here.url}/admin/{path.format(**names)}")
        accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
