"""Asking for texts, deciding on it, and controlling what the pools give, with everybody's browser open."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from textbank.conversations.models import Status
from textbank.organizations import teams
from textbank.organizations.models import Approval, Tag


@pytest.fixture
def here(riverton_live):
    """Forty to text and three to answer are in the pool; what Tess and Theo ask for must be approved."""
    with riverton_live.rows():
        town = riverton_live.town
        campaign = town.campaign(contacts=40)
        town.conversations(campaign, 3, status=Status.NEEDS_RESPONSE, waiting_since=timezone.now())
        for member in (town.tess, town.theo):
            member.approval = Approval.REQUIRED
            member.save(update_fields=["approval"])
    return riverton_live


def test_two_ask_one_is_approved_and_one_denied(here, picture):
    ada, tess, theo = (here.sign_in(member) for member in (here.town.ada, here.town.tess, here.town.theo))
    ada.goto(f"{here.url}/admin/assignment-requests/")
    expect(ada.get_by_role("button", name="Approve ticked")).to_be_hidden()

    for page, count in ((theo, "20"), (tess, "30")):
        page.goto(f"{here.url}/")
        page.get_by_label("How many").fill(count)
        page.get_by_role("button", name="Ask for texts").click()
        expect(page.get_by_text(f"You asked for {count} texts")).to_be_visible()

    expect(ada.get_by_role("row", name="Theo Doe")).to_contain_text("20 texts")
    expect(ada.get_by_role("row", name="Tess Doe")).to_contain_text("30 texts")
    picture(ada, "requests")
    ada.get_by_role("button", name="Approve Theo Doe").click()
    expect(theo.get_by_text("17 left")).to_be_visible()
    ada.get_by_role("button", name="Deny Tess Doe").click()
    expect(tess.get_by_text("Ada turned down what you asked for: 30 texts")).to_be_visible()


def test_a_team_that_is_switched_off_gives_nothing(here, picture):
    with here.rows():
        organization = here.town.organization
        tag = Tag.objects.create(organization=organization, title="Needs Spanish", assignable=False)
        teams.make("Spanish", by=here.town.ada, members=[here.town.tess], escalation_tags=[tag])
    ada = here.sign_in(here.town.ada)
    ada.goto(f"{here.url}/admin/")
    ada.get_by_role("link", name="Assignment Control").click()
    spanish = ada.get_by_role("row", name="Spanish")
    expect(spanish).to_contain_text("40 first messages")
    picture(ada, "control")

    spanish.get_by_role("switch", name="Hand out from Spanish").click()

    expect(spanish).to_contain_text("Nothing: it is off")
    ada.reload()
    expect(spanish).to_contain_text("Nothing: it is off")
    expect(ada.get_by_role("row", name="General")).to_contain_text("40 first messages")
