"""The year ahead of a product or a category: which weeks sell more or less than usual, and when to act on that.

A week's index is its category's season, as strongly as the product follows it, times what the calendar's events are
expected to do; 1 is an average week of the year.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import numpy as np

from forecasting.calendar import Learned, Spell, spells
from forecasting.demand import pool_of
from forecasting.engine.history import FloatArray
from forecasting.engine.season import scale_index
from forecasting.models import DemandForecast, ForecastRun
from inventory.models import Category

WEEKS = 52
HIGH, LOW = 1.2, 0.8  # an index from which a week counts as part of a peak or a slump
USUAL_LEAD_TIME_DAYS = 14


@dataclass(frozen=True, slots=True)
class Stretch:
    """Weeks in a row above or below usual, and what to do when."""

    is_peak: bool
    first: date
    last: date
    index: float  # mean of its weeks
    pieces: float  # more (below 0: less) than in as many average weeks
    act_on: date  # have ordered what a peak needs; from then on order only what still sells
    has_begun: bool  # the day to act on is past


@dataclass(frozen=True, slots=True)
class Year:
    """52 weeks from ``start`` on."""

    start: date
    index: FloatArray
    weekly: float  # pieces of an average week
    events: Sequence[Spell]

    def months(self) -> list[tuple[date, float]]:
        """First day and mean index of each month, by the weeks that begin in it."""
        by_month: dict[date, list[float]] = {}
        for week, value in enumerate(self.index):
            by_month.setdefault((self.start + timedelta(weeks=week)).replace(day=1), []).append(float(value))
        return [(month, float(np.mean(values))) for month, values in list(by_month.items())[:12]]

    def stretches(self, lead_time_days: float) -> Iterator[Stretch]:
        """Peaks and slumps in their order, with the day to act on."""
        sign = np.where(self.index >= HIGH, 1, np.where(self.index <= LOW, -1, 0))
        edges = np.flatnonzero(np.diff(np.concatenate([[0], sign, [0]])))
        for first, end in pairwise(edges):
            if not sign[first]:
                continue
            begins = self.start + timedelta(weeks=int(first))
            act_on = begins - timedelta(days=round(lead_time_days))
            yield Stretch(
                is_peak=bool(sign[first] > 0),
                first=begins,
                last=self.start + timedelta(weeks=int(end)) - timedelta(days=1),
                index=float(self.index[first:end].mean()),
                pieces=float(self.weekly * (self.index[first:end] - 1).sum()),
                act_on=act_on,
                has_begun=act_on <= self.start,
            )


def year_of_product(forecast: DemandForecast) -> Year:
    """The year ahead of one product in one warehouse."""
    shared, start = forecast.run.shared, forecast.run.as_of
    season = pool_of(forecast.product.category_id, shared["pools"]).season.index(start, WEEKS)
    season = scale_index(season, forecast.basis["season_strength"])
    place = (forecast.product_id, forecast.warehouse_id)
    own = [s for s in _coming(start) if s.concerns(place, forecast.product.category_id)]
    index, mean = _whole(season, own, Learned.of(shared), start)
    return Year(start, index, forecast.basis["lot_weekly_demand"] * mean, own)


def years_of_categories(run: ForecastRun) -> list[tuple[Category, Year]]:
    """The year ahead of every category that the run knew."""
    known, learned, start = _coming(run.as_of), Learned.of(run.shared), run.as_of
    years = []
    for category in Category.objects.filter(pk__in=[int(key) for key in run.shared["pools"] if key]):
        season = pool_of(category.pk, run.shared["pools"]).season.index(start, WEEKS)
        own = [s for s in known if not s.products and s.concerns((0, 0), category.pk)]
        years.append((category, Year(start, _whole(season, own, learned, start)[0], 0.0, own)))
    return years


def _coming(start: date) -> list[Spell]:
    return spells(start, start + timedelta(weeks=WEEKS) - timedelta(days=1))


def _whole(season: FloatArray, own: Sequence[Spell], learned: Learned, start: date) -> tuple[FloatArray, float]:
    """Index of each week, 1 on average, and what that average is as a multiple of a week without season and events."""
    days = np.ones(WEEKS * 7)
    for spell in own:
        factor = 0.0 if spell.is_closed else learned.expected(spell) if spell.planned is None else spell.planned
        days[spell.within(start, len(days))] *= factor
    index = season * days.reshape(WEEKS, 7).mean(axis=1)
    mean = float(index.mean())
    return (index / mean if mean > 0 else index), mean
