"""What a policy costs in a year, and so what one is worth against another. Pure arrays, one row a product's place."""

from dataclasses import dataclass

import numpy as np
from scipy import special

from forecasting.engine.distribution import LEAST_MEAN
from forecasting.engine.history import FloatArray

KEEP_BELOW = 0.02  # of the yearly cost: what a change must save before it is worth the stir it makes


@dataclass(frozen=True, slots=True)
class Stakes:
    """Lead-time demand (gamma: mean, deviation) and money of each row; shapes (rows,)."""

    mean: FloatArray
    sd: FloatArray
    yearly_demand: FloatArray
    underage: FloatArray  # a piece too few
    holding: FloatArray  # a piece on the shelf for a year
    order_cost: FloatArray
    undershoot: FloatArray  # pieces below the reorder point when an order goes out


def expected_short(stakes: Stakes, reorder_point: FloatArray) -> FloatArray:
    """Pieces that a cycle falls short by on average: E[(X - s)+] of a gamma."""
    mean = np.maximum(stakes.mean, LEAST_MEAN)
    scale = np.maximum(np.square(stakes.sd), 1e-9 * np.square(mean)) / mean
    shape, at = mean / scale, np.maximum(reorder_point, 0.0) / scale
    above = special.gammaincc(shape + 1, at), special.gammaincc(shape, at)
    return np.asarray(np.maximum(mean * above[0] - reorder_point * above[1], 0.0))


def yearly_cost(stakes: Stakes, reorder_point: FloatArray, order_up_to: FloatArray) -> FloatArray:
    """Ordering, shortages and holding of a year under an (s, S) policy.

    D / (Q + U) · (K + u · E[(X - s)+]) + h · (Q / 2 + s - E[X] + E[(X - s)+]), Q = S - s, U the undershoot (Silver,
    Pyke & Thomas 2017, 6.7).
    """
    lot = np.maximum(order_up_to - reorder_point, 1.0)
    short = expected_short(stakes, reorder_point)
    cycles = stakes.yearly_demand / (lot + stakes.undershoot)
    stock = lot / 2 + np.maximum(reorder_point - stakes.mean + short, 0.0)
    return np.asarray(cycles * (stakes.order_cost + stakes.underage * short) + stakes.holding * stock)


def is_worth_it(gain: FloatArray, cost: FloatArray) -> np.ndarray:
    """Whether a change that saves ``gain`` a year and then costs ``cost`` is worth making."""
    return np.asarray(gain > KEEP_BELOW * cost)
