"""Lot rules: how many pieces to order once it is time. Pure arithmetic."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Need:
    """Everything the quantity of one suggestion depends on, in pieces; stored with it so that it can be recomputed.

    ``position`` = available + on_order - waiting (the field's inventory position: what is there or coming and not
    promised to anybody).
    """

    available: int
    on_order: int
    waiting: int
    reorder_point: int
    order_up_to: int
    moq: int
    order_multiple: int

    @property
    def position(self) -> int:
        """Inventory position in pieces."""
        return self.available + self.on_order - self.waiting

    @property
    def is_due(self) -> bool:
        """Time to order: at or below the reorder point, and below what we order up to."""
        return (self.position <= self.reorder_point and self.position < self.order_up_to) or self.position < 0

    @property
    def missing(self) -> int:
        """Pieces up to the order-up-to level (0 if not due)."""
        return max(self.order_up_to, 0) - self.position if self.is_due else 0

    @property
    def quantity(self) -> int:
        """Pieces to order: what is missing, at least the minimum, in whole packs; 0 when not due."""
        return round_up_to_lot(self.missing, self.moq, self.order_multiple)

    def snapshot(self) -> dict[str, Any]:
        """Plain values from which ``Need(**…)`` recomputes the same quantity."""
        return asdict(self)


def round_up_to_lot(quantity: int, moq: int, order_multiple: int) -> int:
    """The smallest order of at least ``quantity`` that the supplier accepts; 0 stays 0."""
    if quantity <= 0:
        return 0
    wanted = max(quantity, moq)
    return -(-wanted // order_multiple) * order_multiple


def cost_of_piece(unit_cost: Decimal, breaks: Iterable[tuple[int, Decimal]], quantity: int) -> Decimal:
    """The cost of each piece of an order of so many: that of the highest price break (from quantity, cost) reached."""
    reached = [step for step in breaks if step[0] <= quantity]
    return max(reached)[1] if reached else unit_cost
