"""The order by last activity: kept by the database, beside the conversations and out of a hand-off's way."""

import datetime as dt

import pytest
from django.db import connection

from textbank.assignments.reassigning import reassign, unassign
from textbank.conversations.filters import Filter
from textbank.conversations.models import Activity, Conversation
from textbank.reports import pages


@pytest.fixture
def threads(riverton):
    return riverton.conversations(riverton.campaign(), 3, holder=riverton.tess)


def written() -> list[tuple[int, str]]:
    """Where each row stands: an update would have moved it."""
    with connection.cursor() as cursor:
        cursor.execute("select id, ctid::text from conversations_activity order by id")
        return cursor.fetchall()


def test_a_text_moves_it(threads, now):
    Conversation.objects.filter(pk=threads[1].pk).update(last_activity=now + dt.timedelta(hours=1))

    assert Activity.objects.order_by("-at").first().pk == threads[1].pk
    at = dict(Conversation.objects.values_list("pk", "last_activity"))
    assert dict(Activity.objects.values_list("pk", "at")) == at


def test_a_change_of_hands_does_not_touch_it(riverton, threads, now):
    before = written()

    reassign([one.pk for one in threads], [riverton.theo], by=riverton.ada, now=now)
    unassign([one.pk for one in threads], by=riverton.ada, now=now)

    assert written() == before


@pytest.mark.breaks_invariants
def test_it_goes_with_its_conversation(threads):
    threads[0].delete()

    assert set(Activity.objects.values_list("pk", flat=True)) == {one.pk for one in threads[1:]}


def test_everything_is_walked_through_in_its_index(riverton, threads, now, monkeypatch):
    monkeypatch.setattr(pages, "FEW", 0)
    found = Filter.parse({"campaign_state": "active"}).conversations(riverton.ada, now)
    [part] = pages.parts(found, pages.ORDERS["activity"].beside, None)

    with connection.cursor() as cursor:
        cursor.execute("set local enable_sort = off")
        text, given = part.values("pk")[:50].query.sql_with_params()
        cursor.execute(f"explain {text}", given)
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert "using conversations_by_activity" in plan
    assert "Sort" not in plan
