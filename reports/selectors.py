"""Reads of the KPI rows: totals, comparisons, series and splits. Rows behind a figure are in ``drilldown``."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import DateField, F, Max, Min, Q, QuerySet, Sum
from django.db.models.functions import TruncDay, TruncMonth, TruncWeek

from reports.metrics import Figures, Sums, round_parts
from reports.models import KpiRefresh, KpiSnapshot
from reports.periods import Period, bucket_start, last_days

TRUNCATE: dict[str, Any] = {"day": TruncDay, "week": TruncWeek, "month": TruncMonth}
COLUMNS = {
    "revenue": "revenue",
    "cogs": "cogs",
    "holding_cost": "holding_cost",
    "ordering_cost": "ordering_cost",
    "landed_expense": "landed_expense",
    "value_days": "inventory_value",
    "place_days": "stocked_products",
    "stockout_days": "stockout_products",
    "demanded": "demanded",
    "filled_at_once": "filled_at_once",
    "lines_due": "lines_due",
    "lines_on_time": "lines_on_time",
}
AGGREGATES = {f"sum_{name}": Sum(column) for name, column in COLUMNS.items()}


@dataclass(frozen=True, slots=True)
class Slice:
    """What a dashboard looks at: days, and one warehouse and category or all."""

    period: Period
    warehouse_id: int | None = None
    category_id: int | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One warehouse or category of a split, with its money rounded so that the parts add up to the total."""

    pk: int | None
    name: str
    figures: Figures
    share: Decimal | None


@dataclass(frozen=True, slots=True)
class Point:
    """One day, week or month of a series."""

    period: Period
    figures: Figures


def known_days() -> Period | None:
    """First and last day that have KPI rows."""
    found = KpiSnapshot.objects.aggregate(first=Min("day"), last=Max("day"))
    return Period(found["first"], found["last"]) if found["first"] else None


def default_period(today: date) -> Period:
    """The last 90 days that end with the last day on which something was sold or asked for."""
    last = KpiSnapshot.objects.exclude(revenue=0, demanded=0).aggregate(last=Max("day"))["last"]
    return last_days(90, last or today)


def refreshed_at() -> Any:
    """When the KPI rows were last recomputed, or None."""
    return KpiRefresh.objects.values_list("refreshed_at", flat=True).first()


def rows_of(where: Slice) -> QuerySet[KpiSnapshot]:
    """KPI rows of a slice."""
    rows = KpiSnapshot.objects.filter(day__range=(where.period.first, where.period.last))
    if where.warehouse_id:
        rows = rows.filter(warehouse=where.warehouse_id)
    if where.category_id:
        rows = rows.filter(category=where.category_id)
    return rows


def figures(where: Slice, known: Period | None) -> Figures:
    """Every figure of a slice; only days with data count as days."""
    shared = where.period.within(known)
    if shared is None:
        return Figures(Sums(), 0)
    closing = Sum("inventory_value", filter=Q(day=shared.last))
    row = rows_of(where).aggregate(**AGGREGATES, closing=closing)
    return _figures(row, shared.days)


def series(where: Slice, step: str, known: Period | None) -> list[Point]:
    """The slice by day, week or month, from the first day with data to the last; empty buckets are zero."""
    shared = where.period.within(known)
    if shared is None:
        return []
    bucket = TRUNCATE[step]("day", output_field=DateField())
    ends = [period.last for period in shared.buckets(step)]
    rows = (
        rows_of(where)
        .order_by()
        .values(bucket=bucket)
        .annotate(**AGGREGATES, closing=Sum("inventory_value", filter=Q(day__in=ends)))
        .order_by("bucket")
    )
    found: dict[date, dict[str, Any]] = {row["bucket"]: dict(row) for row in rows}
    points = []
    for period in shared.buckets(step):
        row = found.get(bucket_start(period.first, step), {})
        points.append(Point(period, _figures(row, period.days)))
    return points


def split(where: Slice, by: str, known: Period | None) -> list[Part]:
    """The slice by ``warehouse`` or ``category``, the largest contribution first; parts add up to the cent."""
    shared = where.period.within(known)
    if shared is None:
        return []
    closing = Sum("inventory_value", filter=Q(day=shared.last))
    rows = list(
        rows_of(where)
        .order_by()
        .values(by, name=F(f"{by}__name"))
        .annotate(**AGGREGATES, closing=closing)
        .order_by("name")
    )
    parts = _add_up_in_cents([_figures(row, shared.days) for row in rows])
    total = sum((part.contribution for part in parts), Decimal(0))
    named = [
        Part(row[by], row["name"] or "", part, part.contribution / total if total > 0 else None)
        for row, part in zip(rows, parts, strict=True)
    ]
    return sorted(named, key=lambda part: -part.figures.contribution)


def _add_up_in_cents(parts: list[Figures]) -> list[Figures]:
    """The two costs with fractions of cents rounded so that the parts' costs are the total's."""
    holding = round_parts([part.sums.holding_cost for part in parts])
    ordering = round_parts([part.sums.ordering_cost for part in parts])
    return [
        replace(part, sums=replace(part.sums, holding_cost=held, ordering_cost=ordered))
        for part, held, ordered in zip(parts, holding, ordering, strict=True)
    ]


def _figures(row: dict[str, Any], days: int) -> Figures:
    sums = Sums(**{name: row[f"sum_{name}"] for name in COLUMNS if row.get(f"sum_{name}") is not None})
    return Figures(sums, days, row.get("closing") or Decimal("0.00"))
