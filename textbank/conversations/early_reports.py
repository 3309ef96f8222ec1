"""Delivery reports that came before our own record of the carrier's yes meet it here.

Whoever writes one of the two commits it, and only then looks for the other: of two at the same moment the later
one sees both. Inside one transaction each could miss what the other had not committed yet.
"""

import datetime as dt
from collections.abc import Collection

from django.db import connection

from textbank.conversations.models import Direction, EarlyReport, MessageStatus
from textbank.messaging.models import MessagingService

MEET = """
with early as (
    delete from conversations_earlyreport r using conversations_message m
    where m.service_id = r.service_id and m.direction = %(outgoing)s and m.provider_id = r.provider_id
        and (%(ids)s::text[] is null or r.provider_id = any(%(ids)s::text[]))
    returning m.id, r.status, r.error, r.at
)
update conversations_message m set status = early.status, error = early.error, reported_at = early.at
from early where m.id = early.id and m.status = any(%(open)s)
"""


def keep(service: MessagingService, provider_id: str, status: MessageStatus, error: str, now: dt.datetime) -> None:
    """Keeps a report on a text nobody knows yet. “Sent” takes nothing back that was said before."""
    said = {"status": status, "error": error, "at": now}
    if status == MessageStatus.SENT:
        EarlyReport.objects.get_or_create(service=service, provider_id=provider_id, defaults=said)
    else:
        EarlyReport.objects.update_or_create(service=service, provider_id=provider_id, defaults=said)


def meet(provider_ids: Collection[str] | None = None) -> int:
    """Applies the reports kept on these texts, or on all, that are known by now; returns how many texts changed."""
    with connection.cursor() as cursor:
        cursor.execute(
            MEET,
            {
                "ids": None if provider_ids is None else list(provider_ids),
                "outgoing": Direction.OUTGOING,
                "open": [MessageStatus.SENDING.value, MessageStatus.UNCONFIRMED.value, MessageStatus.SENT.value],
            },
        )
        return int(cursor.rowcount)
