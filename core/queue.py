"""The only place that hands work to Celery. The database is the truth, Celery is the kick."""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from celery import Task
from django.db import connection, transaction
from redis import RedisError

from core.redis import client

logger = logging.getLogger(__name__)

PAUSE = 2.0  # seconds without a try after the broker failed, so that an outage does not slow every request
KICK_SECONDS = 30  # after this a waiting kick counts as lost
_broken_until = 0.0


def enqueue(task: Task, *args: Any) -> None:
    """Run ``task`` soon after the commit, at most once per transaction for the same arguments.

    With the broker down the work stays marked in the database and the periodic sweep does it later.
    """
    _after_commit(task, args, lambda: True)


def kick(task: Task) -> None:
    """Have a task that drains rows run soon after the commit; while a kick waits, others need none.

    The task calls ``kick_taken`` before it reads: whoever commits after that kicks anew.
    """
    _after_commit(task, (), lambda: bool(client().set(_kick_key(task.name), 1, nx=True, ex=KICK_SECONDS)))


def kick_taken(task: Task) -> None:
    """Say that the waiting kick of this task is being worked on."""
    with suppress(RedisError):  # then it counts as lost after KICK_SECONDS
        client().delete(_kick_key(task.name))


def _kick_key(name: str) -> str:
    return f"tandem:kick:{name}"


def _after_commit(task: Task, args: tuple[Any, ...], is_wanted: Callable[[], bool]) -> None:
    def send() -> None:
        global _broken_until
        if time.monotonic() < _broken_until:
            return
        try:
            if is_wanted():
                task.apply_async(args, retry=False)
        except Exception:
            _broken_until = time.monotonic() + PAUSE
            logger.warning("Broker unreachable: %s waits for its sweep.", task.name)

    # Django logs the qualified name of a callback that fails; a second call finds the first by it.
    send.__qualname__ = f"{task.name}{args}"
    if all(entry[1].__qualname__ != send.__qualname__ for entry in connection.run_on_commit):
        transaction.on_commit(send, robust=True)
