"""What a supplier may be told it will be asked for: expected demand of its products by week, and what is on order.

So that suppliers who hold stock for us can hold the right pieces. Demand of all warehouses together; a product goes to
its preferred supplier only, for nobody else will be asked.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil

from django.db.models import F, Sum

from forecasting.models import DemandForecast
from purchasing.models import PurchaseOrder, PurchaseOrderLine, Supplier, SupplierItem

WEEKS = 13  # a quarter


@dataclass(frozen=True, slots=True)
class SharedLine:
    """One product: pieces we expect to need in each week from ``weeks`` of the list on, and pieces already ordered."""

    item: SupplierItem
    on_order: int
    weekly: list[int]

    @property
    def total(self) -> int:
        return sum(self.weekly)


@dataclass(frozen=True, slots=True)
class SharedForecast:
    """The weeks (their first days) and the products by SKU."""

    weeks: list[date]
    lines: list[SharedLine]


def shared_forecast(supplier: Supplier, today: date) -> SharedForecast:
    """The next weeks of every product that this supplier is preferred for and that is forecast; three queries."""
    items = {
        item.product_id: item
        for item in supplier.items.filter(is_preferred=True, product__is_active=True).select_related("product")
    }
    monday = today - timedelta(days=today.weekday())
    expected: dict[int, list[float]] = defaultdict(lambda: [0.0] * WEEKS)
    for product, horizon in DemandForecast.objects.filter(product__in=items).values_list("product_id", "horizon"):
        _add_weeks(expected[product], horizon, monday)
    ordered: dict[int, int] = dict(
        PurchaseOrderLine.objects.filter(
            purchase_order__supplier=supplier,
            purchase_order__status__in=PurchaseOrder.INCOMING,
            product__in=items,
            quantity__gt=F("received"),
        )
        .values_list("product_id")
        .annotate(coming=Sum(F("quantity") - F("received")))
        .order_by()
    )
    lines = [
        SharedLine(items[product], ordered.get(product, 0), _whole(weekly)) for product, weekly in expected.items()
    ]
    weeks = [monday + timedelta(weeks=week) for week in range(WEEKS)]
    return SharedForecast(weeks, sorted(lines, key=lambda line: line.item.product.sku))


def _add_weeks(weekly: list[float], horizon: dict[str, object], monday: date) -> None:
    """Spread the forecast's weeks, which begin on its own day, over calendar weeks by their days."""
    start, means = date.fromisoformat(str(horizon["start"])), horizon["mean"]
    assert isinstance(means, list)
    for index, mean in enumerate(means):
        for day in range(7):
            week = (start + timedelta(days=7 * index + day) - monday).days // 7
            if 0 <= week < WEEKS:
                weekly[week] += mean / 7


def _whole(weekly: list[float]) -> list[int]:
    """Whole pieces by week: differences of rounded-up running totals, so that no week's rounding adds up."""
    totals, running = [], 0.0
    for pieces in weekly:
        running += pieces
        totals.append(ceil(round(running, 6)))
    return [now - before for now, before in zip(totals, [0, *totals[:-1]], strict=True)]
