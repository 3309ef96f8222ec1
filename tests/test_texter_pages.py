"""What a texter sees and does, page by page."""

import datetime as dt
import gzip
import re
import uuid
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.contrib.staticfiles import finders
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from textbank.assignments.models import Request
from textbank.assignments.reassigning import reassign
from textbank.campaigns.models import CannedResponse
from textbank.contacts.models import OptOut
from textbank.conversations import drafting, ledger, opting_out, sending
from textbank.conversations.ledger import Card
from textbank.conversations.models import Action, Draft, Handoff, Kind, Message, MessageStatus, Status
from textbank.conversations.receiving import receive
from textbank.messaging.texts import Inbound
from textbank.organizations.models import Approval

HTMX = {"HTTP_HX_REQUEST": "true"}
JSON = {"HTTP_ACCEPT": "application/json"}


def click() -> str:
    return str(uuid.uuid4())


@pytest.fixture
def as_(client):
    """Signs somebody in: `as_(riverton.tess).get(…)`."""

    def sign_in(member):
        client.force_login(member.user)
        return client

    return sign_in


@pytest.fixture
def canvass(riverton):
    return riverton.campaign()


def says(riverton, conversation, text):
    """The contact texts."""
    number = Message.objects.count()
    inbound = Inbound(provider_id=f"in-{number}", sender=conversation.contact.cell, to="+12125550100", text=text)
    receive(riverton.service, inbound, now=timezone.now())
    conversation.refresh_from_db()


@pytest.fixture
def waiting(riverton, canvass):
    """Maria answered Tess, who has not yet answered her."""
    conversation = riverton.conversations(canvass, holder=riverton.tess)[0]
    sending.send(conversation.pk, None, by=riverton.tess, client_id=uuid.uuid4(), now=timezone.now())
    says(riverton, conversation, "Where do you meet?")
    return conversation


def hand_on(conversation, giver, receiver, by):
    act = Handoff.objects.create(organization=giver.organization, action=Action.REASSIGN, by=by)
    ledger.hand(act, [Card(conversation.pk, giver.pk, receiver.pk if receiver else None)], at=timezone.now())


def statements(client, path, **headers):
    client.get(path, **headers)  # the first look may also write down that she was seen
    with CaptureQueriesContext(connection) as made:
        answer = client.get(path, **headers)
    assert answer.status_code == 200
    return len(made)


def reply(text, conversation, **changes):
    return {"text": text, "client_id": click(), "last_seen": conversation.last_inbound, **changes}


# Home


def test_a_new_texter_is_told_where_to_begin(as_, riverton):
    page = as_(riverton.tess).get("/riverton/")

    assert "You have no texts yet" in page.text
    assert "No campaign is running just now" in page.text


def test_what_to_do_now_stands_there_with_its_number(as_, riverton, canvass, waiting):
    riverton.conversations(canvass, 3, holder=riverton.tess)

    page = as_(riverton.tess).get("/riverton/")

    assert "Answer replies" in page.text
    assert "1 waiting" in page.text
    assert "3 left" in page.text


def test_tess_asks_for_texts_and_gets_a_receipt(as_, riverton, canvass):
    riverton.conversations(canvass, 7)

    page = as_(riverton.tess).post("/riverton/ask/", {"count": "5"}, follow=True)

    assert "You have 5 new first messages." in page.text
    assert canvass.conversations.filter(texter=riverton.tess).count() == 5


def test_replies_are_counted_apart_on_the_receipt(as_, riverton, canvass, waiting):
    hand_on(waiting, riverton.tess, None, riverton.ada)
    riverton.conversations(canvass, 2)

    page = as_(riverton.theo).post("/riverton/ask/", {"count": "100"}, follow=True)

    assert "You have 2 new first messages and 1 reply to answer." in page.text
    assert "You asked for 100; no more could be given." in page.text


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"autoassign": False}, "An admin hands out the texts"),
        ({"started": False}, "No campaign is running"),
        ({}, "Every text has been handed out"),
    ],
)
def test_a_page_that_offers_nothing_says_why(as_, riverton, fields, why):
    riverton.campaign(**fields)

    page = as_(riverton.tess).get("/riverton/")

    assert why in page.text
    assert 'name="count"' not in page.text


def test_outside_texting_hours_it_says_so(as_, riverton):
    starts, ends = shut_now()
    riverton.campaign(contacts=1, texting_starts=starts, texting_ends=ends)

    page = as_(riverton.tess).get("/riverton/")

    assert "it is outside texting hours where the contacts are" in page.text


def test_who_is_not_given_texts_for_the_asking_is_told(as_, riverton, canvass):
    riverton.conversations(canvass, 3)
    riverton.tess.approval = Approval.NONE
    riverton.tess.save()

    page = as_(riverton.tess).get("/riverton/")

    assert "asking for them is switched off for you" in page.text


@pytest.mark.parametrize("count", ["", "0", "-1", "501", "many", "9" * 30, "²"])
def test_a_count_that_makes_no_sense_gives_nothing(as_, riverton, canvass, count):
    riverton.conversations(canvass, 3)

    page = as_(riverton.tess).post("/riverton/ask/", {"count": count}, follow=True)

    assert "Ask for 1 to 500 texts at once." in page.text
    assert not Request.objects.exists()


def test_a_receipt_is_for_who_asked(as_, riverton, canvass):
    riverton.conversations(canvass, 3)
    as_(riverton.theo).post("/riverton/ask/", {"count": "3"})
    asked = Request.objects.get().pk

    assert "You have 3 new" in as_(riverton.theo).get(f"/riverton/?asked={asked}").text
    assert "You have 3 new" not in as_(riverton.tess).get(f"/riverton/?asked={asked}").text
    assert as_(riverton.tess).get("/riverton/?asked=²").status_code == 200


def test_news_asks_only_for_what_there_is_to_do(as_, riverton, waiting):
    part = as_(riverton.tess).get("/riverton/", **HTMX)

    assert "Answer replies" in part.text
    assert "<html" not in part.text


# First messages


@pytest.fixture
def queue(riverton, canvass):
    """Tess has three to send."""
    return riverton.conversations(canvass, 3, holder=riverton.tess)


def test_the_card_shows_the_text_as_it_will_be_sent(as_, riverton, queue):
    page = as_(riverton.tess).get("/riverton/first-messages/")

    assert page.text.count("Hi Maria, it&#x27;s Tess with Riverton Votes.") == 3
    assert "New York" in page.text


def test_without_scripts_send_brings_the_next_card(as_, riverton, queue):
    tess = as_(riverton.tess)

    page = tess.post("/riverton/first-messages/", {"conversation": queue[0].pk, "client_id": click()}, follow=True)

    assert Message.objects.get().conversation_id == queue[0].pk
    assert f'name="conversation" value="{queue[1].pk}"' in page.text


def test_who_was_skipped_comes_round_again(as_, riverton, queue):
    tess = as_(riverton.tess)

    skipped = tess.get(f"/riverton/first-messages/?after={queue[0].pk}")
    round_again = tess.get(f"/riverton/first-messages/?after={queue[2].pk}")

    assert f'name="conversation" value="{queue[1].pk}"' in skipped.text
    assert f'name="conversation" value="{queue[0].pk}"' in round_again.text


def test_a_click_that_is_told_twice_is_one_text(as_, riverton, queue):
    tess, same = as_(riverton.tess), {"conversation": queue[0].pk, "client_id": click()}

    first = tess.post("/riverton/first-messages/", same, **JSON)
    second = tess.post("/riverton/first-messages/", same, **JSON)

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert Message.objects.count() == 1


def test_a_refusal_is_said_in_words_and_says_whether_to_try_again(as_, riverton, queue):
    opting_out.opt_out(queue[0], by=riverton.sue, channel="page", now=timezone.now())

    refused = as_(riverton.tess).post(
        "/riverton/first-messages/", {"conversation": queue[0].pk, "client_id": click()}, **JSON
    )

    assert refused.status_code == 409
    assert refused.json() == {"code": "opted_out", "reason": "Maria has opted out of texts.", "final": True}


def test_what_was_handed_on_is_refused_and_what_never_was_hers_does_not_exist(as_, riverton, canvass, queue, otherton):
    hand_on(queue[0], riverton.tess, riverton.theo, riverton.ada)
    never = riverton.conversations(canvass, holder=riverton.theo)[0]
    elsewhere = otherton.conversations(otherton.campaign(), holder=otherton.yan)[0]
    tess = as_(riverton.tess)

    def send(conversation):
        said = {"conversation": conversation.pk, "client_id": click()}
        return tess.post("/riverton/first-messages/", said, **JSON).status_code

    assert [send(one) for one in (queue[0], never, elsewhere)] == [409, 404, 404]
    assert not Message.objects.exists()


@pytest.mark.parametrize("said", [{}, {"conversation": "9" * 30}, {"conversation": 1, "client_id": "x"}])
def test_a_click_that_is_none_is_refused(as_, riverton, said):
    assert as_(riverton.tess).post("/riverton/first-messages/", said).status_code == 400


def test_only_who_may_be_texted_this_minute_has_a_card(as_, riverton, queue):
    starts, ends = shut_now()
    asleep = riverton.campaign("At night", texting_starts=starts, texting_ends=ends)
    riverton.conversations(asleep, 2, holder=riverton.tess)
    paused = riverton.campaign("Paused", paused_at=timezone.now())
    riverton.conversations(paused, 2, holder=riverton.tess)
    tess = as_(riverton.tess)

    assert tess.get("/riverton/first-messages/cards").text.count("data-card=") == 3
    assert "3 left · 2 more when their hours open" in tess.get("/riverton/").text


def test_what_waits_in_a_paused_campaign_is_said(as_, riverton, waiting):
    riverton.conversations(waiting.campaign, 2, holder=riverton.tess)
    tess = as_(riverton.tess)
    tess.post("/riverton/first-messages/", {"conversation": waiting.pk + 1, "client_id": click()})

    waiting.campaign.paused_at = timezone.now()
    waiting.campaign.save()

    home, first, replies = (tess.get(f"/riverton/{page}").text for page in ("", "first-messages/", "replies/"))
    assert "2 wait: their campaign is paused." in home
    assert "All done" not in home
    assert "1 waits: their campaign is paused." in first
    assert "All sent" not in first
    assert "1 waiting: their campaign is paused." in replies
    assert "All answered" not in replies


def test_when_the_first_hours_open_is_said(as_, riverton):
    starts, ends = shut_now()
    riverton.conversations(riverton.campaign(texting_starts=starts, texting_ends=ends), 2, holder=riverton.tess)

    page = as_(riverton.tess).get("/riverton/first-messages/")

    assert "2 wait for their hours" in page.text
    assert "The first open at" in page.text


def test_a_send_costs_few_statements(as_, riverton, queue):
    tess = as_(riverton.tess)
    tess.get("/riverton/")

    with CaptureQueriesContext(connection) as made:
        tess.post("/riverton/first-messages/", {"conversation": queue[0].pk, "client_id": click()}, **JSON)

    assert len(made) <= 8, made.captured_queries


# Replies


def test_who_waits_longest_comes_first(as_, riverton, canvass, waiting):
    riverton.conversation(canvass, status=Status.NEEDS_FIRST_MESSAGE)
    second = riverton.conversations(canvass, holder=riverton.tess)[0]
    sending.send(second.pk, None, by=riverton.tess, client_id=uuid.uuid4(), now=timezone.now())
    says(riverton, second, "Second!")

    page = as_(riverton.tess).get("/riverton/replies/")

    assert page.text.index("Where do you meet?") < page.text.index("Second!")


def test_the_thread_shows_what_was_said_and_what_became_of_it(as_, riverton, waiting):
    sent = sending.send(
        waiting.pk,
        "At Elm Street",
        by=riverton.sue,
        client_id=uuid.uuid4(),
        last_seen=waiting.last_inbound,
        now=timezone.now(),
    )
    Message.objects.filter(pk=sent.pk).update(status=MessageStatus.FAILED, error="30007 Carrier violation")

    page = as_(riverton.tess).get(f"/riverton/conversations/{waiting.pk}/")

    assert "Where do you meet?" in page.text
    assert "You · " in page.text
    assert "Sue · " in page.text
    assert "Not delivered: 30007 Carrier violation" in page.text
    assert "times as in New York" in page.text


def test_tess_answers(as_, riverton, waiting):
    page = as_(riverton.tess).post(
        f"/riverton/conversations/{waiting.pk}/reply/", reply("At Elm Street", waiting), follow=True
    )

    assert "At Elm Street" in page.text
    waiting.refresh_from_db()
    assert waiting.status == Status.ACTIVE


def test_a_reply_by_script_brings_only_what_changed(as_, riverton, waiting):
    part = as_(riverton.tess).post(
        f"/riverton/conversations/{waiting.pk}/reply/", reply("At Elm Street", waiting), **HTMX
    )

    assert part.status_code == 200
    assert "sent" in part.headers["HX-Trigger"]
    assert "At Elm Street" in part.text
    assert "<textarea" not in part.text


def test_a_reply_nobody_has_seen_yet_is_shown_and_nothing_is_sent(as_, riverton, waiting):
    seen = waiting.last_inbound
    says(riverton, waiting, "Forget it, I found it")
    tess, there = as_(riverton.tess), f"/riverton/conversations/{waiting.pk}/reply/"

    page = tess.post(there, reply("At Elm Street", waiting, last_seen=seen))
    part = tess.post(there, reply("At Elm Street", waiting, last_seen=seen), **HTMX)

    for answer in (page, part):
        assert answer.status_code == 409
        assert "Maria answered while you were typing." in answer.text
        assert "Send anyway" in answer.text
        assert "Forget it, I found it" in answer.text
    assert "At Elm Street</textarea>" in page.text
    assert not waiting.messages.filter(text="At Elm Street").exists()

    anyway = tess.post(there, reply("At Elm Street", waiting), **HTMX)
    assert anyway.status_code == 200


def test_words_changed_after_a_lost_answer_are_not_thrown_away(as_, riverton, waiting):
    tess, there = as_(riverton.tess), f"/riverton/conversations/{waiting.pk}/reply/"
    first = reply("At Elm Street", waiting)
    tess.post(there, first, **HTMX)

    again = tess.post(there, first | {"text": "At Elm Street at ten"}, **HTMX)

    assert again.status_code == 409
    assert "These words are not sent yet" in again.text
    assert waiting.messages.filter(text__startswith="At Elm").count() == 1


def test_a_nul_character_hurts_nothing(as_, riverton, waiting):
    tess, there = as_(riverton.tess), f"/riverton/conversations/{waiting.pk}/"

    assert tess.post(f"{there}draft/", {"text": "We\0 meet"}).status_code == 204
    assert Draft.objects.get().text == "We meet"
    assert tess.post(f"{there}escalate/", {"note": "See\0 this"}).status_code < 400
    assert tess.get("/riverton/past/?search=%00").status_code == 200


def test_a_draft_is_kept_and_comes_back_until_it_is_sent(as_, riverton, waiting):
    tess, there = as_(riverton.tess), f"/riverton/conversations/{waiting.pk}/"

    assert tess.post(f"{there}draft/", {"text": "We meet at"}).status_code == 204
    assert "We meet at</textarea>" in tess.get(there).text

    tess.post(f"{there}reply/", reply("We meet at ten", waiting))
    assert not Draft.objects.exists()


def test_an_answer_is_recorded_and_the_scripts_next_words_are_offered_not_sent(as_, riverton, waiting):
    step = waiting.campaign.first_step
    tess, there = as_(riverton.tess), f"/riverton/conversations/{waiting.pk}/answer/"

    part = tess.post(there, {"step": step.pk, "value": "Yes"}, **HTMX)

    assert "Wonderful! We meet at ten." in part.headers["HX-Trigger"]
    assert 'aria-pressed="true"' in part.text
    assert waiting.answers.get().value == "Yes"
    assert waiting.messages.count() == 2

    tess.post(there, {"step": step.pk, "value": ""}, **HTMX)
    assert not waiting.answers.exists()


def test_without_scripts_the_next_words_are_in_the_composer(as_, riverton, waiting):
    step = waiting.campaign.first_step

    page = as_(riverton.tess).post(
        f"/riverton/conversations/{waiting.pk}/answer/", {"step": step.pk, "value": "No"}, follow=True
    )

    assert "Thank you all the same.</textarea>" in page.text


def test_an_answer_the_script_does_not_offer_is_refused(as_, riverton, waiting):
    step, there = waiting.campaign.first_step, f"/riverton/conversations/{waiting.pk}/answer/"
    elsewhere = riverton.campaign("Another").first_step
    tess = as_(riverton.tess)

    assert tess.post(there, {"step": step.pk, "value": "Perhaps"}).status_code == 400
    assert tess.post(there, {"step": elsewhere.pk, "value": "Yes"}).status_code == 404
    assert tess.post(there, {"step": "x", "value": "Yes"}).status_code == 404


def test_canned_responses_stand_ready_with_their_blanks_filled(as_, riverton, waiting):
    CannedResponse.objects.create(
        campaign=waiting.campaign, title="Who", text="Hi {firstName}, {texterFirstName} here."
    )

    page = as_(riverton.tess).get(f"/riverton/conversations/{waiting.pk}/")

    assert "Hi Maria, Tess here." in page.text


def test_opting_out_with_a_farewell_says_it_first(as_, riverton, waiting):
    page = as_(riverton.tess).post(
        f"/riverton/conversations/{waiting.pk}/opt-out/",
        {"text": "Sorry, goodbye!", "client_id": click(), "farewell": "yes"},
        follow=True,
    )

    farewell = waiting.messages.get(text="Sorry, goodbye!")
    assert (farewell.kind, farewell.author, farewell.status_key) == (Kind.AUTOMATIC, riverton.tess, "queued")
    assert OptOut.objects.filter(cell=waiting.contact.cell).exists()
    assert "Maria has opted out of texts." in page.text
    waiting.refresh_from_db()
    assert (waiting.status, waiting.opted_out) == (Status.CLOSED, True)


def test_opting_out_quietly_says_nothing(as_, riverton, waiting):
    before = waiting.messages.count()

    as_(riverton.tess).post(
        f"/riverton/conversations/{waiting.pk}/opt-out/", {"text": "Bye", "client_id": click(), "quietly": "yes"}
    )

    assert waiting.messages.count() == before
    assert OptOut.objects.filter(cell=waiting.contact.cell).exists()


def test_the_same_farewell_twice_is_one_text(as_, riverton, waiting):
    tess, same = as_(riverton.tess), {"text": "Goodbye!", "client_id": click(), "farewell": "yes"}

    for _ in range(2):
        assert tess.post(f"/riverton/conversations/{waiting.pk}/opt-out/", same, **HTMX).status_code == 200

    assert waiting.messages.filter(text="Goodbye!").count() == 1


def test_a_farewell_that_may_not_go_out_opts_nobody_out(as_, riverton, waiting):
    waiting.campaign.paused_at = timezone.now()
    waiting.campaign.save()

    refused = as_(riverton.tess).post(
        f"/riverton/conversations/{waiting.pk}/opt-out/",
        {"text": "Goodbye!", "client_id": click(), "farewell": "yes"},
        **HTMX,
    )

    assert refused.status_code == 409
    assert not OptOut.objects.exists()


def test_closing_and_reopening(as_, riverton, waiting):
    tess, there = as_(riverton.tess), f"/riverton/conversations/{waiting.pk}"

    assert "Reopen" in tess.post(f"{there}/close/", follow=True).text
    waiting.refresh_from_db()
    assert waiting.status == Status.CLOSED

    tess.post(f"{there}/reopen/", **HTMX)
    waiting.refresh_from_db()
    assert waiting.status == Status.NEEDS_RESPONSE


def test_who_opted_out_is_not_reopened(as_, riverton, waiting):
    opting_out.opt_out(waiting, by=riverton.tess, channel="page", now=timezone.now())

    assert as_(riverton.tess).post(f"/riverton/conversations/{waiting.pk}/reopen/").status_code == 409


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"paused_at": timezone.now()}, "The campaign is paused."),
        ({"archived_at": timezone.now()}, "The campaign is archived"),
        ({"texting_starts": None}, "It is outside texting hours where the contact is. It opens on"),
    ],
)
def test_what_bars_a_text_is_said_before_it_is_written(as_, riverton, waiting, fields, words):
    if "texting_starts" in fields:
        fields = dict(zip(("texting_starts", "texting_ends"), shut_now(), strict=True))
    type(waiting.campaign).objects.filter(pk=waiting.campaign_id).update(**fields)
    drafting.keep(waiting, "We meet at", by=riverton.tess, now=timezone.now())

    page = as_(riverton.tess).get(f"/riverton/conversations/{waiting.pk}/")

    assert words in page.text
    assert "readonly>We meet at</textarea>" in page.text


def test_who_had_it_is_told_where_it_went(as_, riverton, waiting):
    drafting.keep(waiting, "We meet at", by=riverton.tess, now=timezone.now())
    hand_on(waiting, riverton.tess, riverton.theo, riverton.ada)
    tess, there = as_(riverton.tess), f"/riverton/conversations/{waiting.pk}/"

    page, part = tess.get(there), tess.get(there, **HTMX)
    send = tess.post(f"{there}reply/", reply("We meet at ten", waiting), **HTMX)

    assert (page.status_code, part.status_code, send.status_code) == (404, 409, 409)
    for answer in (page, part, send):
        assert "Theo has this conversation now. Ada handed it on." in answer.text
        assert "Where do you meet?" not in answer.text
    assert "We meet at" in page.text
    assert Draft.objects.get().text == "We meet at"


def test_what_went_back_to_the_pool_is_said_so(as_, riverton, waiting):
    hand_on(waiting, riverton.tess, None, riverton.ada)

    page = as_(riverton.tess).get(f"/riverton/conversations/{waiting.pk}/")

    assert "Ada put this conversation back into the pool." in page.text


@pytest.mark.parametrize(
    "act", ["", "reply/", "answer/", "draft/", "tag/", "escalate/", "opt-out/", "close/", "reopen/"]
)
def test_what_is_not_theirs_does_not_exist(as_, riverton, otherton, waiting, act):
    there = f"conversations/{waiting.pk}/{act}"

    def knock(member, path):
        client = as_(member)
        return (client.post(path, reply("Hi", waiting)) if act else client.get(path)).status_code

    assert knock(riverton.theo, f"/riverton/{there}") == 404
    assert knock(otherton.zed, f"/riverton/{there}") == 404
    assert knock(otherton.zed, f"/otherton/{there}") == 404
    assert knock(riverton.tess, f"/riverton/conversations/{10**30}/{act}") == 404
    assert not Draft.objects.exists()


def test_a_supervolunteer_may_open_any_of_the_organization(as_, riverton, waiting):
    sue, there = as_(riverton.sue), f"/riverton/conversations/{waiting.pk}/"

    assert "Where do you meet?" in sue.get(there).text
    assert sue.post(f"{there}reply/", reply("Sue here", waiting), **HTMX).status_code == 200
    waiting.refresh_from_db()
    assert waiting.texter == riverton.tess


def test_last_names_and_numbers_are_shown_only_where_the_organization_shows_them(as_, riverton, queue, waiting):
    tess, pages = as_(riverton.tess), ["first-messages/", "replies/", f"conversations/{waiting.pk}/", "past/"]
    waiting.status = Status.NEEDS_RESPONSE

    for page in pages:
        text = tess.get(f"/riverton/{page}").text
        assert "Lopez" not in text
        assert "+1212" not in text.replace("+12125550100", "")

    settings = riverton.organization.settings
    settings.show_last_names = settings.show_numbers = True
    settings.save()
    assert "Maria Lopez" in tess.get(f"/riverton/{pages[2]}").text
    assert waiting.contact.cell in tess.get(f"/riverton/{pages[2]}").text


def test_tags_are_put_on_and_taken_off(as_, riverton, waiting):
    tag = riverton.organization.tags.create(title="Spanish")
    tess, there = as_(riverton.tess), f"/riverton/conversations/{waiting.pk}/tag/"

    part = tess.post(there, {"tag": tag.pk, "on": "yes"}, **HTMX)
    assert 'aria-pressed="true"' in part.text
    assert waiting.taggings.get().tag == tag

    tess.post(there, {"tag": tag.pk, "on": "no"}, **HTMX)
    assert not waiting.taggings.exists()


def test_a_tag_of_another_organization_does_not_exist(as_, riverton, otherton, waiting):
    theirs = otherton.organization.tags.create(title="Spanish")

    answer = as_(riverton.tess).post(f"/riverton/conversations/{waiting.pk}/tag/", {"tag": theirs.pk, "on": "yes"})

    assert answer.status_code == 404


def test_escalating_hands_it_to_who_can_decide_with_a_word(as_, riverton, waiting):
    tess, there = as_(riverton.tess), f"/riverton/conversations/{waiting.pk}/"

    part = tess.post(f"{there}escalate/", {"note": "She asks for a lawyer"}, **HTMX)

    assert part.status_code == 200
    assert "You escalated this conversation. Somebody who can decide takes it from here." in part.text
    waiting.refresh_from_db()
    assert (waiting.escalated, waiting.texter) == (True, None)
    assert waiting.moves.last().handoff.note == "She asks for a lawyer"
    assert "You escalated this conversation" in tess.get(there).text


def test_escalating_needs_no_word(as_, riverton, waiting):
    tess, there = as_(riverton.tess), f"/riverton/conversations/{waiting.pk}/"
    assert "Maria never does." in tess.get(there).text

    page = tess.post(f"{there}escalate/")

    assert "You escalated this conversation." in page.text
    waiting.refresh_from_db()
    assert (waiting.escalated, waiting.texter, waiting.moves.last().handoff.note) == (True, None, "")


def test_the_texter_says_by_which_of_several_tags(as_, riverton, waiting):
    tags = riverton.organization.tags
    tags.create(title="Urgent", assignable=False)
    press = tags.create(title="Press", colour="violet", assignable=False)
    tess, there = as_(riverton.tess), f"/riverton/conversations/{waiting.pk}/"
    assert '<span class="swatch" data-colour="violet"></span>Press' in tess.get(there).text

    tess.post(f"{there}escalate/", {"tag": press.pk}, **HTMX)

    assert waiting.taggings.get().tag == press
    assert tess.post(f"{there}tag/", {"tag": press.pk, "on": "no"}).status_code == 404


def test_a_texter_turns_no_tag_that_escalates(as_, riverton, waiting):
    urgent = riverton.organization.tags.create(title="Urgent", assignable=False)
    tess, there = as_(riverton.tess), f"/riverton/conversations/{waiting.pk}/"

    assert f'id="tag-{urgent.pk}"' not in tess.get(there).text
    assert tess.post(f"{there}tag/", {"tag": urgent.pk, "on": "yes"}).status_code == 404
    assert not waiting.taggings.exists()


def test_who_was_given_an_escalated_one_escalates_it_again(as_, riverton, waiting):
    there = f"/riverton/conversations/{waiting.pk}/"
    as_(riverton.tess).post(f"{there}escalate/", {"note": "She asks for a lawyer"}, **HTMX)
    reassign([waiting.pk], [riverton.theo], by=riverton.ada)
    theo = as_(riverton.theo)

    page = theo.get(there).text
    assert 'data-dialog="escalate"' in page
    assert "Escalate Maria again?" in page
    assert "She asks for a lawyer" in page

    part = theo.post(f"{there}escalate/", {"note": "I am no lawyer either"}, **HTMX)
    assert "You escalated this conversation." in part.text
    waiting.refresh_from_db()
    assert (waiting.escalated, waiting.texter) == (True, None)
    assert waiting.moves.last().handoff.note == "I am no lawyer either"


def test_who_sees_all_keeps_the_page_after_escalating(as_, riverton, waiting):
    page = as_(riverton.sue).post(f"/riverton/conversations/{waiting.pk}/escalate/", {"note": ""}, follow=True)

    assert page.status_code == 200
    assert "Escalated · " in page.text


# Past


def test_past_conversations_are_found_by_name(as_, riverton, canvass):
    for name in ("Omar", "Dana"):
        riverton.conversations(canvass, holder=riverton.tess, status=Status.ACTIVE, first_name=name)
    tess = as_(riverton.tess)

    both, one, none = (tess.get("/riverton/past/", {"search": s}).text for s in ("", "oma", "zz"))

    assert "Omar" in both
    assert "Dana" in both
    assert "Omar" in one
    assert "Dana" not in one
    assert "Nobody of that name" in none


def test_past_conversations_are_found_without_accents(as_, riverton, canvass):
    riverton.conversations(canvass, holder=riverton.tess, status=Status.ACTIVE, first_name="Lucía")
    tess = as_(riverton.tess)

    for search in ("lucia", "LUCÍA", "Lucía"):
        assert "Lucía" in tess.get("/riverton/past/", {"search": search}).text, search


def test_a_last_name_nobody_sees_is_not_searched(as_, riverton, waiting):
    tess = as_(riverton.tess)
    tess.post(f"/riverton/conversations/{waiting.pk}/close/")

    assert "Nobody of that name" in tess.get("/riverton/past/", {"search": "Lopez"}).text


def test_the_past_is_paged_without_gaps_or_doubles(as_, riverton, canvass):
    made = riverton.conversations(canvass, 120, holder=riverton.tess, status=Status.CLOSED)
    tess, found, address = as_(riverton.tess), [], "/riverton/past/"

    while address:
        text = tess.get(address).text
        found += re.findall(r'href="/riverton/conversations/(\d+)/"', text)
        following = re.search(r'rel="next" href="([^"]+)"', text)
        address = following and f"/riverton/past/{following[1].replace('&amp;', '&')}"

    assert sorted(map(int, found)) == sorted(one.pk for one in made)


@pytest.mark.parametrize("mark", ["x", "_", "²", "x:y:z"])
def test_a_page_of_the_past_that_is_none(as_, riverton, mark):
    assert as_(riverton.tess).get("/riverton/past/", {"after": mark}).status_code == 404


# All of them


def shut_now():
    """Hours, on New York's clock, that begin an hour from now and end in two."""
    there = timezone.now().astimezone(ZoneInfo("America/New_York"))
    return tuple((there + dt.timedelta(hours=hours)).time() for hours in (1, 2))


@pytest.mark.parametrize("page", ["", "first-messages/", "first-messages/cards", "replies/", "past/"])
def test_statements_do_not_grow_with_the_work(as_, riverton, canvass, page):
    tess = as_(riverton.tess)

    def more(number):
        riverton.conversations(canvass, number, holder=riverton.tess)
        for one in riverton.conversations(canvass, number, holder=riverton.tess):
            says(riverton, one, "Hello")
        riverton.conversations(canvass, number, holder=riverton.tess, status=Status.CLOSED)

    more(1)
    few = statements(tess, f"/riverton/{page}")
    more(5)

    assert statements(tess, f"/riverton/{page}") == few


def test_statements_of_a_thread_do_not_grow_with_it(as_, riverton, waiting):
    tess, there = as_(riverton.tess), f"/riverton/conversations/{waiting.pk}/"
    few = statements(tess, there)
    for _ in range(5):
        says(riverton, waiting, "And?")

    assert statements(tess, there) == few


def weight(path: str) -> int:
    return len(gzip.compress(Path(finders.find(path)).read_bytes()))


def linked(path: str, seen: set[str]) -> None:
    """The file and the modules it imports."""
    if path in seen:
        return
    seen.add(path)
    if path.endswith(".js"):
        folder = path.rpartition("/")[0]
        for imported in re.findall(r'from "\./([^"]+)"', Path(finders.find(path)).read_text()):
            linked(f"{folder}/{imported}", seen)


def test_a_first_visit_is_light_on_the_network(as_, riverton, canvass, waiting):
    riverton.conversations(canvass, 30, holder=riverton.tess)
    tess = as_(riverton.tess)

    for page in ("", "first-messages/", "replies/", f"conversations/{waiting.pk}/", "past/"):
        answer, files = tess.get(f"/riverton/{page}"), set()
        for path in re.findall(r'(?:src|href)="/static/([^"#]+)', answer.text):
            linked(path, files)
        pounds = len(gzip.compress(answer.content)) + sum(map(weight, files))
        assert pounds < 60_000, (page, pounds)
