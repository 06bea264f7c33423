"""The only place that hands work to Celery. The database is the truth, Celery is the kick."""

import logging
from contextlib import suppress
from typing import Any

from celery import Task
from django.db import connection, transaction
from redis import RedisError

from core.redis import client, send_after_commit

logger = logging.getLogger(__name__)

KICK_SECONDS = 30  # after this a waiting kick counts as lost


def enqueue(task: Task, *args: Any) -> None:
    """Run ``task`` soon after the commit, at most once per transaction for the same arguments.

    With the broker down the work stays marked in the database and the periodic sweep does it later.
    """

    def send() -> None:
        _hand_over(task, *args)

    # Django logs the qualified name of a callback that fails; a second call finds the first by it.
    send.__qualname__ = f"{task.name}{args}"
    if all(entry[1].__qualname__ != send.__qualname__ for entry in connection.run_on_commit):
        transaction.on_commit(send, robust=True)


def kick(task: Task) -> None:
    """Have a task that drains rows run soon after the commit; while a kick waits, others need none.

    The task calls ``kick_taken`` before it reads: whoever commits after that kicks anew.
    """

    def hand_over_if_first(answer: Any) -> None:
        if answer:
            _hand_over(task)

    send_after_commit("SET", _kick_key(task), 1, "NX", "EX", KICK_SECONDS, then=hand_over_if_first)


def kick_taken(task: Task) -> None:
    """Say that the waiting kick of this task is being worked on."""
    with suppress(RedisError):  # then it counts as lost after KICK_SECONDS
        client().delete(_kick_key(task))


def _kick_key(task: Task) -> str:
    return f"tandem:kick:{task.name}"


def _hand_over(task: Task, *args: Any) -> None:
    try:
        task.apply_async(args, retry=False)
    except Exception:
        logger.warning("Broker unreachable: %s waits for its sweep.", task.name)
