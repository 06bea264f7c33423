"""A migrated database that those of the tests are copies of: migrating takes ten seconds, copying less than one."""

import fcntl
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import django

BASE_DIR = Path(__file__).resolve().parent.parent
PREFIX = "tandem_migrated_"


class Template:
    """The database named after what made it: another migration or role gives another one."""

    def __init__(self, lock: IO[str]) -> None:
        self.lock, self.name = lock, PREFIX + _digest()

    @classmethod
    @contextmanager
    def locked(cls) -> Iterator["Template"]:
        """It, with its lock held until ``unlock``."""
        from config.local_servers import data_dir

        data_dir().mkdir(parents=True, exist_ok=True)
        with (data_dir() / "template.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield cls(lock)

    def exists(self) -> bool:
        """Whether a run has made it already."""
        return self.name in self._made()

    def copy_from_ours(self) -> None:
        """Make it of this worker's freshly migrated database, and drop those of other migrations."""
        from django.db import connection

        ours, others = connection.settings_dict["NAME"], self._made()
        connection.close()  # only a database that nobody uses can be copied
        with connection._nodb_cursor() as cursor:
            for name in others:
                cursor.execute(f"DROP DATABASE {connection.ops.quote_name(name)}")
            cursor.execute(f"CREATE DATABASE {self.name} TEMPLATE {connection.ops.quote_name(ours)}")

    def unlock(self) -> None:
        """Let the next worker look."""
        fcntl.flock(self.lock, fcntl.LOCK_UN)

    def _made(self) -> list[str]:
        from django.db import connection

        with connection._nodb_cursor() as cursor:
            cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [PREFIX])
            return [name for (name,) in cursor.fetchall()]


def _digest() -> str:
    files = [*sorted(BASE_DIR.glob("*/migrations/*.py")), BASE_DIR / "config" / "roles.py"]
    made_by = hashlib.sha256(django.__version__.encode())
    for file in files:
        made_by.update(file.name.encode() + file.read_bytes())
    return made_by.hexdigest()[:12]
