"""With what odds something leaves by a day, from how long such things took before. No Django here.

A sample is ``{days: how often}``, a distribution ``{days: odds}`` that add up to one. What one supplier did is blended
with what all suppliers did, as if the latter had been seen ``STRENGTH`` times more: the predictive distribution of a
Dirichlet process (Ferguson 1973, Annals of Statistics 1, 209-230)

    p(d) = (n(d) + STRENGTH * pool(d) / N) / (n + STRENGTH)

where n(d) of the n own observations and pool(d) of the N of everybody took d days. Goods that have not come yet cannot
come on a day that is past: p(d | d >= least) = p(d) / sum of p(e) for e >= least. Arrival and picking are taken as
independent, so that the days of both add up to the convolution of the two distributions.
"""

from collections import Counter
from collections.abc import Mapping

Sample = Mapping[int, int]
Distribution = dict[int, float]

STRENGTH = 4.0
LEAST_OBSERVATIONS = 10
TARGET = 0.9


def predictive(own: Sample, pool: Sample, *, strength: float = STRENGTH) -> Distribution | None:
    """The distribution of the next one; None while fewer than LEAST_OBSERVATIONS are known even of everybody."""
    everybody = sum(pool.values())
    if everybody < LEAST_OBSERVATIONS:
        return None
    total = sum(own.values()) + strength
    return {
        days: (own.get(days, 0) + strength * pool.get(days, 0) / everybody) / total for days in sorted({*own, *pool})
    }


def given_at_least(distribution: Distribution, least: int) -> Distribution | None:
    """The distribution once it is known to take ``least`` days or more; None when it never took so long."""
    left = {days: odds for days, odds in distribution.items() if days >= least}
    total = sum(left.values())
    return {days: odds / total for days, odds in left.items()} if total > 0 else None


def added(one: Distribution, other: Distribution) -> Distribution:
    """The distribution of the sum of two independent delays."""
    result: Counter[int] = Counter()
    for days, odds in one.items():
        for more, other_odds in other.items():
            result[days + more] += odds * other_odds  # type: ignore[assignment]  # a Counter of floats
    return dict(sorted(result.items()))


def chance(distribution: Distribution, days: int) -> float:
    """Odds that it takes at most ``days``."""
    return min(1.0, sum(odds for taken, odds in distribution.items() if taken <= days))


def nearest_day(distribution: Distribution, target: float = TARGET) -> int:
    """The number of days whose odds are nearest to ``target``; of two equally near the later."""
    best, nearest, total = 0, 2.0, 0.0
    for days, odds in sorted(distribution.items()):
        total += odds
        if abs(total - target) <= nearest:
            best, nearest = days, abs(total - target)
    return best
