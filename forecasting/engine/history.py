"""Weekly demand as the models see it: refused demand put back, outliers capped, from the first sale on."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

WEEKS_KEPT = 156  # three years: enough for a season, short enough to forget what the product once was
OUTLIER_FACTOR = 20.0  # a week above this multiple of the running mean size says nothing about the next one
OUTLIER_WARM_UP = 4  # sizes seen before the running mean is trusted


@dataclass(frozen=True, slots=True)
class History:
    """Weeks from ``start`` on: all demand, and the part of it that was refused (pieces a week, shape (weeks,))."""

    start: date
    demand: FloatArray
    lost: FloatArray

    @property
    def end(self) -> date:
        """First day after the last week."""
        return self.start + timedelta(weeks=len(self.demand))


@dataclass(frozen=True, slots=True)
class ActiveDemand:
    """Demand from the first sale on, outliers capped; ``capped`` counts the weeks that were cut."""

    start: date
    demand: FloatArray
    capped: int


def cap_outliers(demand: FloatArray, factor: float = OUTLIER_FACTOR) -> FloatArray:
    """Cut each value to ``factor`` times the mean of the (already cut) sales before it; never looks ahead."""
    capped = demand.copy()
    total, count = 0.0, 0
    for position in np.flatnonzero(demand > 0):
        value = float(demand[position])
        if count >= OUTLIER_WARM_UP:
            value = min(value, factor * total / count)
        capped[position] = value
        total, count = total + value, count + 1
    return capped


def active_demand(history: History) -> ActiveDemand:
    """Demand from the first sale of the kept weeks on; values that are no demand (negative, not finite) count as 0."""
    kept = np.nan_to_num(np.asarray(history.demand[-WEEKS_KEPT:], dtype=np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    kept = np.maximum(kept, 0.0)
    first_kept = history.end - timedelta(weeks=len(kept))
    sales = np.flatnonzero(kept)
    if not len(sales):
        return ActiveDemand(history.end, np.zeros(0), 0)
    launch = int(sales[0])
    demand = kept[launch:]
    cut = cap_outliers(demand)
    return ActiveDemand(first_kept + timedelta(weeks=launch), cut, int(np.sum(cut < demand)))
