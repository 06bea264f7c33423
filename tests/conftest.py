"""Real servers for every test (started in tests/servers.py): PostgreSQL and Valkey, never mocks of them."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import translation

from tests.template import Template

BASE_DIR = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def django_db_modify_db_settings_xdist_suffix(request: pytest.FixtureRequest) -> None:
    """A database per pytest worker, and per TANDEM_TEST_SUFFIX when several people test at once."""
    from pytest_django.fixtures import _set_suffix_to_test_databases

    parts = [os.environ.get("TANDEM_TEST_SUFFIX", ""), os.environ.get("PYTEST_XDIST_WORKER", "")]
    suffix = "_".join(part for part in parts if part)
    if suffix:
        _set_suffix_to_test_databases(suffix=suffix)


@pytest.fixture(scope="session")
def template(django_db_modify_db_settings_parallel_suffix) -> Iterator[Template]:
    """The migrated database to copy; its lock is held until this worker has a database of its own."""
    with Template.locked() as template:
        yield template


@pytest.fixture(scope="session")
def django_db_modify_db_settings(template, django_db_blocker) -> None:
    """Copy what an earlier worker migrated, if one did; Django finds nothing left to migrate then."""
    from django.db import connection

    with django_db_blocker.unblock():
        if template.exists():
            connection.settings_dict["TEST"]["TEMPLATE"] = template.name


@pytest.fixture(scope="session")
def django_db_setup(template, django_db_setup, django_db_blocker, django_db_keepdb) -> Iterator[None]:
    """The tables are emptied between transactional tests, which the database refuses to everybody else."""
    from django.db import connection
    from django.test import TransactionTestCase

    from tests import emptying

    with django_db_blocker.unblock():
        if not django_db_keepdb and not template.exists():
            template.copy_from_ours()
        template.unlock()
        with connection.cursor() as cursor:
            name = connection.ops.quote_name(connection.settings_dict["NAME"])
            cursor.execute(f"ALTER DATABASE {name} SET tandem.allow_truncate = 'on'")
        emptying.keep("migrated", emptying.MIGRATED)
        connection.close()  # sessions that begin from now on have it
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda case: emptying.leave_only("migrated"))
        yield


@pytest.fixture(scope="session", autouse=True)
def _static_files_are_found_once() -> Iterator[None]:
    """WhiteNoise looks for every static file when a test client builds its middleware; they are the same each time."""
    from whitenoise.middleware import WhiteNoiseMiddleware

    look, found = WhiteNoiseMiddleware.add_files_from_finders, {}

    def look_once(middleware: WhiteNoiseMiddleware) -> None:
        if not found:
            look(middleware)
            found.update(middleware.files)
        middleware.files.update(found)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", look_once)
        yield


@pytest.fixture(autouse=True)
def _quick_passwords(settings) -> None:
    """Most tests only need somebody to be signed in; the real hash takes a third of a second each."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _own_language() -> Iterator[None]:
    """A request leaves its language behind in the thread; the next test speaks English again."""
    yield
    translation.deactivate()


@pytest.fixture
def redis_url(settings) -> str:
    """The Redis database of this pytest worker, emptied."""
    import redis

    redis.Redis.from_url(settings.REDIS_URL).flushdb()
    return settings.REDIS_URL


@pytest.fixture
def celery_worker_process(transactional_db, redis_url) -> Iterator[subprocess.Popen]:
    """A real Celery worker on the test database and this worker's Redis; told to stop at the end."""
    from config.celery import app

    process = start_celery_worker(redis_url)
    wait_for(lambda: app.control.ping(timeout=0.5))
    yield process
    process.terminate()
    # It finishes its task first, which takes its time while both cores are busy with other tests.
    process.wait(timeout=60)


def database_url() -> str:
    """DATABASE_URL of the test database, for processes of their own."""
    import dj_database_url
    from django.db import connection

    url = os.environ["DATABASE_URL"]
    name = dj_database_url.parse(url)["NAME"]
    return url.replace(f"/{name}", f"/{connection.settings_dict['NAME']}", 1)


def start_celery_worker(redis_url: str) -> subprocess.Popen:
    """Start a Celery worker on the test database."""
    environment = os.environ | {
        "DATABASE_URL": database_url(),
        "REDIS_URL": redis_url,
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", "--concurrency=1", "--loglevel=WARNING"]
    return subprocess.Popen(command, cwd=BASE_DIR, env=environment)


def wait_for(condition, seconds: float = 30):
    """Poll until ``condition()`` is true and return its value; fail after ``seconds``."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.1)
    raise AssertionError(f"not true within {seconds} s: {condition}")
