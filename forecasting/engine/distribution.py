"""Random lead times and the distribution of demand over them."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from scipy import stats

from forecasting.engine.history import FloatArray

DAYS_PER_WEEK = 7.0
PRIOR_RECEIPTS = 4  # the supplier's word counts like this many receipts
PRIOR_VARIATION = 0.25  # deviation of a quoted lead time, as a share of it, before any receipt
LONGEST_LEAD_TIME = 180.0
COUNTED_UP_TO = 100.0  # above this mean a gamma is as good as a count
POISSON_DISPERSION = (0.9, 1.1)


@dataclass(frozen=True, slots=True)
class LeadTime:
    """Days from ordering to receiving: mean, deviation, and how many receipts taught it."""

    mean: float
    sd: float
    receipts: int = 0


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


class Family(StrEnum):
    """Distribution families of demand."""

    NONE = "none"
    POISSON = "poisson"
    NEGATIVE_BINOMIAL = "negative_binomial"
    GAMMA = "gamma"


@dataclass(frozen=True, slots=True)
class LeadTimeDemand:
    """Demand over the protection interval (lead time + review), in pieces.

    variance = weekly_sd² · weeks + weekly_mean² · lead_time_sd_weeks²
    """

    weeks: float
    lead_time_sd_weeks: float
    weekly_mean: float
    weekly_sd: float
    mean: float
    sd: float
    family: Family


def lead_time_demand(weekly: FloatArray, weekly_sd: float, lead_time: LeadTime, review_days: float) -> LeadTimeDemand:
    """Mean and deviation of demand over a random lead time plus the review period.

    weekly: forecast of the coming weeks, at least as many as the interval is long. weekly_sd: error deviation of one
    week of the interval. Variance of a sum of a random number of terms: Silver, Pyke & Thomas (2017), ch. 6.
    """
    weeks = (lead_time.mean + review_days) / DAYS_PER_WEEK
    cumulative = np.concatenate([[0.0], np.cumsum(weekly)])
    mean = float(np.interp(weeks, np.arange(len(cumulative)), cumulative))
    weekly_mean, sd_weeks = mean / weeks, lead_time.sd / DAYS_PER_WEEK
    sd = float(np.sqrt(weekly_sd**2 * weeks + weekly_mean**2 * sd_weeks**2))
    return LeadTimeDemand(weeks, sd_weeks, weekly_mean, weekly_sd, mean, sd, choose_family(mean, sd**2))


def choose_family(mean: float, variance: float) -> Family:
    """By dispersion: a count while the mean is small, Poisson where variance is about the mean, else gamma."""
    if mean <= 0:
        return Family.NONE
    if mean > COUNTED_UP_TO or variance < POISSON_DISPERSION[0] * mean:
        return Family.GAMMA
    return Family.POISSON if variance <= POISSON_DISPERSION[1] * mean else Family.NEGATIVE_BINOMIAL


def quantile(level: float, mean: float, sd: float) -> float:
    """The ``level`` quantile of demand with this mean and deviation; 0 where nothing is expected."""
    return float(quantiles(level, np.array([mean]), np.array([sd]))[0])


def quantiles(level: float, mean: FloatArray, sd: FloatArray) -> FloatArray:
    """As ``quantile``, elementwise; always finite and not negative, at most ten deviations above the mean."""
    variance = np.asarray(sd, dtype=np.float64) ** 2
    families = [choose_family(float(m), float(v)) for m, v in zip(mean, variance, strict=True)]
    result = np.zeros(len(mean))
    for family in set(families) - {Family.NONE}:
        here = np.array([f is family for f in families])
        result[here] = _quantiles_of(family, level, mean[here], variance[here])
    result = np.where(np.isfinite(result), result, mean)
    return np.asarray(np.clip(result, 0.0, np.maximum(mean, 0.0) + 10 * np.asarray(sd)), dtype=np.float64)


def _quantiles_of(family: Family, level: float, mean: FloatArray, variance: FloatArray) -> npt.NDArray[np.float64]:
    if family is Family.POISSON:
        return np.asarray(stats.poisson.ppf(level, mean))
    if family is Family.NEGATIVE_BINOMIAL:
        return np.asarray(stats.nbinom.ppf(level, mean**2 / (variance - mean), mean / variance))
    spread = np.maximum(variance, 1e-9 * mean**2)  # no variance at all: the quantile is the mean
    return np.asarray(stats.gamma.ppf(level, mean**2 / spread, scale=spread / mean))
