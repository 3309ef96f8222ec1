"""The `textbank` command. Each of its words is a short function; Django is set up by those that need it."""

import argparse
import contextlib
import errno
import fcntl
import functools
import importlib
import os
import signal
import socket
import sys
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textbank import embedded
from textbank.demo import running
from textbank.demo.children import Crashed, Stopped, stop_on_signals

if TYPE_CHECKING:
    import psycopg

ROOT = Path(__file__).resolve().parent.parent


class Refused(Exception):
    """The command cannot be done; the text is a sentence that says what to do."""


class Failed(Exception):
    """It went wrong on the way; the text is a sentence that says what did."""


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0 done, 1 failed on the way, 2 refused before anything was done."""
    asked = parser().parse_args(arguments)
    stop_on_signals()
    try:
        return int(asked.run(asked) or 0)
    except (Refused, running.CannotRun, embedded.CannotStart) as no:
        print(no, file=sys.stderr)
        return 2
    except Failed as failure:
        print(failure, file=sys.stderr)
        return 1
    except Crashed as crash:
        print(f"{crash} Everything else was stopped.", file=sys.stderr)
        return 1
    except Stopped:
        return 0


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="textbank", description="Peer-to-peer texting in which work can change hands.")
    words = top.add_subparsers(required=True, metavar="COMMAND")

    def word(run: Any, name: str = "") -> argparse.ArgumentParser:
        made = words.add_parser(name or run.__name__, help=run.__doc__, description=run.__doc__)
        made.set_defaults(run=run)
        return made

    it = word(demo)
    it.add_argument("--port", type=_port, default=8000)
    it.add_argument("--home", type=Path, help="where everything is kept (TEXTBANK_HOME, else ./var)")
    it.add_argument("--fresh", action="store_true", help="start from an empty home")

    it = word(serve)
    it.add_argument("--host", default="127.0.0.1")
    it.add_argument("--port", type=_port, default=8000)
    it.add_argument("--processes", type=_number, default=os.cpu_count() or 1, help="one for each core unless said")

    word(work)

    it = word(migrate)
    it.add_argument("--demo", action="store_true", help="fill an empty database with the demo organizations")

    it = word(organization)
    it.add_argument("slug", help="its name in addresses, such as riverton")
    it.add_argument("--name", required=True, help="its name on the pages")
    it.add_argument("--owner", required=True, metavar="EMAIL")

    it = word(token)
    it.add_argument("email")
    it.add_argument("--org", required=True, metavar="SLUG")
    it.add_argument("--name", default="", help="what it is for")

    word(check_invariants, "check-invariants")
    _words_of_handing_on(word)
    return top


def _words_of_handing_on(word: Callable[..., argparse.ArgumentParser]) -> None:
    for run in (reassign, unassign):
        it = word(run)
        _acting(it)
        _filtering(it)
        it.add_argument("--reason", default="", help="kept in the record")
        it.add_argument("--limit", type=_number, metavar="N", help="at most so many, longest waiting first")
        it.add_argument("--note", default="", help="for whoever receives them")
        it.add_argument("--include-escalated", action="store_true", help="escalated ones too")
        it.add_argument("--include-drafting", action="store_true", help="ones that are being answered too")
        _guarding(it)
        it.set_defaults(to=[], to_team=[])
        if run is reassign:
            it.add_argument("--to", action="append", default=[], metavar="EMAIL")
            it.add_argument("--to-team", action="append", default=[], metavar="TITLE", help="its members, by name")

    it = word(release)
    it.add_argument("what", choices=["unsent", "unreplied", "unhandled"])
    _acting(it)
    it.add_argument("--campaign", type=int, metavar="ID", help="which one; “unhandled” is of all")
    it.add_argument("--reason", default="", help="kept in the record")
    it.add_argument("--idle-minutes", type=int, metavar="N", help="replies idle so long or longer; 0 takes all")
    _guarding(it)

    it = word(undo)
    it.add_argument("id", type=int, metavar="ID", help="the hand-off's number")
    _acting(it)

    it = word(stop)
    it.add_argument("id", type=int, metavar="ID", help="the hand-off's number")
    _acting(it, dry_run=False)

    it = word(suspend)
    it.add_argument("email", help="who is to be shut out")
    _acting(it, dry_run=False)
    it.add_argument(
        "--then", required=True, choices=["pool", "leave", "reassign"], help="what becomes of their conversations"
    )
    it.add_argument("--to", action="append", default=[], metavar="EMAIL", help="who goes on with them")


# A flag for each key of the filter; the filter itself can be asked only when Django is set up.
FILTER = [
    "campaign",
    "not_campaign",
    "campaign_state",
    "status",
    "texter",
    "not_texter",
    "team",
    "opted_out",
    "tag",
    "not_tag",
    "escalated",
    "name",
    "phone",
    "waiting_minutes",
]


def _acting(it: argparse.ArgumentParser, *, dry_run: bool = True) -> None:
    it.add_argument("--org", required=True, metavar="SLUG")
    it.add_argument("--as", dest="as_", required=True, metavar="EMAIL", help="who acts: an admin or above")
    if dry_run:
        it.add_argument("--dry-run", action="store_true", help="say what would move, and move nothing")
    it.add_argument("--json", action="store_true", help="answer as the API does")


def _guarding(it: argparse.ArgumentParser) -> None:
    it.add_argument("--as-of", default="", metavar="TOKEN", help="of a list of the API: what changed since stays")
    it.add_argument("--expect", type=_count, metavar="N", help="never move more")
    it.add_argument("--client-id", type=_uuid, metavar="UUID", help="the same again answers the first hand-off")


def _filtering(it: argparse.ArgumentParser) -> None:
    for key in FILTER:
        it.add_argument(f"--{key.replace('_', '-')}", action="append", default=[], metavar="VALUE")
    it.add_argument("--saved", metavar="NAME", help="a filter that was saved, instead of flags for its keys")
    it.add_argument("--conversation", type=int, action="append", default=[], metavar="ID", help="instead of a filter")


def demo(asked: argparse.Namespace) -> None:
    """Run the demo: database, carrier, web server and worker, until Ctrl-C."""
    if os.environ.get("DATABASE_URL"):
        raise Refused("DATABASE_URL is set, and the demo works only on a database of its own: unset it first.")
    _check_port("127.0.0.1", asked.port)
    running.run(asked.home or _home(), asked.port, fresh=asked.fresh)


def serve(asked: argparse.Namespace) -> None:
    """Run a web server."""
    _check_installation()
    _check_port(asked.host, asked.port)
    with _database():
        _collect_static_files()
        _serve(asked.host, asked.port, asked.processes)


def work(asked: argparse.Namespace) -> None:
    """Run a worker: sends what is queued, moves what is big, keeps the clock."""
    _check_installation()
    with _ready():
        from textbank import clock

        clock.work()


def migrate(asked: argparse.Namespace) -> None:
    """Bring the database to this version."""
    with _answering():
        from django.core.management import call_command

        call_command("migrate", interactive=False, verbosity=0)
        if asked.demo:
            _seed()


def organization(asked: argparse.Namespace) -> None:
    """Make an organization, and print its owner's invite link."""
    with _ready():
        from django.core.exceptions import ValidationError

        from textbank.messaging import founding

        try:
            print(founding.found(asked.slug, asked.name, asked.owner))
        except ValidationError as no:
            raise Refused(" ".join(no.messages)) from None


def token(asked: argparse.Namespace) -> None:
    """Print a new API token of a member, once, as the last word."""
    with _ready():
        from textbank.organizations.models import Membership, Token

        who = Membership.objects.filter(organization__slug=asked.org, user__email__iexact=asked.email).first()
        if who is None:
            raise Refused(f"Nobody in {asked.org} has the e-mail address {asked.email}.")
        print(Token.issue(who, asked.name))


def check_invariants(asked: argparse.Namespace) -> int:
    """Check that nothing is lost, doubled or held by two; exit status 1 if so."""
    with _ready():
        from textbank.reports import invariants

        broken = invariants.broken()
        print("\n".join(broken) or "All invariants hold.")
        return 1 if broken else 0


def reassign(asked: argparse.Namespace) -> int:
    """Hand conversations on to texters, dealt like cards, longest waiting first."""
    return _handing_on("reassign", asked)


def unassign(asked: argparse.Namespace) -> int:
    """Give conversations back to the pool."""
    return _handing_on("unassign", asked)


def release(asked: argparse.Namespace) -> int:
    """Release a campaign's unsent messages or unreplied conversations, or all unhandled replies."""
    return _handing_on("release", asked)


def undo(asked: argparse.Namespace) -> int:
    """Take a hand-off back, but for what was worked on or moved since."""
    return _handing_on("undo", asked)


def stop(asked: argparse.Namespace) -> int:
    """Ask a hand-off that runs to stop after the part it is at."""
    return _handing_on("stop", asked)


def suspend(asked: argparse.Namespace) -> int:
    """Shut a member out, and say in the same step what becomes of their conversations."""
    return _handing_on("suspend", asked)


def _handing_on(act: str, asked: argparse.Namespace) -> int:
    with _ready():
        from textbank import commands

        try:
            return int(getattr(commands, act)(asked))
        except commands.Refused as no:
            raise Refused(str(no)) from None
        except Stopped:
            return 1


def _home() -> Path:
    return Path(os.environ.get("TEXTBANK_HOME") or ROOT / "var").resolve()


def _check_installation() -> None:
    """A forgotten variable must not make a private empty database, nor sessions only one process can read."""
    if not os.environ.get("DATABASE_URL") and not os.environ.get("TEXTBANK_HOME"):
        raise Refused("Set DATABASE_URL to the installation's database, or TEXTBANK_HOME to keep one there.")
    if not os.environ.get("SECRET_KEY") and not (_home() / "secret").exists() and os.environ.get("DATABASE_URL"):
        raise Refused("Set SECRET_KEY to a long random text, the same for every process of the installation.")


@contextlib.contextmanager
def _database() -> Iterator[None]:
    """The database stands while the command runs: the one it was given, else the home's own."""
    if os.environ.get("DATABASE_URL"):
        yield
        return
    with embedded.running(_home()):
        yield


def _django() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "textbank.settings")
    import django
    import psycopg
    from django.core.exceptions import ImproperlyConfigured

    try:
        django.setup()
    except ImproperlyConfigured as no:
        raise Refused(str(no)) from None
    except psycopg.ProgrammingError as no:
        raise Refused(f"DATABASE_URL cannot be read: {_line(no)}") from None


@contextlib.contextmanager
def _answering() -> Iterator[None]:
    """Within, Django is set up and the database answers."""
    with _database():
        _django()
        from django.db import OperationalError

        with _asked():
            pass
        try:
            yield
        except OperationalError as problem:
            raise Failed(f"The database does not answer any more: {_line(problem)}") from None


@contextlib.contextmanager
def _ready() -> Iterator[None]:
    """Within, it is at this version too."""
    with _answering():
        from textbank.reports import version

        with _asked() as connection:
            if version.missing(connection):
                raise Refused("The database is not at this version of Textbank: run “textbank migrate” first.")
        yield


@contextlib.contextmanager
def _asked() -> Iterator["psycopg.Connection[Any]"]:
    """A connection of one's own: the pool would try for half a minute, and then end in a traceback."""
    import psycopg

    from textbank import news

    try:
        with psycopg.connect(**{**news.parameters(), "connect_timeout": 5}) as connection:
            yield connection
    except psycopg.OperationalError as problem:
        raise Refused(f"The database does not answer: {_line(problem)}") from None


def _line(problem: Exception) -> str:
    return " ".join(str(problem).split())


def _seed() -> None:
    from textbank.demo import seeding
    from textbank.organizations.models import Organization

    if not Organization.objects.exists():
        seeding.seed()


def _collect_static_files() -> None:
    """Puts static files, hashed and compressed, where the web server reads them; one process at a time.

    What is there already stays untouched: a web server of the same home may be reading it.
    """
    _django()
    from django.conf import settings
    from django.core.management import call_command

    folder = Path(settings.STATIC_ROOT)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            ours, there = _static_files(), folder / ".collected"
            if not there.exists() or there.read_text() != ours:
                call_command("collectstatic", interactive=False, verbosity=0)
                there.write_text(ours)
    except OSError as problem:
        raise Refused(f"{folder} cannot be written to ({problem.strerror}): set TEXTBANK_HOME elsewhere.") from None


def _static_files() -> str:
    """What there is to collect: every file with its size and when it was written."""
    from django.contrib.staticfiles.finders import get_finders

    found = (storage.path(name) for finder in get_finders() for name, storage in finder.list(None))
    stats = ((path, os.stat(path)) for path in sorted(found))
    return "\n".join(f"{path} {stat.st_size} {stat.st_mtime_ns}" for path, stat in stats)


def _serve(host: str, port: int, processes: int) -> None:
    from granian import Granian
    from granian.constants import Interfaces, Loops
    from granian.log import LogLevels

    Granian(
        "textbank.asgi:application",
        address=host,
        port=port,
        workers=processes,
        interface=Interfaces.ASGI,
        loop=Loops.uvloop,
        websockets=False,
        # Open pages count too: at the server's own limit a thousand of them would shut everybody out.
        backlog=4096,
        backpressure=4096,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        # Pages that listen for news never end by themselves.
        workers_kill_timeout=5,
    ).serve(target_loader=functools.partial(_application, os.getpid()))


def _application(parent: int, target: str) -> Any:
    """What one of the server's processes serves. It ends with its parent, however that ended."""
    embedded.die_with_parent(signal.SIGKILL, parent)()
    module, name = target.split(":")
    return getattr(importlib.import_module(module), name)


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is not a UUID") from None


def _count(text: str) -> int:
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text} is not a number from 0 up")
    return int(text)


def _number(text: str) -> int:
    if not text.isdigit() or not int(text):
        raise argparse.ArgumentTypeError(f"{text} is not a number from 1 up")
    return int(text)


def _port(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError(f"{text} is not a port: give a number from 1 to 65535")
    return int(text)


def _check_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError:
            raise Refused(f"Port {port} is not open to this user: choose one above 1023 with --port.") from None
        except OSError as problem:
            if problem.errno == errno.EADDRINUSE:
                raise Refused(f"Port {port} is in use: choose another with --port.") from None
            raise Refused(f"{host} is not an address of this machine ({problem.strerror}).") from None


if __name__ == "__main__":
    sys.exit(main())
