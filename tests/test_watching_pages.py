"""What open pages of the administration ask for when they hear that something happened."""

import re
import uuid
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from textbank import news
from textbank.assignments import archiving, labelling, reassigning, undoing
from textbank.assignments.plans import Plan
from textbank.conversations import closing, receiving, sending
from textbank.conversations.models import Action, Conversation, Handoff, Status
from textbank.messaging.texts import Inbound
from textbank.organizations.models import Tag
from textbank.web import handoffs

# What a transaction changed itself counts as seen or not by what else the server does: changes are committed.
pytestmark = pytest.mark.django_db(transaction=True)

LIVE = re.compile(r'data-live="/live/\?ticket=([^"]+)"')
REVIEW = "/riverton/admin/message-review/"
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
    return [
        riverton.conversations(canvass, holder=riverton.tess, status=Status.NEEDS_RESPONSE, first_name=name)[0]
        for name in ("Maria", "Omar", "Lin")
    ]


def words(answer) -> str:
    """What a person reads, without the markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text)).strip()


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


# The list of Message Review


def since(client, page, *, last="", path="since/", **more):
    """What the open page asks after the news."""
    asked = {"as_of": page.context["seen"], "since": last, "shown": ",".join(map(str, page.context["shown"]))}
    return client.get(f"{REVIEW}{path}{page.context['asked_for']}&{urlencode({**asked, **more})}")


# A snapshot cannot tell what changed later in the transaction that took it.
committed = pytest.mark.django_db(transaction=True)


def look(client, page, **asked) -> dict[str, str]:
    """The marks of the rows that changed, by the contact's first name."""
    answer = since(client, page, **asked)
    return {row.conversation.contact.first_name: marked(row) for row in answer.context["rows"]}


def marked(row) -> str:
    return f"{row.mark.by or 'somebody'}{'' if row.mark.matches else ', no longer matches'}"


def hand_on(conversation, *, to, by) -> None:
    now = timezone.now()
    reassigning.carry_out(Plan(action=Action.REASSIGN, by=by, now=now, ticked=(conversation.pk,), texters=(to,)))


def answer(conversation, *, by) -> None:
    sending.send(
        conversation.pk,
        "On my way!",
        by=by,
        client_id=uuid.uuid4(),
        last_seen=Conversation.objects.get(pk=conversation.pk).last_inbound,
        now=timezone.now(),
    )


def writes(riverton, conversation, text="And where?") -> None:
    inbound = Inbound(sender=conversation.contact.cell, to="+12125550100", text=text, provider_id=str(uuid.uuid4()))
    receiving.receive(riverton.service, inbound, now=timezone.now())


@committed
def test_a_quiet_list_has_nothing_to_say(ada, waiting):
    page = ada.get(REVIEW, WAITING)

    assert words(since(ada, page)) == ""


@committed
def test_rows_that_others_changed_are_marked_with_who_did_it(ada, riverton, waiting):
    maria, omar, lin = waiting
    page = ada.get(REVIEW, WAITING)

    hand_on(maria, to=riverton.theo, by=riverton.sue)
    answer(omar, by=riverton.tess)
    writes(riverton, lin)

    assert look(ada, page) == {"Maria": "Sue Doe", "Omar": "Tess Doe, no longer matches", "Lin": "Lin"}
    told = words(since(ada, page))
    assert "Theo Doe" in told
    assert "Changed by Tess Doe" in told
    assert "no longer matches" in told
    assert "a hand-off from here leaves it alone" in told


@committed
def test_who_hands_nothing_on_is_told_nothing_of_hand_offs(as_, riverton, waiting):
    sue = as_(riverton.sue)
    page = sue.get(REVIEW, WAITING)

    answer(waiting[0], by=riverton.tess)

    told = words(since(sue, page))
    assert "Changed by Tess Doe" in told
    assert "hand-off" not in told


@committed
def test_what_keeps_no_name_is_marked_without_one(ada, riverton, waiting):
    maria, omar, _ = waiting
    page = ada.get(REVIEW, WAITING)

    closing.close(maria)
    answer(omar, by=riverton.tess)
    closing.close(omar)

    assert look(ada, page) == {"Maria": "somebody, no longer matches", "Omar": "somebody, no longer matches"}


@committed
def test_what_was_done_by_oneself_is_said_so(ada, riverton, waiting):
    page = ada.get(REVIEW, WAITING)

    ride = Tag.objects.create(organization=riverton.organization, title="Ride")
    labelling.label([waiting[0].pk], [ride], by=riverton.ada, now=timezone.now())

    assert look(ada, page) == {"Maria": "you"}
    assert "Ride" in words(since(ada, page))


@committed
def test_what_was_told_is_not_told_again(ada, riverton, waiting):
    page = ada.get(REVIEW, WAITING)
    answer(waiting[0], by=riverton.tess)
    first = since(ada, page)

    answer(waiting[1], by=riverton.tess)

    assert look(ada, page, last=first.context["since"]) == {"Omar": "Tess Doe, no longer matches"}


@committed
def test_only_the_rows_that_are_shown_come_back(ada, riverton, canvass, waiting):
    page = ada.get(REVIEW, {**WAITING, "name": "maria"})

    answer(waiting[1], by=riverton.tess)

    assert look(ada, page) == {}


@committed
def test_the_guard_is_what_the_mark_says_it_is(ada, riverton, waiting):
    page = ada.get(REVIEW, WAITING)
    hand_on(waiting[0], to=riverton.theo, by=riverton.sue)

    done = ada.post(
        f"{REVIEW}hand-on/",
        {
            "action": "reassign",
            "which": "all",
            "filter": page.context["query"],
            "as_of": page.context["seen"],
            "expect": 3,
            "texters": [riverton.tara.pk],
            "client_id": str(uuid.uuid4()),
        },
        HTTP_HX_REQUEST="true",
    )

    assert "2 conversations reassigned." in words(done)
    assert Conversation.objects.get(pk=waiting[0].pk).texter == riverton.theo


@committed
def test_who_carries_ticks_sees_what_changed_since_they_ticked(ada, riverton, waiting):
    ticked_on = ada.get(REVIEW, WAITING)
    hand_on(waiting[0], to=riverton.theo, by=riverton.sue)

    page = ada.get(REVIEW, {**WAITING, "as_of": ticked_on.context["seen"]})
    again = ada.get(REVIEW, WAITING)

    assert {row.conversation.contact.first_name: marked(row) for row in page.context["rows"] if row.mark} == {
        "Maria": "Sue Doe"
    }
    assert [row.mark for row in again.context["rows"]] == [None, None, None]


@committed
def test_new_matches_are_a_number_and_stay_away_until_asked_for(ada, riverton, canvass, waiting):
    quiet = riverton.conversations(canvass, 2, holder=riverton.theo, status=Status.FIRST_MESSAGE_SENT)
    page = ada.get(REVIEW, WAITING)

    for one in quiet:
        writes(riverton, one)
    answer(waiting[0], by=riverton.tess)

    told = since(ada, page)
    assert "2 new · Show" in words(told)
    assert len(told.context["rows"]) == 1
    assert len(ada.get(REVIEW, WAITING).context["rows"]) == 4


@committed
def test_what_moves_up_into_a_gap_is_not_new(ada, riverton, canvass, waiting):
    riverton.conversations(canvass, 50, holder=riverton.tess, status=Status.NEEDS_RESPONSE)
    page = ada.get(REVIEW, WAITING)
    first = page.context["rows"][0].conversation

    answer(first, by=riverton.tess)

    told = since(ada, page)
    assert told.context["new"] == 0
    assert [row.conversation for row in told.context["rows"]] == [first]


@committed
def test_an_empty_list_hears_of_its_first(ada, riverton, canvass, waiting):
    for one in waiting:
        answer(one, by=riverton.tess)
    page = ada.get(REVIEW, WAITING)

    writes(riverton, waiting[0])

    assert "1 new · Show" in words(since(ada, page))


@pytest.mark.parametrize(("before", "said"), [(3, ""), (1, "2 more match now: look again"), (1_234, "1,231 fewer")])
def test_the_count_is_told_as_a_figure_beside_the_one_that_stands(ada, waiting, before, said):
    page = ada.get(REVIEW, WAITING)

    assert words(since(ada, page, path="since/count/", expect=before)).startswith(said)


def test_before_there_is_a_count_there_is_nothing_to_compare(ada, waiting):
    page = ada.get(REVIEW, WAITING)

    assert since(ada, page, path="since/count/").status_code == 204


def test_without_a_filter_nothing_is_asked(ada, waiting):
    with CaptureQueriesContext(connection) as made:
        assert ada.get(f"{REVIEW}since/").status_code == 204
        assert ada.get(f"{REVIEW}since/count/").status_code == 204

    assert not [one["sql"] for one in made if "conversations_conversation" in (one["sql"] or "")]


@pytest.mark.parametrize("said", [{"status": "sleepy"}, {"nonsense": "1"}])
def test_a_filter_that_makes_no_sense_is_refused(ada, waiting, said):
    assert ada.get(f"{REVIEW}since/", said).status_code == 422
    assert ada.get(f"{REVIEW}since/count/", said).status_code == 422


def test_numbers_that_are_none_show_nothing(ada, waiting):
    page = ada.get(REVIEW, WAITING)

    assert since(ada, page, shown="x,²,-1," + "9" * 30, expect="x").status_code == 200


def test_zed_hears_nothing_of_riverton(client, otherton, riverton, waiting):
    client.force_login(riverton.ada.user)
    page = client.get(REVIEW, WAITING)
    answer(waiting[0], by=riverton.tess)
    client.force_login(otherton.zed.user)

    told = client.get(
        "/otherton/admin/message-review/since/",
        {**WAITING, "as_of": page.context["seen"], "shown": waiting[0].pk},
    )

    assert told.context["rows"] == []
    assert told.context["new"] == 0


def test_a_busy_list_costs_no_more_statements(ada, riverton, canvass, waiting):
    riverton.conversations(canvass, 30, holder=riverton.tess, status=Status.NEEDS_RESPONSE)
    page = ada.get(REVIEW, WAITING)

    def statements() -> int:
        with CaptureQueriesContext(connection) as made:
            since(ada, page)
        return len(made)

    answer(waiting[0], by=riverton.tess)
    statements()
    few = statements()
    for row in page.context["rows"]:
        hand_on(row.conversation, to=riverton.theo, by=riverton.sue)

    assert statements() == few
    assert len(since(ada, page).context["rows"]) == 33
    # Session, user and member; then nine.
    assert few <= 3 + 9


# Campaigns


def test_the_rows_of_campaigns_are_asked_for_as_they_are_now(ada, riverton, otherton, canvass, waiting):
    page = ada.get("/riverton/admin/campaigns/")
    (again,) = re.findall(r'hx-get="([^"]+part=rows[^"]*)"', page.text)
    answer(waiting[0], by=riverton.tess)
    archiving.archive(canvass, by=riverton.ada, now=timezone.now())
    riverton.campaign("Begun meanwhile")
    theirs = otherton.campaign("Otherton's own")

    part = ada.get(f"{again.replace('&amp;', '&')},{theirs.pk}")

    assert [row.campaign.title for row in part.context["rows"]] == ["Saturday canvass"]
    assert part.context["rows"][0].counts.needing_response == 2
    assert "Archived" in words(part)
    assert "<html" not in part.text


def test_an_empty_list_of_campaigns_asks_for_nothing(ada, riverton):
    assert "part=rows" not in ada.get("/riverton/admin/campaigns/").text
    assert ada.get("/riverton/admin/campaigns/?part=rows&shown=").context["rows"] == []


# Hand-offs

LOG = "/riverton/admin/handoffs/"


def asks_again(client, page):
    (again,) = re.findall(r'hx-get="([^"]+part=news[^"]*)"', page.text)
    return client.get(f"{LOG}{again.replace('&amp;', '&')}")


def test_the_log_changes_where_it_is_and_says_what_is_new(ada, riverton, otherton, waiting):
    hand_on(waiting[0], to=riverton.theo, by=riverton.ada)
    page = ada.get(f"{LOG}?action=reassign")
    assert words(asks_again(ada, page)).startswith("Reassign")

    undoing.undo(page.context["rows"][0].act, by=riverton.ada, now=timezone.now())
    hand_on(waiting[1], to=riverton.theo, by=riverton.ada)
    told = asks_again(ada, page)

    assert "1 new · Show" in words(told), "an undo is another action"
    assert "Undone" in words(told)
    assert len(told.context["rows"]) == 1


def test_an_older_page_of_the_log_hears_of_nothing_new(ada, riverton, waiting, monkeypatch):
    monkeypatch.setattr(handoffs, "PAGE", 1)
    hand_on(waiting[0], to=riverton.theo, by=riverton.ada)
    older = ada.get(LOG + ada.get(LOG).context["next"])

    hand_on(waiting[1], to=riverton.theo, by=riverton.ada)

    assert asks_again(ada, older).context["new"] == 0


def test_an_empty_log_hears_of_its_first(ada, riverton, waiting):
    page = ada.get(f"{LOG}?action=reassign")

    hand_on(waiting[0], to=riverton.theo, by=riverton.ada)

    assert "1 new · Show" in words(asks_again(ada, page))


def test_zed_asks_for_rows_of_riverton_in_vain(client, otherton, riverton, waiting):
    hand_on(waiting[0], to=riverton.theo, by=riverton.ada)
    act = Handoff.objects.latest("pk")
    client.force_login(otherton.zed.user)

    told = client.get(f"/otherton/admin/handoffs/?part=news&shown={act.pk}")

    assert told.context["rows"] == []


def test_a_long_log_costs_no_more_statements(ada, riverton, waiting):
    def statements() -> int:
        page = ada.get(LOG)
        with CaptureQueriesContext(connection) as made:
            asks_again(ada, page)
        return len(made)

    hand_on(waiting[0], to=riverton.theo, by=riverton.ada)
    statements()
    few = statements()
    for _ in range(6):
        hand_on(waiting[1], to=riverton.tara, by=riverton.ada)
        hand_on(waiting[1], to=riverton.theo, by=riverton.sue)

    assert statements() == few


# The badge


def test_the_badge_is_asked_for_alone(ada, riverton, waiting):
    urgent = Tag.objects.create(organization=riverton.organization, title="Urgent", assignable=False)
    assert ada.get("/riverton/admin/escalated-convos/badge/").text == ""

    labelling.label([one.pk for one in waiting], [urgent], by=riverton.tess, now=timezone.now())

    assert ada.get("/riverton/admin/escalated-convos/badge/").text == "3"
