"""Rates of processes that do one thing over and over, and times of single calls; medians over rounds."""

import multiprocessing
import statistics
import time
from collections.abc import Callable
from typing import Any

FORK = multiprocessing.get_context("fork")
Work = Callable[[], object]
"""One repetition; returns how many units it did when that is a number, else it counts as one."""
MakeWork = Callable[[int], Work]
"""Called in each process with its number, after the fork: connects, and returns what to repeat."""


def rate(make_work: MakeWork, *, processes: int = 1, seconds: float = 3.0) -> float:
    """Units per second over all processes, each working for ``seconds`` after a common start."""
    barrier, counts = FORK.Barrier(processes), FORK.SimpleQueue()
    workers = [
        FORK.Process(target=_repeat, args=(make_work, number, barrier, counts, seconds)) for number in range(processes)
    ]
    close_connections()
    for worker in workers:
        worker.start()
    done = [counts.get() for _worker in workers]
    for worker in workers:
        worker.join()
    if problems := [answer for answer in done if isinstance(answer, str)]:
        raise RuntimeError(problems[0])
    return sum(count / spent for count, spent in done)


def _repeat(make_work: MakeWork, number: int, barrier: Any, counts: Any, seconds: float) -> None:
    try:
        work = make_work(number)
        for _warm_up in range(5):
            work()
        barrier.wait(60)
        begun = time.perf_counter()
        count = 0.0
        while (spent := time.perf_counter() - begun) < seconds:
            units = work()
            count += units if isinstance(units, int | float) else 1
        counts.put((count, spent))
    except BaseException as exc:
        barrier.abort()
        counts.put(f"{type(exc).__name__}: {exc}")


def close_connections() -> None:
    """A connection must not be shared with forked children."""
    from django.db import connections

    connections.close_all()


def paired_ratio(
    ours: Callable[[], float], floor: Callable[[], float], *, rounds: int = 3
) -> tuple[float, float, float]:
    """(median ratio, our median rate, the floor's), measured in turn so that noise hits both alike."""
    pairs = [(ours(), floor()) for _round in range(rounds)]
    return (
        statistics.median(a / b for a, b in pairs),
        statistics.median(a for a, _b in pairs),
        statistics.median(b for _a, b in pairs),
    )


def median_seconds(call: Callable[[], object], *, repeats: int = 30) -> float:
    """Median time of one call, after a warm-up."""
    call()
    times = []
    for _time in range(repeats):
        begun = time.perf_counter()
        call()
        times.append(time.perf_counter() - begun)
    return statistics.median(times)
