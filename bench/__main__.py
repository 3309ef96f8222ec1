"""bin/bench: fills a database of its own, does the work, prints a row for each piece of it."""

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textbank.embedded import AlreadyRunning, Server, wipe

if TYPE_CHECKING:
    from bench.figures import Row
    from textbank.organizations.models import Organization


def main() -> int:
    reader = argparse.ArgumentParser(prog="bin/bench", description=__doc__)
    reader.add_argument("--size", choices=["S", "M", "L"], default="S")
    reader.add_argument("--only", metavar="NAME", help="only rows whose name begins so")
    reader.add_argument("--json", metavar="FILE", type=Path, help="also write the rows there")
    reader.add_argument("--keep", metavar="DIR", type=Path, help="keep the filled database there for the next time")
    asked = reader.parse_args()
    try:
        with home(asked.keep) as folder, Server(folder, shared_megabytes=2048 if asked.size != "S" else 256) as server:
            os.environ.update(
                DATABASE_URL=server.address, TEXTBANK_HOME=str(folder), DJANGO_SETTINGS_MODULE="textbank.settings"
            )
            found = measure(asked.size, asked.only or "", kept=bool(asked.keep))
    except AlreadyRunning as no:
        print(no, file=sys.stderr)
        return 2
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=1) + "\n")
    return 0


@contextmanager
def home(kept: Path | None) -> Iterator[Path]:
    """Where the database is: a folder that goes away again, unless one is to be kept."""
    if kept:
        kept.mkdir(parents=True, exist_ok=True)
        yield kept
        return
    folder = Path(tempfile.mkdtemp(prefix="textbank-bench-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        wipe(folder)
        shutil.rmtree(folder, ignore_errors=True)


def measure(size: str, only: str, *, kept: bool) -> list[dict[str, object]]:
    import django

    django.setup()
    from bench import data
    from textbank import news

    begun = time.monotonic()
    say(f"Filling a database of size {size}: {data.SIZES[size].conversations:,} conversations")
    organization = data.ready(size, kept)
    say(f"Filled in {time.monotonic() - begun:.0f} s")
    found = []
    for row in rows(organization, only, quick=size == "S"):
        found.append(row.as_json())
        say(line(found[-1]))
    news.close()
    return found


def rows(organization: "Organization", only: str, *, quick: bool) -> Iterator["Row"]:
    """What is looked at comes before what is changed; the product's worker is gone before its work is done here."""
    from bench import doors, handing, meanwhile, pool, reviewing
    from bench.running import running

    def wanted(kit: Any) -> list[str]:
        return [name for name in kit.NAMES if name.startswith(only)]

    if kits := [kit for kit in (reviewing, doors, meanwhile) if wanted(kit)]:
        with running() as textbank:
            for kit in kits:
                yield from kit.rows(organization, textbank, wanted(kit), quick=quick)
    for kit in (pool, handing):
        if names := wanted(kit):
            yield from kit.rows(organization, names, quick=quick)


def line(row: dict[str, object]) -> str:
    """A row for people: milliseconds, a second, times the floor."""
    parts = [f"{row['name']:<34}{row['n']:>9,}"]
    shown = {"p50_ms": "ms", "p95_ms": "ms p95", "p99_ms": "ms p99", "per_second": "a second", "ratio": "× floor"}
    parts += [f"{row[key]:,.1f} {unit}" for key, unit in shown.items() if key in row]
    if "statements" in row:
        parts.append(f"{row['statements']} statements")
    return "  ".join([*parts, str(row.get("note", ""))])


def say(sentence: str) -> None:
    print(sentence, flush=True)


if __name__ == "__main__":
    sys.exit(main())
