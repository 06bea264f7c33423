"""Money: Decimal, two places (unit costs four), rounded half-up per line."""

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
UNIT = Decimal("0.0001")
ZERO = Decimal("0.00")


def to_cents(amount: Decimal) -> Decimal:
    """``amount`` rounded half-up to two places."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def to_unit_cost(amount: Decimal) -> Decimal:
    """``amount`` rounded half-up to the four places of a unit cost."""
    return amount.quantize(UNIT, ROUND_HALF_UP)
