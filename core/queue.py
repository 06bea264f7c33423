"""The only place that hands work to Celery. The database is the truth, Celery is the kick."""

import logging
import time
from typing import Any

from celery import Task
from django.db import connection, transaction

logger = logging.getLogger(__name__)

PAUSE = 2.0  # seconds without a try after the broker failed, so that an outage does not slow every request
_broken_until = 0.0


def enqueue(task: Task, *args: Any) -> None:
    """Run ``task`` soon after the commit, at most once per transaction for the same arguments.

    With the broker down the work stays marked in the database and the periodic sweep does it later.
    """

    def send() -> None:
        global _broken_until
        if time.monotonic() < _broken_until:
            return
        try:
            task.apply_async(args, retry=False)
        except Exception:
            _broken_until = time.monotonic() + PAUSE
            logger.warning("Broker unreachable: %s waits for its sweep.", task.name)

    # Django logs the qualified name of a callback that fails; a second call finds the first by it.
    send.__qualname__ = f"{task.name}{args}"
    if all(entry[1].__qualname__ != send.__qualname__ for entry in connection.run_on_commit):
        transaction.on_commit(send, robust=True)
