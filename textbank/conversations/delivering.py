"""The outbox drains: queued texts go to the carrier, and what became of each is written down.

A text is marked *sending* in a transaction of its own before the carrier hears of it. A worker that dies between
the carrier's yes and our writing it down therefore leaves *sending*, which becomes *unconfirmed*: never a second text.
"""

import asyncio
import datetime as dt
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeVar

import aiohttp
from asgiref.sync import sync_to_async
from django.db import DatabaseError, close_old_connections, connection, transaction
from django.utils import timezone

from textbank.campaigns.models import Campaign
from textbank.campaigns.texting_hours import open_now, opens_at
from textbank.conversations import early_reports, senders
from textbank.conversations.models import Kind, Message, MessageStatus
from textbank.conversations.senders import Leaving
from textbank.messaging import providers
from textbank.messaging.models import SenderNumber
from textbank.messaging.pacing import Pace
from textbank.messaging.texts import Accepted, Account, Outgoing, Refused, Unknown

log = logging.getLogger(__name__)

BATCH = 500
BATCHES = 3
GATHER = 0.1  # seconds after a batch that was not full: claiming a handful costs nearly as much as claiming a hundred
AT_ONCE = 200  # requests to the carrier under way at the same time
FORGOTTEN = dt.timedelta(minutes=2)  # longer than any request to a carrier may take
AGAIN = dt.timedelta(seconds=15)  # after a carrier that was too busy
STALE = dt.timedelta(minutes=5)  # a text that waited this long is held against the clock once more

RETRIES = (1, 1, 2, 5, 10, 20, 30)  # seconds between tries to write down what carriers answered

Done = TypeVar("Done")
Fate = Accepted | Refused | Unknown


class Parcel(NamedTuple):
    """A text with everything its carrier needs."""

    outgoing: Outgoing
    number: int
    per_second: float
    provider: str
    account: Account


def drain_once(now: dt.datetime | None = None) -> int:
    """Takes one batch, hands it over, writes down the answers. Returns how many texts were taken."""
    return asyncio.run(Drain().once(now))


class Drain:
    """One worker's way to the carriers: its connections to them, and the pace of each sender number."""

    def __init__(self) -> None:
        self.paces: dict[int, Pace] = {}

    async def once(self, now: dt.datetime | None = None) -> int:
        parcels = await in_thread(claim, now or timezone.now())
        if parcels:
            async with client() as carriers:
                await self.hand_over(carriers, asyncio.Semaphore(AT_ONCE), parcels, now)
        return len(parcels)

    async def forever(self, wake: asyncio.Event) -> None:
        """Drains until cancelled; sleeps while the outbox is empty, a second at most or until it is woken.

        A few batches are under way at the same time, so that one slow number or carrier holds up no other. A
        database that is away is waited for.
        """
        room, batches = asyncio.Semaphore(AT_ONCE), asyncio.Semaphore(BATCHES)
        async with client() as carriers, asyncio.TaskGroup() as under_way:
            while True:
                wake.clear()
                await batches.acquire()
                if parcels := await self.claimed():
                    batch = under_way.create_task(self.hand_over(carriers, room, parcels))
                    batch.add_done_callback(lambda _: batches.release())
                    if len(parcels) < BATCH:
                        await asyncio.sleep(GATHER)
                else:
                    batches.release()
                    await sleep_until(wake, 1.0)

    async def claimed(self) -> list[Parcel]:
        try:
            return await in_thread(claim, timezone.now())
        except DatabaseError:
            log.exception("The outbox could not be read; it is tried again")
            return []

    async def hand_over(
        self,
        carriers: aiohttp.ClientSession,
        room: asyncio.Semaphore,
        parcels: Sequence[Parcel],
        now: dt.datetime | None = None,
    ) -> None:
        answers = await asyncio.gather(*(self.give(carriers, room, parcel) for parcel in parcels))
        fates = {parcel.outgoing.id: fate for parcel, fate in zip(parcels, answers, strict=True)}
        for pause in RETRIES:
            try:
                await in_thread(write_down, fates, now or timezone.now())
                return
            except DatabaseError:
                log.exception("The carriers' answers could not be written down; it is tried again")
                await asyncio.sleep(pause)
        log.error("The answers to %s texts are lost: they will be unconfirmed", len(fates))

    async def give(self, carriers: aiohttp.ClientSession, room: asyncio.Semaphore, parcel: Parcel) -> Fate:
        await self.in_step(parcel)
        async with room:
            try:
                return await providers.named(parcel.provider).send(carriers, parcel.account, parcel.outgoing)
            except Exception as error:  # whatever a provider's code throws, the text's fate is unknown
                log.exception("The provider %s failed on message %s", parcel.provider, parcel.outgoing.id)
                return Unknown(str(error)[:200])

    async def in_step(self, parcel: Parcel) -> None:
        """Waits for the sender number's turn."""
        pace = self.paces.setdefault(parcel.number, Pace(parcel.per_second))
        while not pace.take(time.monotonic(), 1):
            await asyncio.sleep(pace.wait(time.monotonic()))


async def in_thread(work: Callable[..., Done], *arguments: object) -> Done:
    """Runs work on the database in a thread, on a connection that is looked after."""

    def looked_after() -> Done:
        close_old_connections()
        try:
            return work(*arguments)
        finally:
            close_old_connections()

    return await sync_to_async(looked_after)()


def client() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=AT_ONCE),
        # Getting a connection counts apart: what never left may be tried again.
        timeout=aiohttp.ClientTimeout(total=40, connect=20),
        cookie_jar=aiohttp.DummyCookieJar(),
    )


async def sleep_until(wake: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(wake.wait(), seconds)
    except TimeoutError:
        return


# Whole rows of message, conversation, contact, campaign and service took three times the time of everything else here.
QUEUED = """
select m.id, m.kind, m.text, m.created_at, m.service_id, m.conversation_id,
    c.organization_id, c.sender_id, c.hours_key, c.opted_out, c.campaign_id, a.archived_at is not null, k.cell
from conversations_message m
    join conversations_conversation c on c.id = m.conversation_id
    join campaigns_campaign a on a.id = c.campaign_id
    join contacts_contact k on k.id = c.id
where m.status = %(queued)s and (m.not_before is null or m.not_before <= %(now)s)
    and (a.paused_at is null or m.kind = %(automatic)s)
order by m.id limit %(batch)s
for update of m skip locked
"""

TAKE = "update conversations_message set status = %s, claimed_at = %s where id = any(%s)"


def claim(now: dt.datetime) -> list[Parcel]:
    """Marks a batch of queued texts *sending* and returns them; what may not go out any more is put aside.

    Texts of a paused campaign stay queued. SKIP LOCKED: any number of workers share the outbox.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            QUEUED, {"queued": MessageStatus.QUEUED, "automatic": Kind.AUTOMATIC, "now": now, "batch": BATCH}
        )
        texts = [Leaving(*row) for row in cursor.fetchall()]
        aside = put_aside(texts, now)
        going = [text for text in texts if text.id not in aside]
        numbers = senders.choose(going)
        cursor.execute(TAKE, [MessageStatus.SENDING, now, list(numbers)])
    return [parcel(text, numbers[text.id]) for text in going if text.id in numbers]


def parcel(text: Leaving, number: SenderNumber) -> Parcel:
    outgoing = Outgoing(text.id, text.cell, number.number, text.text)
    return Parcel(outgoing, number.pk, number.per_second, number.service.provider, number.service.account)


def put_aside(texts: Sequence[Leaving], now: dt.datetime) -> set[int]:
    """Looks once more at texts about to leave: opt-outs and archiving cancel them, closing time holds them."""
    watched = [text for text in texts if text.kind != Kind.AUTOMATIC]
    cancelled = {text.id: why for text in watched if (why := cancelling(text))}
    for pk, why in cancelled.items():
        Message.objects.filter(pk=pk).update(status=MessageStatus.CANCELLED, error=why)
    late = [text for text in watched if text.id not in cancelled and now - text.created_at > STALE]
    return {*cancelled, *held(late, now)}


def cancelling(text: Leaving) -> str:
    if text.opted_out:
        return "The contact opted out."
    return "The campaign was archived." if text.archived else ""


def held(late: Sequence[Leaving], now: dt.datetime) -> set[int]:
    """Those that it is too late, or too early, to send now: they wait until texting hours begin."""
    campaigns = Campaign.objects.select_related("service").in_bulk({text.campaign for text in late})
    waiting = set()
    for text in late:
        campaign = campaigns[text.campaign]
        clock = text.hours_key, campaign.hours, campaign.legal_hours, now
        if not open_now(*clock):
            Message.objects.filter(pk=text.id).update(not_before=opens_at(*clock) or now + dt.timedelta(hours=1))
            waiting.add(text.id)
    return waiting


WRITE_DOWN = """
update conversations_message m
set status = fate.status,
    provider_id = coalesce(fate.provider_id, m.provider_id), error = fate.error, sent_at = fate.sent_at,
    not_before = fate.not_before
from unnest(%(ids)s::bigint[], %(statuses)s::smallint[], %(provider_ids)s::text[], %(errors)s::text[],
            %(sent_ats)s::timestamptz[], %(not_befores)s::timestamptz[])
    fate (id, status, provider_id, error, sent_at, not_before)
where m.id = fate.id and m.status in (%(sending)s, %(unconfirmed)s)
"""


def write_down(fates: Mapping[int, Fate], now: dt.datetime) -> None:
    """Records what the carriers answered, in one statement, then the reports that came even before that."""
    rows = [outcome(fate, now) for fate in fates.values()]
    with connection.cursor() as cursor:
        cursor.execute(
            WRITE_DOWN,
            {
                "sending": MessageStatus.SENDING,
                "unconfirmed": MessageStatus.UNCONFIRMED,
                "ids": list(fates),
                "statuses": [row.status for row in rows],
                "provider_ids": [row.provider_id for row in rows],
                "errors": [row.error for row in rows],
                "sent_ats": [row.sent_at for row in rows],
                "not_befores": [row.not_before for row in rows],
            },
        )
    early_reports.meet([row.provider_id for row in rows if row.provider_id])


class Outcome(NamedTuple):
    """What a message's row says after its fate."""

    status: MessageStatus
    provider_id: str | None = None
    error: str = ""
    sent_at: dt.datetime | None = None
    not_before: dt.datetime | None = None


def outcome(fate: Fate, now: dt.datetime) -> Outcome:
    match fate:
        case Accepted():
            return Outcome(MessageStatus.SENT, provider_id=fate.provider_id, sent_at=now)
        case Refused() if fate.retry:
            return Outcome(MessageStatus.QUEUED, not_before=now + AGAIN)
        case Refused():
            return Outcome(MessageStatus.FAILED, error=f"{fate.code} {fate.reason}".strip()[:200])
        case Unknown():
            return Outcome(MessageStatus.UNCONFIRMED, error=fate.reason[:200])


def give_up_on_forgotten(now: dt.datetime) -> int:
    """Texts whose worker died while the carrier had them are *unconfirmed*; returns how many there were."""
    return Message.objects.filter(status=MessageStatus.SENDING, claimed_at__lt=now - FORGOTTEN).update(
        status=MessageStatus.UNCONFIRMED,
        error="The worker was stopped before the carrier's answer was written down.",
    )
