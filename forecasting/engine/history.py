"""Demand as the engine sees it: an array of rows (series) by periods, the last period being the newest.

A period is a day or a week; ``week`` says how many make a week. What is no demand counts as none, days on which the
shelf was empty say nothing about it, and a single huge sale counts as 20 usual ones.
"""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

SPIKE_FACTOR = 20.0  # a sale above this multiple of the mean size before it says nothing about the next one
SPIKE_WARM_UP = 4  # sales seen before that mean is trusted


def clean(demand: npt.ArrayLike) -> FloatArray:
    """Demand as floats; what is no demand (negative, not finite) counts as 0."""
    values = np.asarray(demand, dtype=np.float64)
    return np.maximum(np.where(np.isfinite(values), values, 0.0), 0.0)


def ages(demand: FloatArray) -> IntArray:
    """Periods since the first sale, its own included, of each row; 0 where nothing was ever sold."""
    sold = demand > 0
    if not sold.size:
        return np.zeros(len(sold), dtype=np.int64)
    return np.where(sold.any(axis=1), demand.shape[1] - np.argmax(sold, axis=1), 0)


class SpikeCap:
    """Cuts each sale to SPIKE_FACTOR times the mean of the (already cut) sales before it; never looks ahead."""

    def __init__(self, rows: int) -> None:
        self.total = np.zeros(rows)
        self.count = np.zeros(rows)

    def cut(self, values: FloatArray) -> FloatArray:
        """The next period of every row, cut; shape (rows,)."""
        limit = np.where(self.count >= SPIKE_WARM_UP, SPIKE_FACTOR * self.total / np.maximum(self.count, 1.0), np.inf)
        kept = np.minimum(values, limit)
        self.total += kept
        self.count += kept > 0
        return kept

    def cut_all(self, demand: FloatArray) -> FloatArray:
        """Period after period of every row; shape (rows, periods)."""
        kept = np.empty_like(demand)
        for period in range(demand.shape[1]):
            kept[:, period] = self.cut(demand[:, period])
        return kept


@lru_cache(maxsize=256)
def decay(periods: int, half_life: float) -> FloatArray:
    """Weights that halve every ``half_life`` periods into the past; the last one is 1."""
    weights = np.asarray(0.5 ** (np.arange(periods - 1, -1, -1) / half_life))
    weights.flags.writeable = False
    return weights


def put_back(demand: FloatArray, in_stock: npt.NDArray[np.bool_], half_life: float) -> FloatArray:
    """Demand with periods without stock filled: at least what was usual on the periods with stock before them.

    demand: (rows, periods). in_stock: whether there was stock at the end of the period, same shape; a period that
    ended without any shows sales, which are demand at the least.
    """
    if in_stock.all():
        return demand
    keep = 0.5 ** (1.0 / half_life)
    filled = demand.copy()
    total, weight = np.zeros(len(demand)), np.zeros(len(demand))
    begun = np.zeros(len(demand), dtype=bool)
    for period in range(demand.shape[1]):
        seen, shelf = demand[:, period], in_stock[:, period]
        begun |= seen > 0
        usual = np.where(weight > 0, total / np.maximum(weight, 1e-12), 0.0)
        filled[:, period] = np.where(shelf | ~begun, seen, np.maximum(seen, usual))
        counts = shelf & begun
        total = np.where(counts, keep * total + seen, total)
        weight = np.where(counts, keep * weight + 1.0, weight)
    return filled
