"""The whole of Textbank on one machine: database, simulated carrier, web server and worker."""

import secrets
import shutil
from pathlib import Path

from textbank import embedded
from textbank.demo.children import Children, free_port

MARKER = ".textbank"


class CannotRun(Exception):
    """The demo cannot be started so; the text is a sentence that says what to do."""


def run(home: Path, port: int, *, fresh: bool) -> None:
    """Runs the demo until it is stopped. Raises CannotRun, CannotStart, Crashed and Stopped."""
    home = home.resolve()
    prepare(home, fresh=fresh)
    url, carrier = f"http://127.0.0.1:{port}", free_port()
    _say(f"Starting PostgreSQL under {home}")
    with embedded.Server(home) as server, Children() as children:
        env = {
            "DATABASE_URL": server.address,
            "TEXTBANK_HOME": str(home),
            "TEXTBANK_DEMO": "yes",
            "TEXTBANK_URL": url,
            "TEXTBANK_SIMULATOR": f"http://127.0.0.1:{carrier}",
            "TEXTBANK_SIMULATOR_SECRET": secrets.token_urlsafe(24),
        }
        _say("Preparing the database")
        children.start("Preparing the database", "-m", "textbank.cli", "migrate", "--demo", env=env)
        children.finish("Preparing the database")
        _say("Starting the web server, the worker and a carrier that reaches nobody")
        start_all(children, port, carrier, pace="demo", env=env)
        if server.process is not None:
            children.watch("PostgreSQL", server.process)
        children.wait_for(f"{url}/readyz", seconds=60)
        _say(f"Textbank is ready at {url}/")
        children.supervise()


def start_all(children: Children, port: int, carrier: int, *, pace: str, env: dict[str, str]) -> None:
    """Starts web server, worker and simulated carrier, as they are in earnest, around env's DATABASE_URL."""
    simulator = "textbank.messaging.providers.simulator.carrier"
    webhooks = f"http://127.0.0.1:{port}/webhooks/simulator"
    options = ["--port", str(carrier), "--webhooks", webhooks, "--seed", "1", "--pace", pace]
    children.start("The carrier", "-m", simulator, *options, env=env)
    children.start("The web server", "-m", "textbank.cli", "serve", "--port", str(port), "--processes", "1", env=env)
    children.start("The worker", "-m", "textbank.cli", "work", env=env)


def prepare(home: Path, *, fresh: bool) -> None:
    """Makes the home, marked as ours; `fresh` empties it, but only where the mark is. Raises CannotRun."""
    marker = home / MARKER
    try:
        home.mkdir(parents=True, exist_ok=True)
        ours = marker.exists() or not any(home.iterdir())
        if fresh and not ours:
            raise CannotRun(f"--fresh would empty {home}, which the demo did not make: choose another --home.")
        if not ours and not (home / "postgres.log").exists():
            raise CannotRun(f"{home} has other things in it: give --home a folder that is empty or new.")
        if fresh:
            _empty(home)
        if ours:
            marker.write_text("Made by Textbank's demo, which may empty this folder when asked for a fresh start.\n")
    except OSError as problem:
        raise CannotRun(f"{home} cannot be used ({problem.strerror}): choose another folder with --home.") from None


def _empty(home: Path) -> None:
    embedded.wipe(home)
    for path in home.iterdir():
        if path.name != MARKER:
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def _say(sentence: str) -> None:
    print(sentence, flush=True)
