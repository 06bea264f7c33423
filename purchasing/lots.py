"""Lot rules and prices of one supplier. Pure arithmetic."""

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple


def round_up_to_lot(quantity: int, moq: int, order_multiple: int) -> int:
    """The smallest order of at least ``quantity`` that the supplier accepts; 0 stays 0."""
    if quantity <= 0:
        return 0
    wanted = max(quantity, moq)
    return -(-wanted // order_multiple) * order_multiple


class Agreed(NamedTuple):
    """What an agreement offers: its price, for as many pieces as are left of it."""

    left: int
    cost: Decimal
    number: str = ""


def cost_of_piece(
    unit_cost: Decimal, breaks: Iterable[tuple[int, Decimal]], quantity: int, agreed: Agreed | None = None
) -> Decimal:
    """The cost of each piece of an order of so many: that of the highest price break (from quantity, cost) reached.

    An agreement that covers the whole order counts instead, unless it is dearer.
    """
    reached = [step for step in breaks if step[0] <= quantity]
    cost = max(reached)[1] if reached else unit_cost
    return agreed.cost if agreed and quantity <= agreed.left and agreed.cost <= cost else cost
