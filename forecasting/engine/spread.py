"""How much demand over the protection interval varies.

A row's own variation is that of all its past intervals; few of them say little, so it is drawn halfway (in
logarithms) to a curve over all products: what varies how much at which rate. Variance grows with the mean to the
power of 1.5, between a Poisson's (1) and a proportional one's (2), so that it follows a level that moves.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from forecasting.engine.history import FloatArray, IntArray, decay

HALF_LIFE_WEEKS = 40.0
POWER = 1.5
POOLED_SHARE = 0.4
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
    """log(variance / mean ** POWER) of a usual product = intercept + slope · log(mean)."""

    intercept: float = 0.5
    slope: float = 0.2

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
