"""Demand history read for many places at once, and what whole categories have in common.

Weeks are counted back from the day of the forecast: the last one ends the day before it, in the company's time zone.
Demand of a day is what was wanted for it: ordered pieces less those cancelled before they shipped, and what was
refused. Backordered pieces stand in their order line already.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
from django.conf import settings
from django.db import connection
from django.utils import timezone

from forecasting.engine.choice import TEST_WEEKS
from forecasting.engine.history import WEEKS_KEPT, FloatArray, History
from forecasting.engine.plan import Pool
from forecasting.engine.season import Season, fit_season
from inventory.models import Product, StockLevel
from inventory.places import Place

# {only} is empty or restricts the products; both parts carry product, warehouse, week, pieces, refused pieces.
DEMAND = """
    SELECT l.product_id, o.warehouse_id, (o.requested_date - %(start)s) / 7 AS week,
           l.quantity - l.cancelled AS pieces, 0 AS refused
    FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id
    WHERE o.requested_date >= %(start)s AND o.requested_date < %(as_of)s AND o.ordered_at < %(until)s
      AND l.quantity > l.cancelled {only_lines}
    UNION ALL
    SELECT r.product_id, r.warehouse_id, ((r.at AT TIME ZONE %(zone)s)::date - %(start)s) / 7, r.quantity, r.quantity
    FROM orders_lostdemand r
    WHERE r.kind = 'refused' AND r.at >= %(since)s AND r.at < %(until)s {only_refusals}
"""
BY_WEEK = "SELECT product_id, warehouse_id, week, sum(pieces), sum(refused) FROM ({demand}) d GROUP BY 1, 2, 3"
BY_PLACE = "SELECT product_id, warehouse_id, min(week), sum(pieces) FROM ({demand}) d GROUP BY 1, 2"
BY_CATEGORY = """
    SELECT p.category_id, week, sum(pieces) FROM ({demand}) d JOIN inventory_product p ON p.id = d.product_id
    GROUP BY 1, 2
"""
OLD_ENOUGH_WEEKS = 13  # the usual rate of a category is that of products past their launch


def midnight(day: date) -> datetime:
    """Start of ``day`` in the company's time zone."""
    return timezone.make_aware(datetime.combine(day, time.min), timezone.get_default_timezone())


def history_start(as_of: date) -> date:
    """First day of the weeks that a forecast on ``as_of`` may look at."""
    return as_of - timedelta(weeks=WEEKS_KEPT)


def demand_histories(places: Collection[Place], as_of: date) -> dict[Place, History]:
    """Weekly demand of every place asked for (zeros where nothing was wanted), in one query."""
    start = history_start(as_of)
    demand = {place: np.zeros(WEEKS_KEPT) for place in places}
    refused = {place: np.zeros(WEEKS_KEPT) for place in places}
    for product, warehouse, week, pieces, lost in _rows(BY_WEEK, as_of, products=sorted({p for p, _ in places})):
        if (product, warehouse) in demand:
            demand[product, warehouse][week] = float(pieces)
            refused[product, warehouse][week] = float(lost)
    return {place: History(start, demand[place], refused[place]) for place in places}


def places_to_forecast(as_of: date, product_id: int | None = None) -> list[Place]:
    """Every place with demand in the kept weeks, or stock of an active product; in ascending order."""
    wanted = {(product, warehouse) for product, warehouse, *_ in _rows(BY_PLACE, as_of, _only(product_id))}
    levels = StockLevel.objects.filter(product__is_active=True, on_hand__gt=0)
    if product_id is not None:
        levels = levels.filter(product=product_id)
    return sorted(wanted | set(levels.values_list("product_id", "warehouse_id")))


def learn_pools(as_of: date) -> dict[str, dict[str, Any]]:
    """Season and usual weekly rate by category (key: its primary key, "" for none), as plain values to keep."""
    start = history_start(as_of)
    totals: dict[str, FloatArray] = defaultdict(lambda: np.zeros(WEEKS_KEPT))
    for category, week, pieces in _rows(BY_CATEGORY, as_of):
        totals[_key(category)][week] = float(pieces)
    rates = _usual_rates(as_of)
    return {
        key: {
            "season": _season(weekly, start),
            "test_season": _season(weekly[:-TEST_WEEKS], start),
            "usual_rate": rates.get(key),
        }
        for key, weekly in totals.items()
    }


def pool_of(category_id: int | None, pools: dict[str, dict[str, Any]]) -> Pool:
    """The kept values of a category as the engine wants them."""
    kept = pools.get(_key(category_id))
    if kept is None:
        return Pool()
    return Pool(Season(tuple(kept["season"])), Season(tuple(kept["test_season"])), kept["usual_rate"])


def _season(weekly: FloatArray, start: date) -> list[float]:
    sold = np.flatnonzero(weekly)
    if not len(sold):
        return []
    first = int(sold[0])
    return [round(c, 6) for c in fit_season(weekly[first:], start + timedelta(weeks=first)).coefficients]


def _usual_rates(as_of: date) -> dict[str, float]:
    """Median pieces a week by category over places past their launch."""
    categories = dict(Product.objects.values_list("pk", "category_id"))
    rates: dict[str, list[float]] = defaultdict(list)
    for product, _warehouse, first_week, pieces in _rows(BY_PLACE, as_of):
        if WEEKS_KEPT - first_week >= OLD_ENOUGH_WEEKS:
            rates[_key(categories.get(product))].append(float(pieces) / (WEEKS_KEPT - first_week))
    return {key: round(float(np.median(values)), 4) for key, values in rates.items()}


def _key(category_id: int | None) -> str:
    return "" if category_id is None else str(category_id)


def _only(product_id: int | None) -> Sequence[int] | None:
    return None if product_id is None else [product_id]


def _rows(query: str, as_of: date, products: Sequence[int] | None = None) -> list[tuple[Any, ...]]:
    """Rows of one of the queries above for the weeks before ``as_of``."""
    only = "" if products is None else "AND {}.product_id = ANY(%(products)s)"
    demand = DEMAND.format(only_lines=only.format("l"), only_refusals=only.format("r"))
    start = history_start(as_of)
    values: dict[str, Any] = {
        "start": start,
        "as_of": as_of,
        "since": midnight(start),
        "until": midnight(as_of),
        "zone": settings.TIME_ZONE,
        "products": list(products or []),
    }
    with connection.cursor() as cursor:
        cursor.execute(query.format(demand=demand), values)
        return cursor.fetchall()
