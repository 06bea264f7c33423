"""How quick a product's level follows its last two weeks, learned from all products and from its own past.

Where two good weeks are mostly followed by more of them the level follows (1). Where they were a promotion that is
over it leans against them (below 0): the next promotion is the nearer the longer the last one is past. What all
products do is a least squares fit of the coming weeks on the fast and the steady average, all as multiples of the slow
one; each product's own fit is drawn to it, the more the less its past explains (a Bayesian linear regression).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from forecasting.engine.history import FloatArray
from forecasting.engine.level import mean_paths

AHEAD_WEEKS = 2  # that a departure of the fast average from the slow one is compared with
SETTLED_WEEKS = 13  # a product this young has no slow average to depart from
LARGEST_RATIO = 4.0  # of demand to the slow average; what is above says no more
LASTING = 0.2  # share of a departure that goes on from which it is followed fully
AGILITY_RANGE = (-1.5, 1.0)
MIN_DEPARTURES = 200
PRIOR_DEPARTURES = 100.0  # what all products do counts like this many weeks of the product's own
PRIOR_RESIDUALS = 20.0
REGRESSORS = 3


@dataclass(frozen=True, slots=True)
class Agility:
    """What all products share: coefficients of 1, fast and steady average, information of a week, residual variance.

    Without coefficients too little is known, and every level follows.
    """

    coefficients: tuple[float, ...] = ()
    information: tuple[float, ...] = ()  # REGRESSORS² numbers, row by row
    variance: float = 0.0

    def numbers(self) -> list[float]:
        """As plain numbers to keep."""
        return [*self.coefficients, *self.information, self.variance] if self.coefficients else []

    @staticmethod
    def of(kept: Sequence[float]) -> "Agility":
        """From the kept numbers."""
        if len(kept) != REGRESSORS + REGRESSORS**2 + 1:
            return Agility()
        return Agility(tuple(kept[:REGRESSORS]), tuple(kept[REGRESSORS:-1]), kept[-1])

    def own(self, demand: FloatArray, week: float) -> FloatArray:
        """Agility of each row, within AGILITY_RANGE; demand: (rows, periods)."""
        if not self.coefficients:
            return np.ones(len(demand))
        regressors, after, settled = _departures(demand, week)
        shared, information = np.array(self.coefficients), np.array(self.information).reshape(REGRESSORS, -1)
        gram, moment = _normal_equations(regressors, after, settled)
        square = (np.square(after - regressors @ shared) * settled).sum(axis=1)
        weeks = settled.sum(axis=1) + PRIOR_RESIDUALS
        noise = (square / max(self.variance, 1e-12) + PRIOR_RESIDUALS) / weeks  # as a multiple of all products'
        prior = (PRIOR_DEPARTURES * noise)[:, None, None] * (information + 1e-9 * np.eye(REGRESSORS))
        own = np.linalg.solve(gram + prior, (moment + prior @ shared)[..., None])[..., 0]
        return np.asarray(np.clip(own[:, 1] / LASTING, *AGILITY_RANGE))


def learn_agility(demand: FloatArray, week: float) -> Agility:
    """What the rows of a panel (rows, periods) share; the default where they are too few or nothing ever departed."""
    regressors, after, settled = _departures(demand, week)
    count = settled.sum()
    if count < MIN_DEPARTURES:
        return Agility()
    gram, moment = (part.sum(axis=0) for part in _normal_equations(regressors, after, settled))
    if np.linalg.cond(gram) > 1e9:  # nothing ever departed
        return Agility()
    shared = np.linalg.solve(gram, moment)
    variance = float((np.square(after - regressors @ shared) * settled).sum() / count)
    return Agility(tuple(map(float, shared)), tuple(map(float, (gram / count).ravel())), variance)


def _departures(demand: FloatArray, week: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Regressors (rows, origins, REGRESSORS), what followed, and which origins count (0 or 1)."""
    ahead = max(round(AHEAD_WEEKS * week), 1)
    begun = np.cumsum(demand, axis=1) > 0
    origins = np.arange(round(SETTLED_WEEKS * week), demand.shape[1] - ahead, max(round(week), 1))
    slow, steady, fast = (path[:, origins] for path in mean_paths(demand, begun, week))
    total = np.concatenate([np.zeros((len(demand), 1)), np.cumsum(demand, axis=1)], axis=1)
    following = (total[:, origins + 1 + ahead] - total[:, origins + 1]) / ahead
    settled = (np.cumsum(begun, axis=1)[:, origins] > SETTLED_WEEKS * week).astype(np.float64)
    usual = np.where(settled > 0, slow, 1.0)
    recent, before, after = (np.minimum(v / usual, LARGEST_RATIO) * settled for v in (fast, steady, following))
    return np.stack([settled, recent, before], axis=-1), after, settled


def _normal_equations(regressors: FloatArray, after: FloatArray, settled: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Gram matrix and moments of each row; what does not count is 0 in all of them."""
    return np.swapaxes(regressors, 1, 2) @ regressors, np.einsum("ntk,nt->nk", regressors, after)
