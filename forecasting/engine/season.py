"""Yearly seasons. Two years of one product are too short for 52 weekly indices, so a category shares one shape.

The shape is a few harmonics of the year fitted by ordinary least squares to the logarithm of the category's weekly
total beside a linear trend; how many is chosen by BIC, and there is a season only if a Wald test that allows for
autocorrelated errors (Newey-West) says so. Each product then follows the shape more or less strongly.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from forecasting.engine.history import FloatArray

MIN_WEEKS = 70
MAX_HARMONICS = 6
MAX_EMPTY_SHARE = 0.1
SIGNIFICANCE = 0.01
LOWEST_INDEX = 0.1
TREND_WEEKS = 26  # a shorter history is taken as level
DAYS_PER_YEAR = 365.25
VISIBLE_SWING = 0.3  # highest minus lowest index from which a product counts as seasonal


@dataclass(frozen=True, slots=True)
class Season:
    """A yearly shape: cosine and sine coefficients of the log index, harmonic by harmonic. Empty: no season."""

    coefficients: tuple[float, ...] = ()

    def index(self, start: date, weeks: int) -> FloatArray:
        """Index of each of ``weeks`` weeks from ``start`` on; 1 is an average week. Shape (weeks,)."""
        if not self.coefficients:
            return np.ones(weeks)
        year = np.exp(_harmonics(np.arange(52) / 52, len(self.coefficients) // 2) @ np.array(self.coefficients))
        here = np.exp(_harmonics(_phases(start, weeks), len(self.coefficients) // 2) @ np.array(self.coefficients))
        return np.asarray(here / year.mean(), dtype=np.float64)


def fit_season(totals: FloatArray, start: date) -> Season:
    """The season of a category from its weekly totals (shape (weeks,), the first week begins on ``start``)."""
    if len(totals) < MIN_WEEKS or np.mean(totals <= 0) > MAX_EMPTY_SHARE:
        return Season()
    floor = 0.05 * totals.mean()
    log_total = np.log(np.maximum(totals, floor))
    phases, trend = _phases(start, len(totals)), np.linspace(-1, 1, len(totals))
    import statsmodels.api as sm  # here: a web process need not load it

    plain = sm.OLS(log_total, sm.add_constant(trend)).fit()
    if plain.ssr < 1e-9 * len(totals):  # a line without any error leaves nothing for a season
        return Season()
    best, best_bic, best_count = None, float(plain.bic), 0
    for count in range(1, MAX_HARMONICS + 1):
        regressors = np.column_stack([np.ones(len(totals)), trend, _harmonics(phases, count)])
        fit = sm.OLS(log_total, regressors).fit()
        if fit.bic < best_bic:
            best, best_bic, best_count = fit, float(fit.bic), count
    if best is None:
        return Season()
    robust = best.get_robustcov_results("HAC", maxlags=4)
    restriction = np.eye(2 + 2 * best_count)[2:]
    if not float(robust.wald_test(restriction, use_f=True, scalar=True).pvalue) < SIGNIFICANCE:
        return Season()
    return Season(tuple(float(c) for c in best.params[2:]))


def own_index(demand: FloatArray, shape: FloatArray) -> tuple[float, FloatArray]:
    """How strongly a product follows its category's shape, and its own index for the weeks of ``demand``.

    Least squares of the detrended demand ratio on the shape, drawn towards 1 (follows fully) by a normal prior of
    deviation 0.5, so that a short or noisy history says little. Shapes (weeks,).
    """
    swing = shape - 1
    if not swing.any() or not demand.any():
        return 0.0, np.ones(len(demand))
    seasonless = demand / shape
    weeks = np.arange(len(demand))
    degree = 1 if len(demand) > TREND_WEEKS else 0
    line = np.polyval(np.polyfit(weeks, seasonless, degree), weeks)
    ratio = demand / np.maximum(line, 0.2 * seasonless.mean()) - 1
    information = float(swing @ swing)
    fitted = float(swing @ ratio) / information
    noise = max(float(np.var(ratio - fitted * swing)), 1e-6)
    weight = information / noise
    strength = float(np.clip((fitted * weight + 1 / 0.25) / (weight + 1 / 0.25), 0.0, 1.5))
    return strength, scale_index(shape, strength)


def scale_index(shape: FloatArray, strength: float) -> FloatArray:
    """The index of a product that follows ``shape`` with ``strength``."""
    return np.maximum(1 + strength * (shape - 1), LOWEST_INDEX)


def is_visible(season: Season, strength: float, start: date) -> bool:
    """Whether the product's demand swings over the year by enough to call it seasonal."""
    index = scale_index(season.index(start, 52), strength)
    return bool(index.max() - index.min() >= VISIBLE_SWING)


def _phases(start: date, weeks: int) -> FloatArray:
    """The middle of each week as a share of its year."""
    middles: Sequence[date] = [start + timedelta(weeks=week, days=3) for week in range(weeks)]
    return np.array([(day.timetuple().tm_yday - 0.5) / DAYS_PER_YEAR for day in middles])


def _harmonics(phases: FloatArray, count: int) -> FloatArray:
    """Cosine and sine of each harmonic, shape (len(phases), 2 * count)."""
    angles = 2 * np.pi * np.outer(phases, np.arange(1, count + 1))
    return np.stack([np.cos(angles), np.sin(angles)], axis=2).reshape(len(phases), 2 * count)
