"""A year of real demand through the running system: orders in, time moved on, suggestions approved by rule.

``python -m benchmarks.year [products]`` (60 unless given) takes the demand, costs and lead times of the profit replay
(REPLAY_DIR, see DEFAULT) and lets the services live through them day by day, each on its day: goods come in, customers
order and get what is there, parcels leave, marked places are checked, the rule orders, every week the nightly jobs run.
The same days are then counted for the replay's reference policies. Afterwards every suggestion is computed anew and
the stock is proved; RESULTS.md gets the table.
"""

import importlib.util
import math
import os
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from datetime import time as clock
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
import time_machine

from benchmarks import setup

DEFAULT = Path(__file__).resolve().parent.parent.parent / "shared/replay"
PRODUCTS = 60
HEADING = "A year of real demand through the system"
ORDER_COST, HOLDING_RATE = Decimal(5), Decimal("0.25")
QUOTED_DAYS = 14
OPENING_DAYS = 28  # opening stock: so many days of the last quarter's pace beyond the quoted lead time
EVENING, MORNING, NIGHT = 22, 7, 2


@dataclass(frozen=True, slots=True)
class Series:
    """One product: its daily demand, of which the first days are the past, its money and its lead time by day."""

    sku: str
    demand: npt.NDArray[np.int64]
    price: Decimal
    unit_cost: Decimal
    lead_times: Sequence[int]  # of an order placed on the n-th day after the past


@dataclass(slots=True)
class Year:
    """Lives through the days of some series in one warehouse, from ``origin`` on; ``past`` days had all they asked."""

    series: Sequence[Series]
    origin: date
    past: int
    forecast_every: int = 7
    arrivals: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    products: list[int] = field(default_factory=list)
    sold: npt.NDArray[np.int64] = field(init=False)
    shelf: npt.NDArray[np.int64] = field(init=False)  # pieces at the end of every day
    ordered: npt.NDArray[np.int64] = field(init=False)
    lines_ordered: npt.NDArray[np.int64] = field(init=False)
    place: dict[str, int] = field(default_factory=dict)

    def live(self, progress: Any = lambda day, of: None) -> None:
        """Set up the company, tell its past and live through the rest."""
        days = len(self.series[0].demand)
        self.sold, self.shelf = (np.zeros((len(self.series), days - self.past), np.int64) for _ in range(2))
        self.ordered, self.lines_ordered = (np.zeros(len(self.series), np.int64) for _ in range(2))
        self._found()
        for day in range(self.past):
            self._sell(day, [int(series.demand[day]) for series in self.series])
            progress(day + 1, days)
        for day in range(self.past, days):
            if (day - self.past) % self.forecast_every == 0:
                self._night(day)
            self._receive(day)
            self._trade(day)
            self._buy(day)
            progress(day + 1, days)

    def _at(self, day: int, hour: float) -> datetime:
        from django.utils import timezone

        return timezone.make_aware(datetime.combine(self.origin + timedelta(days=day), clock())) + timedelta(hours=hour)

    def _found(self) -> None:
        """A company with a supplier for each product: what it costs to place an order is then that of a line."""
        from core.models import Company
        from inventory.models import Product, Warehouse
        from inventory.places import Receipt
        from inventory.services import open_balance
        from orders.models import Channel, Customer
        from purchasing.models import Supplier, SupplierItem
        from purchasing.services.rules import add_rule

        with time_machine.travel(self._at(0, 0)):
            Company.objects.update_or_create(pk=1, defaults={"name": "Year", "holding_rate": HOLDING_RATE})
            self.place = {
                "warehouse_id": Warehouse.objects.create(code="YEAR", name="Year").pk,
                "channel_id": Channel.objects.create(code="year", name="Year").pk,
                "customer_id": Customer.objects.create(code="YEAR", name="Year").pk,
            }
            receipts = []
            for number, one in enumerate(self.series):
                product = Product.objects.create(sku=one.sku, name=one.sku, price=one.price)
                supplier = Supplier.objects.create(
                    code=f"Y{number:03d}", name=f"Supplier {number}", lead_time_days=QUOTED_DAYS, order_cost=ORDER_COST
                )
                SupplierItem.objects.create(
                    supplier=supplier, product=product, unit_cost=one.unit_cost, is_preferred=True
                )
                self.products.append(product.pk)
                pieces = int(one.demand[: self.past].sum()) + opening_stock(one.demand[: self.past])
                if pieces:
                    receipts.append(
                        Receipt((product.pk, self.place["warehouse_id"]), pieces, pieces * one.unit_cost, "")
                    )
            open_balance(receipts, at=self._at(0, 0), reason="benchmark")
            add_rule(supplier_id=None, max_value=Decimal(10**9), min_confidence=0)

    def _sell(self, day: int, wanted: Sequence[int]) -> None:
        """Customers order and the parcels leave the same day."""
        from orders.services import create_orders, ship_orders
        from orders.values import NewLine, NewOrder, NewShipment

        with time_machine.travel(self._at(day, 12)) as now:
            news = [
                NewOrder(**self.place, lines=[NewLine(product, pieces)], allow_backorder=False)
                for product, pieces in zip(self.products, wanted, strict=True)
                if pieces
            ]
            outcomes = create_orders(news) if news else []
            now.shift(timedelta(hours=6))
            if made := [outcome.order.pk for outcome in outcomes if outcome.order]:
                ship_orders([NewShipment(pk) for pk in made])

    def _trade(self, day: int) -> None:
        """Everybody gets what is there; what is not is asked for all the same, and refused."""
        before = self._stock()
        wanted = np.array([int(series.demand[day]) for series in self.series])
        served = np.minimum(wanted, before)
        self._sell(day, served.tolist())
        self._sell(day, (wanted - served).tolist())
        self.shelf[:, day - self.past] = self._stock()
        self.sold[:, day - self.past] = before - self.shelf[:, day - self.past]

    def _stock(self) -> npt.NDArray[np.int64]:
        from inventory.models import StockLevel

        available = dict(StockLevel.objects.values_list("product_id", "available"))
        return np.array([available.get(product, 0) for product in self.products])

    def _night(self, day: int) -> None:
        """What beat runs at night: lead times learned, everything forecast; the day's past ends the day before."""
        from forecasting.services import run_forecast
        from purchasing.performance import remember_lead_times

        with time_machine.travel(self._at(day, NIGHT)):
            remember_lead_times()
            run = run_forecast()
            if run.failures:
                raise RuntimeError(f"The forecast of {self.origin + timedelta(days=day)} failed: {run.failures}")

    def _buy(self, day: int) -> None:
        """Marked places are checked, the rule orders, and each order's arrival is drawn."""
        from purchasing.models import PurchaseOrderLine
        from purchasing.services import approve_by_rules, drain_marks

        with time_machine.travel(self._at(day, EVENING)) as now:
            while drain_marks():
                pass
            now.shift(timedelta(minutes=5))
            since = self._at(day, EVENING)
            approve_by_rules()
        lines = PurchaseOrderLine.objects.filter(purchase_order__ordered_at__gte=since)
        for product, order, pieces in lines.values_list("product_id", "purchase_order_id", "quantity"):
            row = self.products.index(product)
            self.ordered[row] += pieces
            self.lines_ordered[row] += 1
            self.arrivals[day + int(self.series[row].lead_times[day - self.past])].append(order)

    def _receive(self, day: int) -> None:
        from purchasing.services import receive_goods
        from purchasing.values import NewReceipt

        if due := self.arrivals.pop(day, []):
            with time_machine.travel(self._at(day, MORNING)):
                receive_goods([NewReceipt(order) for order in due])

    def money(self) -> dict[str, float]:
        """Margin from the books, less holding and ordering as the replay counts them."""
        from django.db.models import Sum

        from orders.models import ShipmentLine

        lines = ShipmentLine.objects.filter(shipment__shipped_at__gte=self._at(self.past, 0))
        books = lines.aggregate(revenue=Sum("revenue"), cost=Sum("cost"))
        costs = np.array([float(one.unit_cost) for one in self.series])
        holding = float((self.shelf.sum(axis=1) * costs).sum()) * float(HOLDING_RATE) / 365
        ordering = float(ORDER_COST) * int(self.lines_ordered.sum())
        margin = float(books["revenue"] or 0) - float(books["cost"] or 0)
        return {
            "margin": margin,
            "holding": holding,
            "ordering": ordering,
            "profit": margin - holding - ordering,
            "stock": float((self.shelf.mean(axis=1) * costs).sum()),
        }


def opening_stock(past: npt.NDArray[np.int64]) -> int:
    """As the replay's: the quoted lead time and four weeks of the last quarter's pace."""
    sold = np.flatnonzero(past)
    active = past[sold[0] :][-91:] if len(sold) else past[:0]
    return math.ceil(float(active.mean()) * (QUOTED_DAYS + OPENING_DAYS)) if len(active) else 0


def faults(year: Year) -> list[str]:
    """What must not be: stock below zero or unproved, suggestions that compute to something else, a lost piece."""
    from inventory.models import StockLevel
    from inventory.verification import stock_differences
    from orders.verification import demand_differences, hidden_orders, owed_differences, stray_reservations
    from purchasing.verification import differing_suggestions

    checks = (stock_differences, stray_reservations, demand_differences, hidden_orders, owed_differences)
    found = [str(problem) for check in checks for problem in check()]
    found += [str(again) for again in differing_suggestions(10**6)]
    if (year.shelf < 0).any() or StockLevel.objects.filter(on_hand__lt=0).exists():
        found.append("stock below zero")
    wanted = np.array([one.demand[year.past :] for one in year.series])
    opening = np.array([opening_stock(one.demand[: year.past]) for one in year.series])
    due = np.zeros(len(year.series), np.int64)
    found += [f"{one.sku}: sold more than was wanted" for one, w, s in zip(year.series, wanted, year.sold, strict=True)
              if (s > w).any()]  # fmt: skip
    from purchasing.models import PurchaseOrderLine

    for product, quantity, received in PurchaseOrderLine.objects.values_list("product_id", "quantity", "received"):
        due[year.products.index(product)] += quantity - received
    if (opening + year.ordered - due - year.sold.sum(axis=1) != year.shelf[:, -1]).any():
        found.append("pieces were lost or made on the way")
    return found


def load_replay() -> ModuleType:
    """The profit replay, which is no part of the product: REPLAY_DIR says where it lies."""
    folder = Path(os.environ.get("REPLAY_DIR", DEFAULT))
    spec = importlib.util.spec_from_file_location("replay", folder / "replay.py")
    if spec is None or spec.loader is None:
        raise SystemExit(f"There is no replay.py in {folder}; set REPLAY_DIR.")
    module = importlib.util.module_from_spec(spec)
    sys.modules["replay"] = module
    spec.loader.exec_module(module)
    return module


def choose(replay: ModuleType, count: int) -> list[Any]:
    """Evenly chosen products of the file that had sold before the year began."""
    items = [item for item in replay.load("or2") if item[1][: item[4]["start"]].any()]
    return [items[n * len(items) // count] for n in range(min(count, len(items)))]


def main() -> int:
    """Live through the year, compare and write the section; 1 when something must not be."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else PRODUCTS
    replay = load_replay()
    items = choose(replay, count)
    setup.start()
    from benchmarks.results import machine, write_section

    start = items[0][4]["start"]
    series = [
        Series(
            sku=sku,
            demand=np.round(demand).astype(np.int64),
            price=Decimal(str(round(price, 2))),
            unit_cost=Decimal(str(round(cost, 4))),
            lead_times=[int(days) for days in replay.draw_lead_times(sku, len(demand) - start, 7, 21, 0)],
        )
        for sku, demand, price, cost, _terms in items
    ]
    year = Year(series, date.fromisoformat(items[0][4]["origin"]), start)
    begun = time.perf_counter()
    year.live(lambda day, of: print(f"day {day} of {of}", flush=True) if day % 28 == 0 else None)
    minutes = (time.perf_counter() - begun) / 60
    found = faults(year)
    text = _report(year, replay.table(replay.run(items, replay.reference_policies())), minutes, found)
    print(text)
    write_section(HEADING, f"{machine()}. {text}")
    return 1 if found else 0


def _report(year: Year, references: Any, minutes: float, found: Sequence[str]) -> str:
    from purchasing.models import PurchaseOrder, ReorderSuggestion

    own, bound = year.money(), float(references.profit.max())
    wanted = sum(int(one.demand[year.past :].sum()) for one in year.series)
    lines = ["| policy | profit | of the bound | fill | stock value | order lines |", "|---|---|---|---|---|---|"]
    lines.append(
        f"| **Tandem, the running system** | **{own['profit']:,.0f}** | **{100 * own['profit'] / bound:.1f} %** "
        f"| {100 * year.sold.sum() / wanted:.1f} % | {own['stock']:,.0f} | {year.lines_ordered.sum():,} |"
    )
    for row in references.itertuples():
        lines.append(
            f"| {row.policy} | {row.profit:,.0f} | {100 * row.profit / bound:.1f} % | {row.fill_units:.1f} % "
            f"| {row.avg_inv_value:,.0f} | {row.orders_per_sku_yr * len(year.series) * 364 / 365:,.0f} |"
        )
    verdict = "; ".join(found) if found else (
        "stock never below zero and equal to its ledger, every suggestion computes to what it said, no piece lost"
    )  # fmt: skip
    return (
        f"{len(year.series)} products, {year.past} days of past and {year.shelf.shape[1]} days lived through the "
        f"services in {minutes:.0f} minutes: {ReorderSuggestion.objects.count():,} suggestions, "
        f"{PurchaseOrder.objects.count():,} purchase orders made by rule, forecasts every {year.forecast_every} days, "
        "lead times of 7 to 21 days learned from receipts. Demand that finds no stock is lost; the reference policies "
        f"live through the same days.\n\n{chr(10).join(lines)}\n\nProved: {verdict}."
    )


if __name__ == "__main__":
    sys.exit(main())
