"""What stands above a thread: who else is answering, the admin's note, and what whoever lost it was writing."""

import datetime as dt
import re
import uuid

import pytest
from django.utils import timezone

from textbank.assignments import escalating
from textbank.assignments.reassigning import reassign, unassign
from textbank.conversations import drafting, noting, sending
from textbank.conversations.models import Draft, Handoff, Note, Status

HTMX = {"HTTP_HX_REQUEST": "true"}
REVIEW = {**HTMX, "HTTP_X_PANE": "review"}


@pytest.fixture
def as_(client):
    def sign_in(member):
        client.force_login(member.user)
        return client

    return sign_in


@pytest.fixture
def waiting(riverton):
    """Tess has one who waits for an answer, and is writing it."""
    [thread] = riverton.conversations(riverton.campaign(), holder=riverton.tess, status=Status.NEEDS_RESPONSE)
    drafting.keep(thread, "We meet at", by=riverton.tess, now=timezone.now())
    return thread


def give(riverton, thread, *, anyway=False, ago=dt.timedelta(), **wishes):
    """Ada hands it to Theo: from under Tess's hands, or because she was not writing just then."""
    if not anyway:
        Draft.objects.update(touched_at=timezone.now() - ago - dt.timedelta(minutes=3))
    act = reassign(
        [thread.pk], [riverton.theo], by=riverton.ada, include_drafting=anyway, now=timezone.now() - ago, **wishes
    )
    assert act.moved == 1
    return act


def address(thread, act=""):
    return f"/riverton/conversations/{thread.pk}/{act}"


def answer(thread, by):
    thread.refresh_from_db()
    click = {"client_id": uuid.uuid4(), "last_seen": thread.last_inbound}
    sending.send(thread.pk, "At Elm Street", by=by, now=timezone.now(), **click)


# The page of whoever lost it


def test_who_lost_it_may_pass_on_what_they_wrote(as_, riverton, waiting):
    give(riverton, waiting)

    part = as_(riverton.tess).get(address(waiting), **HTMX)
    page = as_(riverton.tess).get(address(waiting))

    for told in (part, page):
        assert "Theo has this conversation now. Ada handed it on." in told.text
        assert "Pass on as a note" in told.text
    assert "We meet at" in page.text


def test_what_was_taken_anyway_is_said_to_be_with_the_new_holder(as_, riverton, waiting):
    give(riverton, waiting, anyway=True)

    part = as_(riverton.tess).get(address(waiting), **HTMX)
    page = as_(riverton.tess).get(address(waiting))

    assert "Theo sees what you were writing." in part.text
    assert 'data-pass-on="We meet at"' in part.text
    assert "What you had begun to write" in page.text
    assert "Theo sees it as your note." in page.text


def test_passing_on(as_, riverton, waiting):
    give(riverton, waiting)

    part = as_(riverton.tess).post(address(waiting, "pass-on/"), {"text": "We meet at ten."}, **HTMX)

    assert part.status_code == 200
    assert "Theo sees what you were writing." in part.text
    assert Note.objects.get().text == "We meet at ten."
    theirs = as_(riverton.theo).get(address(waiting))
    assert "Tess was writing" in theirs.text
    assert 'data-fill="We meet at ten."' in theirs.text


def test_passing_on_without_scripts(as_, riverton, waiting):
    give(riverton, waiting)

    page = as_(riverton.tess).post(address(waiting, "pass-on/"), {"text": "We meet at"}, follow=True)

    assert "Theo sees it as your note." in page.text
    assert "Pass on as a note" not in page.text


def test_what_goes_to_the_pool_is_seen_by_whoever_has_it_next(as_, riverton, waiting):
    unassign([waiting.pk], by=riverton.ada, include_drafting=True, now=timezone.now())

    assert "Whoever has it next sees what you were writing." in as_(riverton.tess).get(address(waiting), **HTMX).text
    assert "Tess was writing" in as_(riverton.sue).get(address(waiting)).text


@pytest.mark.parametrize("who", ["tess", "tara", "sue", "ada"])
def test_nobody_passes_on_what_was_not_taken_from_them(as_, riverton, otherton, waiting, who):
    assert as_(riverton.people[who]).post(address(waiting, "pass-on/"), {"text": "Hi"}, **HTMX).status_code == 404
    give(riverton, waiting)
    if who != "tess":
        assert as_(riverton.people[who]).post(address(waiting, "pass-on/"), {"text": "Hi"}, **HTMX).status_code == 404

    assert as_(otherton.zed).post(address(waiting, "pass-on/"), {"text": "Hi"}).status_code == 404
    assert not Note.objects.exists()


def test_after_a_day_nothing_is_passed_on_any_more(as_, riverton, waiting):
    give(riverton, waiting, ago=noting.WHILE)

    page = as_(riverton.tess).get(address(waiting))
    late = as_(riverton.tess).post(address(waiting, "pass-on/"), {"text": "We meet at"}, **HTMX)

    assert "Pass on as a note" not in page.text
    assert "We meet at" in page.text
    assert late.status_code == 409
    assert not Note.objects.exists()


def test_nothing_is_no_note(as_, riverton, waiting):
    give(riverton, waiting)

    assert as_(riverton.tess).post(address(waiting, "pass-on/"), {"text": " "}, **HTMX).status_code == 409
    assert not Note.objects.exists()


def test_a_draft_that_comes_too_late_is_refused(as_, riverton, waiting):
    give(riverton, waiting, anyway=True)

    assert as_(riverton.tess).post(address(waiting, "draft/"), {"text": "We meet at ten"}).status_code == 404
    assert not Draft.objects.exists()


# The page of whoever has it now


def test_the_new_holder_sees_the_words_until_somebody_has_answered(as_, riverton, waiting):
    give(riverton, waiting, anyway=True)
    theo = as_(riverton.theo)

    assert "Tess was writing" in theo.get(address(waiting), **HTMX).text
    answer(waiting, riverton.theo)

    above, timeline = theo.get(address(waiting)).text.split('aria-label="Who had this conversation"')
    assert "Tess was writing" not in above
    assert "Tess was writing: “We meet at”" in timeline


def test_what_is_passed_on_after_an_answer_is_seen_all_the_same(as_, riverton, waiting):
    give(riverton, waiting)
    answer(waiting, riverton.theo)

    noting.pass_on(waiting.pk, "We meet at ten.", by=riverton.tess, now=timezone.now())

    assert "Tess was writing" in as_(riverton.theo).get(address(waiting), **HTMX).text


def test_a_hand_over_note_stands_there_as_long_as_its_receiver_has_it(as_, riverton, waiting):
    give(riverton, waiting, note="They only read Spanish.")
    theo = as_(riverton.theo)

    for _ in range(2):
        part = theo.get(address(waiting), **HTMX)
        assert "Ada’s note" in part.text
        assert "They only read Spanish." in part.text
        answer(waiting, riverton.theo)

    reassign([waiting.pk], [riverton.tara], by=riverton.ada, now=timezone.now())
    assert "Ada’s note" not in as_(riverton.tara).get(address(waiting), **HTMX).text


def test_why_it_was_escalated_goes_along_until_somebody_answers(as_, riverton, waiting):
    escalating.escalate(waiting, by=riverton.tess, message="She asks for a lawyer", now=timezone.now())
    give(riverton, waiting)

    page = as_(riverton.theo).get(address(waiting), **HTMX)

    assert "Tess’s note" in page.text
    assert "She asks for a lawyer" in page.text


def test_who_has_it_back_sees_their_own_words(as_, riverton, waiting):
    give(riverton, waiting, anyway=True)
    reassign([waiting.pk], [riverton.tess], by=riverton.ada, now=timezone.now())

    assert "You were writing" in as_(riverton.tess).get(address(waiting)).text


# Two people at one conversation


def test_the_review_panel_says_who_is_answering(as_, riverton, waiting):
    sue = as_(riverton.sue)

    for path, headers in ((f"/riverton/admin/message-review/{waiting.pk}/", HTMX), (address(waiting), REVIEW)):
        assert "held by Tess Doe" in sue.get(path, **headers).text
        assert "Tess is answering this just now." in sue.get(path, **headers).text

    Draft.objects.update(touched_at=timezone.now() - dt.timedelta(minutes=3))
    assert "answering this" not in sue.get(address(waiting), **REVIEW).text


def test_the_holder_sees_that_somebody_else_is_answering(as_, riverton, waiting):
    tess = as_(riverton.tess)
    assert "answering this" not in tess.get(address(waiting)).text

    drafting.keep(waiting, "Sue here", by=riverton.sue, now=timezone.now())

    assert "Sue is answering this just now." in tess.get(address(waiting), **HTMX).text
    assert "Tess and Sue are answering this just now." in as_(riverton.ada).get(address(waiting), **REVIEW).text


# The admin's side


def wish(texter, *threads, **said):
    ticked = ",".join(str(one.pk) for one in threads)
    return {"action": "reassign", "which": "selected", "ticked": ticked, "texters": [texter.pk], **said}


def words(answer):
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())


PLAN, HAND_ON = "/riverton/admin/message-review/plan/", "/riverton/admin/message-review/hand-on/"


def test_the_preview_and_the_record_say_who_is_answering(as_, riverton, waiting):
    more = riverton.conversations(waiting.campaign, 2, holder=riverton.theo, status=Status.ACTIVE)
    idle = riverton.conversations(waiting.campaign, holder=riverton.theo, status=Status.ACTIVE)
    for one in more:
        drafting.keep(one, "Hello", by=riverton.theo, now=timezone.now())
    ada, asked = as_(riverton.ada), wish(riverton.tara, waiting, *more, *idle)

    preview = ada.post(PLAN, asked, **HTMX)
    ada.post(HAND_ON, asked, **HTMX)

    assert "3 being answered just now — Theo Doe (opens another page) 2, Tess Doe (opens another page) 1" in words(
        preview
    )
    assert f'href="/riverton/admin/message-review/?texter={riverton.tess.pk}"' in preview.text
    record = ada.get(f"/riverton/admin/handoffs/{Handoff.objects.latest('pk').pk}/")
    assert "being answered at that moment — Theo Doe 2, Tess Doe 1" in words(record)
    assert f'href="/riverton/admin/message-review/?texter={riverton.theo.pk}"' in record.text


def test_the_preview_warns_of_who_is_writing_without_having_it(as_, riverton, otherton, waiting):
    [other] = riverton.conversations(waiting.campaign, holder=riverton.theo, status=Status.ACTIVE)
    for one in (waiting, other):
        drafting.keep(one, "Sue here", by=riverton.sue, now=timezone.now())
    ada = as_(riverton.ada)

    # What Tess is answering stays anyway.
    assert "Sue Doe is just answering 1 of these from Message Review." in words(
        ada.post(PLAN, wish(riverton.tara, waiting, other), **HTMX)
    )
    assert "just answering 2 of these" in words(
        ada.post(PLAN, wish(riverton.tara, waiting, other, include_drafting="yes"), **HTMX)
    )
    Draft.objects.update(touched_at=timezone.now() - dt.timedelta(minutes=3))
    assert "just answering" not in ada.post(PLAN, wish(riverton.tara, waiting, other), **HTMX).text


def test_a_note_for_the_texters_goes_along_with_a_reassignment_only(as_, riverton, waiting):
    ada, note = as_(riverton.ada), {"note": "They only read Spanish.", "include_drafting": "yes"}

    ada.post(HAND_ON, wish(riverton.theo, waiting, **note), **HTMX)
    assert "They only read Spanish." in as_(riverton.theo).get(address(waiting)).text

    as_(riverton.ada).post(HAND_ON, {**wish(riverton.theo, waiting, **note), "action": "unassign"}, **HTMX)
    assert list(Handoff.objects.order_by("-pk").values_list("action", "note")[:2]) == [
        ("unassign", ""),
        ("reassign", "They only read Spanish."),
    ]
