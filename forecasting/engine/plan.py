"""One series from history to policy, with every number that the explanation needs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from forecasting.engine import choice, distribution, models, policy
from forecasting.engine.history import FloatArray, History, active_demand
from forecasting.engine.patterns import Pattern, classify
from forecasting.engine.season import Season, is_visible, own_index, scale_index

HORIZON_WEEKS = 26
BAND = (0.1, 0.9)
PRIOR_ORIGINS = 2.0  # a Poisson spread counts like this many independent errors
FAR_WEEKS = 13
TREND_MIN_WEEKS = 52


@dataclass(frozen=True, slots=True)
class Pool:
    """What series of a category have in common: the season (now, and as known before the test weeks), a usual rate."""

    season: Season = field(default_factory=Season)
    test_season: Season = field(default_factory=Season)
    usual_rate: float | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """Everything known about one product in one warehouse."""

    history: History
    lead_time: distribution.LeadTime
    review_days: float
    economics: policy.Economics
    pool: Pool = field(default_factory=Pool)


@dataclass(frozen=True, slots=True)
class Forecast:
    """Pieces a week of the coming weeks (shapes (HORIZON_WEEKS,)): mean and the 80 % band around it."""

    start: date
    mean: FloatArray
    low: FloatArray
    high: FloatArray


@dataclass(frozen=True, slots=True)
class Plan:
    """The forecast of a series and the policy it led to."""

    pattern: Pattern
    model: str
    season_strength: float
    capped_weeks: int
    forecast: Forecast
    accuracy: choice.Accuracy
    demand: distribution.LeadTimeDemand
    policy: policy.Policy


def make_plan(item: Item) -> Plan:
    """Forecast one series and decide its policy. Deterministic; any finite input gives a finite plan."""
    active = active_demand(item.history)
    weeks_ahead = max(HORIZON_WEEKS, int(np.ceil((item.lead_time.mean + item.review_days) / 7)) + 1)
    if not active.demand.any():
        return _nothing_sold(item, weeks_ahead)
    past = len(active.demand)
    test_shape = item.pool.test_season.index(active.start, past)
    shape = item.pool.season.index(active.start, past + weeks_ahead)
    train = past - min(choice.TEST_WEEKS, past // 2)
    test_strength, _index = own_index(active.demand[:train], test_shape[:train])
    strength, index = own_index(active.demand, shape[:past])
    seasonless = active.demand / index
    pattern = classify(seasonless, is_seasonal=is_visible(item.pool.season, strength, active.start))
    interval = max(1, round((item.lead_time.mean + item.review_days) / 7))
    chosen = choice.choose(
        active.demand, scale_index(test_shape, test_strength), index, candidates(pattern, past, item.pool), interval
    )
    mean = chosen.path.forecast(weeks_ahead)[-1] * scale_index(shape[past:], strength)
    weekly_sd = _interval_sd(chosen, active.demand, index, mean, interval)
    demand = distribution.lead_time_demand(mean, weekly_sd, item.lead_time, item.review_days)
    return Plan(
        pattern=pattern,
        model=chosen.model.name,
        season_strength=strength,
        capped_weeks=active.capped,
        forecast=_band(chosen, active.demand, index, mean[:HORIZON_WEEKS], item.history.end),
        accuracy=chosen.accuracy,
        demand=demand,
        policy=policy.decide(demand, float(mean[:HORIZON_WEEKS].mean()), item.economics, pattern),
    )


def candidates(pattern: Pattern, weeks: int, pool: Pool) -> Sequence[models.Model]:
    """The models that compete for a pattern, the preferred one first."""
    blended, simple, tsb = models.BlendedLevel(), models.SimpleSmoothing(), models.TeunterSyntetosBabai()
    if pattern is Pattern.NEW:
        return [models.FirstWeeks(pool.usual_rate)]
    if pattern is Pattern.DYING:
        return [blended, tsb]
    if pattern is Pattern.INTERMITTENT:
        return [tsb, models.SyntetosBoylan(), blended]
    return [blended, simple, models.DampedTrend()] if weeks >= TREND_MIN_WEEKS else [blended, simple]


def _interval_sd(
    chosen: choice.Choice, demand: FloatArray, index: FloatArray, mean: FloatArray, interval: int
) -> float:
    """Error deviation of one week of the protection interval, so that its variance times the weeks is the interval's.

    Few errors are drawn towards a Poisson's variance (the mean itself).
    """
    interval = min(interval, choice.LONGEST_INTERVAL)
    spread, origins = choice.relative_spread(chosen.path, demand, index, interval)
    total, independent = float(mean[:interval].sum()), origins / interval
    variance = (independent * spread * total**choice.SPREAD_POWER + PRIOR_ORIGINS * total) / (
        independent + PRIOR_ORIGINS
    )
    return float(np.sqrt(variance / interval))


def _band(chosen: choice.Choice, demand: FloatArray, index: FloatArray, mean: FloatArray, start: date) -> Forecast:
    """The 80 % band of each coming week; its spread goes from the near error to the far one and stays there."""
    near, near_origins = choice.relative_spread(chosen.path, demand, index, 1)
    far = _far_spread(chosen.path, demand, index, near)
    ahead = np.minimum(np.arange(len(mean)), FAR_WEEKS - 1) / (FAR_WEEKS - 1)
    spread = near + (far - near) * ahead
    variance = (near_origins * spread * mean**choice.SPREAD_POWER + PRIOR_ORIGINS * mean) / (
        near_origins + PRIOR_ORIGINS
    )
    low, high = (distribution.quantiles(level, mean, np.sqrt(variance)) for level in BAND)
    return Forecast(start, mean, np.minimum(low, mean), np.maximum(high, mean))


def _far_spread(path: models.Path, demand: FloatArray, index: FloatArray, near: float) -> float:
    """Relative error variance of the single week FAR_WEEKS ahead; never below the near one, at most four times it."""
    origins = np.arange(max(0, len(demand) - choice.SPREAD_WEEKS - FAR_WEEKS), len(demand) - FAR_WEEKS)
    if len(origins) < FAR_WEEKS:
        return near
    forecast = path.forecast(FAR_WEEKS)[origins, -1] * index[origins + FAR_WEEKS]
    scale = float(np.sum(forecast**choice.SPREAD_POWER))
    error = float(np.sum((forecast - demand[origins + FAR_WEEKS]) ** 2))
    return min(max(error / scale, near), 4 * near) if scale > 0 else near


def _nothing_sold(item: Item, weeks_ahead: int) -> Plan:
    """No sale in the kept weeks: nothing is expected, so nothing is kept for it."""
    nothing = np.zeros(weeks_ahead)
    demand = distribution.lead_time_demand(nothing, 0.0, item.lead_time, item.review_days)
    flat = nothing[:HORIZON_WEEKS]
    return Plan(
        pattern=Pattern.NONE,
        model="none",
        season_strength=0.0,
        capped_weeks=0,
        forecast=Forecast(item.history.end, flat, flat, flat),
        accuracy=choice.Accuracy(),
        demand=demand,
        policy=policy.decide(demand, 0.0, item.economics, Pattern.NONE),
    )
