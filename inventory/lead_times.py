"""How long supply takes, learned from what arrived. Pure arithmetic on facts.

A fact is the days from order to receipt line (suppliers), or from sending to receipt (transfers).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

FACTS_WINDOW = timedelta(days=730)
PRIOR_FACTS = 4  # what stands above counts like so many facts: the quoted time for a supplier, the supplier for an item
PRIOR_VARIATION = 0.25  # deviation of a quoted lead time, as a share of it
LONGEST = 180.0  # what took longer says nothing about the next order
BUCKETS = 12


@dataclass(frozen=True, slots=True)
class LeadTime:
    """Days that supply takes, and how many facts taught that."""

    mean: float
    sd: float
    facts: int = 0

    @property
    def whole_days(self) -> int:
        """Days to reckon with, rounded up; what is as good as whole stays."""
        return math.ceil(self.mean - 1e-9)


def learn(facts: Sequence[float], prior: LeadTime) -> LeadTime:
    """Mean and deviation of the facts, drawn towards ``prior``, which counts like PRIOR_FACTS of them."""
    days = [min(max(fact, 0.0), LONGEST) for fact in facts]
    count = len(days) + PRIOR_FACTS
    mean = (math.fsum(days) + PRIOR_FACTS * prior.mean) / count
    spread = math.fsum((day - mean) ** 2 for day in days) + PRIOR_FACTS * (prior.sd**2 + (prior.mean - mean) ** 2)
    return LeadTime(mean, math.sqrt(spread / count), len(days))


def quoted(days: float) -> LeadTime:
    """What is said before anything arrived: by a supplier, or by whoever names the day of a transfer."""
    return LeadTime(float(min(days, LONGEST)), PRIOR_VARIATION * min(days, LONGEST))


@dataclass(frozen=True, slots=True)
class Bucket:
    """Facts that took from ``first`` to ``last`` days, and their share of the fullest bucket (percent)."""

    first: int
    last: int
    count: int
    height: int


def distribution(facts: Sequence[float]) -> list[Bucket]:
    """Whole days by bucket, from the shortest to the longest, at most BUCKETS of the same width."""
    if not facts:
        return []
    days = [int(min(max(fact, 0.0), LONGEST)) for fact in facts]
    low, high = min(days), max(days)
    width = max(1, -(-(high - low + 1) // BUCKETS))
    counts = [0] * ((high - low) // width + 1)
    for day in days:
        counts[(day - low) // width] += 1
    return [
        Bucket(low + n * width, low + (n + 1) * width - 1, count, round(100 * count / max(counts)))
        for n, count in enumerate(counts)
    ]
