"""Pytest plugin (``-p tests.servers``): starts the test servers before pytest-django reads the settings."""

import os
from pathlib import Path

import pytest

BASE_DIR = Path(__file__).resolve().parent.parent


def _start_servers() -> None:
    from config.local_servers import ServerProblem, ensure_servers

    os.environ.setdefault("TANDEM_DATA_DIR", str(BASE_DIR / "var" / "test"))
    try:
        ensure_servers(test=True)
    except ServerProblem as problem:
        pytest.exit(str(problem), returncode=3)


def _own_redis_database() -> None:
    """Each pytest worker speaks to a Redis database of its own."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    base, _slash, _number = os.environ["REDIS_URL"].rpartition("/")
    os.environ["REDIS_URL"] = f"{base}/{1 + int(worker.removeprefix('gw') or 0)}"


_start_servers()
_own_redis_database()
