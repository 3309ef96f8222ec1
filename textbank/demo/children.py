"""Processes of ours that live and die together."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from http.client import HTTPException
from types import FrameType
from typing import Self
from urllib.error import HTTPError
from urllib.request import ProxyHandler, build_opener

from textbank.embedded import die_with_parent

# How long a child may take to finish what it is at before it is ended by force.
GRACE = 15
# A proxy of the machine has no business between two processes on it.
DIRECTLY = build_opener(ProxyHandler({}))


class Stopped(BaseException):
    """Somebody asked for an end: Ctrl-C, SIGTERM, or the terminal was closed. Not an error."""


class Crashed(Exception):
    """A child ended by itself; the text is a sentence for the person at the terminal."""


class Children:
    """The processes that belong to one start; leaving the `with` ends every one of them, kindly first."""

    def __init__(self) -> None:
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.watched: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, name: str, *arguments: str, env: Mapping[str, str]) -> subprocess.Popen[bytes]:
        """Starts `python ARGUMENTS` in a session of its own, so that Ctrl-C reaches its parent alone."""
        self.processes[name] = process = subprocess.Popen(
            [sys.executable, *arguments],
            env={**os.environ, **env},
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            # By force: without its parent the database is going too, and nothing can be finished.
            preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509 - one system call, no lock
        )
        return process

    def watch(self, name: str, process: subprocess.Popen[bytes]) -> None:
        """Notices the end of a process that another ends: the database outlives all that speak to it."""
        self.watched[name] = process

    def finish(self, name: str) -> None:
        """Waits for a child that has an end of its own. Raises Crashed unless it was a good one."""
        if self.processes.pop(name).wait():
            raise Crashed(f"{name} failed.")

    def check(self) -> None:
        """Raises Crashed, in a sentence, when one of them is gone; the database first, for the rest follow it."""
        for name, process in (self.watched | self.processes).items():
            if (status := process.poll()) is not None:
                raise Crashed(f"{name} stopped by itself ({_why(status)}).")

    def wait_for(self, url: str, *, seconds: float) -> None:
        """Returns when the page answers well. Raises Crashed when a child ends before, or time is up."""
        deadline = time.monotonic() + seconds
        said = "nothing answers there"
        while time.monotonic() < deadline:
            self.check()
            try:
                with DIRECTLY.open(url, timeout=5):
                    return
            except HTTPError as answer:
                with answer:
                    said = answer.read(300).decode(errors="replace")
            except (OSError, HTTPException):
                pass
            time.sleep(0.1)
        raise Crashed(f"{url} was not ready in {seconds:.0f} seconds: {said}.")

    def supervise(self) -> None:
        """Watches until one of them ends (Crashed) or a signal asks for an end (Stopped)."""
        while True:
            self.check()
            time.sleep(0.2)

    def stop(self) -> None:
        deadline = time.monotonic() + GRACE
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, deadline - time.monotonic()))
            # Each leads a session: what it may have left of its own goes with it.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self.processes.clear()


def stop_on_signals() -> None:
    """From here on Ctrl-C, SIGTERM and a closed terminal unwind the program as Stopped, once."""

    def stop(number: int, frame: FrameType | None) -> None:
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(each, signal.SIG_IGN)
        raise Stopped

    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, stop)


def free_port() -> int:
    """A port of the loopback that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _why(status: int) -> str:
    return f"exit status {status}" if status >= 0 else signal.Signals(-status).name
