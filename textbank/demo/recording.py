"""The demo's past is written down: texts, answers, tags and opt-outs as rows, thousands in a statement."""

import uuid
import zlib
from collections.abc import Iterator, Sequence

from django.db import connection

from textbank.campaigns.models import Campaign
from textbank.contacts.models import OptOut
from textbank.conversations.loading import copy
from textbank.conversations.models import Answer, Direction, Kind, MessageStatus, Tagging
from textbank.demo.past import SECOND, Said, Thread
from textbank.demo.people import Office
from textbank.organizations.models import AuditEntry

COLUMNS = (
    *("id", "organization_id", "conversation_id", "author_id", "service_id", "sender_id", "direction", "kind"),
    *("status", "pass_number", "client_id", "provider_id", "text", "error", "created_at", "claimed_at", "sent_at"),
    "reported_at",
)

# Everything but who has it: that is for the ledger alone.
MOVE_ON = """
update conversations_conversation c
set status = now.status, waiting_since = now.waiting_since, last_inbound = now.last_inbound,
    last_activity = now.last_activity, worked_at = now.worked_at, sender_id = now.sender,
    opted_out = now.opted_out, changed_in = pg_current_xact_id()
from unnest(%s::bigint[], %s::smallint[], %s::timestamptz[], %s::bigint[], %s::timestamptz[], %s::timestamptz[],
        %s::bigint[], %s::boolean[])
    now (id, status, waiting_since, last_inbound, last_activity, worked_at, sender, opted_out)
where c.id = now.id
"""


def record(office: Office, campaign: Campaign, threads: Sequence[Thread]) -> None:
    """Writes down what was said in these conversations, and where each stands."""
    latest = write_texts(office, threads)
    by_column = zip(*(where_it_stands(office, thread, latest) for thread in threads), strict=True)
    with connection.cursor() as cursor:
        cursor.execute(MOVE_ON, [list(column) for column in by_column])
    Answer.objects.bulk_create(
        Answer(conversation_id=thread.pk, step_id=one.step, value=one.value, by_id=thread.texter, at=one.at)
        for thread in threads
        for one in thread.answers
    )
    Tagging.objects.bulk_create(
        Tagging(conversation_id=thread.pk, tag=office.tags[title], by_id=thread.texter, at=thread.last_activity)
        for thread in threads
        for title in dict.fromkeys(thread.tags)
    )
    write_opt_outs(office, [thread for thread in threads if thread.stop])


def where_it_stands(office: Office, thread: Thread, latest: dict[int, int]) -> tuple[object, ...]:
    return (
        *(thread.pk, thread.status.value, thread.waiting_since, latest.get(thread.pk), thread.last_activity),
        *(thread.worked_at, sender(office, thread.cell), thread.stop is not None),
    )


def sender(office: Office, cell: str) -> int:
    """The number that texts go out from: by the contact's, so that it is the same in every campaign."""
    return office.numbers[zlib.crc32(cell.encode()) % len(office.numbers)].pk


def write_texts(office: Office, threads: Sequence[Thread]) -> dict[int, int]:
    """Every text, in the order in which they went; returns the latest inbound one of each conversation."""
    said = sorted(((one, thread) for thread in threads for one in thread.said), key=lambda pair: pair[0].at)
    ids = new_ids(len(said))
    copy("conversations_message", COLUMNS, rows(office, said, ids))
    pairs = zip(said, ids, strict=True)
    return {thread.pk: pk for (one, thread), pk in pairs if one.direction == Direction.INBOUND}


def new_ids(count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select nextval(pg_get_serial_sequence('conversations_message', 'id')) from generate_series(1, %s)", [count]
        )
        return [pk for (pk,) in cursor.fetchall()]


def rows(office: Office, said: Sequence[tuple[Said, Thread]], ids: Sequence[int]) -> Iterator[tuple[object, ...]]:
    for (one, thread), pk in zip(said, ids, strict=True):
        ours = one.direction == Direction.OUTGOING
        yield (
            *(pk, office.organization.pk, thread.pk, one.author, office.service.pk, sender(office, thread.cell)),
            *(one.direction.value, one.kind.value, one.status.value),
            1 if one.kind == Kind.FIRST else None,
            uuid.uuid5(uuid.NAMESPACE_OID, f"{office.organization.slug} {pk}") if one.author else None,
            f"before-{office.organization.slug}-{pk}",
            *(one.text, one.error, one.at),
            one.at + SECOND if ours else None,
            one.at + SECOND if ours and one.status != MessageStatus.FAILED else None,
            one.at + 3 * SECOND if ours and one.status != MessageStatus.SENT else None,
        )


def write_opt_outs(office: Office, threads: Sequence[Thread]) -> None:
    stops = [(thread.cell, thread.stop) for thread in threads if thread.stop]
    OptOut.objects.bulk_create(
        OptOut(organization=office.organization, cell=cell, at=stop.at, channel="text", words=stop.text)
        for cell, stop in stops
    )
    AuditEntry.objects.bulk_create(
        AuditEntry(
            organization=office.organization, did="opted out", about=cell, details={"channel": "text"}, at=stop.at
        )
        for cell, stop in stops
    )
