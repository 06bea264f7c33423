"""Real races: every call runs in a thread of its own with a database connection of its own."""

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection


@pytest.fixture
def race(transactional_db):
    """``race(call, call, …)`` starts all at once; returns results (or the exceptions raised) in the same order."""

    def run(*calls: Callable[[], Any]) -> list[Any]:
        barrier, results = Barrier(len(calls)), [None] * len(calls)

        def work(index: int, call: Callable[[], Any]) -> None:
            try:
                connection.ensure_connection()
                barrier.wait(timeout=60)
                results[index] = call()
            except Exception as exc:
                results[index] = exc
            finally:
                connection.close()

        threads = [Thread(target=work, args=item) for item in enumerate(calls)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=120)
        assert not any(thread.is_alive() for thread in threads), "a race never ended"
        return results

    return run
