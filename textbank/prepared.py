"""Statements written by hand, for what is done hundreds of times a second, and planned once a connection.

For a statement with a few joins the ORM spends 1 to 1.6 ms of Python, and PostgreSQL 0.3 to 0.5 ms on its plan, each
time (docs/decisions/0002-server-and-threads.md). Elsewhere the ORM is quick enough, and easier to read.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Generic, TypeVar, cast

import psycopg
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Model, QuerySet

M = TypeVar("M", bound=Model)


def rows(statement: str, given: Mapping[str, Any] | Sequence[Any]) -> list[tuple[Any, ...]]:
    """What the statement returns. PostgreSQL keeps its plan from the second time on (`prepare_threshold`)."""
    connection.ensure_connection()
    # Django's own cursor writes values into the text, which is another text each time. This one sends them apart;
    # wrapped as Django wraps its own, its statements are counted, logged, and fail with Django's errors.
    wrapped = connection.make_debug_cursor if connection.queries_logged else connection.make_cursor
    with wrapped(cast(Any, psycopg.Cursor(connection.connection))) as cursor:
        cursor.execute(statement, given)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def row(statement: str, given: Mapping[str, Any]) -> Iterator[Any] | None:
    """The values of the first row that it returns, for `Columns.take`; None if there is none."""
    found = rows(statement, given)
    return iter(found[0]) if found else None


def ids_of(found: QuerySet[Any]) -> tuple[str, Sequence[Any]]:
    """The statement that finds their ids, `pk`, in their order, to be built into one by hand, and what it is given."""
    try:
        return found.values("pk").query.sql_with_params()
    except EmptyResultSet:
        # Where nothing can match, Django asks for nothing.
        return "select null::bigint pk where false", ()


class Columns(Generic[M]):
    """Columns of a table, all unless some are named: for a statement, and to make an instance of their values.

    The others are read when somebody asks for them, as after `only()`.
    """

    def __init__(self, model: type[M], alias: str, *names: str) -> None:
        fields = [field for field in model._meta.concrete_fields if not names or field.attname in names]
        if names and len(fields) != len(names):
            raise ValueError(f"{model.__name__} has not all of {', '.join(names)}.")
        self.model = model
        self.names = [field.attname for field in fields]
        self.sql = ", ".join(f"{alias}.{field.column}" for field in fields)
        # What comes from a column as something else than the model has: jsonb.
        self.read = {
            place: field.from_db_value for place, field in enumerate(fields) if hasattr(field, "from_db_value")
        }

    def __str__(self) -> str:
        return self.sql

    def take(self, row: Iterator[Any]) -> M:
        """The instance made of the row's next values."""
        values = list(islice(row, len(self.names)))
        for place, read in self.read.items():
            values[place] = read(values[place], None, connection)
        return self.model.from_db("default", self.names, values)
