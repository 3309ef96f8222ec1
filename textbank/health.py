"""Is this process alive, and may it be given work? For load balancers and monitors, without sign-in."""

from typing import Any

import psycopg
from django.http import HttpRequest, HttpResponse, JsonResponse

from textbank import news
from textbank.reports.version import missing

WORKER_SEEN = 60  # seconds


def healthz(request: HttpRequest) -> HttpResponse:
    """200 while the process answers at all; it asks nothing of the database."""
    return HttpResponse("ok", content_type="text/plain", headers={"Cache-Control": "no-store"})


def readyz(request: HttpRequest) -> JsonResponse:
    """200 if the database answers and is migrated, else 503 and the reason; no worker is a warning."""
    try:
        found = _look()
    except psycopg.Error:
        found = {"ready": False, "reason": "The database does not answer."}
    status = 200 if found["ready"] else 503
    return JsonResponse(found, status=status, headers={"Cache-Control": "no-store"})


def _look() -> dict[str, Any]:
    # Not a pooled connection: a pool waits half a minute for a database that is away.
    with psycopg.connect(**{**news.parameters(), "connect_timeout": 3}, autocommit=True) as connection:
        if missing(connection):
            return {"ready": False, "reason": "The database is not migrated. Run: textbank migrate"}
        if _worker_was_seen(connection):
            return {"ready": True, "worker": "seen"}
        warning = f"No worker was seen in the last {WORKER_SEEN} seconds: texts wait. Run: textbank work"
        return {"ready": True, "worker": "missing", "warning": warning}


def _worker_was_seen(connection: psycopg.Connection[Any]) -> bool:
    seen = connection.execute(
        "select max(last_heartbeat) > now() - make_interval(secs => %s) from procrastinate_workers",
        [WORKER_SEEN],
    ).fetchone()
    return seen == (True,)
