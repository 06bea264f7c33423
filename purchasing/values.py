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


@dataclass(frozen=True, slots=True)
class NewPurchaseOrder:
    """A purchase order as wanted; ``place=False`` leaves it a draft."""

    supplier_id: int
    warehouse_id: int
    lines: Sequence[NewPurchaseLine]
    place: bool = True
    ordered_at: datetime | None = None
    expected_on: date | None = None


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
