"""Random lead times, and demand over them as a gamma distribution (a spreadsheet's GAMMA.INV shows the same)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import special

from forecasting.engine.history import FloatArray
from forecasting.engine.spread import Interval

PRIOR_RECEIPTS = 4  # the supplier's word counts like this many receipts
PRIOR_VARIATION = 0.25  # deviation of a quoted lead time, as a share of it, before any receipt
LONGEST_LEAD_TIME = 180.0
INTERVAL_POINTS = 9  # equally likely lengths that stand for a random lead time
LEAST_MEAN = 1e-9


@dataclass(frozen=True, slots=True)
class LeadTime:
    """Days from ordering to receiving: mean, deviation, and how many receipts taught it."""

    mean: float
    sd: float
    receipts: int = 0

    def interval(self, review_days: float) -> Interval:
        """Days that an order must last: lead time and review, the lead time gamma-distributed."""
        return _interval(self.mean, self.sd, review_days)


@lru_cache(maxsize=4096)
def _interval(mean: float, sd: float, review_days: float) -> Interval:
    levels = (np.arange(INTERVAL_POINTS) + 0.5) / INTERVAL_POINTS
    points = gamma_quantile(levels, np.full(INTERVAL_POINTS, mean), np.full(INTERVAL_POINTS, sd**2))
    if not points.std() > 1e-3:  # as good as certain
        return Interval((max(mean + review_days, 1.0),), (1.0,))
    # A few points have lighter tails than the gamma: stretched to the same mean and deviation.
    days = mean + (points - points.mean()) * sd / points.std() + review_days
    return Interval(tuple(float(d) for d in np.maximum(days, 1.0)), (1.0 / INTERVAL_POINTS,) * INTERVAL_POINTS)


def learn_lead_time(observed: Sequence[float], quoted: float) -> LeadTime:
    """Mean and deviation of the lead time (days) from receipts and the supplier's quoted one.

    A conjugate-style average: the quoted time weighs like PRIOR_RECEIPTS receipts with PRIOR_VARIATION.
    """
    days = np.clip(np.asarray(observed, dtype=np.float64), 0.0, LONGEST_LEAD_TIME)
    quoted = min(max(quoted, 0.0), LONGEST_LEAD_TIME)
    count = len(days) + PRIOR_RECEIPTS
    mean = (float(days.sum()) + PRIOR_RECEIPTS * quoted) / count
    variance = (float(np.sum((days - mean) ** 2)) + PRIOR_RECEIPTS * (PRIOR_VARIATION * quoted) ** 2) / count
    return LeadTime(mean, float(np.sqrt(variance)), len(days))


def gamma_quantile(level: FloatArray, mean: FloatArray, variance: FloatArray) -> FloatArray:
    """The ``level`` quantile of a gamma with this mean and variance, elementwise; 0 where the mean is."""
    mean = np.maximum(mean, LEAST_MEAN)
    spread = np.maximum(variance, 1e-9 * np.square(mean))  # no variance at all: the quantile is the mean
    quantile = special.gammaincinv(np.square(mean) / spread, level) * spread / mean
    # A shape near 0 has its quantiles at 0; what is not finite is no quantile either.
    return np.asarray(np.where(np.isfinite(quantile), np.minimum(quantile, mean + 10 * np.sqrt(spread)), mean))
