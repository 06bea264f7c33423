"""The small values that services of stock speak in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

Place = tuple[int, int]
"""(product_id, warehouse_id)"""


@dataclass(frozen=True, slots=True)
class Basket:
    """What one order wants: all of it or nothing, unless ``allow_short``."""

    demands: Sequence[tuple[Place, int]]
    allow_short: bool


@dataclass(frozen=True, slots=True)
class Grant:
    """What one demand got; ``reservation_id`` is None when nothing was granted."""

    wanted: int
    granted: int
    reservation_id: int | None


@dataclass(frozen=True, slots=True)
class Shortage:
    """Why a basket was refused: what each demand could have had, given those before it."""

    available: Sequence[int]


@dataclass(frozen=True, slots=True)
class Issue:
    """Pieces that leave; out of a reservation where one holds them. ``at``: when, if not when the whole call says."""

    place: Place
    quantity: int
    document: str
    reservation_id: int | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """Pieces that come in, with their value in money. ``at``: when, if not when the whole call says."""

    place: Place
    quantity: int
    value: Decimal
    document: str
    at: datetime | None = None


class Move(NamedTuple):
    """A row of the ledger that was just written: what documents keep of it."""

    pk: int
    quantity: int
    value: Decimal


@dataclass(frozen=True, slots=True)
class Supply:
    """Pieces on the way to a place."""

    place: Place
    expected_on: date
    quantity: int
    document: str
