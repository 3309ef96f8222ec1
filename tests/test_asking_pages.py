"""Asking for texts on the texter's page: the choice, what it would bring, and what became of it."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from textbank.assignments import offers, requesting
from textbank.assignments.models import Request
from textbank.conversations.models import Conversation, Status
from textbank.organizations.models import Approval, Team

HTMX = {"HTTP_HX_REQUEST": "true"}
REPLY = Status.NEEDS_RESPONSE


@pytest.fixture
def as_(client):
    def sign_in(member):
        client.force_login(member.user)
        return client

    return sign_in


@pytest.fixture
def canvass(riverton):
    return riverton.campaign()


@pytest.fixture
def spanish(riverton):
    """Theo's team, with a campaign of its own."""
    team = Team.objects.create(organization=riverton.organization, title="Spanish", priority=10)
    team.members.add(riverton.theo)
    riverton.campaign("Sábado", contacts=3, limited_to_teams=True).teams.add(team)
    return team


@pytest.fixture
def asked(riverton, canvass):
    """Tess asked for two, and somebody must approve it."""
    riverton.conversations(canvass, 3)
    riverton.tess.approval = Approval.REQUIRED
    riverton.tess.save()
    return requesting.request(riverton.tess, 2, now=timezone.now())


def words(answer) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).replace("&#x27;", "'").split())


def rules(town, **columns):
    type(town.organization.settings).objects.filter(organization=town.organization).update(**columns)


# What there is, and what it would bring


def test_who_can_choose_nothing_is_asked_for_a_number_only(as_, riverton, canvass):
    riverton.conversations(canvass, 7)

    page = as_(riverton.tess).get("/riverton/")

    assert "You get 7 first messages at once." in words(page)
    assert 'name="kind"' not in page.text
    assert 'name="team"' not in page.text
    assert 'name="campaign"' not in page.text


def test_where_there_are_both_kinds_either_may_be_chosen(as_, riverton, canvass):
    riverton.conversations(canvass, 5)
    riverton.conversations(canvass, 2, status=REPLY)
    tess = as_(riverton.tess)

    page = tess.get("/riverton/")
    part = tess.get("/riverton/ask/", {"kind": "replies", "count": "5"}, **HTMX)
    tess.post("/riverton/ask/", {"kind": "first_messages", "count": "3"})

    assert "Both 7 Replies 2 First messages 5" in words(page)
    assert "You get 5 first messages and 2 replies at once." in words(page)
    assert "You get 2 replies at once, not 5: there are no more." in words(part)
    assert "<html" not in part.text
    assert list(Conversation.objects.filter(texter=riverton.tess).values_list("status", flat=True)) == [1, 1, 1]


def test_of_many_no_more_are_counted_than_anybody_asks_for(as_, riverton, canvass, monkeypatch):
    monkeypatch.setattr(offers, "MANY", 4)
    riverton.conversations(canvass, 6)
    riverton.conversations(riverton.campaign("Few"), 4)

    page = as_(riverton.tess).get("/riverton/")

    assert "From any campaign Few (4) Saturday canvass (4+)" in words(page)
    assert "You get 9 first messages at once." in words(page)
    assert "there are no more" not in words(page)


def test_who_is_in_a_team_may_ask_for_that_teams_texts(as_, riverton, canvass, spanish):
    riverton.conversations(canvass, 4)
    theo = as_(riverton.theo)

    page = theo.get("/riverton/")
    part = theo.get("/riverton/ask/", {"team": spanish.pk}, **HTMX)
    theo.post("/riverton/ask/", {"team": spanish.pk, "count": "2"})

    assert "From any team Spanish (7)" in words(page)
    assert "You get 7 first messages at once." in words(part)
    got = Conversation.objects.filter(texter=riverton.theo).values_list("campaign__title", flat=True)
    assert list(got) == ["Sábado", "Sábado"]
    assert 'name="team"' not in as_(riverton.tess).get("/riverton/").text


def test_a_campaign_may_be_chosen_with_exactly_what_it_has(as_, riverton, canvass):
    riverton.conversations(canvass, 4)
    riverton.conversations(canvass, 1, status=REPLY)
    other = riverton.campaign("Sunday", contacts=2)
    tess = as_(riverton.tess)

    assert "Sunday (2) Saturday canvass (5)" in words(tess.get("/riverton/"))
    part = tess.get("/riverton/ask/", {"campaign": other.pk, "count": "9", "kind": "both"}, **HTMX)
    assert "You get 2 first messages at once, not 9: there are no more." in words(part)
    assert "Both 2 Replies 0 First messages 2" in words(part)


def test_a_number_that_nobody_said_is_another_with_another_choice(as_, riverton, canvass):
    riverton.conversations(canvass, 4)
    riverton.conversations(canvass, 1, status=REPLY)
    tess = as_(riverton.tess)

    untouched = tess.get("/riverton/ask/", {"kind": "replies", "count": "5", "usual": "5"}, **HTMX)
    typed = tess.get("/riverton/ask/", {"kind": "replies", "count": "4", "usual": "5"}, **HTMX)

    assert 'name="count" id="ask-count" value="1"' in untouched.text
    assert 'name="count" id="ask-count" value="4"' in typed.text


def test_a_choice_that_brings_nothing_says_so(as_, riverton, canvass):
    riverton.conversations(canvass, 4)
    riverton.conversations(canvass, 1, status=REPLY)
    other = riverton.campaign("Sunday", contacts=2)

    part = as_(riverton.tess).get("/riverton/ask/", {"campaign": other.pk, "kind": "replies"}, **HTMX)

    assert "There is nothing of this choice just now." in words(part)


def test_who_may_hold_so_many_is_promised_no_more(as_, riverton, canvass):
    riverton.conversations(canvass, 3, holder=riverton.tess)
    riverton.conversations(canvass, 9)
    riverton.tess.cap = 5
    riverton.tess.save()
    tess = as_(riverton.tess)

    assert "You get 2 first messages at once." in words(tess.get("/riverton/"))
    assert "You hold 3 of the 5 you may." in words(tess.get("/riverton/"))
    assert "You get 2 first messages at once, not 9." in words(tess.get("/riverton/ask/", {"count": "9"}, **HTMX))


@pytest.mark.parametrize("count", ["", "0", "-3", "1.5", "1e3", "501", "many"])
def test_a_number_that_cannot_be_asked_for_is_said_while_it_is_typed(as_, riverton, canvass, count):
    riverton.conversations(canvass, 3)

    part = as_(riverton.tess).get("/riverton/ask/", {"count": count}, **HTMX)

    assert "Ask for 1 to 500 texts at once." in words(part)
    assert "You get" not in words(part)


def test_what_is_nobodys_or_others_cannot_be_chosen(as_, riverton, otherton, canvass, spanish):
    riverton.conversations(canvass, 3)
    elsewhere = otherton.campaign(contacts=2)
    tess = as_(riverton.tess)

    for choice in ({"team": spanish.pk}, {"campaign": elsewhere.pk}):
        assert tess.post("/riverton/ask/", {"count": "1", **choice}).status_code == 404
        assert tess.get("/riverton/ask/", choice, **HTMX).status_code == 404
    assert not Request.objects.exists()


def test_without_scripts_the_address_of_the_form_leads_home(as_, riverton):
    assert as_(riverton.tess).get("/riverton/ask/").url == "/riverton/#ask"


def test_more_campaigns_are_not_more_statements(as_, riverton, canvass, spanish):
    def statements(member) -> int:
        client = as_(member)
        client.get("/riverton/")  # the first visit of a session writes it down
        with CaptureQueriesContext(connection) as made:
            assert client.get("/riverton/").status_code == 200
        return len(made)

    riverton.conversations(canvass, 2)
    riverton.conversations(canvass, 2, status=REPLY)
    few = [statements(member) for member in (riverton.tess, riverton.theo)]
    for number in range(4):
        riverton.conversations(riverton.campaign(f"Campaign {number}"), 5)

    assert [statements(member) for member in (riverton.tess, riverton.theo)] == few
    assert few <= [18, 24], few


# Why nothing can be had


def test_the_organizations_own_words_for_do_not_assign(as_, riverton, canvass):
    riverton.conversations(canvass, 3)
    riverton.tess.approval = Approval.NONE
    riverton.tess.save()
    rules(riverton, do_not_assign_words="Come to the Tuesday training first: elm@riverton.test.")

    page = as_(riverton.tess).get("/riverton/")

    assert "Come to the Tuesday training first: elm@riverton.test." in page.text
    assert 'name="count"' not in page.text


def test_when_and_where_it_opens_first(as_, riverton, time_machine):
    time_machine.move_to(dt.datetime(2026, 11, 2, 15, 30, tzinfo=dt.UTC), tick=False)  # 7:30 AM in Los Angeles
    evening = riverton.campaign("Evening", texting_starts=dt.time(18), texting_ends=dt.time(20))
    riverton.conversations(evening, 2)
    morning = riverton.campaign("Morning", texting_starts=dt.time(9), texting_ends=dt.time(10))
    riverton.conversations(morning, 2, hours_key="America/Los_Angeles")
    riverton.conversations(morning, 2, hours_key="Pacific/Honolulu")

    page = as_(riverton.tess).get("/riverton/")

    assert "outside texting hours where the contacts are. Opens at 9:00 AM in Los Angeles." in words(page)


def test_texts_for_teams_alone_are_said_to_be(as_, riverton, spanish):
    assert "There are texts, but only for team Spanish. Ask an admin if you can help there." in words(
        as_(riverton.tess).get("/riverton/")
    )

    spanish.is_on = False
    spanish.save()
    assert "There are texts for team Spanish, but asking is switched off there just now." in words(
        as_(riverton.theo).get("/riverton/")
    )


def test_ones_own_replies_come_first_and_are_a_click_away(as_, riverton, canvass):
    riverton.conversations(canvass, 3)
    riverton.conversations(canvass, 2, status=REPLY, holder=riverton.tess)
    rules(riverton, finish_replies_first=True)

    page = as_(riverton.tess).get("/riverton/")

    assert "Answer your 2 replies first. Then you can ask for more. Answer replies" in words(page)
    assert 'name="count"' not in page.text

    riverton.conversations(canvass, 1, status=REPLY)
    page = as_(riverton.tess).get("/riverton/")
    assert "You get 1 reply at once." in words(page)
    assert "First messages are given when your own replies are answered." in words(page)


def test_who_holds_as_many_as_they_may_is_told_how_many(as_, riverton, canvass):
    riverton.conversations(canvass, 12, holder=riverton.tess)
    riverton.conversations(canvass, 3)
    riverton.tess.cap = 12
    riverton.tess.save()

    page = as_(riverton.tess).get("/riverton/")

    assert "You hold 12 of 12, as many as you may." in words(page)
    assert "Send first messages" in words(page)

    riverton.conversations(canvass, 1, holder=riverton.tess)
    assert "You hold 13, and 12 is the most that you may." in words(as_(riverton.tess).get("/riverton/"))


def test_what_comes_before_first_messages_is_said(as_, riverton, canvass):
    riverton.conversations(canvass, 3)
    riverton.conversations(canvass, 10, status=REPLY)
    rules(riverton, backlog_gate=10)

    page = as_(riverton.tess).get("/riverton/")

    assert "You get 10 replies at once." in words(page)
    assert "First messages are given again when fewer than 10 replies wait in the pool." in words(page)


def test_texts_of_another_kind_are_said_to_be(as_, riverton, canvass):
    riverton.conversations(canvass, 3, status=REPLY)
    riverton.tess.sends_only = True
    riverton.tess.save()
    rules(riverton, general_gives="first_messages")

    assert "There are replies to answer, but you send first messages only." in words(
        as_(riverton.tess).get("/riverton/")
    )
    assert "There are replies, but those are not handed out for the asking just now." in words(
        as_(riverton.theo).get("/riverton/")
    )


def test_asking_that_is_switched_off_is_said_to_be(as_, riverton, canvass):
    riverton.conversations(canvass, 3)
    rules(riverton, general_on=False)

    assert "Asking for texts is switched off just now." in words(as_(riverton.tess).get("/riverton/"))


# A request that waits


def test_what_was_asked_for_is_shown_while_it_waits(as_, riverton, canvass, spanish):
    riverton.theo.approval = Approval.REQUIRED
    riverton.theo.save()
    theo = as_(riverton.theo)
    assert "An admin looks at it first. Just now it would bring you 3 first messages." in words(theo.get("/riverton/"))
    said = {"count": "2", "kind": "first_messages", "team": spanish.pk, "campaign": spanish.campaigns.get().pk}

    page = theo.post("/riverton/ask/", said, follow=True)
    again = theo.post("/riverton/ask/", {"count": "2"}, follow=True)

    assert "You asked for 2 first messages from Sábado for team Spanish" in words(page)
    assert 'name="count"' not in page.text
    assert "Your last request still waits" in again.text


def test_a_request_is_withdrawn(as_, riverton, asked):
    tess = as_(riverton.tess)

    page = tess.post(f"/riverton/ask/{asked.pk}/withdraw/", follow=True)

    assert "Withdrawn: nobody is asked to approve it any more." in words(page)
    assert 'name="count"' in page.text
    asked.refresh_from_db()
    assert asked.state == Request.State.WITHDRAWN


def test_withdrawing_what_was_just_approved_says_what_came(as_, riverton, asked):
    requesting.approve(asked, by=riverton.sue, now=timezone.now())

    page = as_(riverton.tess).post(f"/riverton/ask/{asked.pk}/withdraw/", follow=True)

    assert "Sue approved it. You have 2 new first messages." in words(page)


def test_nobody_withdraws_for_another(as_, riverton, otherton, asked):
    for member, org in ((riverton.theo, "riverton"), (riverton.ada, "riverton"), (otherton.zed, "otherton")):
        assert as_(member).post(f"/{org}/ask/{asked.pk}/withdraw/").status_code == 404
    asked.refresh_from_db()
    assert asked.state == Request.State.WAITING


def test_the_open_page_is_told_what_became_of_it(as_, riverton, asked):
    tess = as_(riverton.tess)
    page = tess.get("/riverton/")
    assert f'name="asked" value="{asked.pk}"' in page.text
    assert "news:request from:body" in page.text

    requesting.approve(asked, by=riverton.sue, now=timezone.now())
    part = tess.get(f"/riverton/ask/?asked={asked.pk}", **HTMX)

    assert "Sue approved it. You have 2 new first messages." in words(part)
    assert 'id="receipt" hx-swap-oob="innerHTML"' in part.text
    assert 'name="count"' in part.text


def test_a_request_that_was_turned_down_is_said_until_another_is_made(as_, riverton, asked):
    requesting.deny(asked, by=riverton.sue, now=timezone.now())
    tess = as_(riverton.tess)

    assert "Sue turned down what you asked for: 2 texts" in words(tess.get(f"/riverton/ask/?asked={asked.pk}", **HTMX))
    assert "Sue turned down what you asked for: 2 texts" in words(tess.get("/riverton/"))

    tess.post("/riverton/ask/", {"count": "1"})
    assert "turned down" not in words(tess.get("/riverton/"))


def test_a_choice_does_not_take_the_receipt_away(as_, riverton, canvass):
    riverton.conversations(canvass, 3)

    assert 'id="receipt"' not in as_(riverton.tess).get("/riverton/ask/", {"count": "2"}, **HTMX).text
