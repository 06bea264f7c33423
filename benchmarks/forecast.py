"""CPU seconds of the whole nightly forecast per 1,000 series of two years: read, fit, policy, write.

``python -m benchmarks.forecast [series …]`` (1,000 and 5,000 unless given) sells simulated demand in a database of its
own, runs the forecast in this process and writes RESULTS.md; the seconds are this process's and its database
connection's. Beside it runs a library on the same series by week: statsforecast's AutoETS where STATSFORECAST_PYTHON
names an interpreter that has it, else statsmodels' ETSModel.
"""

import os
import resource
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np

from benchmarks import setup
from benchmarks.autoets import DAYS, HORIZON, simulated, weekly

SIZES = (1_000, 5_000)
ETS_SERIES = 100
BAR = 10.0
HEADING = "The nightly forecast"
LINES = """
    INSERT INTO orders_orderline (order_id, position, product_id, quantity, unit_price, shipped, cancelled, returned)
    SELECT o, n, p, q, 9.90, q, 0, 0
      FROM unnest(%s::bigint[], %s::int[], %s::bigint[], %s::bigint[]) AS line(o, n, p, q)
"""


class Company:
    """One order a day for two years, or ``days``, which sells every product's simulated demand of that day."""

    def __init__(self, days: int = DAYS) -> None:
        from django.utils import timezone

        from inventory.models import Warehouse
        from orders.models import Channel, Customer, Order

        self.warehouse = Warehouse.objects.create(code="BENCH", name="Benchmark").pk
        channel = Channel.objects.create(code="bench", name="Benchmark").pk
        customer = Customer.objects.create(code="B", name="Customer").pk
        now, today = timezone.now(), timezone.localdate()
        orders = Order.objects.bulk_create(
            Order(
                number=f"B{day}", customer_id=customer, channel_id=channel, warehouse_id=self.warehouse,
                status=Order.Status.SHIPPED, ordered_at=now - timedelta(days=days - day),
                requested_date=today - timedelta(days=days - day),
            )
            for day in range(days)
        )  # fmt: skip
        self.orders = np.array([order.pk for order in orders])
        self.products = 0

    def grow(self, demand: np.ndarray) -> None:
        """Products for the rows of ``demand`` (series, days) that are not there yet."""
        from django.db import connection
        from django.utils import timezone

        from benchmarks.growth import analyze
        from inventory.models import Product
        from inventory.places import Receipt
        from inventory.services import open_balance

        new = Product.objects.bulk_create(
            Product(sku=f"B-{n:06d}", name=f"Product {n}", price=Decimal("9.90"))
            for n in range(self.products, len(demand))
        )
        keys = np.array([row.pk for row in new])
        receipts = [Receipt((int(pk), self.warehouse), 100, Decimal(600), "BENCH") for pk in keys]
        open_balance(receipts, at=timezone.now() - timedelta(days=len(self.orders)), reason="benchmark")
        with connection.cursor() as cursor:
            for first in range(0, len(keys), 500):
                sold = demand[self.products + first : self.products + first + 500]
                row, day = np.nonzero(sold[: len(keys) - first])
                values = self.orders[day], first + row + self.products, keys[first + row], sold[row, day].astype(int)
                cursor.execute(LINES, [column.tolist() for column in values])
        self.products = len(demand)
        analyze()


def main() -> int:
    """Measure every size; returns the exit code (0 even when the bar is missed: the table says so)."""
    setup.start()
    from benchmarks.results import machine, write_section

    sizes = sorted(int(size) for size in sys.argv[1:]) or list(SIZES)
    name, theirs = library()
    lines = [
        "| series | prepare | read | fit | write | CPU s per 1,000 series | bar | holds | of the library | memory |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for line in measure(sizes, theirs):
        print(line, flush=True)
        lines.append(line)
    intro = (
        f"{machine()}. CPU seconds per 1,000 daily series of two years, of the process and of its database connection; "
        f"the library is {name} on the same series by week: {theirs:.1f} s per 1,000.\n\n"
    )
    write_section(HEADING, intro + "\n".join(lines))
    return 0


def measure(sizes: list[int], theirs: float) -> Iterator[str]:
    """One line of the table for each size of the company."""
    from forecasting.services import run_forecast

    company, demand = Company(), simulated(max(sizes))
    for size in sizes:
        company.grow(demand[:size])
        before = cpu_seconds()
        run = run_forecast()
        seconds = (cpu_seconds() - before) * 1_000 / size
        assert (run.total, run.failures) == (size, []), run.failures
        steps = " | ".join(
            f"{run.timing.get(step, 0) * 1_000 / size:.2f}" for step in ("prepare", "read", "fit", "write")
        )
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        yield (
            f"| {size:,} | {steps} | **{seconds:.2f}** | ≤ {BAR:.0f} | {'yes' if seconds <= BAR else 'no'} "
            f"| {seconds / theirs:.2f} | {memory:,.0f} MB |"
        )


def cpu_seconds() -> float:
    """CPU time so far of this process and of the server process behind its connection."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET max_parallel_workers_per_gather = 0")
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return time.process_time() + (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def library() -> tuple[str, float]:
    """What the job is compared with, and its CPU seconds per 1,000 series."""
    python = os.environ.get("STATSFORECAST_PYTHON")
    if python:
        command = [python, "-m", "benchmarks.autoets"]
        done = subprocess.run(command, env=os.environ | {"OMP_NUM_THREADS": "1"}, check=True, capture_output=True)
        return "statsforecast's AutoETS", float(done.stdout)
    ets(simulated(2))
    begun = time.process_time()
    ets(simulated(ETS_SERIES))
    return "statsmodels' ETSModel", (time.process_time() - begun) * 1_000 / ETS_SERIES


def ets(demand: np.ndarray) -> None:
    """Level, and level with a damped trend; the better by AICc forecasts."""
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    warnings.filterwarnings("ignore")
    for row in weekly(demand):
        fits = [
            ETSModel(row, trend=trend, damped_trend=trend is not None).fit(disp=False, maxiter=200)
            for trend in (None, "add")
        ]
        min(fits, key=lambda fit: fit.aicc).forecast(HORIZON)


if __name__ == "__main__":
    sys.exit(main())
