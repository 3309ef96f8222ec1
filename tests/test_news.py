"""News is told after the commit, together, and never at the price of what really happened."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import NamedTuple

import psycopg
import pytest
import time_machine
from django.db import connection, transaction

from textbank import news

TESS, THEO, TARA = 11, 12, 13
RIVERTON, OTHERTON = 1, 2
WHERE = ["NAME", "HOST", "PORT", "USER", "PASSWORD"]

pytestmark = pytest.mark.django_db(transaction=True)


class Ear:
    """Somebody else's connection, listening."""

    def __init__(self) -> None:
        self.connection = psycopg.connect(**news.parameters(), autocommit=True)
        for channel in (news.MEMBERS, news.WORKERS):
            self.connection.execute(f"listen {channel}")

    def hears(self) -> list[tuple[int, str]]:
        """The hints of the next notification."""
        [notice] = self.connection.notifies(timeout=10, stop_after=1)
        return sorted(news.read(notice.payload)) if notice.channel == news.MEMBERS else [notice.channel]


@pytest.fixture
def ear(monkeypatch) -> Iterator[Ear]:
    # Those who watch are told at most once a second: what an earlier test still has to tell goes before.
    news.close()
    monkeypatch.setattr(news, "_teller", news.Teller())
    ear = Ear()
    yield ear
    news.close()
    ear.connection.close()


def test_what_was_rolled_back_is_never_told(ear):
    with transaction.atomic():
        news.tell([TESS], "queue")
        transaction.set_rollback(True)

    news.tell([THEO], "queue")

    assert ear.hears() == [(THEO, "queue")]


def test_it_is_told_after_the_commit_and_once(ear):
    with transaction.atomic():
        news.tell([TESS, THEO], "queue")
        news.tell([TESS], "queue")
        news.tell([TESS], "conversation:7")
        assert not news._teller.waiting, "told before the commit, a page would look too early"

    assert ear.hears() == [(TESS, "conversation:7"), (TESS, "queue"), (THEO, "queue")]


def test_a_worker_is_woken(ear):
    news.tell_worker()

    assert ear.hears() == [news.WORKERS]


def test_news_for_nobody_is_no_news(ear):
    news.tell([], "queue")
    news.tell([TARA], "queue")

    assert ear.hears() == [(TARA, "queue")]


def test_a_whole_country_of_texters_is_told_in_notifications_that_fit():
    everybody = range(10**15, 10**15 + 5_000)
    hints = {(news.MEMBERS, member, what) for member in everybody for what in ("queue", "campaign:7")}

    told = list(news.notifications(hints))

    assert max(len(payload.encode()) for _, payload in told) < 8_000
    heard = [hint for _, payload in told for hint in news.read(payload)]
    assert len(heard) == len(hints)
    assert {(news.MEMBERS, *hint) for hint in heard} == hints


def test_the_telling_goes_on_after_the_database_went_away(ear, caplog):
    news.tell([TESS], "queue")
    ear.hears()
    ear.connection.execute("select pg_terminate_backend(%s)", [news._teller.connection.info.backend_pid])

    news.tell([TESS], "queue")

    assert ear.hears() == [(TESS, "queue")]
    assert "could not be told" in caplog.text


def test_a_process_that_ends_tells_its_last_news(ear):
    told = f"""
import django
from django.conf import settings
django.setup()
settings.DATABASES["default"].update({ {name: connection.settings_dict[name] for name in WHERE} })
from textbank import news
news._teller.thread = object()  # nobody but the end of the process tells it
news.tell([{TESS}], "queue")
"""

    subprocess.run(
        [sys.executable, "-c", told],
        check=True,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "textbank.settings"},
    )

    assert ear.hears() == [(TESS, "queue")]


def test_a_forked_child_leaves_its_parents_connection_alone(ear):
    news.tell([TESS], "queue")
    ear.hears()

    if (child := os.fork()) == 0:
        os._exit(0 if news._teller.connection is None and news._teller.thread is None else 1)
    _, status = os.waitpid(child, 0)

    assert status == 0
    news.tell([THEO], "queue")
    assert ear.hears() == [(THEO, "queue")]


def test_who_listens_is_told_to_look_at_everything_whenever_the_connection_is_new(ear, monkeypatch):
    monkeypatch.setattr(news, "BACK_OFF", (0.0,))

    async def story() -> list[str]:
        heard: asyncio.Queue[str] = asyncio.Queue()
        listening = asyncio.create_task(news.listen([news.MEMBERS], lambda _, payload: heard.put_nowait(payload)))
        async with asyncio.timeout(10):
            first = await heard.get()
            ear.connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and query ilike 'listen%%' and pid <> pg_backend_pid()"
            )
            second = await heard.get()
            news.tell([TESS], "queue")
            third = await heard.get()
        listening.cancel()
        await asyncio.wait([listening])
        return [first, second, third]

    assert asyncio.run(story()) == ["", "", json.dumps([["queue", [TESS]]], separators=(",", ":"))]


class Thread(NamedTuple):
    pk: int
    texter_id: int | None
    organization_id: int = RIVERTON


def test_whoever_has_a_conversation_and_those_who_watch_hear_of_it(ear):
    news.tell_of(Thread(7, TESS))
    assert ear.hears() == [(-RIVERTON, "work"), (TESS, "conversation:7")]


def test_what_somebody_did_themselves_is_news_for_those_who_watch_only(ear):
    with transaction.atomic():
        news.tell_of(Thread(7, TESS), by=TESS)
        news.tell_of(Thread(8, None), by=TESS)

    assert ear.hears() == [(-RIVERTON, "work")]


def test_those_who_watch_are_told_the_same_once_a_second_however_much_happens():
    teller = news.Teller()
    work, other, own = ((news.MEMBERS, *hint) for hint in ((-RIVERTON, "work"), (-OTHERTON, "work"), (TESS, "queue")))
    teller.waiting = {work, own}

    assert teller.too_early(100.0) == set(), "the first is told at once"
    assert teller.too_early(100.5) == {work}, "a member always hears at once"
    teller.waiting = {work, other}
    assert teller.too_early(100.9) == {work}, "another organization's evening is its own"
    assert teller.too_early(101.0) == {other}
    teller.waiting = set()
    assert teller.too_early(200.0) == set()
    assert teller.told == {}


def test_what_comes_too_early_is_told_a_little_later_and_not_lost(ear):
    news.tell_watchers(RIVERTON)
    assert ear.hears() == [(-RIVERTON, "work")]

    for _ in range(50):
        news.tell_watchers(RIVERTON)

    assert ear.hears() == [(-RIVERTON, "work")]
    news.tell([TESS], "queue")
    assert ear.hears() == [(TESS, "queue")], "fifty were one"


def test_a_process_that_closes_keeps_nothing_back(ear):
    news.tell_watchers(RIVERTON)
    ear.hears()

    news.tell_watchers(RIVERTON)
    news.close()

    assert ear.hears() == [(-RIVERTON, "work")]


def test_a_ticket_is_its_holders_for_ten_minutes():
    with time_machine.travel("2026-10-20 12:00:00+00:00", tick=False) as clock:
        ticket = news.ticket(TESS, watches=RIVERTON)
        clock.shift(599)
        assert news.holder(ticket)[::2] == (TESS, RIVERTON)

        clock.shift(2)
        with pytest.raises(news.NoTicket):
            news.holder(ticket)


@pytest.mark.parametrize("shown", ["", "x", "WzExLDBd:1:2", "é", "\x00" * 1000])
def test_a_forged_ticket_is_no_ticket(shown):
    with pytest.raises(news.NoTicket):
        news.holder(shown)
