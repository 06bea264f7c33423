"""Calls that start at the same moment, each in a thread of its own."""

from collections.abc import Callable, Sequence
from threading import Barrier, Thread
from typing import Any

from django.db import connection

Call = Callable[[], Any]


def at_once(calls: Sequence[Call], *, connected: bool = True) -> list[Any]:
    """Start all calls at once; returns results (or the exceptions raised) in the same order.

    ``connected`` gives every thread its database connection beforehand; without it a call that needs one opens it.
    """
    barrier, results = Barrier(len(calls)), [None] * len(calls)

    def work(index: int, call: Call) -> None:
        try:
            if connected:
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


def somebody_waits_for_a_lock() -> bool:
    """Whether another connection to this database is waiting for a lock right now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return cursor.fetchone()[0]
