"""What events do to demand: how many times the usual is wanted on their days. Pure arrays, rows by days.

Usual on a day is the mean of the same weekday in the weeks around it, other events left out: level, week and season
cancel. One product says little about an event, so its own uplift is drawn to that of all products in it.
"""

import numpy as np
import numpy.typing as npt

from forecasting.engine.history import FloatArray, IntArray

REACH_WEEKS = 8
PRIOR_PIECES = 20.0  # what all products did counts like so many usual pieces of a product's own
FACTOR_RANGE = (0.05, 20.0)
SILENT = 0.2  # days with less than this of the usual say nothing about it
UNCERTAINTY = 0.3  # deviation of an event's effect, as a share of it

Mask = npt.NDArray[np.bool_]


def measure(demand: FloatArray, seen: Mask, quiet: Mask, days: IntArray) -> tuple[FloatArray, FloatArray]:
    """Pieces wanted on ``days`` (columns) and what is usual on them, by row; days without anything to compare left out.

    seen: days that say what was wanted, shape (rows, periods); quiet: those of them without any event.
    """
    days = days[(days >= 0) & (days < demand.shape[1])]
    offsets = np.concatenate([np.arange(-REACH_WEEKS, 0), np.arange(1, REACH_WEEKS + 1)]) * 7
    at = days[:, None] + offsets
    inside = (at >= 0) & (at < demand.shape[1])
    at = np.clip(at, 0, max(demand.shape[1] - 1, 0))
    counts = quiet[:, at] & inside
    number = counts.sum(axis=2)
    usual = np.where(counts, demand[:, at], 0.0).sum(axis=2) / np.maximum(number, 1)
    compared = (number > 0) & seen[:, days]
    return np.where(compared, demand[:, days], 0.0).sum(axis=1), np.where(compared, usual, 0.0).sum(axis=1)


def drawn(pieces: FloatArray, usual: FloatArray, towards: float) -> FloatArray:
    """Uplift by row: pieces / usual drawn to what all rows did."""
    return np.asarray(np.clip((pieces + PRIOR_PIECES * towards) / (usual + PRIOR_PIECES), *FACTOR_RANGE))


def by_depth(cuts: FloatArray, uplifts: FloatArray, weights: FloatArray) -> float:
    """How steeply log uplift rises with log price cut, through the origin; 0 where nothing was measured.

    cuts: shares of the price; weights: usual pieces behind each uplift.
    """
    depth = -np.log1p(-np.clip(cuts, 0.0, 0.9))
    information = float(weights @ np.square(depth))
    if information <= 0:
        return 0.0
    return float(weights @ (depth * np.log(np.clip(uplifts, *FACTOR_RANGE)))) / information


def expected_of_cut(slope: float, cut: float) -> float:
    """Uplift of a price cut under the slope of ``by_depth``."""
    return float(np.clip((1.0 - min(cut, 0.9)) ** -slope, *FACTOR_RANGE))
