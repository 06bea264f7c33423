"""The servers of the drill, each with its ``kill -9`` and its way back."""

import os
import signal
from pathlib import Path

import psycopg2

from config import local_servers
from tests.processes import Celery, Valkey, Web, wait_until


class Stage:
    """PostgreSQL as in production (every commit on disk), Valkey, gunicorn and Celery in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        os.environ["TANDEM_DATA_DIR"] = str(folder)
        os.environ.pop("DATABASE_URL", None)
        self.valkey = Valkey(folder / "valkey.log")
        os.environ |= {"REDIS_URL": self.valkey.url, "REORDER_SWEEP_SECONDS": "1"}
        local_servers.ensure_servers()
        self.valkey.wait()

    def open(self) -> None:
        """Start what serves; the database is migrated and filled by now."""
        self.web = Web({}, self.folder / "web.log", workers=2, threads=4)
        self.celery = Celery({}, self.folder / "celery.log")
        self.web.wait()

    def close(self) -> None:
        """Stop everything; PostgreSQL stops with this process."""
        for server in (self.celery, self.web, self.valkey):
            server.kill()

    # --- what gets killed; each returns the pid -----------------------------------------------------------------------

    def kill_web_worker(self) -> int:
        """One of gunicorn's two processes, with the requests it is at."""
        pid = self.web.worker_pids()[0]
        os.kill(pid, signal.SIGKILL)
        return pid

    def revive_web_worker(self) -> None:
        """gunicorn starts another by itself."""
        wait_until(lambda: len(self.web.worker_pids()) == 2 and self.web.answers(), "gunicorn has a new worker")

    def kill_celery(self) -> int:
        return self.celery.kill()

    def revive_celery(self) -> None:
        self.celery.start()

    def kill_valkey(self) -> int:
        return self.valkey.kill()

    def revive_valkey(self) -> None:
        self.valkey.start()
        self.valkey.wait()

    def kill_postgres(self) -> int:
        """The postmaster; its backends find themselves alone and leave in the middle of what they do."""
        pid = int((self.folder / "postgres" / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)
        return pid

    def revive_postgres(self) -> None:
        """Recovery from the write-ahead log; refused until the last old backend has gone."""
        wait_until(self._start_postgres, "PostgreSQL starts", 240)  # a crash makes it sync its whole folder first

    def _start_postgres(self) -> bool:
        try:
            return bool(local_servers._start_postgres(self.folder / "postgres", test=False))
        except (local_servers.ServerProblem, OSError, psycopg2.OperationalError) as exc:
            print(f"PostgreSQL does not start yet: {exc}", flush=True)
            return False
