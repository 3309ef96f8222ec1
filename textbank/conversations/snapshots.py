"""What was seen when: PostgreSQL's own snapshots as the guard of a hand-off.

A timestamp misses what commits late; a snapshot does not. Every write that changes a conversation stamps it with
its transaction (`changed_in`); a conversation is as somebody saw it if that transaction was visible to them.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.db import connection, models
from django.db.models import Func
from django.utils import timezone

# Without the time of signing: the same moment is the same token, page after page.
SIGNER = signing.Signer(salt="as-of")


class BadSnapshot(ValueError):
    """What was given as `as_of` was never given out here."""


class TransactionIdField(models.Field):
    """A column of PostgreSQL's xid8: the full id of a transaction."""

    def db_type(self, connection: Any) -> str:
        return "xid8"

    def get_internal_type(self) -> str:
        return "TransactionIdField"


class CurrentTransaction(Func):
    function = "pg_current_xact_id"
    template = "%(function)s()"
    arity = 0
    output_field = TransactionIdField()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A moment of the database, and the clock's time at it."""

    seen: str
    at: dt.datetime

    @classmethod
    def now(cls) -> "Snapshot":
        with connection.cursor() as cursor:
            cursor.execute("select pg_current_snapshot()::text")
            return cls(cursor.fetchone()[0], timezone.now())

    @classmethod
    def parse(cls, token: str) -> "Snapshot":
        try:
            seen, at = SIGNER.unsign_object(token)
        except signing.BadSignature as error:
            raise BadSnapshot("as_of is not one that was given out here.") from error
        return cls(seen, dt.datetime.fromisoformat(at))

    def token(self) -> str:
        return SIGNER.sign_object((self.seen, self.at.isoformat()))


class UnchangedSince(Func):
    """Whether a row's `changed_in` was already visible to a snapshot."""

    function = "pg_visible_in_snapshot"
    output_field = models.BooleanField()
    template = "%(function)s(%(expressions)s)"

    def __init__(self, changed_in: str, snapshot: Snapshot) -> None:
        super().__init__(changed_in, Func(models.Value(snapshot.seen), template="(%(expressions)s)::pg_snapshot"))
