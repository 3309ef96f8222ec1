"""A contact list comes in: staged piece by piece, read by whoever has the time, loaded as a whole or not at all."""

import csv
import datetime as dt
import io
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, connections, transaction
from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app as jobs

from textbank import news
from textbank.campaigns.models import Campaign
from textbank.contacts import reading
from textbank.contacts.models import Upload, UploadChunk
from textbank.contacts.reading import Rejected, Row, Unreadable
from textbank.conversations import loading
from textbank.conversations.loading import Batch
from textbank.conversations.sending import CampaignArchived
from textbank.organizations.models import Membership

PIECE = 512 * 1024  # bytes of the file in a row
BATCH = 10_000  # contacts between two signs of life
JOB = 5_000  # lines from which on a list is a worker's work
BIG = 10_000  # contacts that change what the planner should know

# The database is restarting, or cannot go on just now: the job comes again until it can.
NOT_NOW = (OperationalError, InterfaceError)

UTF_16 = (b"\xff\xfe", b"\xfe\xff")


class TooLarge(Unreadable):
    """The file is over the installation's limit."""


@transaction.atomic
def receive(campaign: Campaign, file_name: str, chunks: Iterable[bytes], *, by: Membership, now: dt.datetime) -> Upload:
    """Takes the list in at once; one of thousands of lines is left to a worker, and comes back staged.

    `chunks` are the file's bytes. Raises Unreadable (TooLarge) and CampaignArchived, and then nothing has happened.
    """
    upload = stage(campaign, file_name, chunks, by=by)
    if upload.lines < JOB:
        read_in(upload, now)
    else:
        enqueue(upload)
    return upload


@transaction.atomic
def stage(campaign: Campaign, file_name: str, chunks: Iterable[bytes], *, by: Membership) -> Upload:
    """Keeps the file for a worker, without ever holding it. Raises as `receive` does, for what its beginning shows."""
    loading.refuse_archived(campaign)
    upload = Upload.objects.create(campaign=campaign, by=by, file_name=file_name.replace("\0", "")[:255])
    returns = 0
    for position, piece in enumerate(pieces(chunks)):
        if position == 0:
            look(piece)
        upload.size += len(piece)
        if upload.size > settings.UPLOAD_LIMIT:
            raise TooLarge(f"This file is larger than {settings.UPLOAD_LIMIT // 2**20:,} MB: upload it in parts.")
        upload.lines += piece.count(b"\n")
        returns += piece.count(b"\r")
        UploadChunk.objects.create(upload=upload, position=position, data=piece)
    # Some old programs end lines with a carriage return alone; the last line may have no end at all.
    upload.lines = max(upload.lines, returns) + (not piece.endswith((b"\n", b"\r", b"\n\0")))
    upload.save(update_fields=["size", "lines"])
    return upload


def pieces(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of PIECE, whatever sizes they come in; at least one piece, if an empty one."""
    held = bytearray()
    empty = True
    for chunk in chunks:
        held += chunk
        while len(held) >= PIECE:
            yield bytes(held[:PIECE])
            del held[:PIECE]
            empty = False
    if held or empty:
        yield bytes(held)


def look(beginning: bytes) -> None:
    """Raises Unreadable for what the beginning of a file already shows."""
    reader = reading.read([beginning])
    if b"\0" in beginning and not beginning.startswith(UTF_16):
        deque(reader, maxlen=0)


def enqueue(upload: Upload) -> None:
    """Leaves the upload to a worker, once this transaction has committed."""
    load_staged.defer(upload=upload.pk)


@jobs.task(name="load an upload", retry=RetryStrategy(wait=30, retry_exceptions=NOT_NOW))
def load_staged(upload: int) -> None:
    if staged := Upload.objects.filter(pk=upload).first():
        load(staged, now=timezone.now())


def load(upload: Upload, *, now: dt.datetime) -> Upload:
    """Reads the staged file and makes its contacts; a file that cannot be used fails with its sentence in `error`.

    It may be called again: what is done is done, and what was cut short begins anew from the staged file.
    """
    with alone(upload):
        upload.refresh_from_db()
        if upload.state not in {Upload.State.DONE, Upload.State.FAILED}:
            read_or_fail(upload, now)
    return upload


@contextmanager
def alone(upload: Upload) -> Iterator[None]:
    """Within, no other worker loads the same upload: it waits, and finds it done. A killed one lets go by itself."""
    name = [f"upload {upload.pk}"]
    loading.execute("select pg_advisory_lock(hashtextextended(%s, 0))", name)
    try:
        yield
    finally:
        if connection.is_usable():
            loading.execute("select pg_advisory_unlock(hashtextextended(%s, 0))", name)


def read_or_fail(upload: Upload, now: dt.datetime) -> None:
    try:
        read_in(upload, now)
    except (Unreadable, CampaignArchived) as refused:
        fail(upload, str(refused))
    except NOT_NOW:
        raise
    except Exception:
        fail(upload, "This list could not be loaded. Nothing of it was kept; the server's log says why.")
        raise
    if upload.accepted > BIG:
        loading.execute("analyze contacts_contact, conversations_conversation")


def read_in(upload: Upload, now: dt.datetime) -> None:
    """Reads batch by batch, saying how far it is, and loads it all in one transaction."""
    loading.refuse_archived(upload.campaign)
    upload.state, upload.read = Upload.State.RUNNING, 0
    upload.save(update_fields=["state", "read"])
    rows = reading.read(staged(upload), default_timezone=upload.campaign.timezone)
    # In somebody else's transaction a thread, with a connection of its own, would not see the upload.
    reads = batches(upload, rows) if connection.in_atomic_block else one_ahead(batches(upload, rows))
    loading.load(upload, reads, rows.custom, now=now)
    upload.refresh_from_db()
    tell(upload)


def batches(upload: Upload, rows: Iterable[Row | Rejected]) -> Iterator[Batch]:
    contacts = iter(rows)
    while found := list(islice(contacts, BATCH)):
        batch = loading.batch_of(found)
        Upload.objects.filter(pk=upload.pk).update(read=batch.end)
        tell(upload)
        yield batch


def one_ahead(batches: Iterator[Batch]) -> Iterator[Batch]:
    """The same, each read by a thread while the database still works on the one before."""
    with ThreadPoolExecutor(1) as reader:
        try:
            coming = reader.submit(next, batches, None)
            while batch := coming.result():
                coming = reader.submit(next, batches, None)
                yield batch
        finally:
            reader.submit(connections.close_all)


def staged(upload: Upload) -> Iterator[bytes]:
    """The file's bytes, one piece in memory at a time."""
    position = 0
    while piece := upload.chunks.filter(position=position).values_list("data", flat=True).first():
        yield bytes(piece)
        position += 1


@transaction.atomic
def fail(upload: Upload, sentence: str) -> None:
    upload.state, upload.error, upload.finished_at = Upload.State.FAILED, sentence, timezone.now()
    upload.save(update_fields=["state", "error", "finished_at"])
    upload.chunks.all().delete()
    upload.refresh_from_db()
    tell(upload)


def tell(upload: Upload) -> None:
    """Pages of the administration hear that the upload has moved on."""
    news.tell_watchers(upload.campaign.organization_id, f"upload:{upload.pk}")


def rejected_csv(upload: Upload) -> Iterator[str]:
    """What was left out and why, line by line, for a download."""
    yield csv_line(["Line", "Why", "Row"])
    for line, why, text in upload.rejected.values_list("line", "why", "text").iterator():
        yield csv_line([str(line), reading.csv_safe(why), reading.csv_safe(text)])


def csv_line(values: Iterable[str]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(values)
    return text.getvalue()
