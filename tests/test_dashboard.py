"""The administration's first page: what needs somebody now."""

from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.cast import NOON
from textbank.conversations.models import Status

HERE = "/riverton/admin/"


def words(answer) -> str:
    return " ".join(unescape(answer.content.decode()).split())


@pytest.fixture
def as_(client):
    def come_in(member):
        client.force_login(member.user)
        return client

    return come_in


def test_a_new_organization_is_led_to_its_first_campaign(as_, riverton):
    ada, sue = words(as_(riverton.ada).get(HERE)), words(as_(riverton.sue).get(HERE))

    assert "Create a campaign" in ada
    assert "Create a campaign" not in sue
    assert "As soon as an admin has created a campaign" in sue


def test_what_waits_is_counted_over_active_campaigns(as_, riverton, otherton):
    campaign = riverton.campaign("Saturday canvass")
    riverton.conversations(campaign, 5)
    riverton.conversations(campaign, 2, holder=riverton.tess)
    riverton.conversations(campaign, 3, status=Status.NEEDS_RESPONSE)
    riverton.conversations(riverton.campaign("Old", archived_at=NOON), 4, status=Status.NEEDS_RESPONSE)
    riverton.conversations(riverton.campaign("Not yet", started=False), 6)
    otherton.conversations(otherton.campaign("Theirs"), 8)

    answer = as_(riverton.ada).get(HERE)

    total = answer.context["total"]
    assert (total.needing_response, total.unsent, total.unassigned_unsent) == (3, 7, 5)
    assert [row.campaign.title for row in answer.context["rows"]] == ["Saturday canvass"]
    assert answer.context["oldest"] == NOON


def test_the_campaign_with_most_replies_waiting_comes_first(as_, riverton):
    riverton.conversations(riverton.campaign("Quiet"), 9)
    riverton.conversations(riverton.campaign("Loud"), 2, status=Status.NEEDS_RESPONSE)

    rows = as_(riverton.ada).get(HERE).context["rows"]

    assert [row.campaign.title for row in rows] == ["Loud", "Quiet"]


def test_who_is_here_is_seen(as_, riverton):
    riverton.campaign()
    as_(riverton.tess).get("/riverton/")

    answer = as_(riverton.ada).get(HERE)

    assert {member.name for member in answer.context["online"]} == {"Ada Doe", "Tess Doe"}


def test_the_page_asks_for_its_numbers_alone(as_, riverton):
    riverton.campaign(contacts=2)

    part = words(as_(riverton.sue).get(f"{HERE}?part=now"))

    assert part.startswith('<div class="stack loose" id="now"')
    assert "<html" not in part


def test_a_long_day_costs_no_more_statements(as_, riverton):
    ada = as_(riverton.ada)

    def statements() -> int:
        with CaptureQueriesContext(connection) as asked:
            ada.get(HERE)
        return len(asked)

    def more(number):
        for _ in range(number):
            campaign = riverton.campaign()
            riverton.conversations(campaign, 2, status=Status.NEEDS_RESPONSE, last_activity=timezone.now())

    more(1)
    statements()
    few = statements()
    more(12)

    assert statements() == few


@pytest.mark.parametrize(
    ("who", "seen", "unseen"),
    [("ada", {"Dashboard", "Campaigns", "People"}, set()), ("sue", {"Dashboard", "Campaigns"}, {"People"})],
)
def test_the_navigation_shows_what_one_may_use(as_, riverton, who, seen, unseen):
    answer = as_(getattr(riverton, who)).get(f"{HERE}campaigns/")

    nav = answer.context["nav"]
    labels = {item["label"] for item in nav}
    assert seen <= labels
    assert not unseen & labels
    assert [item["label"] for item in nav if item["current"]] == ["Campaigns"]


def test_a_texter_has_no_business_here(as_, riverton):
    assert as_(riverton.tess).get(HERE).status_code == 403
    assert as_(riverton.tess).get(f"{HERE}campaigns/").status_code == 403
