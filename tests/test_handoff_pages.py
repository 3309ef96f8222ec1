"""The log of hand-offs and each one's record: read, searched, exported, stopped and undone."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from textbank.assignments import carrying_out, labelling
from textbank.assignments.plans import Plan
from textbank.assignments.reassigning import reassign, unassign
from textbank.assignments.resolving import unassign_and_resolve
from textbank.conversations import closing, filters
from textbank.conversations.models import Action, Conversation, Handoff, State, Status

HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def ada(client, riverton):
    client.force_login(riverton.ada.user)
    return client


@pytest.fixture
def campaign(riverton):
    return riverton.campaign()


@pytest.fixture
def six(riverton, campaign):
    return riverton.conversations(campaign, 6, holder=riverton.tess, status=Status.NEEDS_RESPONSE)


@pytest.fixture
def handoff(riverton, six):
    """Ada gave Tess's six to Theo and Tara."""
    ids = [thread.pk for thread in six]
    return reassign(ids, [riverton.theo, riverton.tara], by=riverton.ada, reason="Tess went home")


def record(handoff) -> str:
    return f"/riverton/admin/handoffs/{handoff.pk}/"


def log(client, query="") -> list[str]:
    return [row.act.action for row in client.get(f"/riverton/admin/handoffs/{query}").context["rows"]]


def test_the_log_says_who_when_how_many_from_whom_to_whom_and_why(ada, riverton, handoff):
    row = ada.get("/riverton/admin/handoffs/").context["rows"][0]

    assert row.act == handoff
    assert (row.act.by, row.act.moved, row.stays) == (riverton.ada, 6, 0)
    assert (row.givers, row.receivers) == ("Tess Doe", "Theo Doe and Tara Doe")
    page = ada.get("/riverton/admin/handoffs/").text
    assert "Tess went home" in page
    assert record(handoff) in page


def test_the_log_is_found_by_action_person_and_state(ada, riverton, campaign, handoff):
    sent = riverton.conversations(campaign, 2, holder=riverton.theo)
    unassign([one.pk for one in sent], by=riverton.olga)

    assert log(ada, "?action=unassign") == ["unassign"]
    assert log(ada, "?person=tara") == ["reassign"]
    assert log(ada, "?person=olga") == ["unassign"]
    assert log(ada, "?person=theo") == ["unassign", "opening", "reassign"]
    assert log(ada, "?state=running") == []
    assert log(ada, "?person=nobody") == []
    assert log(ada, "?action=nonsense") == []
    assert log(ada, "?person=%00") == []


def test_the_log_is_found_by_campaign_doer_reason_and_day(ada, riverton, campaign, handoff):
    other = riverton.conversations(riverton.campaign("Picnic"), 2, holder=riverton.theo)
    unassign([one.pk for one in other], by=riverton.olga, reason="Theo is ill")
    today = timezone.localtime(timezone=ZoneInfo("America/New_York")).date()
    yesterday, picnic = today - dt.timedelta(days=1), other[0].campaign_id

    assert log(ada, f"?campaign={picnic}") == ["unassign", "opening"]
    assert log(ada, f"?campaign={campaign.pk}&campaign={picnic}") == ["unassign", "opening", "reassign", "opening"]
    assert log(ada, f"?by={riverton.olga.pk}") == ["unassign"]
    assert log(ada, "?reason=ill") == ["unassign"]
    assert log(ada, "?reason=home tess") == ["reassign"]
    assert log(ada, f"?since={today}&reason=ill") == ["unassign"]
    assert log(ada, f"?until={yesterday}") == []
    for nonsense in ("campaign=x", "campaign=0", "by=99999999", "since=soon", "until=9999-12-31", "since=0001-01-01"):
        assert log(ada, f"?{nonsense}") == []


def test_what_the_log_was_asked_for_is_shown(ada, riverton, campaign, handoff):
    page = ada.get(
        f"/riverton/admin/handoffs/?campaign={campaign.pk}&by={riverton.ada.pk}&reason=home&since=2026-01-02"
    )

    assert page.context["chosen"] == {
        "campaign": [(campaign.pk, "Saturday canvass")],
        "by": [(riverton.ada.pk, "Ada Doe")],
    }
    assert "<details open>" in page.text
    assert 'value="home"' in page.text
    assert 'value="2026-01-02"' in page.text
    assert f"campaign={campaign.pk}&amp;by={riverton.ada.pk}&amp;reason=home" in page.text
    assert "<details>" in ada.get("/riverton/admin/handoffs/").text


def test_the_log_comes_in_pages(ada, riverton, campaign, handoff):
    Handoff.objects.bulk_create(
        Handoff(organization=riverton.organization, action="request", by=riverton.tess, state=State.DONE)
        for _ in range(60)
    )

    first = ada.get("/riverton/admin/handoffs/?person=doe")
    second = ada.get(f"/riverton/admin/handoffs/{first.context['next']}")

    assert len(first.context["rows"]) == 50
    assert [row.act.action for row in second.context["rows"]][-2:] == ["reassign", "opening"]
    assert log(ada, "?after=nonsense")[0] == "request"


def test_more_hand_offs_are_not_more_statements(ada, riverton, campaign):
    def statements() -> int:
        with CaptureQueriesContext(connection) as asked:
            ada.get("/riverton/admin/handoffs/")
        return len(asked)

    riverton.conversations(campaign, 1, holder=riverton.tess)
    statements()  # the first visit of a session writes it down
    few = statements()
    for _ in range(5):
        riverton.conversations(campaign, 1, holder=riverton.theo)
    assert statements() == few


def test_the_record_draws_from_whom_to_whom(ada, riverton, handoff):
    page = ada.get(record(handoff))

    picture = page.context["picture"]
    assert [(end.name, end.count) for end in picture.givers] == [("Tess Doe", 6)]
    assert sorted((end.name, end.count) for end in picture.receivers) == [("Tara Doe", 3), ("Theo Doe", 3)]
    assert "3 from Tess Doe to Theo Doe" in page.text
    assert "6 conversations reassigned." in page.text
    assert "Tess went home" in page.text


def test_many_hands_are_drawn_as_others(riverton, ada, campaign):
    texters = [riverton.person(f"Vera{number}", 1) for number in range(12)]
    made = riverton.conversations(campaign, 26, holder=riverton.tess)

    handoff = reassign([one.pk for one in made], texters, by=riverton.ada)

    receivers = ada.get(record(handoff)).context["picture"].receivers
    assert len(receivers) == 8
    assert receivers[-1].name == "Others"
    assert sum(end.count for end in receivers) == 26


def test_the_record_says_what_was_left_alone_and_shows_each(ada, riverton, campaign, six):
    Conversation.objects.filter(pk=six[0].pk).update(escalated=True)
    said = filters.Filter.parse({"campaign": campaign.pk, "status": "needs_response"})
    handoff = reassign(said, [riverton.theo], by=riverton.ada)

    page = ada.get(record(handoff))
    assert "1 escalated" in page.text
    assert f"campaign={campaign.pk}&amp;status=needs_response" in page.text
    assert len(page.context["moves"]) == 6

    only = ada.get(f"{record(handoff)}?left=escalated").context["moves"]
    assert [(row.move.conversation_id, row.stays) for row in only] == [(six[0].pk, "escalated")]
    assert len(ada.get(f"{record(handoff)}?left=moved").context["moves"]) == 5
    assert len(ada.get(f"{record(handoff)}?left=nonsense").context["moves"]) == 6


def test_what_moved_nothing_says_so_first(ada, riverton, campaign, six):
    handoff = reassign([six[0].pk], [riverton.tess], by=riverton.ada)

    page = ada.get(record(handoff)).text

    assert "Nothing moved." in page
    assert "1 already where they would go" in page
    assert "/undo/" not in page


def test_what_was_escalated_in_the_pool_is_said(ada, riverton, campaign, now):
    urgent = riverton.organization.tags.create(title="Urgent", assignable=False)
    for count, said in (
        (1, "1 conversation in the pool was escalated."),
        (3, "3 conversations in the pool were escalated."),
    ):
        ids = [one.pk for one in riverton.conversations(campaign, count)]
        labelling.label(ids, [urgent], by=riverton.ada, now=now)
        assert said in ada.get(record(Handoff.objects.latest("pk"))).text


def test_bigger_hand_offs_are_not_more_statements(ada, riverton, campaign, six):
    def statements(handoff) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert ada.get(record(handoff)).status_code == 200
        return len(asked)

    one = reassign([six[0].pk], [riverton.theo], by=riverton.ada)
    more = reassign([thread.pk for thread in six[1:]], [riverton.theo, riverton.tara], by=riverton.ada)

    statements(one)  # the first visit of a session writes it down
    assert statements(more) == statements(one)


def test_the_export_holds_every_move_and_no_formula(ada, riverton, campaign):
    made = riverton.conversations(campaign, 3, holder=riverton.tess, first_name="=cmd()")
    handoff = unassign([one.pk for one in made], by=riverton.ada)

    answer = ada.get(f"{record(handoff)}moves.csv")
    lines = b"".join(answer.streaming_content).decode().splitlines()

    assert answer["Content-Disposition"] == f'attachment; filename="hand-off-{handoff.pk}.csv"'
    assert lines[0] == "conversation,campaign,first_name,last_name,cell,from,to,left_alone,at"
    assert len(lines) == 4
    number, *cells = lines[1].split(",")
    assert int(number) == made[0].pk
    assert cells[:3] == ["Saturday canvass", "'=cmd()", "Lopez"]
    assert cells[4:7] == ["Tess Doe", "the pool", ""]


def test_undo_asks_first_with_the_number_and_why_others_stay(ada, riverton, handoff, six):
    closing.close(six[0])

    asked = ada.get(f"{record(handoff)}undo/")

    assert "Undo 5</button>" in asked.text
    assert "1 worked on since" in asked.text
    assert Conversation.objects.filter(texter=riverton.tess).count() == 0

    receipt = ada.post(f"{record(handoff)}undo/", follow=True)
    assert "5 conversations given back." in receipt.text
    assert "1 worked on since" in receipt.text
    assert Conversation.objects.filter(texter=riverton.tess).count() == 5
    assert Handoff.objects.get(undoes=handoff).by == riverton.ada


def test_undoing_leaves_tags_as_they_are_and_says_so(ada, riverton, six, now):
    urgent = riverton.organization.tags.create(title="Urgent", assignable=False)
    ids = [one.pk for one in six]
    labelling.label(ids, [urgent], by=riverton.ada, now=now)
    given = reassign(ids, [riverton.theo], by=riverton.ada)
    plan = Plan(Action.UNASSIGN, riverton.ada, timezone.now(), ticked=tuple(ids))
    act, resolved = unassign_and_resolve(plan)
    assert (act.moved, resolved) == (6, 6)

    assert "what was resolved stays resolved" in ada.get(f"{record(act)}undo/").text
    assert "stays resolved" not in ada.get(f"{record(given)}undo/").text

    ada.post(f"{record(act)}undo/")
    fresh = Conversation.objects.filter(pk__in=ids)
    assert set(fresh.values_list("texter", "escalated")) == {(riverton.theo.pk, False)}
    assert not urgent.taggings.exists()


def test_the_dialog_and_its_receipt_are_parts_of_a_page(ada, handoff):
    asked = ada.get(f"{record(handoff)}undo/", **HTMX)
    receipt = ada.post(f"{record(handoff)}undo/", **HTMX)

    assert "<html" not in asked.text + receipt.text
    assert "Undo 6</button>" in asked.text
    assert "6 conversations given back." in receipt.text
    assert receipt["HX-Trigger"] == '{"handoff-ended": {}}'


def test_what_was_undone_is_not_undone_again_but_the_undo_may_be(ada, handoff):
    ada.post(f"{record(handoff)}undo/")

    again = ada.post(f"{record(handoff)}undo/", **HTMX)
    page = ada.get(record(handoff)).text

    assert again.status_code == 409
    assert "It was undone before." in again.text
    assert f'href="{record(handoff)}undo/"' not in page
    assert "6 went back" in page
    assert "Undo 6</button>" in ada.get(f"{record(handoff.undone_by)}undo/").text


@pytest.fixture
def running(riverton, six, monkeypatch):
    """Six are many here: a job goes on with them, two at a time."""
    monkeypatch.setattr(carrying_out, "AT_ONCE", 5)
    monkeypatch.setattr(carrying_out, "BATCH", 2)
    return reassign([thread.pk for thread in six], [riverton.theo], by=riverton.ada)


@pytest.mark.django_db(transaction=True)
def test_a_big_one_shows_how_far_it_is_and_can_be_stopped(ada, riverton, running):
    page = ada.get(record(running)).text
    assert "0 of 6" in page
    assert "Stop</button>" in page
    assert f'href="{record(running)}undo/"' not in page
    assert ada.get(f"{record(running)}undo/", **HTMX).status_code == 409

    stopped = ada.post(f"{record(running)}stop/", **HTMX)
    assert "It stops after the part it is at." in stopped.text
    carrying_out.go_on(running.pk)

    part = ada.get(f"{record(running)}standing/", **HTMX)
    assert part["HX-Trigger"] == '{"handoff-ended": {}}'
    assert "It was stopped before anything moved." in part.text
    assert "6 not reached before it was stopped" in part.text
    assert "<html" not in part.text
    assert ada.post(f"{record(running)}stop/", follow=True).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_big_one_ends_by_itself(ada, riverton, running):
    carrying_out.go_on(running.pk)

    page = ada.get(f"{record(running)}?part=record", **HTMX).text

    assert "6 conversations reassigned." in page
    assert "6 from Tess Doe to Theo Doe" in page


def test_what_another_organization_did_does_not_exist(client, otherton, handoff):
    client.force_login(otherton.zed.user)

    for path in ("", "moves.csv", "undo/"):
        assert client.get(f"/otherton/admin/handoffs/{handoff.pk}/{path}").status_code == 404
    for path in ("undo/", "stop/"):
        assert client.post(f"/otherton/admin/handoffs/{handoff.pk}/{path}").status_code == 404
    assert client.get("/otherton/admin/handoffs/").context["rows"] == []


def test_only_admins_see_them_and_nobody_else_is_shown_the_way(client, riverton, handoff):
    client.force_login(riverton.sue.user)

    for path in ("", f"{handoff.pk}/", f"{handoff.pk}/undo/", f"{handoff.pk}/moves.csv"):
        assert client.get(f"/riverton/admin/handoffs/{path}").status_code == 403
    assert client.post(f"{record(handoff)}undo/").status_code == 403
    assert "/admin/handoffs/" not in client.get("/riverton/admin/campaigns/").text


def test_the_conversation_says_who_had_it_from_when_to_when_and_why(client, riverton, handoff, six):
    unassign([six[0].pk], by=riverton.ada, reason="Theo sleeps", note="She asked twice")
    reassign([six[0].pk], [riverton.tess], by=riverton.ada)
    client.force_login(riverton.tess.user)

    page = client.get(f"/riverton/conversations/{six[0].pk}/")

    spells = page.context["spells"]
    assert [spell.holder for spell in spells] == [riverton.tess, riverton.theo, None, riverton.tess]
    assert [spell.how for spell in spells] == [
        "At the start",
        "Ada reassigned it",
        "Ada unassigned it",
        "Ada reassigned it",
    ]
    assert [spell.until for spell in spells] == [*(spell.since for spell in spells[1:]), None]
    for words in ("Ada reassigned it: Tess went home", "Ada unassigned it: Theo sleeps", "She asked twice"):
        assert words in page.text


def test_longer_stories_are_not_more_statements(client, riverton, campaign, six):
    client.force_login(riverton.theo.user)

    def statements() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(f"/riverton/conversations/{six[0].pk}/").status_code == 200
        return len(asked)

    reassign([six[0].pk], [riverton.theo], by=riverton.ada)
    statements()
    few = statements()
    for texter in (riverton.tara, riverton.tess, riverton.theo):
        reassign([six[0].pk], [texter], by=riverton.ada)
    assert statements() == few


def test_a_supervolunteer_who_may_hand_on_may_take_it_back_and_sees_no_records(client, riverton, handoff):
    riverton.organization.settings.supervolunteers_reassign = True
    riverton.organization.settings.save()
    client.force_login(riverton.sue.user)

    asked = client.get(f"{record(handoff)}undo/", **HTMX)
    receipt = client.post(f"{record(handoff)}undo/", **HTMX)

    assert "Undo 6</button>" in asked.text
    assert "6 conversations given back." in receipt.text
    assert "See the record" not in receipt.text
    assert client.get(f"{record(handoff)}standing/").status_code == 200
    assert client.get(record(handoff)).status_code == 403
    assert client.post(f"{record(handoff.undone_by)}undo/").url == "/riverton/admin/message-review/"
