"""What open pages of the administration ask for when they hear that something happened."""

import re

import pytest

from textbank import news

LIVE = re.compile(r'data-live="/live/\?ticket=([^"]+)"')


@pytest.fixture
def as_(client):
    """Signs somebody in: `as_(riverton.ada).get(…)`."""

    def sign_in(member):
        client.force_login(member.user)
        return client

    return sign_in


def watches(page) -> int:
    """The organization whose every change the page hears of."""
    return news.holder(LIVE.search(page.text)[1]).watches


# Who hears


def test_the_administrations_pages_hear_everything_of_their_organization(as_, riverton):
    for member in (riverton.ada, riverton.sue):
        page = as_(member).get("/riverton/admin/campaigns/")

        assert watches(page) == riverton.organization.pk
        assert 'data-live-ticket-url="/riverton/live-ticket?watching"' in page.text


def test_texting_pages_hear_what_is_ones_own(as_, riverton):
    for member in (riverton.ada, riverton.tess):
        page = as_(member).get("/riverton/replies/")

        assert watches(page) == 0
        assert 'data-live-ticket-url="/riverton/live-ticket"' in page.text


def test_a_fresh_ticket_is_no_way_in(as_, riverton):
    def heard_by(member) -> int:
        return news.holder(as_(member).get("/riverton/live-ticket?watching").text).watches

    assert heard_by(riverton.sue) == riverton.organization.pk
    assert heard_by(riverton.tess) == 0
    assert news.holder(as_(riverton.ada).get("/riverton/live-ticket").text).watches == 0
