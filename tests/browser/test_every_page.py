"""Every page that no other story looks at, in the light and in the dark, at a desk and on a phone."""

import datetime as dt
import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from tests.browser.conftest import PHONE
from tests.test_doors import LINES
from textbank.assignments import automatic, giving_back, requesting
from textbank.assignments.models import Releases, Schedule
from textbank.contacts.models import Upload
from textbank.conversations import pinning
from textbank.conversations.models import Status
from textbank.organizations import joining, teams
from textbank.organizations.models import Approval, Colour, Role, Tag

# Parts of pages, and files.
NO_PAGES = re.compile(r"/(ask|cards|live-ticket|badge|count|since|standing|choices/\{kind\}|[\w-]+\.csv)/?$")

# What the story of the page itself looks at.
ELSEWHERE = {
    *("/{org}/", "/{org}/first-messages/", "/{org}/replies/", "/{org}/conversations/{conversation}/", "/{org}/past/"),
    *("/{org}/admin/", "/{org}/admin/campaigns/", "/{org}/admin/campaigns/new/", "/{org}/admin/campaigns/{campaign}/"),
    *("/{org}/admin/campaigns/{campaign}/contacts/", "/{org}/admin/campaigns/{campaign}/script/"),
    *("/{org}/admin/message-review/", "/{org}/admin/message-review/{conversation}/", "/{org}/admin/escalated-convos/"),
    *("/{org}/admin/message-review/filters/save/", "/{org}/admin/message-review/filters/{filter}/"),
    *("/{org}/admin/tags/", "/{org}/admin/tags/new/", "/{org}/admin/tags/{tag}/", "/{org}/admin/tags/{tag}/delete/"),
    "/{org}/admin/settings/",
}

LEFT = [
    address
    for method, address, *_ in LINES
    if method == "GET" and address.startswith("/{org}/") and address not in ELSEWHERE and not NO_PAGES.search(address)
]


@pytest.fixture
def named(riverton_live):
    """Riverton with something on every page, and what the addresses' names in braces stand for."""
    town, now = riverton_live.town, timezone.now()
    with riverton_live.rows():
        town.person("Olga", Role.OWNER)
        campaign = town.campaign(contacts=8)
        waiting = {"status": Status.NEEDS_RESPONSE, "waiting_since": now, "holder": town.tess}
        kept, given, pinned = town.conversations(campaign, 3, **waiting)
        pinning.pin(pinned, by=town.tess, now=now)
        tag = Tag.objects.create(
            organization=town.organization, title="Needs Spanish", colour=Colour.VIOLET, assignable=False
        )
        team = teams.make("Spanish", members=[town.tess], escalation_tags=[tag], by=town.ada)
        campaign.teams.add(team)
        ask_for_approval(town, now)
        for paused in (None, now):
            put_on(town, campaign, paused, now)
        automatic.run_due(Schedule.objects.latest("pk").next_at)
        return {
            "org": town.organization.slug,
            "campaign": campaign.pk,
            "conversation": kept.pk,
            "handoff": giving_back.give_back(given, by=town.tess, reason="I have to go", now=now).pk,
            "invite": joining.invite(Role.TEXTER, by=town.ada).pk,
            "person": town.tess.pk,
            "team": team.pk,
            "upload": Upload.objects.create(campaign=campaign, file_name="list.csv").pk,
        }


def ask_for_approval(town, now) -> None:
    """Theo was given two and Sue waits."""
    for member in (town.theo, town.sue):
        member.approval = Approval.REQUIRED
        member.save()
    requesting.approve(requesting.request(town.theo, 2, now=now), by=town.ada, now=now)
    requesting.request(town.sue, 1, now=now)


def put_on(town, campaign, paused, now) -> None:
    said = {"releases": Releases.UNSENT, "time": dt.time(21, 5), "timezone": "America/New_York", "weekdays": [0, 1]}
    made = Schedule(organization=town.organization, campaign=campaign, made_by=town.ada, paused_at=paused, **said)
    automatic.put_on(made, now)


def test_everybody_can_use_every_page(riverton_live, named, accessible):
    who = {"texter": riverton_live.town.tess, "admin": riverton_live.town.ada}
    pages = {name: riverton_live.sign_in(member, reduced_motion="reduce") for name, member in who.items()}

    for address in LEFT:
        page = pages["admin" if "/admin/" in address else "texter"]
        look_at(page, address, named, accessible)


def look_at(page: Page, address: str, named: dict, accessible) -> None:
    """Opened once: the light and the dark are put on it in turn, and it is made narrow."""
    page.set_viewport_size({"width": 1280, "height": 800})
    answer = page.goto(re.sub(r"\{(\w+)\}", lambda name: str(named[name[1]]), address))
    assert answer.status == 200, address
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        # Not in the middle of turning from one into the other.
        page.evaluate("document.getAnimations().forEach((one) => one.cancel())")
        accessible(page)
    page.set_viewport_size(PHONE["viewport"])
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, address
