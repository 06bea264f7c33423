"""How long the backtest page keeps somebody waiting: 500 products, two years of their own past with its calendar.

``python -m benchmarks.backtest`` sells three years of simulated demand in a database of its own, with a promotion of
everything each month, forty of single products, and China's holidays; it replays the last two years as the worker does
and writes RESULTS.md.
"""

import resource
import time
from datetime import date, timedelta

from benchmarks import setup
from benchmarks.autoets import simulated
from benchmarks.forecast import Company, cpu_seconds

PRODUCTS, DAYS, REPLAYED = 500, 3 * 364, 2 * 364
BAR = 60.0
HEADING = "A backtest of two years"


def main() -> int:
    """Measure once; returns the exit code (0 even when the bar is missed: the table says so)."""
    setup.start()
    from benchmarks.results import machine, write_section
    from forecasting.models import Backtest
    from forecasting.services import run_forecast
    from forecasting.services.backtests import compute_backtest, request_backtest

    company = Company(DAYS)
    company.grow(simulated(PRODUCTS, DAYS))
    until = date.today()
    spells = _promote(until)
    run_forecast()
    backtest = request_backtest(until - timedelta(days=REPLAYED), until - timedelta(days=1), {})
    begun, before = time.monotonic(), cpu_seconds()
    assert compute_backtest(backtest.pk), Backtest.objects.get(pk=backtest.pk).error
    seconds, cpu = time.monotonic() - begun, cpu_seconds() - before
    backtest.refresh_from_db()
    assert backtest.result["places"] == PRODUCTS
    assert backtest.done == backtest.total > 0
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    lines = [
        "| products | days | events known in advance | wall | CPU | bar | holds | memory |",
        "|---|---|---|---|---|---|---|---|",
        f"| {PRODUCTS} | {backtest.result['days']} | {spells} | **{seconds:.0f} s** | {cpu:.0f} s | ≤ {BAR:.0f} s "
        f"| {'yes' if seconds <= BAR else 'no'} | {memory:,.0f} MB |",
    ]
    print("\n".join(lines))
    intro = f"{machine()}. All policies, bands and the curve of less stock, in one process as a worker does it.\n\n"
    write_section(HEADING, intro + "\n".join(lines))
    return 0


def _promote(until: date) -> int:
    """Enter the events of three years, each ten days before it begins; returns how many there are."""
    from django.db.models import F

    from forecasting.models import DemandEvent, HolidayCalendar
    from inventory.models import Product

    start = until - timedelta(days=DAYS)
    of_all = [("Monthly", start + timedelta(days=28 * n)) for n in range(DAYS // 28)]
    of_one = [(f"Offer {n}", start + timedelta(days=17 + 26 * n)) for n in range(40)]
    events = DemandEvent.objects.bulk_create(
        DemandEvent(name=name, starts_on=day, ends_on=day + timedelta(days=4), price_cut=15) for name, day in of_all
    )
    for (name, day), product in zip(of_one, Product.objects.order_by("pk"), strict=False):
        event = DemandEvent.objects.create(name=name, starts_on=day, ends_on=day + timedelta(days=6), price_cut=20)
        event.products.add(product)
    DemandEvent.objects.update(created_at=F("starts_on") - timedelta(days=10))
    HolidayCalendar.objects.create(country="CN")
    return len(events) + len(of_one)


if __name__ == "__main__":
    raise SystemExit(main())
