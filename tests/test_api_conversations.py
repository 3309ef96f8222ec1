"""Conversations through the API: the list and its filter, one with everything in it, and what can be done with it."""

import datetime as dt
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.program import Program
from textbank.contacts.models import OptOut
from textbank.conversations import closing, sending
from textbank.conversations.models import Conversation, Draft, Handoff, Message, Status
from textbank.conversations.receiving import receive
from textbank.messaging.texts import Inbound
from textbank.organizations.models import Tag


@pytest.fixture
def campaign(riverton):
    return riverton.campaign()


@pytest.fixture
def thread(riverton, campaign):
    """Tess has sent Maria the first message, and Maria answered."""
    thread = riverton.conversations(campaign, holder=riverton.tess)[0]
    sending.send(thread.pk, None, by=riverton.tess, client_id=uuid.uuid4(), now=timezone.now())
    answer(riverton, thread, "Who is this?")
    return thread


def answer(riverton, thread, text):
    receive(riverton.service, Inbound("in-1", thread.contact.cell, "+12125550100", text), now=timezone.now())
    thread.refresh_from_db()


def ids(answer):
    assert answer.status_code == 200, answer.said
    return [row["id"] for row in answer.said["results"]]


def test_a_row_shows_everything_the_contract_names(riverton, thread):
    thread.taggings.create(tag=Tag.objects.create(organization=riverton.organization, title="Spanish"))

    row = Program(riverton.ada).get("/conversations").said["results"][0]

    last = row.pop("last_message")
    assert {key: row[key] for key in row if key not in ("waiting_since", "held_since", "tags")} == {
        "id": thread.pk,
        "campaign": {"id": thread.campaign_id, "title": "Saturday canvass"},
        "contact": {"first_name": "Maria", "last_name": "Lopez", "cell": thread.contact.cell},
        "status": "needs_response",
        "texter": {"id": riverton.tess.pk, "name": "Tess Doe"},
        "escalated": False,
        "opted_out": False,
        "pinned_to": None,
    }
    assert (last["direction"], last["text"]) == ("inbound", "Who is this?")
    assert dt.datetime.fromisoformat(row["waiting_since"]) <= timezone.now()
    assert [tag["title"] for tag in row["tags"]] == ["Spanish"]


@pytest.mark.parametrize(
    ("query", "which"),
    [
        ({}, "first waiting"),
        ({"status": "needs_response"}, "waiting"),
        ({"status": "needs_response,needs_first_message"}, "first waiting"),
        ({"status": ["needs_response", "closed"]}, "waiting"),
        ({"texter": "unassigned"}, "first"),
        ({"opted_out": "true"}, "gone"),
        ({"opted_out": "true,false", "campaign_state": "active,archived"}, "first waiting gone old"),
        ({"campaign_state": "archived"}, "old"),
        ({"escalated": "only"}, ""),
        ({"waiting_minutes": "60"}, ""),
    ],
)
def test_the_filter(riverton, campaign, thread, query, which):
    old = riverton.campaign("Last year", archived_at=timezone.now())
    known = {
        "waiting": thread.pk,
        "first": riverton.conversations(campaign)[0].pk,
        "gone": riverton.conversations(campaign, opted_out=True)[0].pk,
        "old": riverton.conversations(old)[0].pk,
    }

    said = Program(riverton.ada).get("/conversations", **query)

    assert set(ids(said)) == {known[name] for name in which.split()}
    assert said.said["count"] == len(which.split())


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"statsu": "closed"}, "statsu"),
        ({"status": "sleepy"}, "status"),
        ({"texter": "tess"}, "texter"),
        ({"order": "age"}, "order"),
        ({"limit": "501"}, "limit"),
        ({"limit": "0"}, "limit"),
        ({"after": "here"}, "after"),
        ({"as_of": "now"}, "as_of"),
        ({"escalated": "only,exclude"}, "escalated"),
    ],
)
def test_what_is_not_understood_is_refused_and_never_everything(riverton, thread, query, field):
    said = Program(riverton.ada).get("/conversations", **query)

    assert said.status_code == 422
    assert said.said["error"]["code"] == "invalid"
    assert list(said.said["error"]["fields"]) == [field]


@pytest.mark.parametrize("order", ["activity", "waiting"])
def test_pages_together_are_the_whole_list_in_order(riverton, campaign, order):
    now = timezone.now()
    for minutes in (5, 1, 3, 3, 9):
        past = now - dt.timedelta(minutes=minutes)
        riverton.conversations(campaign, status=Status.NEEDS_RESPONSE, waiting_since=past, last_activity=past)
    riverton.conversations(campaign, 4, last_activity=now)
    ada = Program(riverton.ada)

    pages = [ada.get("/conversations", order=order, limit=2)]
    while pages[-1].said["next"]:
        pages.append(ada.get(pages[-1].said["next"]))

    found = [pk for page in pages for pk in ids(page)]
    rows = {row.pk: row for row in Conversation.objects.all()}
    if order == "activity":
        assert found == sorted(rows, key=lambda pk: (rows[pk].last_activity, pk), reverse=True)
    else:
        late = now + dt.timedelta(days=1)
        assert found == sorted(rows, key=lambda pk: (rows[pk].waiting_since or late, pk))
    assert [len(ids(page)) for page in pages] == [2, 2, 2, 2, 1]
    assert {page.said["as_of"] for page in pages} == {pages[0].said["as_of"]}
    assert {page.said["count"] for page in pages} == {9}


def test_a_row_that_comes_between_two_pages_shifts_nothing(riverton, campaign):
    riverton.conversations(campaign, 3)
    ada = Program(riverton.ada)
    first = ada.get("/conversations", limit=2)
    riverton.conversations(campaign, last_activity=timezone.now())

    second = ada.get(first.said["next"])

    assert len(set(ids(first)) & set(ids(second))) == 0
    assert len(ids(second)) == 1


def test_a_page_takes_as_many_statements_for_many_rows_as_for_one(riverton, campaign):
    ada = Program(riverton.ada)
    riverton.conversations(campaign, holder=riverton.tess)
    ada.get("/conversations")

    def statements():
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert ada.get("/conversations").status_code == 200
        return len(captured)

    one = statements()
    for holder in (riverton.theo, riverton.tara, None):
        made = riverton.conversations(riverton.campaign(), 5, holder=holder)
        made[0].taggings.create(tag=Tag.objects.create(organization=riverton.organization, title=str(holder)))

    assert statements() == one <= 7  # token, snapshot, campaigns, whether they are few, page, count


def test_a_texter_sees_their_own_and_no_last_names_or_numbers(riverton, campaign, thread):
    riverton.conversations(campaign, holder=riverton.theo)
    tess = Program(riverton.tess)

    [row] = tess.get("/conversations").said["results"]

    assert row["contact"] == {"first_name": "Maria", "last_name": None, "cell": None}
    assert tess.get(f"/conversations/{thread.pk}").said["contact"]["cell"] is None


def test_the_organization_may_show_texters_last_names_and_numbers(riverton, thread):
    riverton.organization.settings.show_last_names = riverton.organization.settings.show_numbers = True
    riverton.organization.settings.save()

    row = Program(riverton.tess).get(f"/conversations/{thread.pk}").said

    assert row["contact"] == {"first_name": "Maria", "last_name": "Lopez", "cell": thread.contact.cell}


@pytest.mark.django_db(transaction=True)
def test_as_of_guards_what_changed_after_the_list_was_read(riverton, campaign):
    _, changed = riverton.conversations(campaign, 2)
    ada = Program(riverton.ada)
    listed = ada.get("/conversations").said
    closing.close(changed)
    closing.reopen(changed)

    body = {
        "action": "reassign",
        "filter": {"texter": "unassigned"},
        "texters": [riverton.tess.pk],
        "as_of": listed["as_of"],
        "dry_run": True,
    }
    preview = ada.post("/handoffs", body).said

    assert (preview["matched"], preview["moved"]) == (2, 1)
    assert preview["left_alone"] == [{"reason": "changed", "count": 1}]


def test_one_conversation_has_everything_in_it(riverton, thread):
    ada = Program(riverton.ada)
    step = thread.campaign.first_step
    ada.put(f"/conversations/{thread.pk}/answers", {"step": step.pk, "value": "Yes"})
    ada.post(f"/conversations/{thread.pk}/escalate", {"message": "She is a reporter."})

    said = ada.get(f"/conversations/{thread.pk}").said

    first, inbound = said["messages"]
    tess = {"id": riverton.tess.pk, "name": "Tess Doe"}
    assert (first["direction"], first["status"], first["author"]) == ("outgoing", "queued", tess)
    assert (inbound["direction"], inbound["status"], inbound["author"]) == ("inbound", "received", None)
    assert [(one["question"], one["value"], one["by"]["name"]) for one in said["answers"]] == [
        ("Coming?", "Yes", "Ada Doe")
    ]
    assert [tag["title"] for tag in said["tags"]] == [tag["title"] for tag in said["taggings"]] == ["Escalated"]
    given, escalated = said["timeline"]
    assert (given["action"], given["giver"], given["receiver"]) == ("opening", None, tess)
    assert (escalated["action"], escalated["giver"], escalated["receiver"]) == ("escalate", tess, None)
    assert escalated["note"] == "She is a reporter."


def test_what_is_not_theirs_is_not_there_for_a_texter(riverton, thread):
    theo = Program(riverton.theo)

    assert theo.get(f"/conversations/{thread.pk}").status_code == 404
    assert theo.post(f"/conversations/{thread.pk}/close").status_code == 404


def test_closing_and_reopening(riverton, thread):
    tess = Program(riverton.tess)

    assert tess.post(f"/conversations/{thread.pk}/close").said["status"] == "closed"
    assert tess.post(f"/conversations/{thread.pk}/reopen").said["status"] == "needs_response"


def test_opting_out_and_in_again(riverton, thread):
    tess, ada = Program(riverton.tess), Program(riverton.ada)

    gone = tess.post(f"/conversations/{thread.pk}/opt-out").said
    assert (gone["status"], gone["opted_out"]) == ("closed", True)
    refused = tess.post(f"/conversations/{thread.pk}/reopen")
    assert (refused.status_code, refused.said["error"]["code"]) == (409, "opted_out")

    assert ada.post(f"/conversations/{thread.pk}/opt-in", {"reason": ""}).status_code == 422
    back = ada.post(f"/conversations/{thread.pk}/opt-in", {"reason": "She called and asked."}).said
    assert back["opted_out"] is False
    assert OptOut.objects.get().lifted_because == "She called and asked."


def test_a_farewell_goes_out_before_the_opt_out(riverton, thread):
    Program(riverton.tess).post(f"/conversations/{thread.pk}/opt-out", {"farewell": "Take care!"})

    assert Message.objects.latest("pk").text == "Take care!"
    thread.refresh_from_db()
    assert thread.opted_out


def test_tags_go_on_and_come_off(riverton, thread):
    spanish, wrong = (
        Tag.objects.create(organization=riverton.organization, title=title) for title in ("Spanish", "Wrong number")
    )
    tess = Program(riverton.tess)

    on = tess.post(f"/conversations/{thread.pk}/tags", {"add": [spanish.pk, wrong.pk]}).said
    off = tess.post(f"/conversations/{thread.pk}/tags", {"add": [spanish.pk], "remove": [wrong.pk]}).said

    assert [tag["title"] for tag in on["tags"]] == ["Spanish", "Wrong number"]
    assert [tag["title"] for tag in off["tags"]] == ["Spanish"]


def test_a_tag_of_another_organization_is_not_there(riverton, otherton, thread):
    theirs = Tag.objects.create(organization=otherton.organization, title="Theirs")

    assert Program(riverton.ada).post(f"/conversations/{thread.pk}/tags", {"add": [theirs.pk]}).status_code == 404
    assert Program(riverton.ada).get("/conversations", tag=theirs.pk).status_code == 404
    assert Program(riverton.ada).get("/conversations", not_texter=otherton.yan.pk).status_code == 404
    assert Program(riverton.ada).get("/conversations", campaign=otherton.campaign().pk).status_code == 404


def test_escalating_gives_it_out_of_hand(riverton, thread):
    said = Program(riverton.tess).post(f"/conversations/{thread.pk}/escalate", {"message": "Help!"}).said

    assert (said["escalated"], said["texter"], said["status"]) == (True, None, "needs_response")
    assert Handoff.objects.latest("pk").note == "Help!"


def test_who_was_given_an_escalated_one_gives_it_out_of_hand_again(riverton, thread):
    Program(riverton.tess).post(f"/conversations/{thread.pk}/escalate", {"message": "Help!"})
    given = {"action": "reassign", "conversations": [thread.pk], "texters": [riverton.theo.pk]}
    Program(riverton.ada).post("/handoffs", given)

    said = Program(riverton.theo).post(f"/conversations/{thread.pk}/escalate", {"message": "I cannot either."}).said

    assert (said["escalated"], said["texter"]) == (True, None)
    assert thread.moves.latest("pk").handoff.note == "I cannot either."


def test_an_answer_that_the_step_does_not_offer(riverton, thread):
    step = thread.campaign.first_step.pk
    tess = Program(riverton.tess)

    perhaps = tess.put(f"/conversations/{thread.pk}/answers", {"step": step, "value": "Perhaps"})
    elsewhere = tess.put(
        f"/conversations/{thread.pk}/answers", {"step": riverton.campaign().first_step_id, "value": ""}
    )

    assert (perhaps.status_code, list(perhaps.said["error"]["fields"])) == (422, ["value"])
    assert elsewhere.status_code == 404


def test_an_answer_is_taken_back_with_nothing(riverton, thread):
    step = thread.campaign.first_step.pk
    tess = Program(riverton.tess)
    tess.put(f"/conversations/{thread.pk}/answers", {"step": step, "value": "Yes"})

    assert tess.put(f"/conversations/{thread.pk}/answers", {"step": step, "value": ""}).said == []


def send(member, thread, **body):
    return Program(member).post(f"/conversations/{thread.pk}/messages", {"client_id": str(uuid.uuid4()), **body})


def test_a_first_message_is_the_scripts(riverton, campaign):
    thread = riverton.conversations(campaign, holder=riverton.tess)[0]

    said = send(riverton.tess, thread)

    assert said.status_code == 201
    assert said.said["text"].startswith("Hi Maria, it's Tess")
    assert (said.said["status"], said.said["author"]["name"], said.said["error"]) == ("queued", "Tess Doe", "")


def test_the_same_click_is_the_same_message(riverton, thread):
    body = {"text": "It's Tess!", "client_id": str(uuid.uuid4()), "last_seen_message": thread.last_inbound}
    tess = Program(riverton.tess)

    once = tess.post(f"/conversations/{thread.pk}/messages", body)
    again = tess.post(f"/conversations/{thread.pk}/messages", body)

    assert (once.status_code, once.said) == (again.status_code, again.said)
    assert Message.objects.filter(text="It's Tess!").count() == 1


def test_every_refusal_has_its_word(riverton, campaign, thread, time_machine):
    other = riverton.conversations(campaign, holder=riverton.theo)[0]
    unsent = riverton.conversations(campaign, holder=riverton.tess)[0]
    evening = riverton.campaign("Evening", texting_starts=dt.time(18), texting_ends=dt.time(20))
    later = riverton.conversations(evening, holder=riverton.tess)[0]
    over = riverton.conversations(riverton.campaign("Over", archived_at=timezone.now()), holder=riverton.tess)[0]
    gone = riverton.conversations(campaign, holder=riverton.tess, opted_out=True)[0]
    time_machine.move_to(dt.datetime(2026, 11, 2, 17, tzinfo=dt.UTC))

    refused = {
        "not_yours": send(riverton.tess, other),
        "new_reply_unseen": send(riverton.tess, thread, text="Hello?"),
        "outside_texting_hours": send(riverton.tess, later),
        "campaign_archived": send(riverton.tess, over),
        "opted_out": send(riverton.tess, gone),
    }
    assert {code: said.status_code for code, said in refused.items()} == dict.fromkeys(refused, 409)
    assert {said.said["error"]["code"] for said in refused.values()} == set(refused)
    assert refused["outside_texting_hours"].said["error"]["fields"] == {"opens_at": "2026-11-02T23:00:00+00:00"}
    words = send(riverton.tess, unsent, text="My own words")
    assert (words.status_code, list(words.said["error"]["fields"])) == (422, ["text"])


def test_a_send_takes_five_statements(riverton, campaign, thread, django_assert_num_queries):
    first = riverton.conversations(campaign, holder=riverton.tess)[0]
    tess = Program(riverton.tess)
    tess.get("/me")  # the token's use is noted once a minute

    with django_assert_num_queries(5):  # token, begin, look, write, commit
        assert tess.post(f"/conversations/{first.pk}/messages", {"client_id": str(uuid.uuid4())}).status_code == 201
    Draft.objects.create(conversation=thread, author=riverton.tess, text="x", touched_at=timezone.now())
    body = {"client_id": str(uuid.uuid4()), "text": "Hi", "last_seen_message": thread.last_inbound}
    with django_assert_num_queries(5):
        assert tess.post(f"/conversations/{thread.pk}/messages", body).status_code == 201
