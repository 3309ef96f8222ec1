"""What admins and supervolunteers see and do on Message Review and Escalated Convos."""

import datetime as dt
import re
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from textbank.assignments import carrying_out, labelling
from textbank.contacts.models import OptOut
from textbank.conversations import closing, drafting
from textbank.conversations.filters import Filter
from textbank.conversations.models import Action, Conversation, Handoff, Message, State, Status, Tagging
from textbank.organizations import people
from textbank.organizations.models import Approval, Membership, Presence, Role, Tag, User
from textbank.web import frame

HTMX = {"HTTP_HX_REQUEST": "true"}
REVIEW = "/riverton/admin/message-review/"
ESCALATED = "/riverton/admin/escalated-convos/"
WAITING = {"status": "needs_response"}


@pytest.fixture
def as_(client):
    """Signs somebody in: `as_(riverton.ada).get(…)`."""

    def sign_in(member):
        client.force_login(member.user)
        return client

    return sign_in


@pytest.fixture
def ada(as_, riverton):
    return as_(riverton.ada)


@pytest.fixture
def canvass(riverton):
    return riverton.campaign()


@pytest.fixture
def waiting(riverton, canvass):
    """Tess has three contacts that wait for an answer."""
    return riverton.conversations(canvass, 3, holder=riverton.tess, status=Status.NEEDS_RESPONSE)


def tag(riverton, title="Urgent", *, assignable=False):
    return Tag.objects.create(organization=riverton.organization, title=title, assignable=assignable)


def escalated(riverton, campaign, count=1, **fields):
    """Conversations that a tag escalates, in the pool."""
    urgent = Tag.objects.filter(title="Urgent").first() or tag(riverton)
    made = riverton.conversations(campaign, count, **fields)
    labelling.label([one.pk for one in made], [urgent], by=riverton.ada, now=timezone.now())
    return made


def shown(page) -> set[int]:
    return {row.conversation.pk for row in page.context["rows"]}


def wish(*texters, ticked=(), query="", expect=None, **more):
    """What the Message Actions window sends."""
    return {
        "action": "reassign" if texters else "unassign",
        "ticked": ",".join(str(one.pk) for one in ticked),
        "filter": query,
        "texters": [texter.pk for texter in texters],
        "expect": "" if expect is None else expect,
        "client_id": str(uuid.uuid4()),
        "which": "selected" if ticked else "all",
        **more,
    }


def plan(client, said):
    return client.post(f"{REVIEW}plan/", said, **HTMX)


def hand_on(client, said):
    return client.post(f"{REVIEW}hand-on/", said, **HTMX)


def holders(conversations) -> list[int | None]:
    fresh = Conversation.objects.in_bulk([one.pk for one in conversations])
    return [fresh[one.pk].texter_id for one in conversations]


def words(answer) -> str:
    """What a person reads, without the markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text)).strip()


# The list


def test_nothing_is_looked_up_before_a_filter_is_chosen(ada, waiting):
    with CaptureQueriesContext(connection) as made:
        page = ada.get(REVIEW)

    assert "Which conversations?" in page.text
    for suggestion in ("Needs Texter Response", "Needs First Message, unassigned", "Waiting over an hour", "Escalated"):
        assert suggestion in page.text
    listing = [
        one["sql"] for one in made if "conversations_conversation" in one["sql"] and "escalated" not in one["sql"]
    ]
    assert listing == []


def test_each_suggestion_is_a_filter(ada, waiting):
    for _words, address in ada.get(REVIEW).context["suggestions"]:
        page = ada.get(address)

        assert page.status_code == 200
        assert not page.context["asked"].which.empty


def test_the_list_shows_what_matches(ada, riverton, canvass, waiting):
    others = riverton.conversations(canvass, 2)

    page = ada.get(REVIEW, WAITING)

    assert shown(page) == {one.pk for one in waiting}
    assert "Who is this?" in page.text
    assert "Tess Doe" in page.text
    assert "3 conversations" in words(page)
    assert shown(ada.get(REVIEW, {"texter": "unassigned"})) == {one.pk for one in others}


def test_the_filter_reads_as_a_sentence_whose_parts_come_off(ada, riverton, canvass, waiting):
    page = ada.get(REVIEW, {**WAITING, "campaign": canvass.pk, "texter": "unassigned"})

    parts = {part.words: part.without for part in page.context["parts"]}
    assert list(parts) == ["Active campaigns", "in Saturday canvass", "needs texter response", "unassigned"]
    assert parts["Active campaigns"] == ""
    assert shown(ada.get(parts["unassigned"])) == {one.pk for one in waiting}


def test_taking_the_last_part_away_empties_the_page(ada, waiting):
    page = ada.get(REVIEW, WAITING)

    assert page.context["parts"][1].without == REVIEW


def test_all_switches_as_they_are_is_a_choice_too(ada, waiting):
    page = ada.get(REVIEW, {"campaign_state": "active", "opted_out": "false", "escalated": ["exclude", "include"]})

    assert shown(page) == {one.pk for one in waiting}


def test_a_form_with_empty_fields_asks_for_what_was_filled_in(ada, waiting):
    page = ada.get(REVIEW, {**WAITING, "name": "", "phone": " ", "waiting_minutes": ""})

    assert shown(page) == {one.pk for one in waiting}
    assert page.context["query"] == "status=needs_response"


@pytest.mark.parametrize("said", [{"status": "open"}, {"campain": "1"}, {"phone": "12"}, {"name": "-"}])
def test_what_is_not_understood_is_said_and_finds_nothing(ada, waiting, said):
    page = ada.get(REVIEW, said)

    assert page.status_code == 422
    assert 'role="alert"' in page.text
    assert "Select " not in page.text


def test_another_organizations_campaign_is_not_there(ada, otherton):
    assert ada.get(REVIEW, {"campaign": otherton.campaign().pk}).status_code == 404


def test_nobody_sees_another_organizations_conversations(as_, otherton, riverton, waiting):
    client = as_(otherton.zed)

    assert client.get(REVIEW).status_code == 404
    assert shown(client.get("/otherton/admin/message-review/", WAITING)) == set()
    assert client.get(f"/otherton/admin/message-review/{waiting[0].pk}/").status_code == 404
    assert client.get(f"/otherton/admin/message-review/{waiting[0].pk}/row/").status_code == 404
    said = wish(otherton.yan, ticked=waiting)
    assert client.post("/otherton/admin/message-review/hand-on/", said).status_code == 404
    client.post("/otherton/admin/message-review/mark/", {"do": "close", "ticked": said["ticked"]})
    assert {one.status for one in Conversation.objects.all()} == {Status.NEEDS_RESPONSE}
    assert holders(waiting) == [riverton.tess.pk] * 3


def test_pages_follow_each_other_both_ways(ada, riverton, canvass):
    many = riverton.conversations(canvass, 120)

    first = ada.get(REVIEW, {"texter": "unassigned"})
    second = ada.get(first.context["next"])
    third = ada.get(second.context["next"])

    assert [len(shown(page)) for page in (first, second, third)] == [50, 50, 20]
    assert shown(first) | shown(second) | shown(third) == {one.pk for one in many}
    assert not first.context["previous"]
    assert not third.context["next"]
    back = ada.get(third.context["previous"])
    assert shown(back) == shown(second)
    assert shown(ada.get(back.context["previous"])) == shown(first)


def test_a_place_that_was_never_given_out_is_the_beginning(ada, waiting):
    assert shown(ada.get(REVIEW, {**WAITING, "after": "nonsense"})) == {one.pk for one in waiting}


def test_orders(ada, riverton, canvass):
    late, early = (
        riverton.conversations(
            canvass, status=Status.NEEDS_RESPONSE, waiting_since=timezone.now() - dt.timedelta(hours=hours)
        )[0]
        for hours in (1, 5)
    )

    page = ada.get(REVIEW, {**WAITING, "order": "waiting"})

    assert [row.conversation.pk for row in page.context["rows"]] == [early.pk, late.pk]
    assert [one["words"] for one in page.context["orders"]] == ["Latest activity", "Longest waiting", "Name"]


def test_the_count_comes_after_the_page_and_is_exact(ada, riverton, canvass):
    riverton.conversations(canvass, 60)
    page = ada.get(REVIEW, {"texter": "unassigned"})

    assert "counting…" in page.text

    count = ada.get(f"{REVIEW}count/?{page.context['query']}&as_of={page.context['seen']}")

    assert "60 conversations" in words(count)
    assert 'name="expect" value="60"' in count.text


def test_a_page_that_shows_everything_needs_no_counting(ada, waiting):
    page = ada.get(REVIEW, WAITING)

    assert "counting…" not in page.text
    assert 'name="expect" value="3"' in page.text


def test_htmx_gets_the_list_alone_and_the_address_without_what_is_empty(ada, waiting):
    page = ada.get(REVIEW, {**WAITING, "name": ""}, **HTMX)

    assert "<html" not in page.text
    assert page["HX-Push-Url"] == f"{REVIEW}?status=needs_response&order=activity"


def test_a_tag_has_its_colour_wherever_it_is_shown(ada, riverton, waiting):
    spanish = riverton.organization.tags.create(title="Spanish", colour="blue")
    hot = riverton.organization.tags.create(title="Urgent", colour="violet", assignable=False)
    labelling.label([waiting[0].pk], [spanish, hot], by=riverton.ada, now=timezone.now())

    row = ada.get(REVIEW, {"tag": spanish.pk, "not_tag": tag(riverton, "Angry").pk}).text
    options = ada.get(f"{REVIEW}choices/tags/", {"q": "Spa"}).text
    panel = ada.get(f"{REVIEW}{waiting[0].pk}/").text

    assert re.search(r'class="tag" data-colour="blue">\s*Spanish', row)
    assert re.search(r'data-colour="violet">.*aria-label="Escalates:".*Urgent', row, re.DOTALL)
    assert 'class="token" data-colour="blue">Spanish' in row
    assert 'class="token" data-colour="grey">Angry' in row
    assert 'data-colour="blue"' in options
    assert '<span class="swatch" data-colour="blue"></span>Spanish' in panel


def test_a_busy_page_costs_no_more_statements(ada, riverton, canvass):
    asked = {"campaign": canvass.pk, "texter": [riverton.tess.pk, "unassigned"], "tag": tag(riverton).pk}

    def statements() -> int:
        with CaptureQueriesContext(connection) as made:
            assert ada.get(REVIEW, {**asked, "escalated": "only"}).status_code == 200
        return len(made)

    escalated(riverton, canvass)
    statements()
    few = statements()
    escalated(riverton, canvass, 30, status=Status.NEEDS_RESPONSE)

    assert len(shown(ada.get(REVIEW, {**asked, "escalated": "only"}))) == 31
    assert statements() == few
    # Session, user and member; then at most eight.
    assert few <= 3 + 8


# The panel beside it


def test_a_conversation_opens_with_everything_in_it(ada, riverton, waiting):
    page = ada.get(f"{REVIEW}{waiting[0].pk}/", **HTMX)

    assert "<html" not in page.text
    assert "Who is this?" in page.text
    assert "held by Tess Doe" in words(page)
    assert "Coming?" in page.text  # the script's question
    assert "Who had this conversation" in page.text
    assert waiting[0].contact.cell in page.text
    assert "<html" in ada.get(f"{REVIEW}{waiting[0].pk}/").text


def test_a_supervolunteer_answers_and_the_holder_stays(as_, riverton, waiting):
    (one, *_) = waiting
    said = {"text": "At ten.", "client_id": str(uuid.uuid4()), "last_seen": one.last_inbound}

    answer = as_(riverton.sue).post(f"/riverton/conversations/{one.pk}/reply/", said, HTTP_X_PANE="review", **HTMX)

    assert answer.status_code == 200
    assert "Active Conversation" in answer.text
    assert Message.objects.get(text="At ten.").author == riverton.sue
    assert holders([one]) == [riverton.tess.pk]


def test_other_threads_with_the_number_are_shown(ada, riverton, waiting):
    other = riverton.campaign("Sunday")
    riverton.conversations(other, cell=waiting[0].contact.cell)

    assert "Sunday" in ada.get(f"{REVIEW}{waiting[0].pk}/", **HTMX).text
    assert "Sunday" not in ada.get(f"{REVIEW}{waiting[1].pk}/", **HTMX).text


def test_opting_back_in_takes_a_reason_that_is_kept(ada, as_, riverton, waiting):
    (one, *_) = waiting
    ada.post(f"/riverton/conversations/{one.pk}/opt-out/", {"client_id": str(uuid.uuid4())}, **HTMX)

    assert ada.post(f"{REVIEW}{one.pk}/opt-in/", {"reason": "  "}, **HTMX).status_code == 422
    assert as_(riverton.sue).post(f"{REVIEW}{one.pk}/opt-in/", {"reason": "Asked"}).status_code == 403
    assert OptOut.objects.get(cell=one.contact.cell).lifted_at is None

    as_(riverton.ada).post(f"{REVIEW}{one.pk}/opt-in/", {"reason": "Called the office"}, **HTMX)

    lifted = OptOut.objects.get(cell=one.contact.cell)
    assert (lifted.lifted_by, lifted.lifted_because) == (riverton.ada, "Called the office")
    one.refresh_from_db()
    assert not one.opted_out


# Reassign and unassign


def test_the_preview_says_who_gives_who_gets_and_what_stays(ada, riverton, canvass, waiting):
    riverton.conversations(canvass, 2, holder=riverton.theo, status=Status.NEEDS_RESPONSE, opted_out=True)
    query = "status=needs_response&opted_out=false&opted_out=true"

    answer = plan(ada, wish(riverton.theo, riverton.tara, query=query, expect=5))

    assert "3 of 5 matching would move" in words(answer)
    assert "2 opted out" in answer.text
    assert "Theo Doe has 0 to send, 0 to answer" in words(answer)
    assert "Reassign all 5 matching" in words(answer)
    assert holders(waiting) == [riverton.tess.pk] * 3
    assert not Handoff.objects.filter(action=Action.REASSIGN).exists()


def test_all_asks_a_second_time_with_the_number_that_moves(ada, riverton, canvass, waiting):
    riverton.conversations(canvass, 2, status=Status.NEEDS_RESPONSE, opted_out=True)
    query = "status=needs_response&opted_out=false&opted_out=true"

    answer = plan(ada, wish(riverton.theo, query=query, expect=5, ask="all"))

    assert "Reassign 3</button>" in answer.text
    assert "2 of 5 stay where they are" in words(answer)


def test_without_texters_the_buttons_wait_and_say_why(ada, riverton, waiting):
    answer = plan(ada, {**wish(ticked=waiting), "action": "reassign"})

    assert answer.status_code == 200
    assert answer.text.count(" disabled") == 2
    assert "Choose one or more texters first." in words(answer)


def test_reassigning_the_ticked_ones_only(ada, riverton, waiting):
    answer = hand_on(ada, wish(riverton.theo, ticked=waiting[:2], reason="Tess is ill"))

    assert "2 conversations reassigned." in answer.text
    assert "Undo" in answer.text
    assert "acted" in answer["HX-Trigger"]
    assert holders(waiting) == [riverton.theo.pk, riverton.theo.pk, riverton.tess.pk]
    act = Handoff.objects.get(action=Action.REASSIGN)
    assert (act.by, act.reason, act.moved) == (riverton.ada, "Tess is ill", 2)


def test_reassigning_all_that_match_evenly(ada, riverton, canvass, waiting):
    riverton.conversations(canvass, 3)

    answer = hand_on(ada, wish(riverton.theo, riverton.tara, query="status=needs_response", expect=3))

    assert "3 conversations reassigned." in answer.text
    assert sorted(holders(waiting)) == sorted([riverton.theo.pk, riverton.tara.pk, riverton.theo.pk])
    assert Handoff.objects.get(action=Action.REASSIGN).filter == {"status": ["needs_response"]}


def test_a_double_click_hands_on_once(ada, riverton, waiting):
    said = wish(riverton.theo, ticked=waiting)

    hand_on(ada, said)
    again = hand_on(ada, said)

    assert "3 conversations reassigned." in again.text
    assert Handoff.objects.filter(action=Action.REASSIGN).count() == 1


@pytest.mark.django_db(transaction=True)
def test_what_changed_since_the_page_was_read_stays(ada, riverton, waiting):
    seen = ada.get(REVIEW, WAITING).context["seen"]
    said = wish(riverton.theo, query="status=needs_response", expect=3, as_of=seen)
    closing.close(waiting[0])

    answer = hand_on(ada, said)

    assert "2 conversations reassigned." in answer.text
    assert "1 changed since" in answer.text
    assert holders(waiting) == [riverton.tess.pk, riverton.theo.pk, riverton.theo.pk]


def test_what_is_being_answered_stays_unless_it_is_taken_anyway(ada, riverton, waiting):
    drafting.keep(waiting[0], "We meet", by=riverton.tess, now=timezone.now())

    preview = plan(ada, wish(riverton.theo, ticked=waiting))
    assert "1 being answered" in preview.text
    assert 'name="include_drafting"' in preview.text

    hand_on(ada, wish(riverton.theo, ticked=waiting, include_drafting="yes"))
    assert holders(waiting) == [riverton.theo.pk] * 3


def test_moving_nothing_is_not_called_done(ada, riverton, waiting):
    answer = hand_on(ada, wish(riverton.tess, ticked=waiting))

    assert "Nothing moved." in answer.text
    assert "3 already where they would go" in answer.text
    assert "Undo" not in answer.text


def test_only_so_many_are_moved(ada, riverton, waiting):
    answer = hand_on(ada, wish(riverton.theo, query="status=needs_response", expect=3, limit=1))

    assert "1 conversation reassigned." in answer.text


def test_an_empty_filter_moves_nothing(ada, riverton, waiting):
    answer = hand_on(ada, wish(riverton.theo, query="", expect=3))

    assert answer.status_code == 422
    assert holders(waiting) == [riverton.tess.pk] * 3


@pytest.mark.parametrize("said", [{"filter": "status=open"}, {"as_of": "forged"}, {"ticked": "x"}, {"limit": "0"}])
def test_what_makes_no_sense_is_refused_in_words(ada, riverton, waiting, said):
    for answer in (
        plan(ada, {**wish(riverton.theo, query="status=needs_response", expect=3), **said}),
        hand_on(ada, {**wish(riverton.theo, query="status=needs_response", expect=3), **said}),
    ):
        assert answer.status_code == 422
        assert 'role="alert"' in answer.text
    assert holders(waiting) == [riverton.tess.pk] * 3


def test_somebody_suspended_receives_nothing(ada, riverton, waiting, now):
    people.suspend(riverton.theo, by=riverton.ada, now=now)

    answer = hand_on(ada, wish(riverton.theo, ticked=waiting))

    assert answer.status_code == 422
    assert "Theo Doe" in answer.text


def test_a_texter_of_another_organization_is_no_choice(ada, riverton, otherton, waiting):
    answer = hand_on(ada, wish(otherton.yan, ticked=waiting))

    assert answer.status_code == 422
    assert holders(waiting) == [riverton.tess.pk] * 3


def test_do_not_assign_is_a_warning(ada, riverton, waiting):
    riverton.theo.approval = Approval.NONE
    riverton.theo.save()

    assert "Theo Doe is marked “do not assign”." in plan(ada, wish(riverton.theo, ticked=waiting)).text


def test_unassigning_says_what_may_be_asked_for_now(ada, riverton, canvass, waiting):
    by_hand = riverton.campaign("By hand", autoassign=False)
    more = riverton.conversations(by_hand, 2, holder=riverton.tess, status=Status.NEEDS_RESPONSE)

    answer = hand_on(ada, wish(ticked=[*waiting, *more]))

    assert "5 conversations unassigned." in answer.text
    assert "3 conversations may be asked for now." in answer.text
    assert "2 may not be asked for now: because autoassign is off." in answer.text
    assert holders(waiting + more) == [None] * 5


def test_over_a_thousand_go_on_as_a_job_that_can_be_stopped(ada, riverton, waiting, monkeypatch):
    monkeypatch.setattr(carrying_out, "AT_ONCE", 2)

    answer = hand_on(ada, wish(riverton.theo, query="status=needs_response", expect=3))

    act = Handoff.objects.get(action=Action.REASSIGN)
    assert act.state == State.RUNNING
    assert "Stop" in answer.text
    assert 'role="progressbar"' in answer.text


# Who may


def test_a_supervolunteer_is_not_shown_what_is_refused(as_, riverton, waiting):
    page = as_(riverton.sue).get(REVIEW, WAITING)

    assert shown(page) == {one.pk for one in waiting}
    assert "Reassign" not in page.text
    assert "Unassign<" not in page.text
    assert "Close ticked" in page.text
    said = wish(riverton.theo, ticked=waiting)
    assert plan(as_(riverton.sue), said).status_code == 403
    assert hand_on(as_(riverton.sue), said).status_code == 403
    assert as_(riverton.sue).get(ESCALATED).status_code == 403
    assert holders(waiting) == [riverton.tess.pk] * 3


def test_an_organization_may_let_its_supervolunteers_reassign(as_, riverton, waiting):
    riverton.organization.settings.supervolunteers_reassign = True
    riverton.organization.settings.save()

    assert "Reassign" in as_(riverton.sue).get(REVIEW, WAITING).text
    assert "3 conversations reassigned." in hand_on(as_(riverton.sue), wish(riverton.theo, ticked=waiting)).text


def test_texters_do_not_get_in(as_, riverton):
    for address in (REVIEW, ESCALATED, f"{REVIEW}count/", f"{REVIEW}choices/texters/"):
        assert as_(riverton.tess).get(address).status_code == 403


# Choosing


def test_texters_are_found_by_name_or_address_with_what_they_have(ada, riverton, canvass, waiting, now):
    people.suspend(riverton.tara, by=riverton.ada, now=now)

    found = ada.get(f"{REVIEW}choices/receivers/", {"q": "t"})

    assert "0 to send · 3 to answer" in found.text
    assert re.search(r'aria-disabled="true"[^>]*>\s*<span class="grow">Tara Doe', found.text)
    assert "Theo" in ada.get(f"{REVIEW}choices/receivers/", {"q": "theo@riverton"}).text
    assert "Unassigned" not in found.text


def test_a_pasted_list_of_addresses_is_chosen_in_its_order(ada, riverton, otherton, now):
    people.suspend(riverton.tara, by=riverton.ada, now=now)
    text = "Theo <THEO@riverton.test>; tara@riverton.test\ntess@riverton.test, yan@otherton.test theo@riverton.test"

    found = ada.post(f"{REVIEW}receivers/", {"pasted": text})

    assert re.findall(r'data-words="([^"]+)"', found.text) == ["Theo Doe", "Tess Doe"]
    assert "2 of 4 addresses chosen. Nobody here has yan@otherton.test." in found.text
    assert "Suspended, and not chosen: Tara Doe." in found.text


def test_a_pasted_list_may_be_long_and_says_what_was_too_much(ada, riverton, django_assert_max_num_queries):
    strangers = [f"stranger{number}@riverton.test" for number in range(999)]

    with django_assert_max_num_queries(8):
        found = ada.post(f"{REVIEW}receivers/", {"pasted": " ".join([*strangers, "theo@riverton.test"])})
    cut = ada.post(f"{REVIEW}receivers/", {"pasted": "\n".join(["a@b.test", *strangers, "theo@riverton.test"])})

    assert re.findall(r'data-words="([^"]+)"', found.text) == ["Theo Doe"]
    assert "stranger49@riverton.test and 949 more." in found.text
    assert "Only the first" not in found.text
    assert re.findall(r'data-words="([^"]+)"', cut.text) == []
    assert "Only the first 1,000 of 1,001 addresses were read." in cut.text


def test_as_many_receivers_as_may_be_pasted_may_be_dealt_to(ada, riverton, canvass, waiting):
    here = riverton.organization
    users = User.objects.bulk_create(
        User(email=f"v{number}@riverton.test", first_name="Vera") for number in range(1000)
    )
    members = Membership.objects.bulk_create(Membership(organization=here, user=user) for user in users)

    said = wish(*reversed(members), ticked=waiting)

    shown = plan(ada, said)
    assert "<b>3</b> of 3 ticked would move." in shown.text
    assert (len(shown.context["gets"]), shown.context["more_receivers"]) == (50, 950)
    assert "3 conversations reassigned." in hand_on(ada, said).text
    # Dealt in the order chosen.
    assert holders(waiting) == [one.pk for one in members[:-4:-1]]


def test_everybody_who_is_here_now(ada, riverton, now):
    Presence.objects.create(membership=riverton.theo, seen_at=timezone.now())
    Presence.objects.create(membership=riverton.tess, seen_at=timezone.now() - dt.timedelta(hours=1))

    found = ada.post(f"{REVIEW}receivers/", {"here": "1"})

    assert "Theo Doe" in found.text
    assert "Tess Doe" not in found.text


def test_unassigned_is_a_choice_of_the_filter(ada, riverton):
    assert "Unassigned" in ada.get(f"{REVIEW}choices/texters/", {"q": "una"}).text
    assert "Unassigned" in ada.get(f"{REVIEW}choices/texters/", {"q": ""}).text


def test_campaigns_are_found_by_title_or_id(ada, riverton, otherton, canvass):
    riverton.campaign("Sunday bake sale")
    theirs = otherton.campaign("Sunday school")

    by_title = ada.get(f"{REVIEW}choices/campaigns/", {"q": "sund"}).text
    assert "Sunday bake sale" in by_title
    assert "Sunday school" not in by_title
    assert "Saturday canvass" in ada.get(f"{REVIEW}choices/campaigns/", {"q": str(canvass.pk)}).text
    assert "Sunday school" not in ada.get(f"{REVIEW}choices/campaigns/", {"q": str(theirs.pk)}).text
    assert ada.get(f"{REVIEW}choices/secrets/").status_code == 404


# Tags and escalation in the conversation beside the list

PANE = {**HTMX, "HTTP_X_PANE": "review"}


def turn(client, thread, one, on):
    return client.post(f"/riverton/conversations/{thread.pk}/tag/", {"tag": one.pk, "on": on}, **PANE)


def test_a_tag_that_escalates_is_put_on_and_taken_off_beside_the_list(as_, riverton, waiting):
    urgent, sue = tag(riverton), as_(riverton.sue)
    assert f'id="tag-{urgent.pk}"' in sue.get(f"{REVIEW}{waiting[0].pk}/", **HTMX).text

    on = turn(sue, waiting[0], urgent, "yes")
    assert 'aria-pressed="true"' in on.text
    assert "Escalated unassigned" in words(on)
    assert holders(waiting) == [None, riverton.tess.pk, riverton.tess.pk]

    off = turn(sue, waiting[0], urgent, "no")
    assert 'aria-pressed="true"' not in off.text
    assert "Escalated" not in words(off)
    assert not Conversation.objects.filter(escalated=True).exists()


def test_an_admin_resolves_beside_the_list(as_, riverton, waiting):
    labelling.label([waiting[0].pk], [tag(riverton), tag(riverton, "Angry")], by=riverton.ada, now=timezone.now())
    labelling.label([waiting[0].pk], [tag(riverton, "Spanish", assignable=True)], by=riverton.ada, now=timezone.now())
    hand_on(as_(riverton.ada), wish(riverton.theo, ticked=waiting[:1]))
    there, resolve = f"{REVIEW}{waiting[0].pk}/", f"{REVIEW}{waiting[0].pk}/resolve/"

    assert resolve not in as_(riverton.sue).get(there).text
    ada = as_(riverton.ada)
    assert resolve not in ada.get(f"{REVIEW}{waiting[1].pk}/").text
    assert resolve in ada.get(there).text

    answer = ada.post(resolve, **PANE)

    assert "Escalated" not in words(answer)
    assert resolve not in answer.text
    assert [tagging.tag.title for tagging in waiting[0].taggings.all()] == ["Spanish"]
    assert Conversation.objects.get(pk=waiting[0].pk).texter == riverton.theo
    assert ada.post(resolve).url == there


# Many at once


def mark(client, do, conversations, *tags):
    said = {"do": do, "ticked": ",".join(str(one.pk) for one in conversations), "tags": [one.pk for one in tags]}
    return client.post(f"{REVIEW}mark/", said, **HTMX)


def test_closing_and_reopening_the_ticked_ones(ada, riverton, waiting):
    closing.close(waiting[0])

    answer = mark(ada, "close", waiting)

    assert "2 conversations closed." in answer.text
    assert "1 closed before" in answer.text
    assert {one.status for one in Conversation.objects.all()} == {Status.CLOSED}

    answer = mark(ada, "reopen", waiting)

    assert "3 conversations reopened." in answer.text
    assert {one.status for one in Conversation.objects.all()} == {Status.NEEDS_RESPONSE}


def test_reopening_what_opted_out_is_left(ada, riverton, canvass):
    gone = riverton.conversations(canvass, status=Status.CLOSED, opted_out=True)
    answered = riverton.conversations(canvass, status=Status.CLOSED)

    answer = mark(ada, "reopen", gone + answered)

    assert "1 conversation reopened." in answer.text
    assert Conversation.objects.get(pk=answered[0].pk).status == Status.ACTIVE
    assert Conversation.objects.get(pk=gone[0].pk).status == Status.CLOSED


def test_tagging_and_untagging(ada, riverton, waiting):
    kind = tag(riverton, "Kind", assignable=True)

    assert "3 conversations tagged." in mark(ada, "tag", waiting, kind).text
    assert "Nothing changed." in mark(ada, "tag", waiting, kind).text
    assert Tagging.objects.filter(tag=kind, by=riverton.ada).count() == 3
    assert holders(waiting) == [riverton.tess.pk] * 3

    assert "1 conversation untagged." in mark(ada, "untag", waiting[:1], kind).text
    assert Tagging.objects.filter(tag=kind).count() == 2


def test_a_tag_that_escalates_takes_them_out_of_their_texters_hands(ada, riverton, waiting):
    urgent = tag(riverton)

    mark(ada, "tag", waiting, urgent)

    assert holders(waiting) == [None] * 3
    assert Conversation.objects.filter(escalated=True).count() == 3
    assert Handoff.objects.get(action=Action.ESCALATE).moved == 3

    mark(ada, "untag", waiting[:1], urgent)

    assert not Conversation.objects.get(pk=waiting[0].pk).escalated


def test_a_second_escalation_tag_keeps_it_escalated(ada, riverton, waiting):
    urgent, legal = tag(riverton), tag(riverton, "Legal")
    mark(ada, "tag", waiting[:1], urgent, legal)

    mark(ada, "untag", waiting[:1], urgent)
    assert Conversation.objects.get(pk=waiting[0].pk).escalated

    mark(ada, "untag", waiting[:1], legal)
    assert not Conversation.objects.get(pk=waiting[0].pk).escalated


def test_another_organizations_tag_is_refused(ada, riverton, otherton, waiting):
    theirs = Tag.objects.create(organization=otherton.organization, title="Theirs")

    assert mark(ada, "tag", waiting, theirs).status_code == 422
    assert not Tagging.objects.exists()


def test_nothing_ticked_is_refused(ada):
    assert mark(ada, "close", []).status_code == 422


# Escalated Convos


def test_escalated_convos_shows_them_without_a_filter(ada, riverton, canvass, waiting):
    hot = escalated(riverton, canvass, 2, status=Status.NEEDS_RESPONSE)

    page = ada.get(ESCALATED)

    assert shown(page) == {one.pk for one in hot}
    assert "Message Filter" in page.text
    assert "Include Escalated" not in page.text
    assert shown(ada.get(ESCALATED, {"escalated": "exclude"})) == {one.pk for one in hot}


def test_the_badge_counts_exactly_what_its_page_shows(ada, riverton, canvass, otherton):
    escalated(riverton, canvass, 3)
    escalated(riverton, riverton.campaign("Old", archived_at=timezone.now()), 2)
    riverton.conversations(canvass, opted_out=True, escalated=True)
    otherton.conversations(otherton.campaign(), escalated=True)

    page = ada.get(ESCALATED)

    (badge,) = (item["badge"] for item in page.context["nav"] if item["label"] == "Escalated Convos")
    assert (badge, len(shown(page))) == ("3", 3)


def test_the_badge_stops_counting_where_nobody_reads_on(ada, riverton, canvass, monkeypatch):
    monkeypatch.setattr(frame, "MANY", 2)
    escalated(riverton, canvass, 2)
    assert badge_of(ada) == "2"

    escalated(riverton, canvass, 3)
    assert badge_of(ada) == "2+"


def badge_of(viewer) -> str:
    """What stands on every page."""
    return re.sub(r"<[^>]+>", "", viewer.get("/riverton/admin/escalated-convos/badge/").text).strip()


def test_the_filter_narrows_the_escalated_ones(ada, riverton, canvass):
    escalated(riverton, canvass)
    (sunday,) = escalated(riverton, riverton.campaign("Sunday"))

    assert shown(ada.get(ESCALATED, {"campaign": sunday.campaign_id})) == {sunday.pk}


def test_escalated_ones_are_reassigned_from_their_page(ada, riverton, canvass):
    hot = escalated(riverton, canvass, 2)
    page = ada.get(ESCALATED)

    answer = hand_on(ada, wish(riverton.theo, query=page.context["query"], expect=2))

    assert "2 conversations reassigned." in answer.text
    assert holders(hot) == [riverton.theo.pk] * 2


def test_a_bulk_move_elsewhere_leaves_them_unless_asked(ada, riverton, canvass, waiting):
    hot = escalated(riverton, canvass, status=Status.NEEDS_RESPONSE)

    answer = hand_on(ada, wish(riverton.theo, query="status=needs_response", expect=4))

    assert "3 conversations reassigned." in answer.text
    assert "1 escalated" in answer.text
    assert holders(hot) == [None]

    hand_on(ada, wish(riverton.theo, query="status=needs_response", expect=4, include_escalated="yes"))

    assert holders(hot) == [riverton.theo.pk]


def test_resolving_one_or_many(ada, riverton, canvass, waiting):
    hot = escalated(riverton, canvass, 2, status=Status.NEEDS_RESPONSE)

    answer = mark(ada, "resolve", [*hot, waiting[0]])

    assert "2 conversations resolved." in answer.text
    assert "1 not escalated" in answer.text
    assert not Conversation.objects.filter(escalated=True).exists()
    assert not Tagging.objects.filter(tag__assignable=False).exists()


def test_unassigning_resolves_too_if_asked(ada, riverton, canvass):
    hot = escalated(riverton, canvass, 2, status=Status.NEEDS_RESPONSE)
    hand_on(ada, wish(riverton.theo, ticked=hot[:1]))

    answer = hand_on(ada, wish(query="escalated=only", expect=2, resolve="yes"))

    assert "1 conversation unassigned." in answer.text
    assert "2 conversations resolved, 1 of them in the pool already." in answer.text
    assert holders(hot) == [None, None]
    assert not Conversation.objects.filter(escalated=True).exists()
    assert "1 conversation may be asked for now." in answer.text


def still_escalated(conversations) -> list[bool]:
    fresh = Conversation.objects.in_bulk([one.pk for one in conversations])
    return [fresh[one.pk].escalated for one in conversations]


def test_the_button_says_how_many_move_and_how_many_are_resolved(ada, riverton, canvass):
    hot = escalated(riverton, canvass, 3, status=Status.NEEDS_RESPONSE)
    hand_on(ada, wish(riverton.theo, ticked=hot[:1]))
    asked = wish(query="escalated=only", expect=3, resolve="yes", ask="all")

    shown = plan(ada, asked)
    assert "1 of 3 matching would move. 3 would be resolved" in words(shown)
    assert "Unassign 1 and resolve 3" in words(shown)
    assert "resolve" not in words(plan(ada, {**asked, "resolve": ""}))

    hand_on(ada, asked)
    assert still_escalated(hot) == [False] * 3


def test_in_the_pool_already_they_are_only_resolved(ada, riverton, canvass):
    hot = escalated(riverton, canvass, 2, status=Status.NEEDS_RESPONSE)
    asked = wish(query="escalated=only", expect=2, resolve="yes", ask="all")

    assert "Resolve 2" in words(plan(ada, asked))
    answer = hand_on(ada, asked)

    assert "2 conversations resolved, 2 of them in the pool already." in answer.text
    assert still_escalated(hot) == [False, False]


def test_only_so_many_are_resolved_as_are_wanted(ada, riverton, canvass):
    hot = escalated(riverton, canvass, 3, status=Status.NEEDS_RESPONSE)
    hand_on(ada, wish(riverton.theo, ticked=hot))
    asked = wish(query="escalated=only", expect=3, resolve="yes", limit="1", ask="all")

    assert "Unassign 1 and resolve 1" in words(plan(ada, asked))
    answer = hand_on(ada, asked)

    assert "1 conversation resolved." in answer.text
    assert still_escalated(hot) == [False, True, True]
    assert holders(hot) == [None, riverton.theo.pk, riverton.theo.pk]


@pytest.mark.django_db(transaction=True)
def test_what_changed_since_it_was_seen_is_not_resolved(ada, riverton, canvass):
    hot = escalated(riverton, canvass, 3, status=Status.NEEDS_RESPONSE)
    hand_on(ada, wish(riverton.theo, ticked=hot[:1]))
    Conversation.objects.update(changed_in="3")
    page = ada.get(ESCALATED)
    labelling.label([hot[0].pk, hot[1].pk], [tag(riverton, "Angry")], by=riverton.sue, now=timezone.now())
    (late,) = escalated(riverton, canvass, status=Status.NEEDS_RESPONSE)

    answer = hand_on(ada, wish(query="escalated=only", expect=3, resolve="yes", as_of=page.context["seen"]))

    assert "1 conversation resolved, 1 of them in the pool already." in answer.text
    assert still_escalated([*hot, late]) == [True, True, False, True]


def test_the_same_click_again_resolves_nothing_anew(ada, riverton, canvass):
    hot = escalated(riverton, canvass, status=Status.NEEDS_RESPONSE)
    click = wish(query="escalated=only", expect=1, resolve="yes")
    hand_on(ada, click)
    labelling.label([hot[0].pk], [tag(riverton, "Angry")], by=riverton.sue, now=timezone.now())

    hand_on(ada, click)

    assert still_escalated(hot) == [True]


def test_more_than_can_be_done_at_once_are_not_resolved_by_halves(ada, riverton, canvass, monkeypatch):
    hot = escalated(riverton, canvass, 3, status=Status.NEEDS_RESPONSE)
    monkeypatch.setattr(carrying_out, "AT_ONCE", 2)

    answer = hand_on(ada, wish(query="escalated=only", expect=3, resolve="yes"))

    assert answer.status_code == 422
    assert "tick some, or unassign without resolving" in answer.text
    assert still_escalated(hot) == [True] * 3
    assert not Handoff.objects.filter(action=Action.UNASSIGN).exists()


def test_without_resolving_they_stay_escalated(ada, riverton, canvass):
    hot = escalated(riverton, canvass)
    hand_on(ada, wish(riverton.theo, ticked=hot))

    answer = hand_on(ada, wish(ticked=hot))

    assert "1 may not be asked for now: escalated, until that is resolved." in answer.text
    assert Conversation.objects.get(pk=hot[0].pk).escalated


def test_the_navigation(as_, riverton):
    def places(member):
        return [item["label"] for item in as_(member).get(REVIEW).context["nav"]]

    assert {"Message Review", "Escalated Convos"} <= set(places(riverton.ada))
    assert "Message Review" in places(riverton.sue)
    assert "Escalated Convos" not in places(riverton.sue)


def test_roles_are_those_of_the_table():
    from textbank.web import review, review_acting, review_reading

    assert review.message_review.role == Role.SUPERVOLUNTEER
    assert review.escalated_convos.role == Role.ADMIN
    assert review_acting.hand_on.role == Role.SUPERVOLUNTEER
    assert review_reading.opt_in.role == Role.ADMIN
    assert Filter.parse({"escalated": "only"}).chosen == {"escalated"}
