"""Whether a database is at this version of Textbank."""

from functools import cache
from typing import Any

import psycopg
from django.db.migrations.loader import MigrationLoader


def missing(connection: psycopg.Connection[Any]) -> set[tuple[str, str]]:
    """The migrations, by app and name, that this version has and the database has not; all of an empty one."""
    if connection.execute("select to_regclass('django_migrations')").fetchone() == (None,):
        return wanted()
    return wanted() - set(connection.execute("select app, name from django_migrations"))


@cache
def wanted() -> set[tuple[str, str]]:
    return set(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)
