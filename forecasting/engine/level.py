"""The rate of demand: the geometric mean of a slow and a fast average.

It is steady while sales vary, and lets go when they fade: a fast average near nothing pulls the product of both down.
Both are weighted means since the first sale rather than recursions from a guessed start.

How fast the fast one is, is learned (``agility``): it follows the last two weeks (1), the last eight (0), or these and
leans against the last two (below 0).
"""

import math
from dataclasses import dataclass

import numpy as np

from forecasting.engine.history import FloatArray, IntArray, decay

SLOW_WEEKS, STEADY_WEEKS, FAST_WEEKS = 104.0, 8.0, 2.0  # half-lives
FAST_SHARE = 0.5
LEAST_OF_SLOW = 1e-3  # the fast average is taken as at least this share of the slow one
PRIOR_WEEKS = 2.0  # what comparable products sell counts like this many weeks of the product's own
MOST_OPPOSED = math.log(2.0)  # departure, either way, beyond which it is leaned against no more


@dataclass(frozen=True, slots=True)
class Level:
    """Pieces a period of each row, shape (rows,): the blend to go by, and the slow average it stands on."""

    rate: FloatArray
    slow: FloatArray


def recent_level(
    demand: FloatArray,
    age: IntArray,
    week: float,
    usual: FloatArray | None = None,
    trust: FloatArray | None = None,
    agility: FloatArray | float = 1.0,
) -> Level:
    """Level at the end of ``demand`` (rows, periods).

    usual: pieces a period of comparable products, nan for none; shape (rows,). trust: how much each period counts
    (rows, periods), None for 1. agility: of each row.
    """
    slow = weighted_mean(demand, age, SLOW_WEEKS * week, trust)
    fast = weighted_mean(demand, age, half_life(FAST_WEEKS, week), trust)
    if np.any(np.asarray(agility) < 1):
        fast = _between(weighted_mean(demand, age, half_life(STEADY_WEEKS, week), trust), fast, slow, agility)
    if usual is not None:
        known = np.isfinite(usual)
        weight = np.where(known, PRIOR_WEEKS * week, 0.0)
        prior = np.where(known, usual, 0.0)
        slow = (slow * age + weight * prior) / np.maximum(age + weight, 1.0)
        fast = np.where(age < 2 * PRIOR_WEEKS * week, slow, fast)
    return Level(blend(slow, fast), slow)


def half_life(weeks: float, week: float) -> float:
    """Periods that ``weeks`` are; as many periods where one is longer than a week: a single month is no average."""
    return weeks * max(week, 1.0)


def blend(slow: FloatArray, fast: FloatArray) -> FloatArray:
    """The geometric mean of both averages; 0 where nothing was ever sold."""
    return np.asarray(slow ** (1 - FAST_SHARE) * np.maximum(fast, LEAST_OF_SLOW * slow) ** FAST_SHARE)


def weighted_mean(values: FloatArray, age: IntArray, half_life: float, trust: FloatArray | None = None) -> FloatArray:
    """Mean of each row's last ``age`` values (the ones before are 0), weights halving every ``half_life``."""
    weights = decay(values.shape[1], half_life)
    if trust is not None:
        begun = np.arange(values.shape[1]) >= values.shape[1] - age[:, None]
        return np.asarray((values * trust) @ weights / np.maximum((begun * trust) @ weights, 1e-12))
    keep = 0.5 ** (1.0 / half_life)
    weight = (1.0 - keep**age) / (1.0 - keep)
    return np.asarray(values @ weights / np.maximum(weight, 1e-12))


def level_path(demand: FloatArray, week: float, agility: FloatArray | float = 1.0) -> FloatArray:
    """What ``recent_level`` would have said after each period; shape (rows, periods)."""
    begun = np.cumsum(demand, axis=1) > 0
    slow, steady, fast = mean_paths(demand, begun, week)
    by_row = np.reshape(np.asarray(agility, dtype=np.float64), (-1, 1))
    return blend(slow, _between(steady, fast, slow, by_row))


def _between(steady: FloatArray, fast: FloatArray, slow: FloatArray, agility: FloatArray | float) -> FloatArray:
    """Geometric mean of both averages, the fast one weighing ``agility``: away from it where that is negative.

    A lull is leaned against while it may be one; the deeper it gets, the more it is taken for the end of sales.
    """
    least = LEAST_OF_SLOW * slow
    steady = np.maximum(steady, least)
    ahead = np.log(np.maximum(fast, least) / np.maximum(steady, 1e-12), where=steady > 0, out=np.zeros_like(steady))
    opposed = np.where(ahead < -MOST_OPPOSED, -2 * MOST_OPPOSED - ahead, np.minimum(ahead, MOST_OPPOSED))
    ahead = np.where(np.asarray(agility) < 0, opposed, ahead)
    return np.asarray(steady * np.exp(agility * ahead))


def mean_paths(demand: FloatArray, begun: np.ndarray, week: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The slow, the steady and the fast average after each period; shapes (rows, periods)."""
    periods = SLOW_WEEKS * week, half_life(STEADY_WEEKS, week), half_life(FAST_WEEKS, week)
    slow, steady, fast = (mean_path(demand, begun, halved) for halved in periods)
    return slow, steady, fast


def mean_path(demand: FloatArray, begun: np.ndarray, half_life: float) -> FloatArray:
    """The mean that ``weighted_mean`` would have given after each period; begun: periods since the first sale."""
    keep = 0.5 ** (1.0 / half_life)
    from scipy.signal import lfilter  # here: a web process need not load it

    total = lfilter([1.0], [1.0, -keep], demand, axis=1)
    weight = lfilter([1.0], [1.0, -keep], begun.astype(np.float64), axis=1)
    return np.asarray(np.maximum(total, 0.0) / np.maximum(weight, 1e-12))
