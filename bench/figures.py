"""What a row of the bench says, and how it is timed."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from statistics import median, quantiles
from typing import Any, NamedTuple

from django.db import connection


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


class Watched(NamedTuple):
    """What a piece of work gave back and what it took; memory is this process's at its highest."""

    result: Any
    seconds: float
    statements: int
    memory_before: int
    memory_peak: int


def watched(work: Callable[[], object]) -> Watched:
    """Statements are counted without BEGIN and COMMIT, and without being kept: that would cost time and memory."""
    said = 0

    def count(execute: Callable[..., Any], *statement: Any) -> Any:
        nonlocal said
        said += 1
        return execute(*statement)

    forget_peak()
    before = memory("VmRSS")
    with connection.execute_wrapper(count):
        begun = time.perf_counter()
        result = work()
        seconds = time.perf_counter() - begun
    return Watched(result, seconds, said, before, memory("VmHWM"))


def timed(name: str, n: int, work: Callable[[], object], *, times: int = 3) -> Row:
    """Runs the work a few times; the statements are those of the first run."""
    works = [watched(work) for _ in range(times)]
    middle = median(one.seconds for one in works)
    return Row(
        name=name,
        n=n,
        runs=[one.seconds for one in works],
        seconds=middle,
        p50_ms=middle * 1000,
        statements=works[0].statements,
        note=megabytes(works),
    )


def megabytes(works: Sequence[Watched]) -> str:
    peak = max(works, key=lambda one: one.memory_peak)
    return f"{peak.memory_peak >> 10} MB at the most, {(peak.memory_peak - peak.memory_before) >> 10} more than before"


def forget_peak(pid: int | str = "self") -> None:
    with open(f"/proc/{pid}/clear_refs", "w") as kernel:
        kernel.write("5")


def memory(which: str, pid: int | str = "self") -> int:
    """Kilobytes of a process: VmRSS now, VmHWM at the highest since the last `forget_peak`."""
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(which))


@contextmanager
def peaks(processes: dict[str, int]) -> Iterator[dict[str, str]]:
    """What each process, with those under it, held of memory at the highest within."""
    told: dict[str, str] = {}
    families = {name: [pid, *children(pid)] for name, pid in processes.items()}
    before = {name: sum(memory("VmRSS", pid) for pid in pids) for name, pids in families.items()}
    for pids in families.values():
        for pid in pids:
            forget_peak(pid)
    yield told
    for name, pids in families.items():
        most = sum(memory("VmHWM", pid) for pid in pids)
        told[name] = f"{most >> 10} MB at the most, {(most - before[name]) >> 10} more than before"


def latencies(name: str, n: int, taken: Sequence[float], seconds: float | None = None, **more: Any) -> Row:
    """A row for many small pieces of work: side by side in so many seconds, or without them one after the other."""
    cuts = quantiles(taken, n=100)
    row = Row(
        name=name,
        n=n,
        seconds=seconds or median(taken),
        per_second=n / seconds if seconds else None,
        p50_ms=cuts[49] * 1000,
        p95_ms=cuts[94] * 1000,
        p99_ms=cuts[98] * 1000,
        **more,
    )
    if row.floor_seconds:
        row.ratio = row.seconds / row.floor_seconds
    return row


def processor(spent: Mapping[str, float], each: int) -> str:
    """What a request took of the processor, whatever else the machine did: a clock cannot say that."""
    shares = {name.removeprefix("The "): seconds / each * 1000 for name, seconds in spent.items()}
    return "processor: " + ", ".join(f"{name} {ms:.1f} ms" for name, ms in shares.items() if ms >= 0.05)


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


def parent(pid: int) -> int:
    with open(f"/proc/{pid}/stat") as stat:
        return int(stat.read().rpartition(")")[2].split()[1])
