"""Who gets scarce stock. Pure arithmetic in whole pieces and small coins; no Django here.

A claim is an order line of one place. Giving it x pieces now earns ``gain * x``, and ``bonus`` more if that completes
it. Hard rules are bounds: ``least``, what a promise or a minimum guarantees, and ``most``. The plan that earns most

    max  sum gain_i x_i + bonus_i [x_i = wanted_i]   with  least_i <= x_i <= most_i,  sum x_i <= stock

is found exactly: by dynamic programming over the pieces, and where that table would grow too large by integer
programming (HiGHS). First come, first served under the same bounds is one of the plans it chooses among, so it never
earns less.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d
from scipy.optimize import Bounds, LinearConstraint, milp

LARGEST_TABLE = 10_000_000
NEVER = -(2**50)  # less than any plan earns, and exact in a float

Plan = dict[int, int]
"""Pieces by claim."""


@dataclass(frozen=True, slots=True)
class Claim:
    """An order line ``key`` that wants ``wanted`` pieces and holds ``held``; money is in coins of any kind."""

    key: int
    wanted: int
    held: int
    gain: int
    bonus: int = 0
    least: int = 0
    most: int | None = None

    @property
    def limit(self) -> int:
        """The most it can get."""
        return self.wanted if self.most is None else min(self.most, self.wanted)

    def worth(self, pieces: int) -> int:
        """What giving it this many pieces now earns."""
        return self.gain * pieces + (self.bonus if pieces == self.wanted else 0)


def profit(claims: Sequence[Claim], plan: Mapping[int, int]) -> int:
    """What a plan earns."""
    return sum(claim.worth(plan[claim.key]) for claim in claims)


def by_rank(claims: Sequence[Claim], stock: int, rank: Callable[[Claim], object] | None = None) -> Plan:
    """What is guaranteed first, then everything else in the order given, or by ``rank``: first come, first served."""
    plan = {claim.key: claim.least for claim in claims}
    left = stock - sum(plan.values())
    for claim in sorted(claims, key=rank) if rank else claims:  # type: ignore[arg-type]
        more = min(claim.limit - claim.least, left)
        plan[claim.key] += more
        left -= more
    return plan


def most_profit(claims: Sequence[Claim], stock: int) -> Plan:
    """The plan that earns most; among equal ones, claims keep what they hold as far as that goes."""
    stock = min(stock, sum(claim.limit for claim in claims))
    # Nobody gets more than there is: a table of the billion that somebody typed would take all memory.
    claims = [claim if claim.limit <= stock else replace(claim, most=stock) for claim in claims]
    if (stock + 1) * len(claims) <= LARGEST_TABLE:
        return _by_table(claims, stock)
    return _by_program(claims, stock)


def _by_table(claims: Sequence[Claim], stock: int) -> Plan:
    """tables[i][s]: the most that the first i claims earn with at most s pieces."""
    tables = [np.zeros(stock + 1, dtype=np.int64)]
    for claim in claims:
        tables.append(_with_claim(tables[-1], claim))
    plan: Plan = {}
    left = stock
    for claim, before, after in zip(reversed(claims), reversed(tables[:-1]), reversed(tables[1:]), strict=True):
        options = np.arange(claim.least, min(claim.limit, left) + 1)
        worth = before[left - options] + claim.gain * options + claim.bonus * (options == claim.wanted)
        best = options[worth == after[left]]
        plan[claim.key] = int(best[np.argmin(np.abs(best - claim.held))])
        left -= plan[claim.key]
    return {claim.key: plan[claim.key] for claim in claims}


def _with_claim(best: NDArray[np.int64], claim: Claim) -> NDArray[np.int64]:
    """The table with one claim more: a sliding maximum for its pieces, then its bonus where it is completed."""
    pieces = np.arange(len(best))
    width = claim.limit - claim.least + 1
    # Giving x of s pieces leaves s - x: with h(t) = best(t) - gain t it earns gain s + h(s - x).
    slope = np.concatenate([np.full(claim.limit, NEVER, dtype=np.float64), best - claim.gain * pieces])
    highest = maximum_filter1d(slope, width, mode="constant", cval=NEVER)
    # The window that ends ``least`` before s, which is at limit + s - least in the padded array.
    centres = np.clip(claim.limit + pieces - claim.least - width + 1 + width // 2, 0, len(slope) - 1)
    result = np.maximum(highest[centres].astype(np.int64) + claim.gain * pieces, NEVER)
    if claim.bonus and claim.limit == claim.wanted and claim.wanted <= len(best) - 1:
        whole = best[: len(best) - claim.wanted] + claim.worth(claim.wanted)
        result[claim.wanted :] = np.maximum(result[claim.wanted :], whole)
    return result


def _by_program(claims: Sequence[Claim], stock: int) -> Plan:
    """Variables: pieces of each claim, then whether it is complete."""
    count = len(claims)
    wanted = np.array([claim.wanted for claim in claims])
    earns = np.array([*(claim.gain for claim in claims), *(claim.bonus for claim in claims)], dtype=float)
    pieces, complete = np.eye(count, 2 * count), np.eye(count, 2 * count, count)
    rows = np.vstack([np.repeat([1, 0], count), pieces - complete * wanted[:, None]])
    can_complete = [claim.limit == claim.wanted for claim in claims]
    answer = milp(
        -earns,
        constraints=LinearConstraint(rows, np.r_[-np.inf, np.zeros(count)], np.r_[stock, np.full(count, np.inf)]),
        integrality=np.ones(2 * count),
        bounds=Bounds(
            np.r_[[claim.least for claim in claims], np.zeros(count)],
            np.r_[[claim.limit for claim in claims], can_complete],
        ),
        options={"mip_rel_gap": 0},
    )
    return {claim.key: round(given) for claim, given in zip(claims, answer.x[:count], strict=True)}
