"""`make soak`: at least 100,000 random steps, committed one by one, each compared with the books.

Uses a PostgreSQL of its own in var/soak and writes its figure into benchmarks/RESULTS.md.
Run: ``python -m tests.books.soak [--operations N]``.
"""

import argparse
import os
import platform
import sys
import time
import traceback
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent.parent
HEADING = "Soak: random operations against a model of the books"


def walk(wanted: int) -> int:
    """Random walks until there are this many steps; returns how many. The first step that disagrees raises."""
    from hypothesis import HealthCheck, Phase, settings
    from hypothesis.stateful import run_state_machine_as_test

    from tests.books.machine import BooksMachine

    # Steps that failed are shown as they were: shrinking them would take hours on a database that keeps every row.
    far = settings(
        max_examples=40,
        stateful_step_count=60,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    started = time.monotonic()
    while BooksMachine.operations < wanted:
        run_state_machine_as_test(BooksMachine, settings=far)
        rate = BooksMachine.operations / (time.monotonic() - started)
        print(f"{BooksMachine.operations} of {wanted} steps, {rate:.0f} a second", flush=True)
    return BooksMachine.operations


def verify() -> str:
    """The whole database ties out; returns its size in words."""
    from inventory.models import Reservation, StockMove
    from inventory.verification import stock_differences
    from orders.models import Order
    from orders.verification import order_differences

    wrong = [*stock_differences(), *order_differences()]
    if wrong:
        raise AssertionError(f"{len(wrong)} differences, the first: {wrong[0]}")
    rows = {model._meta.verbose_name_plural: model.objects.count() for model in (Order, StockMove, Reservation)}
    return ", ".join(f"{count:,} {name}" for name, count in rows.items())


def main() -> int:
    """Walk, verify, write; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--operations", type=int, default=100_000)
    wanted = parser.parse_args().operations
    os.environ["TANDEM_DATA_DIR"] = str(BASE_DIR / "var" / "soak")
    for name in ("DATABASE_URL", "REDIS_URL"):
        os.environ.pop(name, None)
    from benchmarks.setup import start

    start()
    from django.utils import timezone

    started = time.monotonic()
    try:
        steps = walk(wanted)
        size = verify()
    except AssertionError:
        traceback.print_exc()
        return 1
    minutes = (time.monotonic() - started) / 60
    text = (
        f"{steps:,} steps in {minutes:.0f} minutes on {timezone.localdate()} (Python {platform.python_version()}, "
        f"{os.cpu_count()} cores): 0 differences, after each step and over the whole database at the end ({size})."
    )
    from benchmarks.results import write_section

    write_section(HEADING, text)
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
