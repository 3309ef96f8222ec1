"""One PostgreSQL for the whole run, a database for each process of it, and the real thing to knock at."""

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from textbank import news
from textbank.demo.children import Children, free_port
from textbank.demo.running import start_all
from textbank.embedded import Server, wipe
from textbank.reports import invariants

pytest_plugins = ["tests.cast"]

HOME, ADDRESS = "TEXTBANK_TEST_HOME", "TEXTBANK_TEST_ADDRESS"
run = pytest.StashKey[Server]()

# Pages in tests need no hashed names, and people in tests no costly passwords.
settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
settings.WHITENOISE_AUTOREFRESH = True


def pytest_configure(config: pytest.Config) -> None:
    """The process that hands out tests to others runs the server for them, and tells them by environment."""
    if getattr(config.option, "numprocesses", None):
        start_server(config)


def pytest_unconfigure(config: pytest.Config) -> None:
    if server := config.stash.get(run, None):
        news.close()
        server.stop()
        wipe(server.home)
        shutil.rmtree(server.home)
        del os.environ[HOME], os.environ[ADDRESS]


def start_server(config: pytest.Config) -> None:
    home = quick_folder()
    config.stash[run] = server = Server(home, durable=False)
    server.start()
    os.environ[HOME], os.environ[ADDRESS] = str(home), server.address


def quick_folder() -> Path:
    """A new folder in memory where there is room: making a cluster on a disk takes seconds."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2 * 2**30
    folder = Path(tempfile.mkdtemp(prefix="textbank-tests-", dir=memory if roomy else None))
    # As root the server is run by somebody else, who must be able to get there.
    folder.chmod(0o755)
    return folder


def at(database: str) -> str:
    """The address of another database of the same server."""
    return urlunsplit(urlsplit(os.environ[ADDRESS])._replace(path=f"/{database}"))


def clone(name: str) -> str:
    """A new database with every table and no row: migrations run once, whichever process comes first."""
    with psycopg.connect(at("postgres"), autocommit=True) as maker:
        maker.execute("SELECT pg_advisory_lock(1)")
        if not maker.execute("SELECT 1 FROM pg_database WHERE datname = 'migrated'").fetchone():
            maker.execute("DROP DATABASE IF EXISTS migrating")
            maker.execute("CREATE DATABASE migrating")
            with django_on("migrating"):
                call_command("migrate", interactive=False, verbosity=0)
            maker.execute("ALTER DATABASE migrating RENAME TO migrated")
        maker.execute(f"CREATE DATABASE {name} TEMPLATE migrated")
    return at(name)


@contextmanager
def django_on(database: str) -> Iterator[None]:
    """Within, Django speaks to another database of the server, and so do the news of what happens there."""
    news.close()
    connection.close()
    before = connection.settings_dict["NAME"]
    connection.settings_dict["NAME"] = database
    try:
        yield
    finally:
        news.close()
        connection.close()
        connection.settings_dict["NAME"] = before


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest) -> str:
    """The address of the run's PostgreSQL."""
    if ADDRESS not in os.environ:
        start_server(request.config)
    parts = psycopg.conninfo.conninfo_to_dict(os.environ[ADDRESS])
    connection.settings_dict.update(HOST=parts["host"], PORT=parts["port"], USER=parts["user"], PASSWORD="")
    # Tests open and close their own connections: a pool would keep what they thought was closed.
    connection.settings_dict["OPTIONS"]["pool"] = False
    return os.environ[ADDRESS]


@pytest.fixture(scope="session")
def django_db_setup(server: str, worker_id: str, django_db_blocker) -> None:
    """pytest-django's, with a clone in place of migrations run again in every process."""
    with django_db_blocker.unblock():
        clone(f"tests_{worker_id}")
        connection.settings_dict["NAME"] = f"tests_{worker_id}"
        connection.close()


@pytest.fixture(autouse=True)
def invariants_hold(request: pytest.FixtureRequest) -> Iterator[None]:
    """After every test of the database: nobody has what the ledger did not give them, and figures add up."""
    marked = request.node.get_closest_marker("django_db")
    if not marked and not {"db", "transactional_db"} & set(request.fixturenames):
        yield
        return
    # Asked for here, so that it is still there when we look.
    request.getfixturevalue("db")
    yield
    if not request.node.get_closest_marker("breaks_invariants") and not connection.needs_rollback:
        assert invariants.broken(only=("I1", "I2", "I5", "I6", "I9")) == []


@pytest.fixture(params=[4, pytest.param(200, marks=pytest.mark.slow)], ids=["few", "many"])
def rounds(request: pytest.FixtureRequest) -> range:
    """How often: what can go wrong in one of a hundred rounds is looked for where there is time."""
    return range(request.param)


@pytest.fixture
def new_database(server: str, worker_id: str, django_db_blocker) -> Iterator[str]:
    """The address of a migrated and empty database, for processes of their own to work on."""
    name = f"new_{worker_id}_{secrets.token_hex(4)}"
    with django_db_blocker.unblock():
        yield clone(name)
    with psycopg.connect(at("postgres"), autocommit=True) as dropper:
        dropper.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that every user can get to."""
    made = quick_folder()
    yield made
    shutil.rmtree(made)


@dataclass(frozen=True)
class Textbank:
    """An installation that runs: web server, worker and carrier as processes of their own."""

    url: str
    database_url: str
    carrier_url: str
    env: dict[str, str]
    unblock: object

    def command(self, *words: str) -> str:
        """What `textbank WORDS` prints about this installation."""
        command = [sys.executable, "-m", "textbank.cli", *words]
        return subprocess.run(
            command, env={**os.environ, **self.env}, capture_output=True, text=True, check=True
        ).stdout

    @contextmanager
    def rows(self) -> Iterator[None]:
        """Within, models are this installation's. Not together with the `db` fixtures."""
        with self.unblock(), django_on(urlsplit(self.database_url).path[1:]):
            yield


@pytest.fixture(scope="session")
def textbank(server: str, worker_id: str, django_db_blocker) -> Iterator[Textbank]:
    """The real thing, on a database of its own, with a carrier whose contacts speak only when told to."""
    with django_db_blocker.unblock():
        address = clone(f"textbank_{worker_id}")
    port, carrier = free_port(), free_port()
    env = {
        "DATABASE_URL": address,
        "TEXTBANK_HOME": os.environ[HOME],
        "TEXTBANK_URL": f"http://127.0.0.1:{port}",
        "TEXTBANK_SIMULATOR": f"http://127.0.0.1:{carrier}",
        "TEXTBANK_SIMULATOR_SECRET": secrets.token_urlsafe(24),
        "SECRET_KEY": secrets.token_urlsafe(48),
    }
    with Children() as children:
        start_all(children, port, carrier, pace="silent", env=env)
        children.wait_for(f"{env['TEXTBANK_URL']}/readyz", seconds=60)
        yield Textbank(env["TEXTBANK_URL"], address, env["TEXTBANK_SIMULATOR"], env, django_db_blocker.unblock)
