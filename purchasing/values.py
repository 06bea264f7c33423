"""What callers hand to the purchasing services."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

Limit = Decimal | None
"""An amount up to which something is allowed; None: any."""


@dataclass(frozen=True, slots=True)
class NewPurchaseLine:
    """One line as wanted; without a cost the supplier item's counts."""

    product_id: int
    quantity: int
    unit_cost: Decimal | None = None
    # The line of an agreement that it draws on; the services find it.
    blanket_line_id: int | None = None


@dataclass(frozen=True, slots=True)
class NewPurchaseOrder:
    """A purchase order as wanted; ``place=False`` leaves it a draft."""

    supplier_id: int
    warehouse_id: int
    lines: Sequence[NewPurchaseLine]
    place: bool = True
    ordered_at: datetime | None = None
    expected_on: date | None = None
    # More than is left of an agreement may be ordered at its price.
    may_overdraw: bool = False


@dataclass(frozen=True, slots=True)
class NewBlanketLine:
    """One product of an agreement; the price in the supplier's currency, no quantity: the value alone limits it."""

    product_id: int
    price: Decimal
    quantity: int | None = None


@dataclass(frozen=True, slots=True)
class NewBlanketOrder:
    """An agreement as wanted."""

    supplier_id: int
    starts_on: date
    ends_on: date
    lines: Sequence[NewBlanketLine]
    value_limit: Decimal | None = None
    reference: str = ""


@dataclass(frozen=True, slots=True)
class NewStandingOrder:
    """A standing order as wanted: every so many weeks or months from the first day on; lines without a price."""

    supplier_id: int
    warehouse_id: int
    lines: Sequence[NewPurchaseLine]
    starts_on: date
    every: int = 1
    unit: str = "week"
    ends_on: date | None = None
    approval: str = "draft"


@dataclass(frozen=True, slots=True)
class NewReceipt:
    """What arrived for one purchase order: pieces by line; without quantities everything still open.

    ``landed``: freight and the like that came with it, by kind; spread over the cost of the pieces.
    ``lots``: lot number and expiry date by line, for products that are received by lot.
    """

    purchase_order_id: int
    quantities: Mapping[int, int] | None = None
    received_at: datetime | None = None
    landed: Mapping[str, Decimal] = field(default_factory=dict)
    lots: Mapping[int, tuple[str, date | None]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PolicyInput:
    """A policy for one place, as the forecast decided it; ``basis`` explains it (plain JSON values)."""

    product_id: int
    warehouse_id: int
    safety_stock: int
    reorder_point: int
    order_up_to: int
    service_level: float | None = None
    basis: dict[str, Any] = field(default_factory=dict)
