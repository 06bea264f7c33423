"""How much demand over the protection interval varies.

A row's own variation is the variance of its past intervals or, where that has told the future better for all products,
the one at which a gamma has the 95 % quantile that they had: stock is reckoned by such quantiles, and where quiet weeks
take turns with peaks a gamma of the same variance has them elsewhere. Few intervals say little, so it is drawn (in
logarithms) to a curve over all products: what varies how much at which rate. Variance grows with the mean to the power
of 1.5, between a Poisson's (1) and a proportional one's (2), so that it follows a level that moves.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import special

from forecasting.engine.history import FloatArray, IntArray, decay

HALF_LIFE_WEEKS = 40.0
POWER = 1.5
POOLED_SHARE = 0.4
TAIL = 0.95
MIN_INTERVALS = 9  # of a length, before their tail is looked at
LEAST_OF_POOL = 1e-2
LEAST_DISPERSION = 0.5  # variance is at least this share of the mean
MIN_ROWS = 20  # of a panel before its curve is trusted
TINY = 1e-9


@dataclass(frozen=True, slots=True)
class Interval:
    """The protection interval in periods: its possible lengths and their probabilities."""

    lengths: tuple[float, ...]
    weights: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Expected periods."""
        return float(np.dot(self.lengths, self.weights))

    @property
    def variance(self) -> float:
        """Variance of the periods."""
        return float(np.dot(np.square(self.lengths), self.weights)) - self.mean**2

    def whole(self) -> list[tuple[int, float]]:
        """Lengths rounded to whole periods with their probabilities."""
        chances: dict[int, float] = {}
        for length, weight in zip(self.lengths, self.weights, strict=True):
            chances[max(round(length), 1)] = chances.get(max(round(length), 1), 0.0) + weight
        return list(chances.items())


@dataclass(frozen=True, slots=True)
class Curve:
    """log(variance / mean ** POWER) of a usual product = intercept + slope · log(mean).

    by_tail: how much spread is judged by the tail of past intervals (1) rather than by their variance (0).
    """

    intercept: float = 0.5
    slope: float = 0.2
    by_tail: float = 0.0

    def at(self, mean: FloatArray) -> FloatArray:
        """Variance / mean ** POWER of usual products with this mean demand over an interval."""
        return np.asarray(np.exp(self.intercept + self.slope * np.log(np.maximum(mean, 1e-2))))


def interval_moments(
    demand: FloatArray, age: IntArray, interval: Interval, week: float
) -> tuple[FloatArray, FloatArray]:
    """Mean of each row's past interval sums, and their variance at a given length; nan where there is none yet.

    demand: (rows, periods), nothing before the first sale. Recent intervals weigh more.
    """
    rows, periods = demand.shape
    total = np.concatenate([np.zeros((rows, 1)), np.cumsum(demand, axis=1)], axis=1)
    keep = 0.5 ** (1.0 / (HALF_LIFE_WEEKS * week))
    mean, variance, known = np.zeros(rows), np.zeros(rows), np.zeros(rows)
    for length, weight in interval.whole():
        if length > periods:
            continue
        sums = total[:, length:] - total[:, :-length]
        count = np.maximum(age - length + 1, 0)
        if (count < sums.shape[1]).any():
            sums[_before(count, sums.shape[1])] = 0.0
        share = (1.0 - keep) / np.maximum(1.0 - keep**count, TINY)  # 1 / sum of the weights
        recent = decay(sums.shape[1], HALF_LIFE_WEEKS * week)
        first, second = share * (sums @ recent), share * (np.square(sums) @ recent)
        usable = np.where(count > 0, weight, 0.0)
        mean += usable * first
        variance += usable * np.maximum(second - np.square(first), 0.0)
        known += usable
    with np.errstate(invalid="ignore"):
        return mean / known, variance / known


def interval_spread(
    demand: FloatArray, age: IntArray, interval: Interval, week: float, by_tail: float
) -> tuple[FloatArray, FloatArray]:
    """As ``interval_moments``; by tail, the variance of the gamma with the TAIL quantile that past intervals had.

    The tails of the shortest, the middle and the longest of the lengths count alike. The variance itself where there
    are too few intervals or no gamma has such a tail.
    """
    mean, variance = interval_moments(demand, age, interval, week)
    if not by_tail:
        return mean, variance
    total = np.concatenate([np.zeros((len(demand), 1)), np.cumsum(demand, axis=1)], axis=1)
    lengths = [length for length, _weight in interval.whole()]
    ratios, variations = _gamma_tails()
    logs, known = np.zeros(len(demand)), np.zeros(len(demand))
    for at in {0, len(lengths) // 2, len(lengths) - 1}:
        ratio = _tail_ratio(total, age, lengths[at], max(round(week), 1))
        usable = (ratio > ratios[0]) & (ratio < ratios[-1])
        logs += np.where(usable, np.interp(ratio, ratios, variations), 0.0)
        known += usable
    with np.errstate(divide="ignore", invalid="ignore"):
        matched = np.exp((1 - by_tail) * np.log(variance) + by_tail * (logs / known + 2 * np.log(mean)))
    return mean, np.where((known > 0) & (variance > 0), matched, variance)


def _tail_ratio(total: FloatArray, age: IntArray, length: int, week: int) -> FloatArray:
    """TAIL quantile of each row's past sums over ``length`` periods as a multiple of their mean; 0 where unknown.

    total: demand until before each period. Days' sums overlap nearly wholly: those of every seventh day say as much.
    """
    sums = (total[:, length:] - total[:, :-length])[:, ::-week][:, ::-1]
    count = -(-np.maximum(age - length + 1, 0) // week)
    if not sums.shape[1]:
        return np.zeros(len(total))
    recent = np.broadcast_to(decay(sums.shape[1], HALF_LIFE_WEEKS), sums.shape)
    weights = np.where(_before(count, sums.shape[1]), 0.0, recent)
    order = np.argsort(sums, axis=1)
    upto = np.cumsum(np.take_along_axis(weights, order, axis=1), axis=1)
    at = np.count_nonzero(upto < TAIL * upto[:, -1:] - TINY, axis=1)[:, None]
    quantile = np.take_along_axis(sums, np.take_along_axis(order, at, axis=1), axis=1)[:, 0]
    mean = (sums * weights).sum(axis=1) / np.maximum(upto[:, -1], TINY)
    return np.where((count >= MIN_INTERVALS) & (mean > 0), quantile / np.maximum(mean, TINY), 0.0)


@lru_cache(maxsize=1)
def _gamma_tails() -> tuple[FloatArray, FloatArray]:
    """TAIL quantile of gammas as a multiple of their mean, and the logarithm of their squared variation, ascending."""
    variation = np.exp(np.linspace(np.log(0.02), np.log(3.3), 400))
    return np.asarray(special.gammaincinv(variation**-2, TAIL) * np.square(variation)), 2 * np.log(variation)


def _before(count: IntArray, columns: int) -> np.ndarray:
    """Mask of the columns before a row's last ``count`` ones."""
    return np.asarray(np.arange(columns) < columns - count[:, None])


def relative_spread(mean: FloatArray, variance: FloatArray, typical: FloatArray, curve: Curve) -> FloatArray:
    """Variance / mean ** POWER of each row, drawn towards ``curve``; typical: usual demand over an interval."""
    pooled = curve.at(typical)
    with np.errstate(invalid="ignore", divide="ignore"):
        own = variance / mean**POWER
    own = np.where(np.isfinite(own), np.maximum(own, LEAST_OF_POOL * pooled), pooled)
    return np.asarray(own ** (1 - POOLED_SHARE) * pooled**POOLED_SHARE)


def fit_curve(mean: FloatArray, variance: FloatArray, typical: FloatArray) -> Curve:
    """The curve through many products by least squares; the default one where there are too few."""
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = variance / mean**POWER
    usable = np.isfinite(spread) & (spread > 0) & (typical > 0)
    if np.count_nonzero(usable) < MIN_ROWS:
        return Curve()
    x, y = np.log(typical[usable]), np.log(spread[usable])
    if np.ptp(x) < 1e-6:
        return Curve(float(y.mean()), 0.0)
    slope, intercept = np.polyfit(x, y, 1)
    return Curve(float(intercept), float(slope))


def variance_of(mean: FloatArray, spread: FloatArray) -> FloatArray:
    """Variance of interval demand with this mean."""
    return np.maximum(spread * mean**POWER, LEAST_DISPERSION * mean)


def fixed(lengths: Sequence[float]) -> Interval:
    """An interval whose lengths are equally likely."""
    return Interval(tuple(lengths), tuple([1.0 / len(lengths)] * len(lengths)))
