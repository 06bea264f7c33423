"""A stretch of the company's own past as the engine's backtest wants it, and what came out as plain values."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

import numpy as np
from django.conf import settings
from django.db import connection
from django.db.models import QuerySet, Sum

from forecasting.demand import demand_histories, history_start, midnight, places_to_forecast
from forecasting.economics import default_lead_time, economics_of, learn_lost_share, supplies
from forecasting.engine import backtest
from forecasting.engine.history import FloatArray
from forecasting.engine.world import World
from forecasting.foresight import PastCalendar
from forecasting.models import DemandForecast
from inventory.models import Product, StockMove, Warehouse
from inventory.places import Place
from purchasing.models import GoodsReceiptLine, PurchaseOrderLine

MOST_PLACES = 2000  # a year of them takes about two minutes
SHOWN_PRODUCTS = 500
LESS_STOCK = (0.05, 0.10, 0.20)
SEED = 0


def replay(
    first_day: date, last_day: date, question: Mapping[str, Any], progress: Callable[[int, int], object]
) -> dict[str, Any]:
    """Replay the days (both included) and say what each policy would have earned; {} when nothing was sold."""
    places, of = _places(first_day, last_day, question)
    if not places:
        return {}
    world = load_world(places, first_day, last_day)
    world = backtest.what_if(world, lead_time=question.get("lead_time", 1.0), holding_rate=question.get("holding_rate"))
    outcome = backtest.run(world, seed=SEED, service=question.get("service"), progress=progress)
    return _told(outcome, places, of)


def load_world(places: Sequence[Place], first_day: date, last_day: date) -> World:
    """Demand, money and stock of these places; money and lead times as they were known before ``first_day``."""
    until = last_day + timedelta(days=1)
    products = {product for product, _warehouse in places}
    supply = supplies(products, first_day)
    money = economics_of(places, supply, learn_lost_share(first_day), first_day)
    histories = demand_histories(places, until)
    names = _names(places)
    return World(
        start=history_start(until),
        demand=np.stack([histories[place].demand for place in places]),
        first=(first_day - history_start(until)).days,
        keys=[f"{names[place][0]}@{names[place][2]}" for place in places],
        economics=[money[place] for place in places],
        lead_times=[supply[p].lead_time if p in supply else default_lead_time() for p, _warehouse in places],
        opening=_opening(places, first_day),
        receipts=_receipts(places, first_day, last_day),
        groups=[names[place][3] for place in places],
        foresight=PastCalendar(places, history_start(until), last_day),
    )


def _places(first_day: date, last_day: date, question: Mapping[str, Any]) -> tuple[list[Place], int]:
    """The places asked for that sell most in the forecast's eyes, and how many there were."""
    known = places_to_forecast(last_day + timedelta(days=1))
    wanted = Product.objects.all()
    if question.get("category"):
        wanted = wanted.filter(category=question["category"])
    if question.get("products"):
        wanted = wanted.filter(pk__in=question["products"])
    products = set(wanted.values_list("pk", flat=True))
    values = {(p, w): v for p, w, v in DemandForecast.objects.values_list("product_id", "warehouse_id", "yearly_value")}
    asked = [place for place in known if place[0] in products]
    asked.sort(key=lambda place: (-values.get(place, 0), place))
    return sorted(asked[:MOST_PLACES]), len(asked)


def _opening(places: Sequence[Place], first_day: date) -> FloatArray:
    """Pieces on hand or on order before the first day."""
    products, before = {product for product, _warehouse in places}, midnight(first_day)
    there = _by_place(
        StockMove.objects.filter(stock_level__product__in=products, effective_at__lt=before),
        "stock_level__product_id",
        "stock_level__warehouse_id",
    )
    ordered = _by_place(
        PurchaseOrderLine.objects.filter(product__in=products, purchase_order__ordered_at__lt=before).exclude(
            purchase_order__status="cancelled"
        ),
        "product_id",
        "purchase_order__warehouse_id",
    )
    arrived = _by_place(
        GoodsReceiptLine.objects.filter(
            line__product__in=products, receipt__received_at__lt=before, line__purchase_order__ordered_at__lt=before
        ),
        "line__product_id",
        "line__purchase_order__warehouse_id",
    )
    return np.array([max(there.get(p, 0) + ordered.get(p, 0) - arrived.get(p, 0), 0) for p in places], dtype=np.float64)


def _by_place(rows: QuerySet[Any], product: str, warehouse: str) -> dict[Place, int]:
    found = rows.order_by().values_list(product, warehouse).annotate(pieces=Sum("quantity"))
    return {(p, w): pieces for p, w, pieces in found}


RECEIPTS = """
    SELECT pl.product_id, po.warehouse_id, (r.received_at AT TIME ZONE %(zone)s)::date - %(first)s, sum(rl.quantity)
    FROM purchasing_goodsreceiptline rl
    JOIN purchasing_goodsreceipt r ON r.id = rl.receipt_id
    JOIN purchasing_purchaseorderline pl ON pl.id = rl.line_id
    JOIN purchasing_purchaseorder po ON po.id = pl.purchase_order_id
    WHERE pl.product_id = ANY(%(products)s) AND po.ordered_at >= %(since)s AND r.received_at >= %(since)s
      AND r.received_at < %(until)s
    GROUP BY 1, 2, 3
"""


def _receipts(places: Sequence[Place], first_day: date, last_day: date) -> FloatArray:
    """What really arrived on each day, of what was ordered from the first day on."""
    position = {place: n for n, place in enumerate(places)}
    arrived = np.zeros((len(places), (last_day - first_day).days + 1))
    values: dict[str, Any] = {
        "zone": settings.TIME_ZONE,
        "first": first_day,
        "products": sorted({product for product, _warehouse in places}),
        "since": midnight(first_day),
        "until": midnight(last_day + timedelta(days=1)),
    }
    with connection.cursor() as cursor:
        cursor.execute(RECEIPTS, values)
        for product, warehouse, day, pieces in cursor.fetchall():
            row = position.get((product, warehouse))
            if row is not None:
                arrived[row, day] = float(pieces)
    return arrived


def _names(places: Sequence[Place]) -> dict[Place, tuple[str, str, str, str]]:
    """SKU, name, code of the warehouse and category of each place."""
    products = {
        pk: (sku, name, category or "")
        for pk, sku, name, category in Product.objects.filter(pk__in={p for p, _warehouse in places}).values_list(
            "pk", "sku", "name", "category__name"
        )
    }
    codes = dict(Warehouse.objects.values_list("pk", "code"))
    return {(p, w): (products[p][0], products[p][1], codes[w], products[p][2]) for p, w in places}


# ---- what came out


def _told(result: backtest.Backtest, places: Sequence[Place], of: int) -> dict[str, Any]:
    """Everything that the page shows, as plain values."""
    names = _names(places)
    classes = {
        (p, w): (abc, xyz)
        for p, w, abc, xyz in DemandForecast.objects.filter(product__in={p for p, _warehouse in places}).values_list(
            "product_id", "warehouse_id", "abc", "xyz"
        )
    }
    groups: dict[str, np.ndarray] = {"all:": np.ones(len(places), dtype=bool)}
    for kind, label in (
        ("abc", lambda place: classes.get(place, ("", ""))[0]),
        ("xyz", lambda place: classes.get(place, ("", ""))[1]),
        ("category", lambda place: names[place][3]),
        ("warehouse", lambda place: names[place][2]),
    ):
        labels = np.array([label(place) for place in places])
        groups |= {f"{kind}:{value}": labels == value for value in sorted(set(labels)) if value}
    curve = backtest.stock_curve(result)
    return {
        "places": len(places),
        "of": of,
        "days": int(result.world.window.shape[1]),
        "groups": {name: [asdict(verdict) for verdict in result.verdicts(rows)] for name, rows in groups.items()},
        "curve": [asdict(point) for point in curve],
        "less": {f"{share:.2f}": round(backtest.price_of_less_stock(curve, share), 2) for share in LESS_STOCK},
        "products": _by_product(result, places, names),
    }


def _by_product(
    result: backtest.Backtest, places: Sequence[Place], names: Mapping[Place, tuple[str, str, str, str]]
) -> list[dict[str, Any]]:
    demand = result.outcomes["tandem"].demand
    order = np.argsort(-result.outcomes["bound"].profit, kind="stable")[:SHOWN_PRODUCTS]
    return [
        {
            "product": places[n][0],
            "sku": names[places[n]][0],
            "name": names[places[n]][1],
            "warehouse": names[places[n]][2],
            "demand": float(demand[n]),
            "profit": {policy: round(float(o.profit[n]), 2) for policy, o in result.outcomes.items()},
        }
        for n in order
    ]
