"""CPU seconds of the whole nightly job per 1,000 daily series of two years, from 1,000 series up.

``OMP_NUM_THREADS=1 python -m benchmarks.nightly [SIZE …]``: companies of 1,000, 2,000, … products with two years of
orders by day are forecast as the night does it (read, fit, policy, write), chunk by chunk in this process. Beside it,
statsforecast's AutoETS fits 200 of the same series by week, where it is installed.
"""

import resource
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from importlib.util import find_spec

import numpy as np

from benchmarks import setup

HEADING = "The nightly forecast"
SIZES = (1_000, 2_000, 5_000)
DAYS, AUTO_ETS_SERIES = 728, 200
BAR = 10.0  # CPU seconds per 1,000 series


def main() -> int:
    """Measure each size and write the section."""
    setup.start()
    from benchmarks.results import machine, write_section

    sizes = [int(size) for size in sys.argv[1:]] or SIZES
    lines = [
        "| series | prepare | read | fit | write | CPU s per 1,000 | bar | peak memory |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for line in measure(sizes):
        print(line, flush=True)
        lines.append(line)
    text = f"{machine()}. `run_forecast` of daily series of two years, one process.\n\n" + "\n".join(lines)
    write_section(HEADING, text + f"\n\n{auto_ets()}")
    return 0


def measure(sizes: Sequence[int]) -> Iterator[str]:
    """One line of the table for each number of series, in ascending order."""
    from django.utils import timezone

    from benchmarks.growth import analyze
    from forecasting.services import run_forecast

    company, today = Company(), timezone.localdate()
    for size in sorted(sizes):
        company.grow_to(size)
        analyze()
        run_forecast(as_of=today - timedelta(days=1))  # the policies stand, as on every night but the first
        begun = time.process_time()
        run = run_forecast(as_of=today)
        spent = time.process_time() - begun
        per_1000 = spent * 1000 / run.total
        steps = " | ".join(f"{run.timing[step] * 1000 / run.total:.2f}" for step in ("prepare", "read", "fit", "write"))
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        yield f"| {run.total:,} | {steps} | **{per_1000:.2f}** | ≤ {BAR:.0f} | {memory:,.0f} MB |"


class Company:
    """A company that grows: products with a supplier, stock, and two years of orders written column by column."""

    def __init__(self) -> None:
        from core.models import Company as Row
        from inventory.models import Category, Warehouse
        from orders.models import Channel, Customer
        from purchasing.models import Supplier

        Row.objects.get_or_create(pk=1, defaults={"name": "Benchmark", "currency": "CNY", "holding_rate": "0.25"})
        self.category = Category.objects.create(name="Benchmark")
        self.warehouse = Warehouse.objects.create(code="N", name="Nightly")
        self.channel = Channel.objects.create(code="nightly", name="Nightly")
        self.customer = Customer.objects.create(code="NIGHTLY", name="Nightly")
        self.supplier = Supplier.objects.create(code="NIGHTLY", name="Nightly", lead_time_days=12, order_cost=30)
        self.random = np.random.default_rng(0)
        self.products = 0

    def grow_to(self, size: int) -> None:
        """Add products until there are ``size``, with the demand of ``benchmarks.forecast``."""
        from django.utils import timezone

        from benchmarks.forecast import simulated
        from inventory.models import Product
        from purchasing.models import SupplierItem

        added = size - self.products
        rows = Product.objects.bulk_create(
            Product(sku=f"N{self.products + n:06d}", name="Nightly", price=20, category=self.category)
            for n in range(added)
        )
        SupplierItem.objects.bulk_create(
            SupplierItem(supplier=self.supplier, product=row, unit_cost=12, moq=6, order_multiple=6, is_preferred=True)
            for row in rows
        )
        demand = simulated(size)[self.products :]
        start = timezone.localdate() - timedelta(days=DAYS)
        for day in range(DAYS):
            self._order(start + timedelta(days=day), [row.pk for row in rows], demand[:, day])
        self.products = size

    def _order(self, day: date, products: list[int], wanted: np.ndarray) -> None:
        """One day's orders. Triggers are left out: what they keep (stock, open demand) is not what is measured."""
        from django.db import connection, transaction

        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(
                "INSERT INTO orders_order (number, customer_id, channel_id, warehouse_id, status, external_reference,"
                " external_fingerprint, ordered_at, requested_date, note) VALUES (%s, %s, %s, %s, 'shipped', '', '',"
                " %s::date + interval '2 hours', %s, '') RETURNING id",
                [f"N{self.products}-{day:%y%m%d}", self.customer.pk, self.channel.pk, self.warehouse.pk, day, day],
            )
            order = cursor.fetchone()[0]
            sold = np.flatnonzero(wanted)
            cursor.execute(
                "INSERT INTO orders_orderline (order_id, position, product_id, quantity, unit_price, shipped,"
                " cancelled, returned) SELECT %s, n, p, q, 20, q, 0, 0"
                " FROM unnest(%s::bigint[], %s::bigint[]) WITH ORDINALITY AS line(p, q, n)",
                [order, [products[n] for n in sold], [int(wanted[n]) for n in sold]],
            )


def auto_ets() -> str:
    """The same series by week with statsforecast's AutoETS."""
    if find_spec("statsforecast") is None:
        return "statsforecast is not installed on this machine: no AutoETS beside it."
    from benchmarks.forecast import auto_ets as fit
    from benchmarks.forecast import cpu_seconds, simulated

    seconds = cpu_seconds(fit, simulated(AUTO_ETS_SERIES))
    return f"statsforecast's AutoETS fits the same series by week in {seconds:.2f} CPU s per 1,000."


if __name__ == "__main__":
    sys.exit(main())
