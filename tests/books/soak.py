"""`make soak`: at least 100,000 random steps, committed one by one, each compared with the books.

Each core walks in a PostgreSQL of its own in var/soak*; writes its figure into benchmarks/RESULTS.md.
Run: ``python -m tests.books.soak [--operations N]``.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
import traceback
from datetime import date
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
        print(f"{BooksMachine.operations} of {wanted} steps, {rate:.0f} a second", file=sys.stderr, flush=True)
    return BooksMachine.operations


def verify() -> str:
    """The whole database ties out; returns its size in words."""
    from config.books import book_differences
    from inventory.models import Reservation, StockMove
    from orders.models import Order

    wrong = book_differences()
    if wrong:
        raise AssertionError(f"{len(wrong)} differences, the first: {wrong[0]}")
    rows = {model._meta.verbose_name_plural: model.objects.count() for model in (Order, StockMove, Reservation)}
    return ", ".join(f"{count:,} {name}" for name, count in rows.items())


def part(wanted: int, number: int) -> int:
    """One process's share, in a PostgreSQL of its own; its last line is (steps, size); returns the exit code."""
    os.environ["TANDEM_DATA_DIR"] = str(BASE_DIR / "var" / f"soak{number}")
    for name in ("DATABASE_URL", "REDIS_URL"):
        os.environ.pop(name, None)
    from benchmarks.setup import start

    start()
    try:
        print(json.dumps([walk(wanted), verify()]))
    except AssertionError:
        traceback.print_exc()
        return 1
    return 0


def main() -> int:
    """Share the steps out, add up, write; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--operations", type=int, default=100_000)
    parser.add_argument("--part", type=int)
    asked = parser.parse_args()
    if asked.part is not None:
        return part(asked.operations, asked.part)
    started, cores = time.monotonic(), os.cpu_count() or 1
    share = str(-(-asked.operations // cores))
    command = [sys.executable, "-m", "tests.books.soak", "--operations", share, "--part"]
    parts = [subprocess.Popen([*command, str(n)], cwd=BASE_DIR, stdout=subprocess.PIPE) for n in range(cores)]
    said = [process.communicate()[0].decode() for process in parts]
    if any(process.returncode for process in parts):
        print("\n".join(said))
        return 1
    from benchmarks.results import write_section

    done = [json.loads(text.splitlines()[-1]) for text in said]
    text = (
        f"{sum(steps for steps, _size in done):,} steps in {(time.monotonic() - started) / 60:.0f} minutes on "
        f"{date.today()} (Python {platform.python_version()}, {cores} processes): 0 differences, after each step and "
        f"over each whole database at the end ({'; '.join(size for _steps, size in done)})."
    )
    write_section(HEADING, text)
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
