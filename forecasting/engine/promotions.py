"""What promotions do to demand: a log-linear uplift, each product's own drawn towards what all products share.

An event row of a period holds three numbers: the share of it on a deal, the share in which the product is featured,
and its price as a ratio to the usual one. Uplift follows the depth of the price cut, is greater where the product is
featured, and the week after pays for it. All fits are ridge regressions on logarithms, levels taken out by a moving
mean, so that a trend is not taken for a promotion.
"""

from dataclasses import dataclass

import numpy as np

from forecasting.engine.history import FloatArray

HALF_LIFE_WEEKS = 52.0
LEVEL_WEEKS = 20  # on each side of the moving mean
PRIOR_WEEKS = 12.0  # what all products share counts like this many weeks of the product's own
PRIOR_RESIDUALS = 6.0
DEEP_CUT = 0.22  # in logarithms
MOST_ZEROS = 0.3  # logarithms of counts that are mostly zero say nothing
LEAST_DEMAND = 0.5
UPLIFT_RANGE = (0.05, 60.0)
RIDGE = 1e-3
FEATURED = 0.5
FEATURE_TRUST = 0.3  # a featured period says this much about the level


@dataclass(frozen=True, slots=True)
class SharedUplift:
    """What all products share: coefficients (K,), information of a week about each (K,), residual variances."""

    coefficients: FloatArray
    information: FloatArray
    usual_variance: float
    featured_variance: float


@dataclass(frozen=True, slots=True)
class Uplift:
    """Factor on demand of every period that events are known for, and the residual variance of its logarithm."""

    factor: FloatArray  # shape (rows, periods)
    usual_variance: FloatArray  # shape (rows,)
    featured_variance: FloatArray


def design(events: FloatArray, week: float) -> FloatArray:
    """Regressors of each period; events (rows, periods, 3) → (rows, periods, K)."""
    deal, feature = events[..., 0], events[..., 1]
    price = np.log(np.clip(np.nan_to_num(events[..., 2], nan=1.0), 0.25, 3.0))
    depth = np.maximum(-price, 0.0)
    before = [_week_before(column, max(round(week), 1)) for column in (feature, feature * depth, price)]
    now = [deal, feature, price, feature * depth, deal * depth, np.maximum(depth - DEEP_CUT, 0.0)]
    return np.stack([*now, *before], axis=-1)


def learn_shared(demand: FloatArray, events: FloatArray, week: float) -> SharedUplift | None:
    """What the rows of a panel share; None if they are mostly empty or were never on promotion."""
    if np.mean(demand > 0) < 1 - MOST_ZEROS:
        return None
    regressors, target, weights = _prepared(demand, design(events[:, : demand.shape[1]], week), week)
    gram, moment = _normal_equations(regressors, target, weights)
    information = np.diagonal(gram, axis1=1, axis2=2).mean(axis=0) / weights.sum()
    count = len(information)
    pooled = np.linalg.solve(gram.sum(axis=0) + np.eye(count), moment.sum(axis=0))
    own = _own_coefficients(gram, moment, pooled, information, week)
    square = np.square(target - np.einsum("ntk,nk->nt", regressors, own)) * weights
    featured = events[:, : demand.shape[1], 1] > FEATURED
    variances = [
        float(square[mask].sum() / max(np.broadcast_to(weights, mask.shape)[mask].sum(), 1e-9))
        for mask in (~featured, featured)
    ]
    return SharedUplift(pooled, information, *variances)


def own_uplift(demand: FloatArray, events: FloatArray, shared: SharedUplift, week: float) -> Uplift:
    """Uplift of each row, past and planned. demand: (rows, periods); events: (rows, periods + ahead, 3)."""
    past = demand.shape[1]
    every = design(events, week)
    regressors, target, weights = _prepared(demand, every[:, :past], week)
    gram, moment = _normal_equations(regressors, target, weights)
    own = _own_coefficients(gram, moment, shared.coefficients, shared.information, week)
    square = np.square(target - np.einsum("ntk,nk->nt", regressors, own)) * weights
    featured = events[:, :past, 1] > FEATURED
    log_factor = np.einsum("ntk,nk->nt", every, own)
    return Uplift(
        factor=np.exp(np.clip(log_factor, *np.log(UPLIFT_RANGE))),
        usual_variance=_residual_variance(square, weights, ~featured, shared.usual_variance),
        featured_variance=_residual_variance(square, weights, featured, shared.featured_variance),
    )


def _week_before(column: FloatArray, shift: int) -> FloatArray:
    earlier = np.zeros_like(column)
    earlier[:, shift:] = column[:, :-shift]
    return earlier


def _prepared(demand: FloatArray, regressors: FloatArray, week: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Regressors and log demand without their moving means, and the weights of the periods."""
    log_demand = np.log(np.maximum(demand, LEAST_DEMAND))
    reach = round(LEVEL_WEEKS * week)
    weights = 0.5 ** (np.arange(demand.shape[1] - 1, -1, -1) / (HALF_LIFE_WEEKS * week))
    return regressors - _moving_mean(regressors, reach), log_demand - _moving_mean(log_demand, reach), weights


def _moving_mean(values: FloatArray, reach: int) -> FloatArray:
    """Mean of the ``reach`` periods on each side, along the second axis."""
    periods = values.shape[1]
    total = np.concatenate([np.zeros_like(values[:, :1]), np.cumsum(values, axis=1)], axis=1)
    first = np.maximum(np.arange(periods) - reach, 0)
    last = np.minimum(np.arange(periods) + reach + 1, periods)
    count = (last - first).reshape((1, periods) + (1,) * (values.ndim - 2))
    return np.asarray((total[:, last] - total[:, first]) / count)


def _normal_equations(regressors: FloatArray, target: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    weighted = regressors * weights[None, :, None]
    return np.swapaxes(weighted, 1, 2) @ regressors, np.einsum("ntk,nt->nk", weighted, target)


def _own_coefficients(
    gram: FloatArray, moment: FloatArray, pooled: FloatArray, information: FloatArray, week: float
) -> FloatArray:
    prior = np.diag(information * PRIOR_WEEKS * week + RIDGE)
    return np.asarray(np.linalg.solve(gram + prior, (moment + prior @ pooled)[..., None])[..., 0])


def _residual_variance(square: FloatArray, weights: FloatArray, mask: np.ndarray, shared: float) -> FloatArray:
    total = np.where(mask, square, 0.0).sum(axis=1) + PRIOR_RESIDUALS * shared
    return np.asarray(total / (np.where(mask, weights, 0.0).sum(axis=1) + PRIOR_RESIDUALS))
