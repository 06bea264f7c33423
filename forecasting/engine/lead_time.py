"""Demand over lead time and review: level, variation, season and planned promotions put together."""

import math
from dataclasses import replace

import numpy as np

from forecasting.engine import spread as spreads
from forecasting.engine.agility import learn_agility
from forecasting.engine.distribution import gamma_quantile
from forecasting.engine.history import FloatArray, IntArray, ages
from forecasting.engine.level import SLOW_WEEKS, Level, recent_level, weighted_mean
from forecasting.engine.policy import LeadTimeDemand
from forecasting.engine.promotions import FEATURE_TRUST, FEATURED, Uplift
from forecasting.engine.spread import MIN_ROWS, TAIL, Curve, Interval, fit_curve, interval_spread, relative_spread

LUMPY_SHARE = (
    0.5  # of the variance over an interval; the rest is a level that moves, which carries nothing past a point
)
YOUNG_WEEKS = 15  # a product this young says little about variation
STUDIED_ROWS = 300  # are enough to compare how tails are told
ORIGINS = tuple(np.linspace(0.5, 0.97, 20))  # shares of a panel after which its quantiles are compared
BY_TAIL = (0.0, 0.5, 1.0)
LARGEST_MISS = 5.0  # of usual demands: what is above says no more


def lead_time_demand(
    demand: FloatArray,
    age: IntArray,
    level: Level,
    interval: Interval,
    week: float,
    curve: Curve,
    ahead: FloatArray | None = None,
    promotion_variance: FloatArray | None = None,
    clearing_rate: FloatArray | None = None,
    review: FloatArray | float = 1.0,
) -> LeadTimeDemand:
    """Mean and variance of what is wanted in the coming interval.

    demand: (rows, periods), season and promotions taken out. ahead: factor on the level of each coming period, shape
    (rows, periods ahead); None for 1,
    which also holds beyond them. promotion_variance: of the coming periods' factors, same shape.
    review: periods between two chances to order.
    """
    weights, longest = np.array(interval.weights), math.ceil(max(interval.lengths))
    past_mean, past_variance = interval_spread(demand, age, interval, week, curve.by_tail)
    spread = relative_spread(past_mean, past_variance, level.slow * interval.mean, curve)
    usual = level.rate * interval.mean
    usual_parts = spreads.variance_of(usual, spread), np.square(level.rate) * interval.variance
    if ahead is None:
        mean, parts = usual, usual_parts
    else:
        sums = level.rate[:, None] * _sums(_padded(ahead, longest, 1.0), interval)
        mean = sums @ weights
        of_demand = spreads.variance_of(mean, spread)
        if promotion_variance is not None:
            uncertain = _padded(np.square(level.rate[:, None] * ahead) * promotion_variance, longest, 0.0)
            of_demand = of_demand + _sums(uncertain, interval) @ weights
        parts = of_demand, np.maximum(np.square(sums) @ weights - np.square(mean), 0.0)
    return LeadTimeDemand(
        weeks=np.full(len(demand), interval.mean / week),
        weeks_variance=np.full(len(demand), interval.variance / week**2),
        mean=mean,
        spread=spread,
        variance_of_demand=parts[0],
        variance_of_lead_time=parts[1],
        variance=parts[0] + parts[1],
        weekly_rate=level.rate * week,
        clearing_rate=(level.rate if clearing_rate is None else clearing_rate) * week,
        usual_mean=usual,
        usual_variance=usual_parts[0] + usual_parts[1],
        undershoot=undershoot(usual, usual_parts[0], level.rate * review),
    )


def undershoot(mean: FloatArray, variance: FloatArray, between: FloatArray) -> FloatArray:
    """How far demand between two chances to order carries the position past any point, on average.

    That is E[D²] / 2 E[D] of renewal theory, D being the demand ``between``: half of its mean and of variance / mean,
    which for lumps is the same over any interval.
    """
    return np.where(mean > 0, 0.5 * (between + LUMPY_SHARE * variance / np.maximum(mean, 1e-12)), 0.0)


def usual_level(
    usual: FloatArray, age: IntArray, events: FloatArray, week: float, agility: FloatArray | float = 1.0
) -> Level:
    """Level of demand with promotions taken out, of which featured periods say less; events: (rows, periods, 3)."""
    trust = np.where(events[..., 1] > FEATURED, FEATURE_TRUST, 1.0)
    return recent_level(usual, age, week, trust=trust, agility=agility)


def promotion_uncertainty(uplift: Uplift, events: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Factor that a featured period's mean lies above its median, and the variance of the factor, per (row, period)."""
    featured = events[..., 1] > FEATURED
    extra = np.where(featured, np.maximum(uplift.featured_variance - uplift.usual_variance, 0.0)[:, None], 0.0)
    return np.exp(0.5 * extra), np.where(featured, np.expm1(uplift.featured_variance)[:, None], 0.0)


def learn_curve(demand: FloatArray, interval: Interval, week: float) -> Curve:
    """How much products vary at which rate, from a panel of them; and which view of it told their tails best so far."""
    if len(demand) < MIN_ROWS:
        return _curve(demand, interval, week, 0.0)
    studied = demand[:: max(len(demand) // STUDIED_ROWS, 1)]
    agility = learn_agility(studied, week).own(studied, week)
    curves = [_curve(demand, interval, week, by_tail) for by_tail in BY_TAIL]
    return min(curves, key=lambda curve: _missed(studied, interval, week, curve, agility))


def _curve(demand: FloatArray, interval: Interval, week: float, by_tail: float) -> Curve:
    age = ages(demand)
    old = age > YOUNG_WEEKS * week
    mean, variance = interval_spread(demand[old], age[old], interval, week, by_tail)
    usual = weighted_mean(demand[old], age[old], SLOW_WEEKS * week) * interval.mean
    return replace(fit_curve(mean, variance, usual), by_tail=by_tail)


def _missed(demand: FloatArray, interval: Interval, week: float, curve: Curve, agility: FloatArray) -> float:
    """Pinball loss of the TAIL quantiles told at past origins against what followed, per usual demand of a product."""
    longest, loss = math.ceil(max(interval.lengths)), 0.0
    for share in ORIGINS:
        origin = round(share * demand.shape[1])
        known, age = demand[:, :origin], ages(demand[:, :origin])
        old = age > YOUNG_WEEKS * week
        if origin + longest > demand.shape[1] or not old.any():
            continue
        known, age = known[old], age[old]
        level = recent_level(known, age, week, agility=agility[old])
        told = lead_time_demand(known, age, level, interval, week, curve)
        quantile = gamma_quantile(np.array(TAIL), told.mean, told.variance)
        usual = np.maximum(level.slow * interval.mean, 1e-9)
        over = (_sums(demand[old, origin:], interval) - quantile[:, None]) / usual[:, None]
        missed = np.minimum(np.maximum(TAIL * over, (TAIL - 1) * over), LARGEST_MISS)
        loss += float((missed @ np.array(interval.weights)).mean())
    return loss


def _sums(ahead: FloatArray, interval: Interval) -> FloatArray:
    """Sums of the first periods of each row up to each length, part of a period in part; shape (rows, lengths)."""
    total = np.concatenate([np.zeros((len(ahead), 1)), np.cumsum(ahead, axis=1)], axis=1)
    whole = np.floor(interval.lengths).astype(int)
    following = np.minimum(whole + 1, ahead.shape[1])
    return np.asarray(total[:, whole] + (np.array(interval.lengths) - whole) * (total[:, following] - total[:, whole]))


def _padded(values: FloatArray, columns: int, filler: float) -> FloatArray:
    missing = max(columns - values.shape[1], 0)
    return np.pad(values, ((0, 0), (0, missing)), constant_values=filler)
