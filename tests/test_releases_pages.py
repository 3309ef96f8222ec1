"""Work goes back to the pool from the Campaigns page: asked first with both numbers, then with a receipt."""

import datetime as dt
import re
import uuid

import pytest
from django.utils import timezone

from textbank.conversations import drafting, sending
from textbank.conversations.models import Action, Conversation, Handoff, Status

# What was counted is guarded by the database's own snapshot, which sees what is committed.
pytestmark = pytest.mark.django_db(transaction=True)

HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def ada(client, riverton):
    client.force_login(riverton.ada.user)
    return client


@pytest.fixture
def campaign(riverton):
    return riverton.campaign()


def waiting(riverton, campaign, minutes, count=1, **fields):
    """Tess has had replies in hand for hours; they came so many minutes ago."""
    since = timezone.now() - dt.timedelta(minutes=minutes)
    made = riverton.conversations(
        campaign, count, holder=riverton.tess, status=Status.NEEDS_RESPONSE, waiting_since=since, **fields
    )
    ids = [thread.pk for thread in made]
    Conversation.objects.filter(pk__in=ids).update(held_since=timezone.now() - dt.timedelta(hours=9))
    return made


def held(member) -> int:
    return Conversation.objects.filter(texter=member).count()


def fields(page) -> dict[str, str]:
    """What the form would send as it stands."""
    return {
        name: value
        for tag in re.findall(r"<input[^>]*>", page.text)
        for name, value in [(attribute(tag, "name"), attribute(tag, "value"))]
        if name and name != "csrfmiddlewaretoken"
    }


def attribute(tag, name) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', tag)
    return found[1] if found else ""


def unsent(campaign) -> str:
    return f"/riverton/admin/campaigns/{campaign.pk}/release-unsent/"


def unreplied(campaign) -> str:
    return f"/riverton/admin/campaigns/{campaign.pk}/release-unreplied/"


UNHANDLED = "/riverton/admin/campaigns/release-unhandled/"


def test_the_menu_holds_both_and_the_list_the_third(ada, campaign):
    page = ada.get("/riverton/admin/campaigns/").text

    assert re.search(rf'role="menuitem" href="{unsent(campaign)}"[^>]*>.*?Release Unsent Messages</a>', page, re.DOTALL)
    assert re.search(
        rf'role="menuitem" href="{unreplied(campaign)}"[^>]*>.*?Release Unreplied Conversations</a>', page, re.DOTALL
    )
    assert "Release Unhandled Replies" in page


def test_unsent_is_asked_with_the_number_and_why_others_stay(ada, riverton, campaign):
    riverton.conversations(campaign, 3, holder=riverton.tess)
    riverton.conversations(campaign, 1, holder=riverton.tess, escalated=True)
    riverton.conversations(campaign, 2)

    asked = ada.get(unsent(campaign))

    assert "Release 3</button>" in asked.text
    assert "1 escalated" in asked.text
    assert held(riverton.tess) == 4


def test_the_click_releases_what_was_shown_and_gives_a_receipt(ada, riverton, campaign):
    riverton.conversations(campaign, 3, holder=riverton.tess)
    riverton.conversations(campaign, 1, holder=riverton.tess, escalated=True)
    asked = ada.get(unsent(campaign), **HTMX)

    receipt = ada.post(unsent(campaign), {**fields(asked), "reason": "Tess went home"}, **HTMX)

    handoff = Handoff.objects.get(action=Action.RELEASE_UNSENT)
    assert (handoff.moved, handoff.by, handoff.reason) == (3, riverton.ada, "Tess went home")
    assert "3 conversations released." in receipt.text
    assert "1 escalated" in receipt.text
    assert f"/riverton/admin/handoffs/{handoff.pk}/undo/" in receipt.text
    assert f'href="/riverton/admin/handoffs/{handoff.pk}/"' in receipt.text
    assert f'id="campaign-{campaign.pk}" hx-swap-oob="true"' in receipt.text
    assert held(riverton.tess) == 1


def test_who_is_just_answering_is_named_before_and_after(ada, riverton, campaign):
    answered, *_ = waiting(riverton, campaign, 90, count=3)
    drafting.keep(answered, "Hello", by=riverton.tess, now=timezone.now())

    asked = ada.get(unreplied(campaign), **HTMX)
    receipt = ada.post(unreplied(campaign), fields(asked), **HTMX)

    assert "<li>1 being answered just now — Tess Doe 1</li>" in asked.text
    assert "2 conversations released." in receipt.text
    assert "<li>1 being answered at that moment — Tess Doe 1</li>" in receipt.text


def test_without_scripts_the_receipt_is_the_record(ada, riverton, campaign):
    riverton.conversations(campaign, 3, holder=riverton.tess)

    page = ada.post(unsent(campaign), fields(ada.get(unsent(campaign))), follow=True)

    assert page.redirect_chain[-1][0] == f"/riverton/admin/handoffs/{Handoff.objects.latest('pk').pk}/"
    assert "3 conversations released." in page.text


def test_unreplied_shows_both_counts_and_follows_the_minutes(ada, riverton, campaign):
    waiting(riverton, campaign, 90, count=2)
    waiting(riverton, campaign, 20, count=3)

    asked = ada.get(unreplied(campaign))
    assert 'name="idle_minutes" min="0" max="525600" required value="60"' in asked.text
    assert "idle 60 min or more: 2 · all: 5" in asked.text
    assert "Release 2</button>" in asked.text

    less = ada.get(f"{unreplied(campaign)}?part=count&idle_minutes=10", **HTMX)
    assert "idle 10 min or more: 5 · all: 5" in less.text
    assert 'id="release-foot" hx-swap-oob="true"' in less.text
    assert "Release 5</button>" in less.text
    assert "<form" not in less.text


def test_unreplied_releases_those_that_were_idle_that_long(ada, riverton, campaign):
    waiting(riverton, campaign, 90, count=2)
    waiting(riverton, campaign, 20, count=3)

    ada.post(unreplied(campaign), fields(ada.get(unreplied(campaign))))
    assert held(riverton.tess) == 3

    ada.post(unreplied(campaign), fields(ada.get(f"{unreplied(campaign)}?idle_minutes=0")))
    assert held(riverton.tess) == 0
    assert list(Handoff.objects.order_by("pk").values_list("idle_minutes", flat=True))[-2:] == [60, 0]


def test_minutes_that_were_not_counted_are_counted_first(ada, riverton, campaign):
    waiting(riverton, campaign, 20, count=3)

    answer = ada.post(unreplied(campaign), {**fields(ada.get(unreplied(campaign))), "idle_minutes": "10"})

    assert answer.status_code == 422
    assert "Nothing was released yet" in answer.text
    assert "idle 10 min or more: 3" in answer.text
    assert held(riverton.tess) == 3
    ada.post(unreplied(campaign), fields(answer))
    assert held(riverton.tess) == 0


@pytest.mark.parametrize("minutes", ["", "-1", "soon", "9" * 30, "525601", "1.5", "\0"])
def test_minutes_that_make_no_sense_release_nothing(ada, riverton, campaign, minutes):
    waiting(riverton, campaign, 90)
    good = fields(ada.get(unreplied(campaign)))

    assert "Say for how many minutes" in ada.get(unreplied(campaign), {"idle_minutes": minutes}).text
    assert ada.post(unreplied(campaign), {**good, "idle_minutes": minutes}).status_code == 422
    assert held(riverton.tess) == 1


@pytest.mark.parametrize("lost", ["as_of", "expect", "client_id", "counted"])
def test_a_click_without_what_was_counted_releases_nothing(ada, riverton, campaign, lost):
    waiting(riverton, campaign, 90)
    good = fields(ada.get(unreplied(campaign)))

    assert ada.post(unreplied(campaign), {**good, lost: "forged"}).status_code == 422
    assert held(riverton.tess) == 1


def test_what_changed_since_it_was_counted_stays(ada, riverton, campaign):
    one, _ = waiting(riverton, campaign, 90, count=2)
    asked = fields(ada.get(unreplied(campaign)))
    sending.send(
        one.pk, "Hello!", by=riverton.tess, client_id=uuid.uuid4(), last_seen=one.last_inbound, now=timezone.now()
    )

    receipt = ada.post(unreplied(campaign), asked, follow=True)

    assert "1 conversation released." in receipt.text
    assert "1 changed since they were looked at" in receipt.text
    assert held(riverton.tess) == 1


def test_the_same_click_releases_once(ada, riverton, campaign):
    riverton.conversations(campaign, 3, holder=riverton.tess)
    asked = fields(ada.get(unsent(campaign)))

    ada.post(unsent(campaign), asked)
    ada.post(unsent(campaign), asked)

    assert Handoff.objects.filter(action=Action.RELEASE_UNSENT).count() == 1


def test_nothing_to_release_cannot_be_clicked(ada, campaign):
    page = ada.get(unsent(campaign)).text

    assert "There is nothing to release." in page
    assert 'id="release-go" disabled>Release 0</button>' in page


def test_unhandled_goes_over_all_campaigns(ada, riverton, otherton, campaign):
    waiting(riverton, campaign, 90)
    waiting(riverton, riverton.campaign("Phones"), 90)
    waiting(riverton, riverton.campaign("Old", archived_at=timezone.now()), 90)

    asked = ada.get(UNHANDLED)
    assert "idle 60 min or more: 2 · all: 2" in asked.text

    receipt = ada.post(UNHANDLED, fields(asked), **HTMX)
    assert "2 conversations released." in receipt.text
    assert held(riverton.tess) == 1


def test_the_organization_next_door_releases_nothing_here(client, riverton, otherton, campaign):
    riverton.conversations(campaign, 3, holder=riverton.tess)
    asked_by_ada = {"expect": "3", "as_of": "x", "client_id": str(uuid.uuid4())}
    client.force_login(otherton.zed.user)

    for act in ("release-unsent", "release-unreplied"):
        assert client.get(f"/otherton/admin/campaigns/{campaign.pk}/{act}/").status_code == 404
        assert client.post(f"/otherton/admin/campaigns/{campaign.pk}/{act}/", asked_by_ada).status_code == 404
        assert client.get(f"/riverton/admin/campaigns/{campaign.pk}/{act}/").status_code == 404


def test_supervolunteers_and_texters_are_shown_no_release_and_refused(client, riverton, campaign):
    for member in (riverton.sue, riverton.tess):
        client.force_login(member.user)

        for address in (unsent(campaign), unreplied(campaign), UNHANDLED):
            assert client.get(address).status_code == 403
            assert client.post(address).status_code == 403
    client.force_login(riverton.sue.user)
    assert "Release" not in client.get("/riverton/admin/campaigns/").text


def test_replies_on_archived_campaigns_are_counted_and_found(ada, riverton):
    old = riverton.campaign("Last year", archived_at=timezone.now())
    waiting(riverton, old, 90, count=2)

    page = ada.get("/riverton/admin/campaigns/?state=archived").text

    assert "2 contacts have answered and got no answer." in page
    query = f"campaign={old.pk}&amp;campaign_state=archived&amp;status=needs_response"
    assert f"/riverton/admin/message-review/?{query}" in page
