"""Open pages hear that something of theirs changed, and nobody hears what is another's."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterator
from urllib.parse import quote

import psycopg
import pytest
import time_machine

from textbank import live, news

TESS, THEO, ADA, ZED = 11, 12, 13, 14
RIVERTON, OTHERTON = 1, 2

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def desk(monkeypatch) -> Iterator[live.Desk]:
    desk = live.Desk()
    monkeypatch.setattr(live, "desk", desk)
    # One clock here: two pages opened at once are otherwise told, to be safe, to look at everything.
    monkeypatch.setattr(live, "SLACK", 0)
    # Those who watch are told at most once a second: what an earlier test still has to tell goes before.
    news.close()
    monkeypatch.setattr(news, "_teller", news.Teller())
    yield desk
    news.close()


class Browser:
    """A page with its stream open, as the server sees it."""

    def __init__(self, ticket: str) -> None:
        self.sent: asyncio.Queue = asyncio.Queue()
        self.leaving = asyncio.Event()
        scope = {"method": "GET", "query_string": f"ticket={quote(ticket)}".encode()}
        self.stream = asyncio.create_task(live.live(scope, self.receive, self.sent.put))

    async def receive(self) -> dict[str, str]:
        await self.leaving.wait()
        return {"type": "http.disconnect"}

    async def status(self) -> int:
        return (await self.sent.get())["status"]

    async def hears(self) -> list[str]:
        """What the next piece of the stream hints at."""
        text = (await self.sent.get())["body"].decode()
        return [json.loads(line.removeprefix("data: "))["what"] for line in text.splitlines() if "what" in line]

    async def leaves(self) -> None:
        self.leaving.set()
        await self.stream


async def opens(member: int, ticket: str | None = None) -> Browser:
    """A page that was greeted; before the process listens, also told that it does."""
    nobody_listens = live.desk.listening_since is None
    page = Browser(ticket or news.ticket(member))
    assert await page.status() == 200
    assert await page.hears() == [], "the greeting is no hint"
    if nobody_listens:
        # A sign of life may come first on a slow machine.
        while not (said := await page.hears()):
            pass
        assert said == ["everything"]
    return page


def tell(story: Callable[[], Awaitable[None]]) -> None:
    """Let the story happen in a server's loop that ends like a server."""

    async def told() -> None:
        async with asyncio.timeout(20):
            try:
                await story()
            finally:
                await live.desk.shut()

    asyncio.run(told())


def test_a_page_hears_what_is_its_own_and_nothing_else():
    async def story() -> None:
        tess, theo = await opens(TESS), await opens(THEO)

        news.tell([THEO], "queue")
        news.tell([TESS], "conversation:7")

        assert await tess.hears() == ["conversation:7"]
        assert await theo.hears() == ["queue"]

    tell(story)


def test_who_watches_hears_what_happens_in_the_organization_and_nobody_else_does():
    async def story() -> None:
        ada = await opens(ADA, news.ticket(ADA, watches=RIVERTON))
        zed = await opens(ZED, news.ticket(ZED, watches=OTHERTON))
        tess = await opens(TESS)

        news.tell_watchers(RIVERTON)

        assert await ada.hears() == ["work"]
        news.tell([ADA, TESS, ZED], "queue")
        assert await ada.hears() == ["queue"]
        assert await zed.hears() == ["queue"]
        assert await tess.hears() == ["queue"]
        assert len(live.desk) == 3, "a page that watches is one page"
        await ada.leaves()
        assert -RIVERTON not in live.desk.pages

    tell(story)


def test_what_changed_between_the_rendering_and_the_connection_is_not_missed():
    async def story() -> None:
        other = await opens(TESS)
        with time_machine.travel(time.time() + 60):
            rendered = news.ticket(TESS)
            news.tell([TESS, THEO], "queue")
            await other.hears()

            late = await opens(TESS, rendered)

        assert await late.hears() == ["queue"]

    tell(story)


def test_a_page_older_than_what_is_remembered_looks_at_everything():
    async def story() -> None:
        rendered = news.ticket(TESS)
        with time_machine.travel(time.time() + 60):
            await opens(THEO)

            late = await opens(TESS, rendered)

            assert await late.hears() == ["everything"]

    tell(story)


def test_a_page_that_cannot_keep_up_looks_at_everything():
    async def story() -> None:
        page = live.Page()

        for number in range(live.UNREAD + 1):
            page.put(f"conversation:{number}")

        assert page.take() == ["everything"]
        assert page.take() == []

    tell(story)


@pytest.mark.parametrize("ticket", ["", "forged", "a:b:c"])
def test_without_a_ticket_there_is_nothing_to_hear(ticket):
    async def story() -> None:
        assert await Browser(ticket).status() == 401

    tell(story)
    assert live.desk.listener is None, "a stranger must not cost a connection"


def test_a_ticket_of_yesterday_asks_for_a_fresh_one():
    async def story() -> None:
        with time_machine.travel("2026-10-19 12:00:00+00:00"):
            ticket = news.ticket(TESS)

        assert await Browser(ticket).status() == 401

    tell(story)


def test_a_member_who_was_signed_out_hears_that_and_then_nothing():
    async def story() -> None:
        page = await opens(TESS)

        news.tell([TESS], "gone")

        assert await page.hears() == ["gone"]
        await page.stream
        assert len(live.desk) == 0

    tell(story)


def test_a_silent_stream_shows_that_it_lives(monkeypatch):
    monkeypatch.setattr(live, "HEARTBEAT", 0.01)

    async def story() -> None:
        page = await opens(TESS)

        assert (await page.sent.get())["body"].startswith(b":")

    tell(story)


def test_who_leaves_is_forgotten():
    async def story() -> None:
        first, second = await opens(TESS), await opens(TESS)
        assert len(live.desk) == 2

        await first.leaves()

        assert len(live.desk) == 1
        news.tell([TESS], "queue")
        assert await second.hears() == ["queue"]

    tell(story)


def test_one_member_cannot_take_every_place(monkeypatch):
    monkeypatch.setattr(live, "PAGES_A_MEMBER", 2)

    async def story() -> None:
        await opens(TESS)
        await opens(TESS)

        assert await Browser(news.ticket(TESS)).status() == 503
        await opens(THEO)

    tell(story)


def test_many_pages_hold_one_connection():
    async def story() -> None:
        for member in range(40):
            await opens(member)

        with psycopg.connect(**news.parameters()) as connection:
            [listeners] = connection.execute(
                "select count(*) from pg_stat_activity where datname = current_database() and query ilike 'listen %'"
            ).fetchone()
        assert listeners == 1

    tell(story)


def test_after_the_database_came_back_every_page_looks_at_everything(monkeypatch):
    monkeypatch.setattr(news, "BACK_OFF", (0.0,))

    async def story() -> None:
        page = await opens(TESS)

        with psycopg.connect(**news.parameters()) as connection:
            connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and query ilike 'listen %'"
            )

        assert await page.hears() == ["everything"]
        news.tell([TESS], "queue")
        assert await page.hears() == ["queue"]

    tell(story)


def test_a_server_that_stops_lets_its_pages_go():
    async def story() -> None:
        page = await opens(TESS)

        await live.desk.shut()

        await page.stream
        assert len(live.desk) == 0

    tell(story)
