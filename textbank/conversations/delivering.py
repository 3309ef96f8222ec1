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
from django.db.models import Q
from django.utils import timezone

from textbank.campaigns.texting_hours import open_now, opens_at
from textbank.conversations import early_reports, senders
from textbank.conversations.models import Kind, Message, MessageStatus
from textbank.messaging import providers
from textbank.messaging.models import SenderNumber
from textbank.messaging.pacing import Pace
from textbank.messaging.texts import Accepted, Account, Outgoing, Refused, Unknown

log = logging.getLogger(__name__)

BATCH = 500
BATCHES = 3
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


def claim(now: dt.datetime) -> list[Parcel]:
    """Marks a batch of queued texts *sending* and returns them; what may not go out any more is put aside.

    Texts of a paused campaign stay queued. SKIP LOCKED: any number of workers share the outbox.
    """
    with transaction.atomic():
        messages = list(
            Message.objects.filter(status=MessageStatus.QUEUED)
            .filter(Q(not_before=None) | Q(not_before__lte=now))
            .filter(Q(conversation__campaign__paused_at=None) | Q(kind=Kind.AUTOMATIC))
            .select_related("conversation__contact", "conversation__campaign__service")
            .order_by("pk")
            .select_for_update(of=("self",), skip_locked=True)[:BATCH]
        )
        going = [message for message in messages if not put_aside(message, now)]
        numbers = senders.choose(going)
        Message.objects.filter(pk__in=numbers).update(status=MessageStatus.SENDING, claimed_at=now)
    return [parcel(message, numbers[message.pk]) for message in going if message.pk in numbers]


def parcel(message: Message, number: SenderNumber) -> Parcel:
    service = message.conversation.campaign.service
    if service is None:
        raise RuntimeError(f"Message {message.pk} was queued in a campaign without a messaging service.")
    outgoing = Outgoing(message.pk, message.conversation.contact.cell, number.number, message.text)
    return Parcel(outgoing, number.pk, number.per_second, service.provider, service.account)


def put_aside(message: Message, now: dt.datetime) -> bool:
    """Looks once more at a text about to leave: opt-outs and archiving cancel it, closing time holds it."""
    thread, campaign = message.conversation, message.conversation.campaign
    if message.kind == Kind.AUTOMATIC:
        return False
    if thread.opted_out or campaign.archived_at:
        why = "The contact opted out." if thread.opted_out else "The campaign was archived."
        Message.objects.filter(pk=message.pk).update(status=MessageStatus.CANCELLED, error=why)
        return True
    late = now - message.created_at > STALE
    if late and not open_now(thread.hours_key, campaign.hours, campaign.legal_hours, now):
        opens = opens_at(thread.hours_key, campaign.hours, campaign.legal_hours, now)
        Message.objects.filter(pk=message.pk).update(not_before=opens or now + dt.timedelta(hours=1))
        return True
    return False


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
