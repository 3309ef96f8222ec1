"""What whoever is new to a conversation is told of it so far, and what they may begin with."""

import datetime as dt
import re
import uuid

import pytest
from django.utils import timezone

from textbank.assignments import deciding, giving_back
from textbank.assignments.reassigning import reassign, unassign
from textbank.campaigns.models import CannedResponse
from textbank.conversations import answering, opting_out, sending
from textbank.conversations.models import Conversation, Status, Tagging
from textbank.organizations.models import Tag

HTMX = {"HTTP_HX_REQUEST": "true"}
INTRO = "I'm Theo, taking over from Tess."


@pytest.fixture
def as_(client):
    def sign_in(member):
        client.force_login(member.user)
        return client

    return sign_in


@pytest.fixture
def maria(riverton):
    """Tess wrote to Maria an hour ago; she answered, and her answer was noted and tagged."""
    hour = timezone.now() - dt.timedelta(hours=1)
    [thread] = riverton.conversations(riverton.campaign(), holder=riverton.tess)
    sending.send(thread.pk, None, by=riverton.tess, client_id=uuid.uuid4(), now=hour)
    Conversation.objects.filter(pk=thread.pk).update(
        status=Status.NEEDS_RESPONSE, waiting_since=timezone.now() - dt.timedelta(minutes=41)
    )
    thread.refresh_from_db()
    riverton.unanswered(thread)
    answering.answer(thread, thread.campaign.first_step, "Yes", by=riverton.tess, now=hour)
    tag = Tag.objects.create(organization=riverton.organization, title="Spanish")
    Tagging.objects.create(conversation=thread, tag=tag, by=riverton.tess)
    return thread


def words(answer) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).replace("&#x27;", "'").split())


def address(thread, act=""):
    return f"/riverton/conversations/{thread.pk}/{act}"


def reply(riverton, thread, by, text="At Elm Street"):
    thread.refresh_from_db()
    click = {"client_id": uuid.uuid4(), "last_seen": thread.last_inbound}
    sending.send(thread.pk, text, by=by, now=timezone.now(), **click)


def give(riverton, thread, to, **wishes):
    assert reassign([thread.pk], [to], by=riverton.ada, now=timezone.now(), **wishes).moved == 1


def test_whoever_is_new_to_it_sees_what_there_has_been(as_, riverton, maria):
    give(riverton, maria, riverton.theo, reason="Tess is away", note="Asks for the bus")

    for page in (as_(riverton.theo).get(address(maria)), as_(riverton.theo).get(address(maria), **HTMX)):
        said = words(page)
        assert re.search(
            r"New to you\. Tess had it until \w+ \d+, [\d:]+ [AP]M ?\. Ada reassigned it: Tess is away\.", said
        )
        assert "Waiting 41 minutes" in said.replace("\xa0", " ")
        assert "Coming? Yes" in said
        assert "Ada’s note" in said
        assert "Asks for the bus" in said
    assert 'class="tag"' in page.text.split('aria-label="So far"')[1].split("</section>")[0]


def test_by_way_of_the_pool_it_says_who_gave_it_back_and_why(as_, riverton, maria):
    giving_back.give_back(maria, by=riverton.tess, reason="I read no Spanish", now=timezone.now())
    give(riverton, maria, riverton.theo)

    said = words(as_(riverton.theo).get(address(maria)))

    assert "Tess gave it back: I read no Spanish." in said


def test_it_is_gone_once_they_have_written(as_, riverton, maria):
    give(riverton, maria, riverton.theo)
    theo = as_(riverton.theo)
    assert "New to you" in theo.get(address(maria)).text

    reply(riverton, maria, riverton.theo)

    assert "New to you" not in theo.get(address(maria)).text
    assert "Introduce yourself" not in theo.get(address(maria)).text


def test_nobody_else_is_new_to_it(as_, riverton, maria):
    assert "New to you" not in as_(riverton.tess).get(address(maria)).text
    give(riverton, maria, riverton.theo)

    assert "New to you" not in as_(riverton.sue).get(address(maria)).text
    assert "New to you" not in as_(riverton.sue).get(f"/riverton/admin/message-review/{maria.pk}/", **HTMX).text


def test_who_has_their_own_back_is_not_new_to_it(as_, riverton, maria):
    unassign([maria.pk], by=riverton.ada, now=timezone.now())
    give(riverton, maria, riverton.tess)

    assert "New to you" not in as_(riverton.tess).get(address(maria)).text


def test_the_intro_line_is_offered_and_not_sent(as_, riverton, maria):
    give(riverton, maria, riverton.theo)
    before = maria.messages.count()

    page, part = as_(riverton.theo).get(address(maria)), as_(riverton.theo).get(address(maria), **HTMX)

    for one in (page, part):
        assert f'data-fill="{INTRO.replace(chr(39), "&#x27;")}" data-first' in one.text
    assert "></textarea>" in page.text
    assert maria.messages.count() == before


def test_it_names_who_wrote_last_whoever_had_it_since(as_, riverton, maria):
    give(riverton, maria, riverton.tara)
    give(riverton, maria, riverton.theo)

    said = words(as_(riverton.theo).get(address(maria)))

    assert "Tara had it until" in said
    assert INTRO in said


def test_a_farewell_is_nobodys_writing(as_, riverton, maria):
    opting_out.say_farewell_and_opt_out(maria, "Bye", by=riverton.sue, client_id=uuid.uuid4(), now=timezone.now())
    opting_out.opt_in(
        riverton.organization.pk, maria.contact.cell, by=riverton.ada, because="She asked", now=timezone.now()
    )
    give(riverton, maria, riverton.theo)

    assert INTRO in words(as_(riverton.theo).get(address(maria)))


def test_an_organization_says_it_in_its_own_words_or_not_at_all(as_, riverton, maria):
    give(riverton, maria, riverton.theo)
    theo, here = as_(riverton.theo), {"by": riverton.olga, "now": timezone.now()}

    deciding.decide(riverton.organization, intro_line="Theo… er, {texterFirstName} here for {firstName}!", **here)
    assert "Theo… er, Theo here for Maria!" in words(theo.get(address(maria)))

    deciding.decide(riverton.organization, intro_line="", **here)
    assert "Introduce yourself" not in theo.get(address(maria)).text

    with pytest.raises(deciding.BadSettings, match="not known"):
        deciding.decide(riverton.organization, intro_line="I am {nobody}", **here)


def test_a_canned_response_may_name_them_too(as_, riverton, maria):
    line = "I’m new here: {previousTexterFirstName} had to go."
    CannedResponse.objects.create(campaign=maria.campaign, title="New", text=line)
    CannedResponse.objects.create(campaign=maria.campaign, title="Where", text=f"{line} We meet at ten.")
    assert "had to go" not in as_(riverton.tess).get(address(maria)).text
    assert "We meet at ten." in as_(riverton.tess).get(address(maria)).text

    give(riverton, maria, riverton.theo)

    assert "I’m new here: Tess had to go. We meet at ten." in as_(riverton.theo).get(address(maria)).text


def test_a_later_step_may_name_them_too(as_, riverton, maria):
    step = maria.campaign.steps.get(texts=["Wonderful! We meet at ten."])
    step.texts = ["It’s {texterFirstName} now, {previousTexterFirstName} had to go. We meet at ten."]
    step.save()
    asked = {"step": maria.campaign.first_step.pk, "value": "Yes"}
    give(riverton, maria, riverton.theo)

    part = as_(riverton.theo).post(address(maria, "answer/"), asked, **HTMX)

    assert "Theo now, Tess had to go. We meet at ten." in part.headers["HX-Trigger"]
    give(riverton, maria, riverton.tess)
    assert "had to go" not in as_(riverton.tess).post(address(maria, "answer/"), asked, **HTMX).headers["HX-Trigger"]


def test_the_owner_changes_it_on_the_settings_page(as_, riverton):
    olga = as_(riverton.olga)

    assert "After a take-over" in olga.get("/riverton/admin/settings/").text
    assert "taking over from {previousTexterFirstName}." in olga.get("/riverton/admin/settings/").text
