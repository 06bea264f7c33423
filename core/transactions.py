"""Bounded retry of whole entry services when PostgreSQL asks for it."""

import random
import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connection

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
