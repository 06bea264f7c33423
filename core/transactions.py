"""Bounded retry of entry services when PostgreSQL asks for it, and several of them in one transaction."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import Error, OperationalError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from core.statements import together

P = ParamSpec("P")
R = TypeVar("R")

RETRYABLE = {"40001", "40P01"}  # serialization failure, deadlock detected
MAX_TRIES = 5


def retry_on_conflict(service: Callable[P, R]) -> Callable[P, R]:
    """Run an entry service again, at most MAX_TRIES times, after a deadlock or serialization failure.

    Wraps the *outside* of ``atomic(durable=True)``: each try is a fresh transaction.
    """

    @wraps(service)
    def attempt(*args: P.args, **kwargs: P.kwargs) -> R:
        for tried in range(1, MAX_TRIES + 1):
            try:
                return service(*args, **kwargs)
            except OperationalError as exc:
                code = getattr(exc.__cause__, "pgcode", None)
                if code not in RETRYABLE or tried == MAX_TRIES or connection.in_atomic_block:
                    raise
                time.sleep(random.uniform(0, 0.02 * 2**tried))
        raise AssertionError("unreachable")

    return attempt


@contextmanager
def written_at_once() -> Iterator[None]:
    """As ``atomic(durable=True)``, for a service that looks without locks and whose writes leave together at the end.

    Then BEGIN and COMMIT cost no round trips, and rows are locked for only as long as the server works on them. Once
    something is locked, or written by other means than ``statements.write``, it is an ordinary transaction.
    """
    with transaction.atomic(durable=True), together(is_whole=True):
        yield


@contextmanager
def one_transaction() -> Iterator[None]:
    """Make everything inside one transaction, entry services included.

    Those are ``atomic(durable=True)`` and refuse to be nested in another atomic block, rightly: whoever calls them
    inside one could undo what they reported as done. Here nothing is reported before the commit, so autocommit is
    turned off instead; their blocks then are savepoints of this transaction, and their ``on_commit`` hooks run when
    autocommit is turned on again after the commit.
    """
    connection = transaction.get_connection()
    connection.set_autocommit(False)
    try:
        yield
        connection.commit()
    except BaseException:
        _undo(connection)
        raise
    connection.set_autocommit(True)


def _undo(connection: BaseDatabaseWrapper) -> None:
    """Roll back; a connection that died is thrown away, or every later request of this thread would meet it."""
    try:
        connection.rollback()
        connection.set_autocommit(True)
    except Error:
        # Dying while a savepoint is made leaves Django in an atomic block that nobody ends.
        connection.in_atomic_block = connection.closed_in_transaction = False
        connection.close()
