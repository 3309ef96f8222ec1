"""bin/bench: fills a database of its own, does the work, prints a row for each piece of it."""

import argparse
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

from textbank.embedded import Server, wipe


def main() -> None:
    reader = argparse.ArgumentParser(prog="bin/bench", description=__doc__)
    reader.add_argument("--size", choices=["S", "M", "L"], default="S")
    reader.add_argument("--only", metavar="NAME", help="only rows whose name begins so")
    reader.add_argument("--json", metavar="FILE", type=Path, help="also write the rows there")
    asked = reader.parse_args()
    home = Path(tempfile.mkdtemp(prefix="textbank-bench-"))
    home.chmod(0o711)
    server = Server(home, shared_megabytes=2048 if asked.size != "S" else 256)
    try:
        with server:
            os.environ.update(
                DATABASE_URL=server.address, TEXTBANK_HOME=str(home), DJANGO_SETTINGS_MODULE="textbank.settings"
            )
            os.environ.setdefault("TEXTBANK_POOL", "60")
            found = measure(asked.size, asked.only or "", server)
    finally:
        wipe(home)
        shutil.rmtree(home, ignore_errors=True)
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=1) + "\n")


def measure(size: str, only: str, server: Server) -> list[dict[str, object]]:
    import django

    django.setup()
    from bench import data, doors, handing, pool

    data.migrate()
    say(f"Filling a database of size {size}: {data.SIZES[size].conversations:,} conversations")
    organization = data.load(data.SIZES[size])
    found = []
    for kit in (handing, pool, doors):
        wanted = [name for name in kit.NAMES if name.startswith(only)]
        for row in kit.rows(organization, wanted) if wanted else ():
            found.append(row.as_json())
            say(line(found[-1]))
    return found


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
