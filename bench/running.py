"""The whole product as it runs in earnest: web server, worker and carrier as processes of their own.

The client and the database are on the same machine.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection
from django.test import Client

from bench.figures import parent
from textbank.demo.children import Children, free_port
from textbank.demo.running import start_all
from textbank.organizations.models import Membership


@dataclass(frozen=True)
class Running:
    """Where the product answers, and its processes by name."""

    url: str
    secret: str
    processes: dict[str, int]


@contextmanager
def running() -> Iterator[Running]:
    port, carrier, secret = free_port(), free_port(), secrets.token_urlsafe(16)
    env = {
        "TEXTBANK_URL": f"http://127.0.0.1:{port}",
        "TEXTBANK_SIMULATOR": f"http://127.0.0.1:{carrier}",
        "TEXTBANK_SIMULATOR_SECRET": secret,
        "TEXTBANK_POOL": "12",
    }
    with Children() as children:
        start_all(children, port, carrier, pace="silent", env={**os.environ, **env})
        children.wait_for(f"{env['TEXTBANK_URL']}/readyz", seconds=60)
        processes = {name: process.pid for name, process in children.processes.items()}
        yield Running(env["TEXTBANK_URL"], secret, {**processes, "The database": database()})


def database() -> int:
    """The process that is above all of the server's."""
    connection.ensure_connection()
    return parent(connection.connection.info.backend_pid)


def signed_in(member: Membership) -> dict[str, str]:
    """What the member's browser sends along: web server and bench share the home's secret."""
    client = Client()
    client.force_login(member.user)
    return {"Cookie": "; ".join(f"{key}={one.value}" for key, one in client.cookies.items())}
