"""Giving work back on the texter's pages: all of a day, or one conversation with a word of why."""

import datetime as dt
import re
import uuid

import pytest
from django.utils import timezone

from textbank.assignments import giving_back, undoing
from textbank.assignments.reassigning import reassign
from textbank.conversations import drafting, opting_out, pinning
from textbank.conversations.models import Action, Conversation, Handoff, Note, Status

HTMX = {"HTTP_HX_REQUEST": "true"}
REPLY = Status.NEEDS_RESPONSE
DONE = "/riverton/done-for-the-day/"


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
def tess(riverton, as_, canvass):
    """Tess has four first messages and two replies of the canvass, one reply of Sunday, and two that stay."""
    riverton.conversations(canvass, 4, holder=riverton.tess)
    riverton.conversations(canvass, 2, holder=riverton.tess, status=REPLY)
    riverton.conversations(riverton.campaign("Sunday"), 1, holder=riverton.tess, status=REPLY)
    riverton.conversations(canvass, 2, holder=riverton.tess, status=REPLY, escalated=True)
    [pinned] = riverton.conversations(canvass, holder=riverton.tess, status=REPLY)
    pinning.pin(pinned, by=riverton.tess, now=timezone.now())
    riverton.conversations(canvass, 5, holder=riverton.tess, status=Status.ACTIVE)
    return as_(riverton.tess)


@pytest.fixture
def maria(riverton, canvass):
    """Maria asks Tess something."""
    [thread] = riverton.conversations(canvass, holder=riverton.tess, status=REPLY)
    return thread


def words(answer) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).replace("&#x27;", "'").split())


def held(member) -> int:
    return Conversation.objects.filter(texter=member).count()


def later(act: Handoff) -> None:
    """It is a quarter of an hour later."""
    Handoff.objects.filter(pk=act.pk).update(at=timezone.now() - undoing.REGRET)


# Done for the day


def test_home_leads_to_it(as_, riverton):
    assert f'href="{DONE}"' in as_(riverton.tess).get("/riverton/").text


def test_it_says_exactly_what_goes_back_and_what_stays(tess):
    page = tess.get(DONE)

    assert "4 first messages and 3 replies go back to the pool" in words(page)
    assert "2 escalated ones stay with you." in words(page)
    assert "1 pinned to you stays with you." in words(page)
    assert "Give back 7" in words(page)
    assert "All campaigns 7 Saturday canvass 6 Sunday 1" in words(page)


def test_what_was_promised_goes_back_and_a_receipt_says_so(tess, riverton):
    page = tess.post(DONE, {"client_id": uuid.uuid4()}, follow=True)

    assert "4 first messages and 3 replies went back to the pool." in words(page)
    assert "2 escalated ones stay with you" in words(page)
    assert held(riverton.tess) == 8
    assert Conversation.objects.filter(texter=None).count() == 7


def test_one_campaign_alone(tess, riverton):
    sunday = riverton.organization.campaigns.get(title="Sunday")

    page = tess.get(DONE, {"campaign": sunday.pk})
    assert "1 reply of Sunday goes back to the pool" in words(page)
    assert "stay with you" not in words(page)

    tess.post(DONE, {"campaign": sunday.pk})
    assert held(riverton.tess) == 14


def test_what_was_just_being_written_to_stays(tess, riverton, maria):
    drafting.keep(maria, "Dear", by=riverton.tess, now=timezone.now())

    assert "1 you were just writing to stays with you." in words(tess.get(DONE))


def test_the_same_click_twice_is_once(tess, riverton):
    same = {"client_id": uuid.uuid4()}

    for _ in range(2):
        assert "4 first messages and 3 replies went back" in words(tess.post(DONE, same, follow=True))

    assert Handoff.objects.filter(action=Action.DONE_FOR_THE_DAY).count() == 1


def test_who_has_nothing_gives_nothing_back(as_, riverton, canvass):
    page = as_(riverton.tess).get(DONE)

    assert "You have nothing to give back." in words(page)
    assert "Give back" not in words(page)


def test_a_campaign_of_another_organization_does_not_exist(tess, otherton):
    elsewhere = otherton.campaign()

    assert tess.get(DONE, {"campaign": elsewhere.pk}).status_code == 404
    assert tess.post(DONE, {"campaign": elsewhere.pk}).status_code == 404


def test_it_may_be_taken_back_for_a_while(tess, riverton):
    page = tess.post(DONE, follow=True)
    act = Handoff.objects.get(action=Action.DONE_FOR_THE_DAY)
    [one] = act.moves.filter(left_alone=None)[:1]
    reassign([one.conversation_id], [riverton.theo], by=riverton.ada)
    assert f'action="/riverton/given-back/{act.pk}/undo/"' in page.text

    back = tess.post(f"/riverton/given-back/{act.pk}/undo/", follow=True)

    assert "6 conversations came back to you." in words(back)
    assert "1 moved again since" in words(back)
    assert held(riverton.tess) == 14
    assert "went back to the pool" not in words(tess.get(f"/riverton/?gave={act.pk}"))


def test_later_it_is_the_pools(tess, riverton):
    tess.post(DONE)
    act = Handoff.objects.get(action=Action.DONE_FOR_THE_DAY)
    later(act)

    assert "undo" not in tess.get(f"/riverton/?gave={act.pk}").text
    page = tess.post(f"/riverton/given-back/{act.pk}/undo/", follow=True)

    assert "That was too long ago" in words(page)
    assert held(riverton.tess) == 8


def test_a_receipt_is_for_who_gave(tess, riverton, as_):
    tess.post(DONE)
    act = Handoff.objects.get(action=Action.DONE_FOR_THE_DAY)

    assert "went back to the pool" not in words(as_(riverton.theo).get(f"/riverton/?gave={act.pk}"))
    assert as_(riverton.theo).post(f"/riverton/given-back/{act.pk}/undo/").status_code == 404
    assert as_(riverton.ada).post(f"/riverton/given-back/{act.pk}/undo/").status_code == 404


# One conversation


def address(thread, act=""):
    return f"/riverton/conversations/{thread.pk}/{act}"


def test_a_reply_is_given_back_with_a_reason_a_note_and_the_draft(as_, riverton, maria):
    drafting.keep(maria, "Hola, ", by=riverton.tess, now=timezone.now())
    tess = as_(riverton.tess)
    assert "Give Maria back?" in tess.get(address(maria)).text

    part = tess.post(
        address(maria, "give-back/"), {"reason": "I don’t read their language", "note": "Asks for the bus"}, **HTMX
    )

    assert part.status_code == 200
    assert "You gave this conversation back to the pool. Whoever has it next sees what you were writing." in words(part)
    act = Handoff.objects.get(action=Action.GIVE_BACK)
    assert (act.reason, act.note, act.moved) == ("I don’t read their language", "Asks for the bus", 1)
    assert Note.objects.get().text == "Hola, "
    assert f'hx-post="/riverton/given-back/{act.pk}/undo/"' in part.text


def test_whoever_has_it_next_reads_why_and_the_note(as_, riverton, maria):
    giving_back.give_back(maria, by=riverton.tess, reason="I don’t know", note="Asks for the bus", now=timezone.now())
    reassign([maria.pk], [riverton.theo], by=riverton.ada)

    page = as_(riverton.theo).get(address(maria))

    assert "Tess’s note" in words(page)
    assert "Asks for the bus" in words(page)


def test_ones_own_words_are_a_reason_too(as_, riverton, maria):
    said = {"reason": "", "own": "She is my neighbour"}

    as_(riverton.tess).post(address(maria, "give-back/"), said, **HTMX)

    assert Handoff.objects.get(action=Action.GIVE_BACK).reason == "She is my neighbour"


def test_without_a_reason_it_is_asked_again(as_, riverton, maria):
    tess, said = as_(riverton.tess), {"reason": "", "own": " ", "note": "Asks for the bus"}

    page = tess.post(address(maria, "give-back/"), said)
    part = tess.post(address(maria, "give-back/"), said, **HTMX)

    assert (page.status_code, part.status_code) == (422, 422)
    assert "Say in a few words why you give it back." in words(page)
    assert "Asks for the bus</textarea>" in page.text
    assert (part.headers["HX-Retarget"], words(part)) == (
        "#give-back-error",
        "Say in a few words why you give it back.",
    )
    assert held(riverton.tess) == 1


def test_a_first_message_is_given_back_on_a_page_of_its_own(as_, riverton, canvass):
    one, _ = riverton.conversations(canvass, 2, holder=riverton.tess)
    tess = as_(riverton.tess)
    assert f'href="{address(one, "give-back/")}"' in tess.get("/riverton/first-messages/").text
    assert "Give Maria back?" in tess.get(address(one, "give-back/")).text

    page = tess.post(address(one, "give-back/"), {"reason": "I know this person"}, follow=True)

    assert page.redirect_chain[-1][0] == "/riverton/first-messages/"
    assert "Maria went back to the pool." in words(page)
    assert held(riverton.tess) == 1


def test_it_may_be_taken_back_with_the_draft(as_, riverton, maria):
    drafting.keep(maria, "Hola, ", by=riverton.tess, now=timezone.now())
    tess = as_(riverton.tess)
    tess.post(address(maria, "give-back/"), {"reason": "I have to go"})
    act = Handoff.objects.get(action=Action.GIVE_BACK)
    assert "Take it back" in words(tess.get(address(maria)))

    part = tess.post(f"/riverton/given-back/{act.pk}/undo/", **HTMX)

    assert part.headers["HX-Redirect"] == address(maria)
    assert "You were writing" in words(tess.get(address(maria)))
    assert held(riverton.tess) == 1


def test_after_a_while_it_is_not_offered_to_be_taken_back(as_, riverton, maria):
    later(giving_back.give_back(maria, by=riverton.tess, reason="I have to go", now=timezone.now()))

    page = as_(riverton.tess).get(address(maria))

    assert "You gave this conversation back to the pool." in words(page)
    assert "Take it back" not in words(page)


def test_what_is_pinned_stays_and_it_is_said(as_, riverton, maria):
    pinning.pin(maria, by=riverton.tess, now=timezone.now())

    page = as_(riverton.tess).post(address(maria, "give-back/"), {"reason": "I have to go"}, follow=True)

    assert "Maria is pinned to you. Unpin the conversation first." in words(page)
    assert held(riverton.tess) == 1


def test_who_opted_out_is_given_to_nobody(as_, riverton, maria):
    opting_out.opt_out(maria, by=riverton.sue, channel="page", now=timezone.now())
    tess = as_(riverton.tess)
    assert 'data-dialog="give-back"' not in tess.get(address(maria)).text

    page = tess.post(address(maria, "give-back/"), {"reason": "I have to go"}, follow=True)

    assert "Maria has opted out of texts." in words(page)
    assert not Handoff.objects.filter(action=Action.GIVE_BACK).exists()


def test_what_is_somebody_elses_is_nobodys_to_give_back(as_, riverton, maria):
    for who in (riverton.theo, riverton.sue, riverton.ada):
        assert as_(who).post(address(maria, "give-back/"), {"reason": "Why not"}).status_code == 404
    assert "give-back" not in as_(riverton.sue).get(address(maria)).text
    assert held(riverton.tess) == 1


def test_what_was_handed_on_meanwhile_says_to_whom(as_, riverton, maria):
    reassign([maria.pk], [riverton.theo], by=riverton.ada, now=timezone.now() - dt.timedelta(minutes=1))

    part = as_(riverton.tess).post(address(maria, "give-back/"), {"reason": "I have to go"}, **HTMX)

    assert part.status_code == 409
    assert "Theo has this conversation now." in words(part)
