"""From which warehouses an order is best served. Pure arithmetic, no Django here.

All rules serve as many pieces as stock allows. "nearest" takes from the nearest warehouse first; "fewest" uses as few
warehouses as can serve that much; "cheapest" the warehouses whose deliveries cost least together. The last two look at
every set of warehouses, so no better one is missed; beyond MOST warehouses, at those of the MOST nearest.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations

MOST = 10
NEAREST, FEWEST, CHEAPEST = "nearest", "fewest", "cheapest"


@dataclass(frozen=True, slots=True)
class Source:
    """A warehouse: how far it is, what a delivery from it costs, and what it has free of each product."""

    warehouse: int
    distance: int
    cost: Decimal
    free: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Part:
    """What one warehouse sends: pieces by line (its index)."""

    warehouse: int
    pieces: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Sourcing:
    """The deliveries, what they cost, and the pieces that no warehouse has, by line."""

    parts: Sequence[Part]
    cost: Decimal
    missing: Mapping[int, int]


def source(lines: Sequence[tuple[int, int]], sources: Sequence[Source], rule: str) -> Sourcing:
    """Serve lines (product, pieces) from the sources by a rule."""
    near = sorted(sources, key=lambda s: (s.distance, s.warehouse))
    if rule == NEAREST:
        return _serve(lines, near)
    near = near[:MOST]
    most = _served(lines, near)
    best: tuple[object, ...] | None = None
    chosen: Sequence[Source] = near
    for size in range(1, len(near) + 1):
        for some in combinations(near, size):
            if _served(lines, some) < most:
                continue
            cost, far = sum((s.cost for s in some), Decimal(0)), sum(s.distance for s in some)
            worth = (size, cost, far) if rule == FEWEST else (cost, size, far)
            if best is None or worth < best:
                best, chosen = worth, some
        if best is not None and rule == FEWEST:
            break
    return _serve(lines, chosen)


def _served(lines: Sequence[tuple[int, int]], sources: Sequence[Source]) -> int:
    """Pieces that these warehouses can serve together."""
    wanted: Counter[int] = Counter()
    for product, pieces in lines:
        wanted[product] += pieces
    return sum(min(pieces, sum(s.free.get(product, 0) for s in sources)) for product, pieces in wanted.items())


def _serve(lines: Sequence[tuple[int, int]], sources: Sequence[Source]) -> Sourcing:
    """Take what each warehouse has, in the order given."""
    missing = {index: pieces for index, (_product, pieces) in enumerate(lines)}
    parts, cost = [], Decimal(0)
    for place in sources:
        free = dict(place.free)
        taken = {}
        for index, (product, _pieces) in enumerate(lines):
            if pieces := min(missing[index], free.get(product, 0)):
                taken[index] = pieces
                missing[index] -= pieces
                free[product] -= pieces
        if taken:
            parts.append(Part(place.warehouse, taken))
            cost += place.cost
    return Sourcing(parts, cost, {index: pieces for index, pieces in missing.items() if pieces})
