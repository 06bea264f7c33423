"""Figures as people read them: tiles with what changed, and the data of the charts."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from reports.measures import MEASURES, Measure
from reports.metrics import Figures, change, ratio
from reports.periods import Period
from reports.selectors import Part, Point

NO_VALUE = "–"
DETAILS = {
    "cogs",
    "holding_cost",
    "ordering_cost",
    "landed_expense",
    "average_inventory",
}  # steps of other figures: in tables, no tile
TILES = [code for code in MEASURES if code not in DETAILS | {"slow_movers"}]
TABLE = [code for code in MEASURES if code != "slow_movers"]


def format_figure(value: Any, unit: str) -> str:
    """A figure in its unit's usual form, – when unknown; the unit's name stands elsewhere."""
    if value is None:
        return NO_VALUE
    if unit == "money":
        return f"{value:,.2f}"
    if unit == "unit_cost":
        return f"{value:,.4f}"
    if unit == "rate":
        return f"{value * 100:,.1f} %"
    if unit == "times":
        return f"{value:,.2f}"
    if unit == "days":
        return f"{value:,.1f}"
    return f"{value:,}" if unit == "count" else str(value)


@dataclass(frozen=True, slots=True)
class Delta:
    """How a figure differs from an earlier one; ``mood`` is good, bad or plain."""

    text: str
    arrow: str
    mood: str


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure with what it was before."""

    measure: Measure
    text: str
    unit: str
    previous: Delta | None = None
    last_year: Delta | None = None
    note: str = ""


def unit_name(unit: str, currency: str) -> str:
    """The unit as it stands beside a figure; a rate carries its % sign already."""
    return {"money": currency, "times": _("times a year"), "days": _("days")}.get(unit, "")


def delta(measure: Measure, now: Decimal | None, before: Decimal | None) -> Delta | None:
    """What changed: percentage points for rates, per cent for everything else; None when it cannot be said."""
    if now is None or before is None:
        return None
    if measure.unit == "rate":
        difference = round((now - before) * 100, 1)
        text = _("%(points)s points") % {"points": f"{abs(difference):.1f}"}
    else:
        relative = change(now, before)
        if relative is None:
            return None
        difference = round(relative * 100, 1)
        text = f"{abs(difference):,.1f} %"
    if not difference:
        return Delta(text, "=", "plain")
    direction = "up" if difference > 0 else "down"
    mood = "plain" if not measure.good else "good" if measure.good == direction else "bad"
    return Delta(text, "▲" if difference > 0 else "▼", mood)


def tiles(now: Figures, previous: Figures, last_year: Figures, currency: str) -> list[Tile]:
    """One tile per main figure, in the catalogue's order."""
    return [
        Tile(
            MEASURES[code],
            format_figure(getattr(now, code), MEASURES[code].unit),
            unit_name(MEASURES[code].unit, currency),
            delta(MEASURES[code], getattr(now, code), getattr(previous, code)) if previous.days else None,
            delta(MEASURES[code], getattr(now, code), getattr(last_year, code)) if last_year.days else None,
        )
        for code in TILES
    ]


def slow_tile(count: int, value: Decimal, inventory: Decimal, currency: str) -> Tile:
    """Slow movers: their value, how many there are and their share of the inventory."""
    share = format_figure(ratio(value, inventory), "rate")
    note = _("%(count)s items, %(share)s of the inventory value") % {"count": f"{count:,}", "share": share}
    return Tile(MEASURES["slow_movers"], format_figure(value, "money"), currency, note=note)


def chart_data(
    points: Sequence[Point], parts: Sequence[Part], total: Figures, currency: str, step: str
) -> dict[str, Any]:
    """What the charts draw: plain numbers, and every word they show, already translated."""
    return {
        "currency": currency,
        "buckets": [_bucket_label(point.period, step) for point in points],
        "ranges": [[point.period.first.isoformat(), point.period.last.isoformat()] for point in points],
        "series": {code: [_number(getattr(point.figures, code)) for point in points] for code in TABLE},
        "parts": [
            {"id": part.pk, "name": part.name or _("No category"), "contribution": _number(part.figures.contribution)}
            for part in parts
        ],
        "steps": [
            {"code": code, "value": _number(value), "total": is_total}
            for code, value, is_total in [
                ("revenue", total.revenue, True),
                ("cogs", -total.cogs, False),
                ("gross_profit", total.gross_profit, True),
                ("holding_cost", -total.holding_cost, False),
                ("ordering_cost", -total.ordering_cost, False),
                ("landed_expense", -total.landed_expense, False),
                ("contribution", total.contribution, True),
            ]
        ],
        "labels": {code: str(measure.label) for code, measure in MEASURES.items()},
        "units": {"times": _("times a year"), "percent": "%"},
    }


def _bucket_label(period: Period, step: str) -> str:
    """The bucket's first day or month; a star marks a week or month of which only a part is shown."""
    label = f"{period.first:%Y-%m}" if step == "month" else period.first.isoformat()
    return label if period.is_whole(step) else f"{label} *"


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
