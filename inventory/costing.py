"""Moving average cost. Values are money (two places) and always tie out: what is left is value minus what went."""

from dataclasses import dataclass
from decimal import Decimal

from core.money import ZERO, to_cents


@dataclass(slots=True)
class Holding:
    """Pieces and their value at one place, updated as moves are planned one after the other."""

    on_hand: int
    value: Decimal

    def issue(self, quantity: int) -> Decimal:
        """Take ``quantity`` pieces out; returns their cost. The last piece takes the rounding remainder with it."""
        if quantity == self.on_hand:
            cost = self.value
        else:
            cost = to_cents(self.value * quantity / self.on_hand) if self.on_hand else ZERO
        self.on_hand -= quantity
        self.value -= cost
        return cost

    def receive(self, quantity: int, value: Decimal) -> None:
        """Add pieces worth ``value``."""
        self.on_hand += quantity
        self.value += value


def share_of_cost(cost: Decimal, quantity: int, already: int, now: int) -> Decimal:
    """Cost of ``now`` more pieces out of ``quantity`` that cost ``cost``, after ``already`` went the same way.

    Differences of rounded running totals, so that all parts together are exactly ``cost``.
    """
    return to_cents(cost * (already + now) / quantity) - to_cents(cost * already / quantity)
