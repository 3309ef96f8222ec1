"""What a row of the bench says, and how it is timed."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from statistics import median, quantiles
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext


@dataclass(kw_only=True)
class Row:
    """One measured piece of work. `seconds` is the median of the runs; what does not apply stays None."""

    name: str
    n: int
    runs: list[float] | None = None
    seconds: float | None = None
    floor_seconds: float | None = None
    ratio: float | None = None
    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None
    statements: int | None = None
    per_second: float | None = None
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        return {key: value for key, value in asdict(self).items() if value not in (None, "")}


def timed(name: str, n: int, work: Callable[[], object], *, times: int = 3, floor: float | None = None) -> Row:
    """Runs the work a few times; the statements are those of the first run."""
    runs = []
    with CaptureQueriesContext(connection) as said:
        runs.append(stopwatch(work))
    runs += [stopwatch(work) for _ in range(times - 1)]
    middle = median(runs)
    return Row(
        name=name,
        n=n,
        runs=runs,
        seconds=middle,
        floor_seconds=floor,
        ratio=middle / floor if floor else None,
        p50_ms=middle * 1000,
        statements=len(said),
    )


def latencies(name: str, n: int, taken: Sequence[float], seconds: float, **more: Any) -> Row:
    """A row for many small pieces of work done side by side in so many seconds."""
    cuts = quantiles(taken, n=100)
    return Row(
        name=name,
        n=n,
        seconds=seconds,
        per_second=n / seconds,
        p50_ms=cuts[49] * 1000,
        p95_ms=cuts[94] * 1000,
        p99_ms=cuts[98] * 1000,
        **more,
    )


def stopwatch(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


@contextmanager
def cpu(processes: dict[str, int]) -> Iterator[dict[str, float]]:
    """Seconds of processor time that each process (with its children, for PostgreSQL) took within."""
    spent: dict[str, float] = {}
    before = {name: ticks(pid) for name, pid in processes.items()}
    yield spent
    spent.update({name: (ticks(pid) - before[name]) / 100 for name, pid in processes.items()})


def ticks(pid: int) -> int:
    """Hundredths of a second, of the process and of those that live under it."""
    return sum(own_ticks(each) for each in [pid, *children(pid)])


def own_ticks(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            fields = stat.read().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0
    return sum(int(fields[place]) for place in (11, 12, 13, 14))


def children(pid: int) -> list[int]:
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as listed:
            below = [int(child) for child in listed.read().split()]
    except FileNotFoundError:
        return []
    return below + [grand for child in below for grand in children(child)]
