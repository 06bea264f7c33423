"""Daily demand read for many places at once, and what whole categories have in common.

Days and weeks are counted back from the day of the forecast: the last ones end the day before it, in the company's
time zone.
Demand of a day is what was wanted for it: ordered pieces less those cancelled before they shipped or sent back since,
and what was refused. Backordered pieces stand in their order line already. All channels sell from one stock and count.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.utils import timezone

from forecasting.calendar import Learned, learn_events
from forecasting.day_factors import category_factors, with_calendar
from forecasting.engine.agility import learn_agility
from forecasting.engine.distribution import LeadTime
from forecasting.engine.history import FloatArray, put_back
from forecasting.engine.lead_time import learn_curve
from forecasting.engine.plan import DAYS, USUAL_SPREAD_WEEKS, WEEKS_KEPT, History, Pool, capped_panel, without_events
from forecasting.engine.season import Season, fit_season
from forecasting.engine.spread import Curve
from forecasting.models import Succession
from inventory.models import Product, StockLevel
from inventory.places import Place

# {only} is empty or restricts the products; each part carries product, warehouse, day, pieces, refused pieces.
DEMAND = """
    SELECT l.product_id, o.warehouse_id, o.requested_date - %(start)s AS day,
           l.quantity - l.cancelled AS pieces, 0 AS refused
    FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id
    WHERE o.requested_date >= %(start)s AND o.requested_date < %(as_of)s AND o.ordered_at < %(until)s
      AND l.quantity > l.cancelled {only_lines}
    UNION ALL
    SELECT r.product_id, r.warehouse_id, (r.at AT TIME ZONE %(zone)s)::date - %(start)s, r.quantity, r.quantity
    FROM orders_lostdemand r
    WHERE r.kind = 'refused' AND r.at >= %(since)s AND r.at < %(until)s {only_refusals}
    UNION ALL
    SELECT l.product_id, o.warehouse_id, o.requested_date - %(start)s, -b.quantity, 0
    FROM orders_returnline b
    JOIN orders_return t ON t.id = b.returned_id AND t.returned_at < %(until)s
    JOIN orders_shipmentline s ON s.id = b.shipment_line_id
    JOIN orders_orderline l ON l.id = s.line_id JOIN orders_order o ON o.id = l.order_id
    WHERE o.requested_date >= %(start)s AND o.requested_date < %(as_of)s AND o.ordered_at < %(until)s {only_lines}
"""
BY_DAY = """
    SELECT product_id, warehouse_id, day, sum(pieces)::float8, sum(refused)::float8 FROM ({demand}) d GROUP BY 1, 2, 3
"""
BY_PLACE = "SELECT product_id, warehouse_id, min(day) / 7, sum(pieces) FROM ({demand}) d GROUP BY 1, 2"
BY_CATEGORY = """
    SELECT p.category_id, day, sum(pieces)::float8 FROM ({demand}) d JOIN inventory_product p ON p.id = d.product_id
    GROUP BY 1, 2
"""
TOTAL_BY_DAY = "SELECT day, sum(pieces)::float8 FROM ({demand}) d GROUP BY 1"
# The stock of each place after every day on which it changed, from the ledger; what was there before {start} in day -1.
STOCK = """
    SELECT l.product_id, l.warehouse_id,
           greatest((m.effective_at AT TIME ZONE %(zone)s)::date - %(start)s, -1) AS day, sum(m.quantity)::float8
    FROM inventory_stockmove m JOIN inventory_stocklevel l ON l.id = m.stock_level_id
    WHERE l.product_id = ANY(%(products)s) AND m.effective_at < %(until)s
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
STUDIED_PLACES = 300  # are enough to learn how much products vary
USUAL_LEAD_TIME = LeadTime(14.0, 5.0)  # the interval that this is learned at
OLD_ENOUGH_WEEKS = 13  # the usual rate of a category is that of products past their launch


def midnight(day: date) -> datetime:
    """Start of ``day`` in the company's time zone."""
    return timezone.make_aware(datetime.combine(day, time.min), timezone.get_default_timezone())


def history_start(as_of: date) -> date:
    """First day of the weeks that a forecast on ``as_of`` may look at."""
    return as_of - timedelta(weeks=WEEKS_KEPT)


def demand_histories(places: Collection[Place], as_of: date) -> dict[Place, History]:
    """Daily demand of every place asked for (zeros where nothing was wanted) and whether it had stock; three queries.

    A successor has what its predecessor sold before it, and the predecessor's demand goes over to it.
    """
    start, days = history_start(as_of), WEEKS_KEPT * DAYS
    position = {place: n for n, place in enumerate(places)}
    demand, refused = np.zeros((len(position), days)), np.zeros((len(position), days))
    products = sorted({product for product, _ in places})
    for product, warehouse, day, pieces, lost in _rows(BY_DAY, as_of, products=products):
        row = position.get((product, warehouse))
        if row is not None:
            demand[row, day], refused[row, day] = pieces, lost
    in_stock = _days_in_stock(position, demand, as_of, products)
    _inherit(position, demand, as_of)
    return {place: History(start, demand[n], refused[n], in_stock[n]) for place, n in position.items()}


def _inherit(position: dict[Place, int], demand: FloatArray, as_of: date) -> None:
    """Give successors the demand of their predecessors before the day of the change, and take it from those.

    A chain is followed one step: who follows a successor inherits what that one sold itself.
    """
    products = {product for product, _warehouse in position}
    rows = Succession.objects.filter(
        Q(successor__in=products) | Q(predecessor__in=products), starts_on__lte=as_of
    ).order_by("pk")
    changes = list(rows.values_list("predecessor_id", "successor_id", "starts_on", "share"))
    if not changes:
        return
    start = history_start(as_of)
    inherited: dict[Place, FloatArray] = defaultdict(lambda: np.zeros(demand.shape[1]))
    for product, warehouse, day, pieces in products_by_day({change[0] for change in changes}, as_of):
        inherited[product, warehouse][day] = pieces
    for predecessor, successor, starts_on, share in changes:
        before = max((starts_on - start).days, 0)
        for (product, warehouse), row in position.items():
            past = inherited[predecessor, warehouse][:before]
            if product == successor:
                demand[row, :before] += float(share) / 100 * past
            elif product == predecessor:
                demand[row, :before] -= min(float(share) / 100, 1.0) * past


def _days_in_stock(
    position: dict[Place, int], demand: FloatArray, as_of: date, products: Sequence[int]
) -> npt.NDArray[np.bool_]:
    """Which days say what was wanted: those that end with stock, or lie in a spell in which somebody asked in vain.

    Orders and refusals of an empty shelf are written down, so a spell with any of them hides nothing; one without
    them may be one in which customers saw that there is nothing and did not ask.
    """
    changes = np.zeros((len(demand), demand.shape[1] + 1))
    ledgers = np.zeros(len(demand), dtype=bool)
    for product, warehouse, day, pieces in _rows(STOCK, as_of, products=products):
        row = position.get((product, warehouse))
        if row is not None:
            changes[row, day + 1] += pieces
            ledgers[row] = True
    empty = (np.cumsum(changes, axis=1)[:, 1:] <= 0) & ledgers[:, None]
    begun = np.cumsum(np.maximum(changes, 0.0), axis=1)[:, 1:] > 0  # before the first receipt there is no shelf
    empty &= begun
    for spells, wanted in zip(empty, demand, strict=True):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], spells.astype(np.int8), [0]])))
        for first, end in zip(edges[::2], edges[1::2], strict=True):
            # The day on which the last piece went had orders of its own; they do not count as asking in vain.
            if wanted[first + 1 : end].any():
                spells[first:end] = False
    return ~empty


def learn_variation(places: Sequence[Place], as_of: date, learned: Learned) -> tuple[list[float], list[float]]:
    """How much products vary at which rate (the numbers of a Curve) and how lasting changes are (those of an Agility).

    Both are learned from evenly chosen places.
    """
    step = max(len(places) // STUDIED_PLACES, 1)
    histories = demand_histories(list(places)[::step], as_of)
    if not histories:
        return [], []
    products = {product for product, _warehouse in histories}
    categories = dict(Product.objects.filter(pk__in=products).values_list("pk", "category_id"))
    known = with_calendar(histories, categories, learned).values()
    demand, _age = capped_panel([without_events(history, calendar) for history, calendar in known])
    curve = learn_curve(demand, USUAL_LEAD_TIME.interval(1.0), DAYS)
    return [round(curve.intercept, 6), round(curve.slope, 6), curve.by_tail], learn_agility(demand, DAYS).numbers()


def curve_of(kept: Sequence[float]) -> Curve:
    """The kept numbers of a Curve as the engine wants them."""
    return Curve(*kept) if kept else Curve()


def places_to_forecast(as_of: date, product_id: int | None = None) -> list[Place]:
    """Every place with demand in the kept weeks, own or inherited, or stock of an active product; ascending."""
    wanted = {(product, warehouse) for product, warehouse, *_ in _rows(BY_PLACE, as_of)}
    heirs = dict(Succession.objects.filter(starts_on__lte=as_of).values_list("predecessor_id", "successor_id"))
    wanted |= {(heirs[product], warehouse) for product, warehouse in wanted if product in heirs}
    if product_id is not None:
        wanted = {place for place in wanted if place[0] == product_id}
    levels = StockLevel.objects.filter(product__is_active=True, on_hand__gt=0)
    if product_id is not None:
        levels = levels.filter(product=product_id)
    return sorted(wanted | set(levels.values_list("product_id", "warehouse_id")))


def category_demand(as_of: date) -> dict[int | None, FloatArray]:
    """Daily demand of every category over the kept weeks."""
    totals: dict[int | None, FloatArray] = defaultdict(lambda: np.zeros(WEEKS_KEPT * DAYS))
    for category, day, pieces in _rows(BY_CATEGORY, as_of):
        totals[category][day] = pieces
    return dict(totals)


def products_demand(products: Collection[int], as_of: date) -> FloatArray:
    """Daily demand of some products together over the kept weeks."""
    total = np.zeros(WEEKS_KEPT * DAYS)
    for day, pieces in _rows(TOTAL_BY_DAY, as_of, products=sorted(products)):
        total[day] = pieces
    return total


def products_by_day(products: Collection[int], as_of: date) -> list[tuple[int, int, int, float]]:
    """Product, warehouse, day (counted from ``history_start``) and pieces wanted, where any were."""
    rows = _rows(BY_DAY, as_of, products=sorted(products))
    return [(product, warehouse, day, pieces) for product, warehouse, day, pieces, _refused in rows]


def learn_events_before(as_of: date, categories: Mapping[int | None, FloatArray]) -> Learned:
    """What the events of the kept weeks did, over all products."""
    return learn_events(history_start(as_of), categories, lambda products: products_demand(products, as_of))


def learn_pools(
    as_of: date, categories: Mapping[int | None, FloatArray], learned: Learned
) -> dict[str, dict[str, Any]]:
    """Season and usual weekly rate by category (key: its primary key, "" for none), as plain values to keep."""
    start = history_start(as_of)
    rates = _usual_rates(as_of)
    pools = {}
    for category, daily in categories.items():
        factors, silent = category_factors(learned, start, len(daily), category)
        usual = put_back((daily / factors)[None], ~silent[None], USUAL_SPREAD_WEEKS * DAYS)[0]
        pools[_key(category)] = {
            "season": _season(usual.reshape(-1, DAYS).sum(axis=1), start),
            "usual_rate": _without(rates.get(_key(category)), daily, usual),
        }
    return pools


def _without(rate: float | None, daily: FloatArray, usual: FloatArray) -> float | None:
    """A category's weekly rate with its events taken out."""
    return None if rate is None else round(rate * float(usual.sum()) / max(float(daily.sum()), 1e-9), 4)


def pool_of(category_id: int | None, pools: dict[str, dict[str, Any]]) -> Pool:
    """The kept values of a category as the engine wants them."""
    kept = pools.get(_key(category_id))
    if kept is None:
        return Pool()
    return Pool(Season(tuple(kept["season"])), kept["usual_rate"])


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
