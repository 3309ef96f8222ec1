"""What an operator types: each refusal is one plain sentence, and an end is the end of everything."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest
from django.contrib.staticfiles.finders import get_finder
from django.db import OperationalError

from textbank import cli, embedded
from textbank.demo.children import Children, Crashed, free_port
from textbank.reports import invariants

ROOT = Path(__file__).parent.parent
OURS = ("DATABASE_URL", "SECRET_KEY", "TEXTBANK_")
OUTSIDE = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}


def run(*words, **env):
    """The finished command, in an environment that says nothing else about Textbank."""
    command = [sys.executable, "-m", "textbank.cli", *map(str, words)]
    env = {**OUTSIDE, "PYTHONPATH": str(ROOT), **env}
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)


def refusal(*words, **env):
    done = run(*words, **env)
    assert done.returncode == 2
    return done.stderr


@pytest.fixture
def home(folder):
    yield folder / "home"
    embedded.wipe(folder / "home")


# Sentences


@pytest.mark.parametrize("word", ["serve", "work"])
def test_a_forgotten_variable_makes_no_private_database(word):
    assert refusal(word) == ("Set DATABASE_URL to the installation's database, or TEXTBANK_HOME to keep one there.\n")


@pytest.mark.parametrize("word", ["serve", "work"])
def test_a_forgotten_secret_makes_no_sessions_that_only_one_process_can_read(word, folder):
    said = refusal(word, DATABASE_URL="postgresql://db.test/textbank", TEXTBANK_HOME=str(folder))

    assert said == "Set SECRET_KEY to a long random text, the same for every process of the installation.\n"


def test_the_demo_touches_no_database_but_its_own(home):
    said = refusal("demo", "--home", home, DATABASE_URL="postgresql://db.test/textbank")

    assert said.startswith("DATABASE_URL is set, and the demo works only on a database of its own")
    assert not home.exists()


def test_a_port_in_use_is_named(home):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        sentence = f"Port {port} is in use: choose another with --port.\n"
        assert refusal("demo", "--port", port, "--home", home) == sentence
        assert refusal("serve", "--port", port, TEXTBANK_HOME=str(home)) == sentence

    assert not home.exists()


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1"])
def test_a_port_is_a_number(port):
    assert f"{port} is not a port" in refusal("serve", f"--port={port}")


def test_an_address_of_another_machine_is_refused(home):
    said = refusal("serve", "--host", "192.0.2.1", TEXTBANK_HOME=str(home))

    assert said.startswith("192.0.2.1 is not an address of this machine")


@pytest.mark.parametrize("fresh", [[], ["--fresh"]])
def test_a_folder_with_other_things_is_left_alone(home, fresh):
    home.mkdir()
    (home / "thesis.txt").write_text("years of work")

    said = refusal("demo", "--port", free_port(), "--home", home, *fresh)

    assert said.startswith(("--fresh would empty", f"{home} has other things in it"))
    assert [path.name for path in home.iterdir()] == ["thesis.txt"]


def test_a_home_that_cannot_be_made_is_refused(home):
    home.write_text("")

    said = refusal("demo", "--port", free_port(), "--home", home)

    assert said == f"{home} cannot be used (File exists): choose another folder with --home.\n"
    home.unlink()


def test_a_home_in_use_is_not_emptied(home):
    home.mkdir()
    (home / ".textbank").write_text("")
    with embedded.Server(home, durable=False):
        said = refusal("demo", "--port", free_port(), "--home", home, "--fresh")

    assert said == f"Textbank already runs on {home} (process {os.getpid()}).\n"


def test_a_database_that_does_not_answer_is_named():
    said = run("migrate", DATABASE_URL="postgresql://127.0.0.1:1/textbank", TEXTBANK_POOL="0")

    assert said.returncode == 2
    assert said.stderr.startswith("The database does not answer: ")


EVERY = [
    ("check-invariants",),
    ("token", "ada@riverton.test", "--org", "riverton"),
    ("organization", "riverton", "--name", "Riverton", "--owner", "olga@riverton.test"),
    ("unassign", "--org", "riverton", "--as", "ada@riverton.test", "--status", "closed"),
    ("work",),
]


@pytest.mark.parametrize("words", EVERY, ids=lambda words: words[0])
def test_a_database_that_is_down_is_a_sentence_and_no_half_minute(words):
    nowhere = {"DATABASE_URL": "postgresql://127.0.0.1:1/textbank", "SECRET_KEY": "for a test"}

    said = refusal(*words, **nowhere)

    assert said.startswith("The database does not answer: ")
    assert said.count("\n") == 1


@pytest.mark.parametrize("words", EVERY, ids=lambda words: words[0])
def test_a_database_that_was_not_migrated_is_a_sentence(words, new_database):
    with psycopg.connect(new_database) as connection:
        connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")

    said = refusal(*words, DATABASE_URL=new_database, SECRET_KEY="for a test")

    assert said == "The database is not at this version of Textbank: run “textbank migrate” first.\n"


def test_a_database_that_is_one_version_behind_is_a_sentence(new_database):
    with psycopg.connect(new_database) as connection:
        latest = "SELECT max(id) FROM django_migrations WHERE app = 'conversations'"
        connection.execute(f"DELETE FROM django_migrations WHERE id = ({latest})")

    assert "run “textbank migrate” first" in refusal("check-invariants", DATABASE_URL=new_database)


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("mysql://127.0.0.1/textbank", "DATABASE_URL must begin with postgresql://"),
        ("postgresql://[127.0.0.1/textbank", "DATABASE_URL cannot be read: "),
    ],
)
def test_an_address_that_is_none_is_a_sentence(address, sentence):
    said = refusal("check-invariants", DATABASE_URL=address)

    assert said.startswith(sentence)
    assert said.count("\n") == 1


def test_a_database_that_goes_away_in_between_is_a_sentence(db, monkeypatch, capsys):
    def gone():
        raise OperationalError("terminating connection\n  due to administrator command")

    monkeypatch.setenv("DATABASE_URL", "postgresql://the.tests/own")

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(invariants, "broken", gone)
        assert cli.main(["check-invariants"]) == 1
    assert capsys.readouterr().err == (
        "The database does not answer any more: terminating connection due to administrator command\n"
    )


# Before anything of Python is there


@pytest.fixture
def bare(folder):
    """A checkout on a machine with hardly anything, and what a python3 is there says to every question."""
    for part in ("bin", "requirements"):
        shutil.copytree(ROOT / part, folder / part)
    tools = folder / "tools"
    tools.mkdir()
    for tool in ("bash", "env", "dirname", "cmp", "ls", "cp", "mkdir"):
        (tools / tool).symlink_to(shutil.which(tool))

    def demo(python3):
        (tools / "python3").write_text(f"#!/usr/bin/env bash\n{python3}\n")
        (tools / "python3").chmod(0o755)
        return subprocess.run(
            [folder / "bin/demo"], env={"PATH": str(tools)}, cwd="/", capture_output=True, text=True, check=False
        )

    return demo


def test_a_python_that_is_too_old_is_refused(bare):
    done = bare("exit 1")

    assert (done.returncode, done.stderr) == (2, "Textbank needs Python 3.11 or newer: install it as python3.\n")


def test_a_python_without_venv_is_refused(bare):
    done = bare('[[ "$2" != *ensurepip* ]]')

    assert done.returncode == 2
    assert "install python3-venv" in done.stderr


def test_requirements_that_cannot_be_fetched_are_told(bare):
    # The environment is made, with a Python in it to which nothing can be installed.
    done = bare('[[ "$1" = -c ]] || { mkdir -p "$4/bin"; cp "$0" "$4/bin/python"; }; [[ "$2" != pip ]]')

    assert done.returncode == 2
    assert done.stderr.endswith("The requirements could not be installed: is the network there?\n")


def test_the_command_works_from_anywhere_and_without_a_home(folder):
    env = {"PATH": os.environ["PATH"], "HOME": ""}

    done = subprocess.run(
        [ROOT / "bin/textbank", "--help"], env=env, cwd=folder, capture_output=True, text=True, check=True
    )

    assert "usage: textbank" in done.stdout


# On a database


def test_migrating_twice_is_harmless(new_database):
    for _ in range(2):
        assert run("migrate", DATABASE_URL=new_database).returncode == 0


def test_an_installation_begins_with_a_link_for_its_owner(new_database):
    made = run(
        "organization", "riverton", "--name", "Riverton", "--owner", "Olga@riverton.test", DATABASE_URL=new_database
    )

    assert made.stdout.startswith("http://127.0.0.1:8000/join/")
    with psycopg.connect(new_database) as connection:
        assert connection.execute("SELECT email, role FROM organizations_invite").fetchone()[0] == "olga@riverton.test"


@pytest.mark.parametrize("slug", ["riverton", "api", "River Ton"])
def test_a_name_that_cannot_be_an_address_is_refused(new_database, slug):
    run("organization", "riverton", "--name", "Riverton", "--owner", "olga@riverton.test", DATABASE_URL=new_database)

    said = refusal("organization", slug, "--name", "Again", "--owner", "olga@riverton.test", DATABASE_URL=new_database)

    assert said.count("\n") == 1
    assert said.strip()


def test_a_token_is_for_a_member(new_database):
    said = refusal("token", "zed@otherton.test", "--org", "riverton", DATABASE_URL=new_database)

    assert said == "Nobody in riverton has the e-mail address zed@otherton.test.\n"


def test_an_empty_home_serves_commands_without_a_server_running(home):
    made = run("migrate", TEXTBANK_HOME=str(home))
    linked = run("organization", "riverton", "--name", "Riverton", "--owner", "o@x.test", TEXTBANK_HOME=str(home))

    assert made.returncode == linked.returncode == 0
    assert "/join/" in linked.stdout
    assert not processes_of(home)


@pytest.fixture
def unready():
    """A server that is there, and says why it is no use yet."""

    class Unready(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(503)
            self.end_headers()
            self.wfile.write(b"The database is away")

        def log_message(self, *args):
            pass

    with HTTPServer(("127.0.0.1", 0), Unready) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_who_waits_in_vain_is_told_what_was_said(unready):
    with pytest.raises(Crashed, match="The database is away"):
        Children().wait_for(f"http://127.0.0.1:{unready}/readyz", seconds=0.2)
    with pytest.raises(Crashed, match="nothing answers there"):
        Children().wait_for(f"http://127.0.0.1:{free_port()}/readyz", seconds=0.2)


def test_a_killed_web_server_leaves_none_of_its_processes(new_database, folder):
    port = free_port()
    env = {"DATABASE_URL": new_database, "TEXTBANK_HOME": str(folder), "SECRET_KEY": "for a test", "TEXTBANK_POOL": "2"}
    with Children() as children:
        words = ["serve", "--port", str(port), "--processes", "2"]
        server = children.start("The web server", "-m", "textbank.cli", *words, env=env)
        children.wait_for(f"http://127.0.0.1:{port}/readyz", seconds=60)
        processes = psutil.Process(server.pid).children()

        server.kill()

        gone, alive = psutil.wait_procs(processes, timeout=30)
        assert (len(gone), alive) == (2, [])


# The demo


def processes_of(home):
    """Every process that was told of this home, or works in it."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            told = process.environ().get("TEXTBANK_HOME") == str(home)
            if told or any(str(home) in word for word in process.cmdline()) or home in Path(process.cwd()).parents:
                found.append(process)
    return found


class Demo:
    """The demo as a process, up to the line that says it is ready."""

    def __init__(self, home, *options):
        self.port = free_port()
        command = [sys.executable, "-m", "textbank.cli", "demo", "--port", str(self.port), "--home", str(home)]
        env = {**OUTSIDE, "PYTHONPATH": str(ROOT)}
        # Errors in a file: nobody reads a pipe while the demo runs.
        self.errors = home.parent / "errors.txt"
        with self.errors.open("w") as errors:
            self.process = subprocess.Popen(
                [*command, *options], env=env, stdout=subprocess.PIPE, stderr=errors, text=True
            )
        self.said = []
        for line in self.process.stdout:
            self.said.append(line)
            if "is ready" in line:
                break
        self.home = home
        self.children = processes_of(home)

    def end(self, number):
        self.process.send_signal(number)
        return self.ended()

    def ended(self):
        """Its exit status, what it said last, and what it left running."""
        self.process.communicate(timeout=60)
        psutil.wait_procs(self.children, timeout=30)
        return self.process.returncode, self.errors.read_text(), processes_of(self.home)


# One process of the run has them all, so that seeding is done once.
once = pytest.mark.xdist_group("demo")


@pytest.fixture(scope="module")
def seeded(tmp_path_factory):
    """A home in which the demo has been run once, and what that run said."""
    home = tmp_path_factory.mktemp("demo") / "home"
    demo = Demo(home)
    page = httpx.get(f"http://127.0.0.1:{demo.port}/accounts/login/")
    status, _, left = demo.end(signal.SIGTERM)
    yield home, demo, page, (status, left)
    embedded.wipe(home)


@pytest.fixture
def demo(seeded):
    """The demo, running again where it ran before."""
    home, *_ = seeded
    demo = Demo(home)
    yield demo
    demo.process.terminate()
    demo.ended()


@once
def test_the_demo_comes_up_from_nothing_and_says_where(seeded):
    home, demo, page, _ = seeded

    assert demo.said[-1] == f"Textbank is ready at http://127.0.0.1:{demo.port}/\n"
    assert page.status_code == 200
    assert (home / ".textbank").exists()


@once
def test_sigterm_leaves_nothing_running(seeded):
    *_, end = seeded

    assert end == (0, [])


@once
def test_ctrl_c_leaves_nothing_running(demo):
    status, _, left = demo.end(signal.SIGINT)

    assert (status, left) == (0, [])


@once
def test_a_crashed_part_stops_all_with_a_sentence(demo):
    worker = next(process for process in demo.children if process.cmdline()[-1] == "work")

    worker.kill()

    status, errors, left = demo.ended()
    assert (status, left) == (1, [])
    assert errors.endswith("The worker stopped by itself (SIGKILL). Everything else was stopped.\n")


@once
def test_a_killed_demo_leaves_nothing_running_and_starts_again(demo):
    status, _, left = demo.end(signal.SIGKILL)
    assert (status, left) == (-signal.SIGKILL, [])

    status, _, left = Demo(demo.home).end(signal.SIGTERM)
    assert (status, left) == (0, [])


@once
def test_one_home_runs_one_demo(demo):
    said = refusal("demo", "--port", free_port(), "--home", demo.home)

    assert said == f"Textbank already runs on {demo.home} (process {demo.process.pid}).\n"


@pytest.mark.slow
def test_a_fresh_start_forgets(folder):
    home = folder / "home"
    demo = Demo(home)
    (home / "note").write_text("from before")
    demo.end(signal.SIGTERM)

    demo = Demo(home, "--fresh")

    assert not (home / "note").exists()
    assert demo.end(signal.SIGTERM)[0] == 0
    embedded.wipe(home)


def test_static_files_that_are_there_already_are_not_touched_again(tmp_path, settings):
    """Another web server of the same home may be reading them."""
    css = tmp_path / "ours" / "a.css"
    css.parent.mkdir()
    css.write_text("a {}")
    settings.STATIC_ROOT, settings.STATICFILES_DIRS = tmp_path / "served", [css.parent]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    get_finder.cache_clear()

    cli._collect_static_files()
    served = settings.STATIC_ROOT / "a.css"
    served.write_text("b {}")
    cli._collect_static_files()
    assert served.read_text() == "b {}"

    css.write_text("new {}")
    os.utime(css, (served.stat().st_mtime + 5,) * 2)
    cli._collect_static_files()
    assert served.read_text() == "new {}"
    get_finder.cache_clear()
