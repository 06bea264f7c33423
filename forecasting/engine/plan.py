"""Many series from history to policy at once, with every number that the explanation needs."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, timedelta
from typing import Any, TypeVar

import numpy as np

from forecasting.engine import policy
from forecasting.engine.agility import Agility
from forecasting.engine.choice import MODELS, Accuracy, Choice, choose
from forecasting.engine.distribution import LeadTime, gamma_quantile
from forecasting.engine.history import FloatArray, IntArray, SpikeCap, ages, clean, put_back
from forecasting.engine.lead_time import lead_time_demand
from forecasting.engine.level import Level, recent_level
from forecasting.engine.patterns import Pattern, classify
from forecasting.engine.policy import LeadTimeDemand
from forecasting.engine.season import Season, is_visible, own_index, scale_index
from forecasting.engine.spread import Curve, Interval, fixed, interval_spread, relative_spread, variance_of

DAYS = 7  # in a week: plans are made from daily demand
WEEKS_KEPT = 156  # three years: enough for a season, short enough to forget what the product once was
HORIZON_WEEKS = 26
Columns = TypeVar("Columns", LeadTimeDemand, policy.Money)
ALL_FOLLOW = Agility()
BAND = (0.1, 0.9)
BAND_GROWTH_WEEKS = 26.0  # variance of a week's forecast doubles in so many
USUAL_SPREAD_WEEKS = 8.0  # half-life of what an empty shelf's demand is taken from


@dataclass(frozen=True, slots=True)
class History:
    """Days from ``start`` on: all demand, the part of it that was refused (pieces a day), and days with stock."""

    start: date
    demand: FloatArray
    lost: FloatArray
    in_stock: np.ndarray | None = None

    @property
    def end(self) -> date:
        """First day after the last one."""
        return self.start + timedelta(days=len(self.demand))


@dataclass(frozen=True, slots=True)
class Pool:
    """What series of a category have in common: the season and a usual rate (pieces a week)."""

    season: Season = field(default_factory=Season)
    usual_rate: float | None = None


@dataclass(frozen=True, slots=True)
class Calendar:
    """What events do to each day: factor on the usual demand of the history's days and of the days after it.

    variance: of the coming days' factors. Days beyond the arrays are usual ones. coming: plain values that name them.
    """

    past: FloatArray
    ahead: FloatArray
    variance: FloatArray
    coming: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """Everything known about one product in one warehouse."""

    history: History
    lead_time: LeadTime
    review_days: float
    economics: policy.Economics
    pool: Pool = field(default_factory=Pool)
    calendar: Calendar | None = None


@dataclass(frozen=True, slots=True)
class Forecast:
    """Pieces a week of the coming weeks (shapes (HORIZON_WEEKS,)): mean and the 80 % band around it."""

    start: date
    mean: FloatArray
    low: FloatArray
    high: FloatArray


@dataclass(frozen=True, slots=True)
class Plan:
    """The forecast of a series and the policy it led to; ``demand`` and ``policy`` hold one row's numbers by name."""

    pattern: Pattern
    model: str
    season_strength: float
    capped_days: int
    filled: float  # pieces put back for days without stock
    agility: float  # how quick the level follows its last two weeks: 1 at once, 0 within eight, below leaning against
    forecast: Forecast
    accuracy: Accuracy
    demand: dict[str, float]
    policy: dict[str, float]


@dataclass(frozen=True, slots=True)
class _Panel:
    """Rows as arrays by day: events taken out, spikes capped and empty shelves filled."""

    demand: FloatArray
    capped: IntArray
    filled: FloatArray
    age: IntArray
    starts: list[date]  # of the first day

    @property
    def weeks(self) -> int:
        return self.demand.shape[1] // DAYS

    def weekly(self, daily: FloatArray) -> FloatArray:
        """Sums of whole weeks."""
        return np.asarray(daily.reshape(len(daily), -1, DAYS).sum(axis=2))


@dataclass(frozen=True, slots=True)
class _Seasons:
    """Season of each row: how strongly it follows its pool, weekly index of the past and the weeks ahead."""

    strength: list[float]
    past: FloatArray
    ahead: FloatArray


def make_plans(items: Sequence[Item], curve: Curve, agility: Agility = ALL_FOLLOW) -> list[Plan]:
    """Forecast every series and decide its policy. Deterministic; any series gives a finite plan.

    curve, agility: what all products share, of ``learn_curve`` and ``learn_agility``.
    """
    if not items:
        return []
    panel = _panel(items)
    intervals = [item.lead_time.interval(item.review_days) for item in items]
    weeks_ahead = max(HORIZON_WEEKS, math.ceil(max(max(i.lengths) for i in intervals) / DAYS) + 1)
    seasons = _seasons(items, panel, weeks_ahead)
    usual = panel.demand / np.repeat(seasons.past, DAYS, axis=1)
    weekly = panel.weekly(usual)
    patterns = [_pattern(items[n], panel, seasons, weekly, n) for n in range(len(items))]
    spans = np.array([max(1, round(i.mean / DAYS)) for i in intervals])
    own = agility.own(usual, DAYS)
    choice = choose(weekly, -(-panel.age // DAYS), spans, seasons.past, own)
    rates = np.array([np.nan if i.pool.usual_rate is None else i.pool.usual_rate / DAYS for i in items])
    level = recent_level(usual, panel.age, DAYS, rates, agility=own)
    factors = _factors(choice, level, weeks_ahead)
    level = Level(level.rate * factors[:, 0], level.slow)
    factors = factors / np.maximum(factors[:, :1], 1e-12) * seasons.ahead
    lift, uncertain = _events_ahead(items, weeks_ahead * DAYS)
    daily = np.repeat(factors, DAYS, axis=1) * lift
    review = np.array([item.review_days for item in items])
    demand = _lead_time_demand(usual, panel.age, level, intervals, curve, daily, uncertain, review)
    policies = _decide(demand, policy.Money.of([item.economics for item in items], patterns), lift, intervals)
    coming = factors[:, :HORIZON_WEEKS] * lift.reshape(len(items), -1, DAYS)[:, :HORIZON_WEEKS].mean(axis=2)
    bands = _bands(usual, panel.age, level, curve, coming)
    return [
        Plan(
            pattern=patterns[n],
            model=MODELS[int(choice.model[n])] if panel.age[n] else "none",
            season_strength=seasons.strength[n],
            capped_days=int(panel.capped[n]),
            filled=float(panel.filled[n]),
            agility=float(own[n]),
            forecast=Forecast(items[n].history.end, *(band[n] for band in bands)),
            accuracy=choice.accuracy[n],
            demand={name: float(getattr(demand, name)[n]) for name in LeadTimeDemand.__slots__},
            policy=policies.row(n),
        )
        for n in range(len(items))
    ]


def capped_panel(histories: Sequence[History]) -> tuple[FloatArray, IntArray]:
    """Daily demand of many series as the models see it, and the age of each."""
    seen = _stack([clean(history.demand) for history in histories], 0.0)
    demand = SpikeCap(len(seen)).cut_all(seen)
    return demand, ages(demand)


def without_events(history: History, calendar: Calendar | None) -> History:
    """The history with the events of its calendar taken out."""
    return history if calendar is None else replace(history, demand=clean(history.demand) / calendar.past)


def _panel(items: Sequence[Item]) -> _Panel:
    histories = [item.history for item in items]
    seen = _stack([clean(without_events(item.history, item.calendar).demand) for item in items], 0.0)
    in_stock = _stack(
        [np.ones(len(h.demand)) if h.in_stock is None else h.in_stock.astype(np.float64) for h in histories], 1.0
    )
    whole = put_back(seen, in_stock > 0, USUAL_SPREAD_WEEKS * DAYS)
    demand = SpikeCap(len(whole)).cut_all(whole)
    starts = [history.end - timedelta(days=demand.shape[1]) for history in histories]
    return _Panel(demand, np.sum(demand < whole, axis=1), (whole - seen).sum(axis=1), ages(demand), starts)


def _stack(rows: Sequence[FloatArray], filler: float) -> FloatArray:
    """Rows of any length as one array of whole weeks that ends with their last days; at most WEEKS_KEPT."""
    weeks = min(max(-(-max(len(row) for row in rows) // DAYS), 1), WEEKS_KEPT)
    stacked = np.full((len(rows), weeks * DAYS), filler)
    for target, row in zip(stacked, rows, strict=True):
        kept = row[-weeks * DAYS :]
        if len(kept):
            target[-len(kept) :] = kept
    return stacked


def _seasons(items: Sequence[Item], panel: _Panel, weeks_ahead: int) -> _Seasons:
    past, ahead = np.ones((len(items), panel.weeks)), np.ones((len(items), weeks_ahead))
    strengths = [0.0] * len(items)
    weekly = panel.weekly(panel.demand)
    for n, item in enumerate(items):
        if not item.pool.season.coefficients or not panel.age[n]:
            continue
        shape = item.pool.season.index(panel.starts[n], panel.weeks + weeks_ahead)
        first = panel.weeks - -(-int(panel.age[n]) // DAYS)
        strengths[n], _index = own_index(weekly[n, first:], shape[first : panel.weeks])
        index = scale_index(shape, strengths[n])
        past[n], ahead[n] = index[: panel.weeks], index[panel.weeks :]
    return _Seasons(strengths, past, ahead)


def _pattern(item: Item, panel: _Panel, seasons: _Seasons, weekly: FloatArray, n: int) -> Pattern:
    if not panel.age[n]:
        return Pattern.NONE
    visible = is_visible(item.pool.season, seasons.strength[n], panel.starts[n])
    return classify(weekly[n, panel.weeks - -(-int(panel.age[n]) // DAYS) :], is_seasonal=visible)


def _factors(choice: Choice, level: Level, weeks: int) -> FloatArray:
    """Each coming week's level as a multiple of the blended one; 1 where the blend was chosen. Shape (rows, weeks)."""
    blended = choice.model == 0
    ahead = choice.paths.ahead(choice.model, weeks) / DAYS
    return np.where(blended[:, None], 1.0, ahead / np.maximum(level.rate, 1e-12)[:, None])


def _events_ahead(items: Sequence[Item], days: int) -> tuple[FloatArray, FloatArray]:
    """Factor of events on each coming day, and its variance relative to the factor; shapes (rows, days)."""
    lift, uncertain = np.ones((len(items), days)), np.zeros((len(items), days))
    for n, item in enumerate(items):
        if item.calendar is not None:
            known = item.calendar.ahead[:days]
            lift[n, : len(known)] = known
            uncertain[n, : len(known)] = item.calendar.variance[:days] / np.square(np.maximum(known, 1e-6))
    return lift, uncertain


def _decide(
    demand: LeadTimeDemand, money: policy.Money, lift: FloatArray, intervals: Sequence[Interval]
) -> policy.Policy:
    """The policy of each row; what a planned rise leaves over lies longer than a usual piece too many."""
    peaks = np.array([lift[n, : math.ceil(max(i.lengths))].max() for n, i in enumerate(intervals)])
    rises = (peaks > 1.0) & (demand.mean > 0) & (demand.variance > 0)
    # Of what is wanted on the highest day, what events add: a holiday of a few per cent is hardly a promotion.
    promoted = np.where(rises, 1.0 - 1.0 / np.maximum(peaks, 1.0), 0.0)
    usual = policy.decide(demand, money)
    if not rises.any():
        return usual
    risen = policy.decide(_picked(demand, rises), _picked(money, rises), promoted=promoted[rises])
    for f in fields(policy.Policy):
        getattr(usual, f.name)[rises] = getattr(risen, f.name)
    return usual


def _picked(columns: Columns, rows: np.ndarray) -> Columns:
    """Some rows of a dataclass of arrays."""
    return type(columns)(*(getattr(columns, f.name)[rows] for f in fields(columns)))


def _lead_time_demand(
    usual: FloatArray,
    age: IntArray,
    level: Level,
    intervals: Sequence[Interval],
    curve: Curve,
    ahead: FloatArray,
    uncertain: FloatArray,
    review: FloatArray,
) -> LeadTimeDemand:
    """As ``lead_time_demand``, for rows whose intervals differ: computed together where they are the same."""
    same: dict[Interval, list[int]] = defaultdict(list)
    for n, interval in enumerate(intervals):
        same[interval].append(n)
    result = {name: np.zeros(len(usual)) for name in LeadTimeDemand.__slots__}
    for interval, rows in same.items():
        part = lead_time_demand(
            usual[rows],
            age[rows],
            Level(level.rate[rows], level.slow[rows]),
            interval,
            DAYS,
            curve,
            ahead[rows],
            uncertain[rows],
            review=review[rows],
        )
        for name, values in result.items():
            values[rows] = getattr(part, name)
    return LeadTimeDemand(**result)


def _bands(
    usual: FloatArray, age: IntArray, level: Level, curve: Curve, factors: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Mean of each coming week, and the 80 % band around it that widens with the weeks; shapes (rows, weeks)."""
    mean = level.rate[:, None] * DAYS * factors
    past_mean, past_variance = interval_spread(usual, age, fixed([DAYS]), DAYS, curve.by_tail)
    spread = relative_spread(past_mean, past_variance, level.slow * DAYS, curve)
    variance = variance_of(mean, spread[:, None]) * (1 + np.arange(mean.shape[1]) / BAND_GROWTH_WEEKS)
    low, high = (np.where(mean > 0, gamma_quantile(np.array(at), mean, variance), 0.0) for at in BAND)
    return mean, np.minimum(low, mean), np.maximum(high, mean)
