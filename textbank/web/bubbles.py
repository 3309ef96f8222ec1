"""A thread as a messenger shows it: days, runs of one speaker, and what became of each text."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

from textbank.conversations.models import Conversation, Direction, Kind, Message, MessageStatus
from textbank.organizations.models import Membership
from textbank.web.templatetags.texting import clock

SETTLES = dt.timedelta(minutes=5)  # a text without a report for longer may never get one

FATES = {
    MessageStatus.QUEUED: "Waiting to go out",
    MessageStatus.SENDING: "Going out",
    MessageStatus.SENT: "Sent",
    MessageStatus.DELIVERED: "Delivered",
    MessageStatus.UNCONFIRMED: "The carrier did not say whether it arrived",
}


class Bubble(NamedTuple):
    """One message with what is drawn around it. `day` and `new` head it; `note` stands below it."""

    message: Message
    out: bool
    failed: bool
    waits: bool
    day: str
    new: bool
    last_said: bool
    note: str


def bubbles(thread: Conversation, messages: Sequence[Message], *, viewer: Membership, now: dt.datetime) -> list[Bubble]:
    """Times and days are on the contact's clock."""
    zone = thread.contact.timezone
    days = list(day_heads(messages, ZoneInfo(zone), now))
    first_new = next((m.pk for m in messages if is_new(m, thread)), None)
    shown = []
    for place, message in enumerate(messages):
        last = place + 1 == len(messages)
        ends_run = last or bool(days[place + 1]) or speaker(messages[place + 1]) != speaker(message)
        status = MessageStatus(message.status)
        shown.append(
            Bubble(
                message,
                out=message.direction == Direction.OUTGOING,
                failed=status in (MessageStatus.FAILED, MessageStatus.CANCELLED),
                waits=status in (MessageStatus.QUEUED, MessageStatus.SENDING),
                day=days[place],
                new=message.pk == first_new,
                last_said=ends_run,
                note=note(message, thread, viewer, zone),
            )
        )
    return shown


def day_heads(messages: Iterable[Message], zone: ZoneInfo, now: dt.datetime) -> Iterator[str]:
    """The day's name before its first message, nothing before the others."""
    today, before = now.astimezone(zone).date(), None
    for message in messages:
        day = message.created_at.astimezone(zone).date()
        yield "" if day == before else day_name(day, today)
        before = day


def day_name(day: dt.date, today: dt.date) -> str:
    if day == today:
        return "Today"
    if day == today - dt.timedelta(days=1):
        return "Yesterday"
    return f"{day:%A, %B} {day.day}" + (f", {day.year}" if day.year != today.year else "")


def is_new(message: Message, thread: Conversation) -> bool:
    waiting = thread.waiting_since
    return message.direction == Direction.INBOUND and waiting is not None and message.created_at >= waiting


def speaker(message: Message) -> tuple[int, int | None]:
    return message.direction, message.author_id


def note(message: Message, thread: Conversation, viewer: Membership, zone: str) -> str:
    time = clock(message.created_at, zone)
    if message.direction == Direction.INBOUND:
        return f"{thread.contact.first_name} · {time}"
    return f"{author(message, viewer)} · {time} · {fate(message, zone)}"


def author(message: Message, viewer: Membership) -> str:
    if message.author is None:
        return "Automatic"
    if message.author_id == viewer.pk:
        return "You"
    return message.author.user.first_name + (", farewell" if message.kind == Kind.AUTOMATIC else "")


def fate(message: Message, zone: str) -> str:
    """What became of an outgoing text, in words."""
    match MessageStatus(message.status):
        case MessageStatus.FAILED:
            return f"Not delivered: {message.error}" if message.error else "Not delivered"
        case MessageStatus.CANCELLED:
            return f"Not sent: {message.error}" if message.error else "Not sent"
        case MessageStatus.QUEUED if message.not_before:
            return f"Goes out at {clock(message.not_before, zone)}"
        case status:
            return FATES[status]


def unsettled(messages: Iterable[Message], now: dt.datetime) -> bool:
    """Whether a look in a moment may show more: something is on its way."""
    on_its_way = (MessageStatus.QUEUED, MessageStatus.SENDING, MessageStatus.SENT)
    return any(m.status in on_its_way and now - m.created_at < SETTLES for m in messages)
