"""Reads of forecasts and runs, and what the forecast page shows beside them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from django.db.models import Avg, Count, FloatField, QuerySet, Sum
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from forecasting.calendar import Learned, Spell, holiday_spells, local_name, promotion_spells, spells
from forecasting.demand import history_start
from forecasting.engine.history import SPIKE_FACTOR
from forecasting.models import DemandEvent, DemandForecast, ForecastAdjustment, ForecastRun, HolidayCalendar, PolicyRule
from forecasting.services.policies import costs_of, levels_of
from inventory import pipeline
from inventory.models import Category, Product
from inventory.places import Place, Supply
from inventory.selectors import availability, search_products, waiting_by_place
from orders.models import OrderLine
from purchasing.models import StockPolicy
from purchasing.selectors import on_order

STALE_AFTER = timedelta(hours=36)  # a night was missed
LARGE_SHOWN = 5
HEAVY = ["horizon", "history", "basis", "economics"]


@dataclass(frozen=True, slots=True)
class Position:
    """Stock of a place against its policy, in pieces; position = available + on order - waiting."""

    on_hand: int
    available: int
    on_order: int
    waiting: int
    reorder_point: int
    incoming: Sequence[Supply]

    @property
    def position(self) -> int:
        """Inventory position."""
        return self.available + self.on_order - self.waiting


@dataclass(frozen=True, slots=True)
class Week:
    """One row of the table behind the chart; what a week does not have is None."""

    start: date
    demand: float | None = None
    lost: float | None = None
    mean: float | None = None
    low: float | None = None
    high: float | None = None


def forecast_list(
    *,
    search: str = "",
    category_id: int | None = None,
    warehouse_id: int | None = None,
    pattern: str = "",
    stale_at: datetime | None = None,
) -> QuerySet[DemandForecast]:
    """Forecasts with product, category and warehouse, highest expected sales first; one query a page.

    stale_at: only those that are out of date at this moment.
    """
    rows = DemandForecast.objects.all() if stale_at is None else stale_forecasts(stale_at)
    rows = rows.select_related("product__category", "warehouse").defer(*HEAVY)
    if search:
        rows = rows.filter(product__in=search_products(search, only_active=False).order_by().values("pk"))
    if category_id:
        rows = rows.filter(product__category=category_id)
    if warehouse_id:
        rows = rows.filter(warehouse=warehouse_id)
    if pattern:
        rows = rows.filter(pattern=pattern)
    return rows.order_by("-yearly_value", "pk")


def stale_forecasts(now: datetime) -> QuerySet[DemandForecast]:
    """Forecasts of active products that no run has renewed for STALE_AFTER: their policies are out of date."""
    return DemandForecast.objects.filter(product__is_active=True, run__started_at__lt=now - STALE_AFTER)


def product_forecasts(product_id: int) -> QuerySet[DemandForecast]:
    """The newest forecast of a product in each warehouse, in full."""
    return (
        DemandForecast.objects.filter(product=product_id)
        .select_related("product__category", "warehouse", "run")
        .order_by("warehouse__code")
    )


def recent_runs(count: int = 10) -> QuerySet[ForecastRun]:
    """The newest runs first, without what they learned."""
    return ForecastRun.objects.defer("shared").order_by("-pk")[:count]


def stock_position(place: Place) -> Position:
    """What is there, on the way and waiting at one place, and the reorder point that counts (0 without a policy)."""
    stock = availability([place])[place]
    points = StockPolicy.objects.filter(product=place[0], warehouse=place[1]).values_list("reorder_point", flat=True)
    return Position(
        on_hand=stock.on_hand,
        available=stock.available,
        on_order=on_order([place]).get(place, 0),
        waiting=waiting_by_place([place]).get(place, 0),
        reorder_point=points.first() or 0,
        incoming=pipeline.incoming([place]).get(place, []),
    )


def policy_by_hand(place: Place) -> StockPolicy | None:
    """The policy that somebody set by hand instead of the forecast's, if any."""
    return StockPolicy.objects.filter(product=place[0], warehouse=place[1], source=StockPolicy.Source.MANUAL).first()


def cost_by_hand(forecast: DemandForecast, policy: StockPolicy) -> float:
    """What levels set by hand cost a year more than the forecast's own, as its demand and money are."""
    by_hand, own = costs_of([forecast, forecast], [levels_of(policy), levels_of(forecast)])
    return float(by_hand - own)


@dataclass(frozen=True, slots=True)
class LargeOrder:
    """A one-off order: what was ordered, and as how much it counts at most."""

    number: str
    day: date
    quantity: int
    counted: float


def large_orders(forecast: DemandForecast) -> list[LargeOrder]:
    """Orders of the kept weeks that are more than SPIKE_FACTOR of the other orders' mean size; the newest first."""
    if not forecast.basis["capped_days"]:
        return []
    lines = OrderLine.objects.filter(
        product=forecast.product_id,
        order__warehouse=forecast.warehouse_id,
        order__requested_date__gte=history_start(forecast.run.as_of),
        order__requested_date__lt=forecast.run.as_of,
    )
    sizes = list(
        lines.order_by("-order__requested_date", "-pk").values_list(
            "order__number", "order__requested_date", "quantity"
        )
    )
    usual = float(np.median([quantity for _number, _day, quantity in sizes]))
    others = [quantity for _number, _day, quantity in sizes if quantity <= SPIKE_FACTOR * usual]
    most = SPIKE_FACTOR * float(np.mean(others)) if others else 0.0
    return [LargeOrder(number, day, q, round(most, 2)) for number, day, q in sizes if q > most][:LARGE_SHOWN]


def weeks(forecast: DemandForecast) -> list[Week]:
    """History and forecast week by week, oldest first."""
    past, coming = forecast.history, forecast.horizon
    begun, begins = date.fromisoformat(past["start"]), date.fromisoformat(coming["start"])
    history = [
        Week(begun + timedelta(weeks=n), demand=demand, lost=lost)
        for n, (demand, lost) in enumerate(zip(past["demand"], past["lost"], strict=True))
    ]
    horizon = [
        Week(begins + timedelta(weeks=n), mean=mean, low=low, high=high)
        for n, (mean, low, high) in enumerate(zip(coming["mean"], coming["low"], coming["high"], strict=True))
    ]
    return history + horizon


def chart_data(forecast: DemandForecast) -> dict[str, Any]:
    """The series of the forecast chart, one entry a week; None where a week has no such value."""
    rows = weeks(forecast)
    return {
        "weeks": [row.start.isoformat() for row in rows],
        "served": [None if row.demand is None else round(row.demand - (row.lost or 0), 2) for row in rows],
        "lost": [row.lost for row in rows],
        "mean": [row.mean for row in rows],
        "low": [row.low for row in rows],
        "high": [row.high for row in rows],
    }


@dataclass(frozen=True, slots=True)
class Holiday:
    """A holiday to come: its days, and how many times the usual demand was wanted before and on it (None: unknown)."""

    spell: Spell
    calendar: HolidayCalendar
    before: float | None
    on: float | None
    name: str  # in the reader's language, where the library has it
    language: str


@dataclass(frozen=True, slots=True)
class PlannedPromotion:
    """A promotion of the price lists that the forecast reckons with, and the uplift expected of it."""

    spell: Spell
    scope: str  # a product or category; empty: everything
    uplift: float | None  # None: nothing was measured to go by


def promotions_reckoned_with(first: date, last: date) -> list[PlannedPromotion]:
    """Promotions of the price lists with a day from ``first`` to ``last``, in their order."""
    events = [spell for spell in spells(first, last) if spell.event_id is not None]
    found = sorted(promotion_spells(events, first, last), key=lambda spell: (spell.first, spell.key))
    run = ForecastRun.objects.order_by("-pk").only("shared").first()
    learned = Learned.of(run.shared) if run else Learned()
    products = Product.objects.in_bulk([pk for spell in found for pk in spell.products])
    categories = Category.objects.in_bulk([spell.category_id for spell in found if spell.category_id])
    return [
        PlannedPromotion(
            spell,
            " ".join(str(products[pk]) for pk in spell.products) or str(categories.get(spell.category_id or 0, "")),
            learned.expected(spell) if learned.knows(spell) else None,
        )
        for spell in found
    ]


def demand_events() -> QuerySet[DemandEvent]:
    """Events of the demand calendar, newest first."""
    return (
        DemandEvent.objects.select_related("category")
        .annotate(product_count=Count("products"))
        .order_by("-starts_on", "pk")
    )


def coming_holidays(first: date, last: date) -> list[Holiday]:
    """The holidays of all calendars from ``first`` to ``last`` in their order."""
    found = []
    for calendar in HolidayCalendar.objects.all():
        learned = Learned(calendar.measured, 0.0)
        for spell in holiday_spells(calendar, first, last):
            if not spell.key.endswith(":before") and spell.last >= first:
                before, on = (
                    learned.expected(replace(spell, key=key)) if key in calendar.measured else None
                    for key in (f"{spell.key}:before", spell.key)
                )
                found.append(Holiday(spell, calendar, before, on, *local_name(spell)))
    return sorted(found, key=lambda holiday: (holiday.spell.first, holiday.calendar.country))


@dataclass(frozen=True, slots=True)
class ClassCell:
    """What the products of one class have in common."""

    abc: str
    xyz: str
    places: int
    value: Decimal
    share: float
    service_level: float | None


def class_table() -> list[list[ClassCell]]:
    """Rows A to C of cells X to Z."""
    found: dict[tuple[str, str], Any] = {
        (row["abc"], row["xyz"]): row
        for row in DemandForecast.objects.values("abc", "xyz").annotate(
            places=Count("pk"), value=Sum("yearly_value"), level=Avg("service_level")
        )
    }
    total = sum((row["value"] for row in found.values()), Decimal(0)) or Decimal(1)
    nothing: Any = {"places": 0, "value": Decimal(0), "level": None}
    return [
        [
            ClassCell(abc, xyz, cell["places"], cell["value"], float(cell["value"] / total), cell["level"])
            for xyz in "XYZ"
            for cell in [found.get((abc, xyz), nothing)]
        ]
        for abc in "ABC"
    ]


def policy_rules(today: date) -> list[PolicyRule]:
    """Every rule, those that count first, each with ``counts``, ``places`` that follow it and their yearly ``cost``."""
    followed: dict[int, Any] = {
        row["basis__rule__id"]: row
        for row in DemandForecast.objects.filter(basis__rule__id__isnull=False)
        .values("basis__rule__id")
        .annotate(places=Count("pk"), cost=Sum(Cast(KT("basis__rule__cost"), FloatField())))
    }
    rules = list(PolicyRule.objects.select_related("product", "supplier", "created_by").order_by("-pk"))
    for rule in rules:
        row: Any = followed.get(rule.pk, {})
        rule.counts = rule.expires_on is None or rule.expires_on > today  # type: ignore[attr-defined]
        rule.places, rule.cost = row.get("places", 0), row.get("cost")  # type: ignore[attr-defined]
    return sorted(rules, key=lambda rule: not rule.counts)  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class ValueAdded:
    """What the measured adjustments of one person were worth, in pieces of forecast error spared."""

    person: str
    adjustments: int
    better: int
    pieces: float


def adjustments() -> QuerySet[ForecastAdjustment]:
    """Adjustments, newest first."""
    return ForecastAdjustment.objects.select_related("product", "warehouse", "created_by").order_by("-pk")


def value_added() -> list[ValueAdded]:
    """Forecast value added by person, the most valuable first."""
    by_person: dict[str, list[float]] = defaultdict(list)
    for row in adjustments().filter(actual__isnull=False, baseline__isnull=False):
        by_person[str(row.created_by or "–")].append(row.value_added or 0.0)
    found = [ValueAdded(who, len(v), sum(x > 0 for x in v), sum(v)) for who, v in by_person.items()]
    return sorted(found, key=lambda row: (-row.pieces, row.person))
