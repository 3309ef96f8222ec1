"""What happens by itself: every recurring job in one list, and the worker that runs them beside the outbox."""

import asyncio
import logging
import signal
from collections.abc import Callable

import uvloop
from asgiref.sync import async_to_sync
from django.conf import settings
from django.utils import timezone
from procrastinate.contrib.django import app as jobs

from textbank import news
from textbank.assignments import automatic
from textbank.contacts import zones
from textbank.conversations import delivering, early_reports

log = logging.getLogger(__name__)

Errand = Callable[[], object]


@async_to_sync
async def retry_stalled() -> None:
    """Jobs of a worker that was killed begin anew; each finds in its noun what was done."""
    for job in await jobs.job_manager.get_stalled_jobs():
        await jobs.job_manager.retry_job(job)


# (seconds between two runs, what is done)
ERRANDS: list[tuple[float, Errand]] = [
    (30, lambda: delivering.give_up_on_forgotten(timezone.now())),
    (30, early_reports.meet),
    (20, lambda: automatic.run_due(timezone.now())),
    (60, lambda: automatic.release_idle(timezone.now())),
    (30, lambda: automatic.release_from_who_only_sends(timezone.now())),
    (30, retry_stalled),
]

if settings.DEMO:
    from textbank.demo.puppets import SECONDS, Puppets

    ERRANDS.append((SECONDS, Puppets().beat))


def work() -> None:
    """Runs a worker until it is told to stop: the outbox, the jobs, the errands."""
    uvloop.run(work_until_stopped())


async def work_until_stopped() -> None:
    stopped = asyncio.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(sign, stopped.set)
    wake = asyncio.Event()
    # It takes most of a second, which the first list to come need not wait for.
    reading_on = asyncio.create_task(asyncio.to_thread(zones.places))
    parts = [
        asyncio.create_task(delivering.Drain().forever(wake)),
        asyncio.create_task(news.listen([news.WORKERS], lambda channel, payload: wake.set())),
        asyncio.create_task(run_jobs()),
        *(asyncio.create_task(every(seconds, errand)) for seconds, errand in ERRANDS),
        asyncio.create_task(stopped.wait()),
    ]
    done, running = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
    for part in running:
        part.cancel()
    await asyncio.gather(reading_on, *running, return_exceptions=True)
    for part in done:
        part.result()


async def run_jobs() -> None:
    worker_app = jobs.with_connector(jobs.connector.get_worker_connector())  # type: ignore[attr-defined]
    async with worker_app.open_async():
        await worker_app.run_worker_async(install_signal_handlers=False, concurrency=2)


async def every(seconds: float, errand: Errand) -> None:
    """Runs the errand again and again; one that fails is logged and tried the next time."""
    while True:
        try:
            await delivering.in_thread(errand)
        except Exception:
            log.exception("A recurring errand failed; it is tried again in %s seconds", seconds)
        await asyncio.sleep(seconds)
