"""The small values that services of stock speak in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

Place = tuple[int, int]
"""(product_id, warehouse_id)"""


class Level(NamedTuple):
    """The stock of one place as it stands while its row is locked; ``value`` is money."""

    pk: int
    product_id: int
    warehouse_id: int
    on_hand: int
    reserved: int
    value: Decimal
    available: int
    waiting: int


class Seen(NamedTuple):
    """What a look without a lock found of a place; a moment later it may be otherwise."""

    pk: int
    available: int


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


class LotPieces(NamedTuple):
    """Pieces of one lot, and the last day on which they may leave (None: they keep)."""

    number: str
    expires_on: date | None
    quantity: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """Pieces that come in, with their value in money. ``at``: when, if not when the whole call says.

    ``lots``: what is known of their lots; the other pieces are of none.
    """

    place: Place
    quantity: int
    value: Decimal
    document: str
    at: datetime | None = None
    lots: Sequence[LotPieces] = ()


class Move(NamedTuple):
    """A row of the ledger that was just written: what documents keep of it."""

    pk: int
    quantity: int
    value: Decimal


@dataclass(frozen=True, slots=True)
class Supply:
    """Pieces on the way to a place; ``source``: whoever sends them, by whose punctuality they are judged."""

    place: Place
    expected_on: date
    quantity: int
    document: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Delay:
    """One arrival of the past: days after the date named (negative: early), and days since it was ordered.

    ``lead`` is None for a transfer: nobody ordered it, and its punctuality says nothing of suppliers.
    """

    source: str
    slip: int
    lead: int | None = None


def lane_source(source_id: int, destination_id: int) -> str:
    """How ``Supply.source`` and ``Delay.source`` name the transfers from one warehouse to another."""
    return f"transfer {source_id}>{destination_id}"


@dataclass(frozen=True, slots=True)
class Waiting:
    """Pieces that a customer ordered and no stock is reserved for: of which document, for when, worth how much."""

    place: Place
    quantity: int
    document: str
    url: str
    customer: str
    due_on: date | None
    revenue: Decimal


@dataclass(frozen=True, slots=True)
class Agreed:
    """What somebody saw before correcting stock: pieces on hand, and how many reserved ones may be cut at most."""

    on_hand: int
    cut: int


@dataclass(frozen=True, slots=True)
class Effect:
    """What correcting a place by ``difference`` pieces does to it; ``cut`` reserved pieces would wait again."""

    on_hand: int
    reserved: int
    difference: int

    @property
    def on_hand_after(self) -> int:
        return self.on_hand + self.difference

    @property
    def cut(self) -> int:
        return max(self.reserved - self.on_hand_after, 0)

    @property
    def reserved_after(self) -> int:
        return self.reserved - self.cut

    @property
    def available(self) -> int:
        return self.on_hand - self.reserved

    @property
    def available_after(self) -> int:
        return self.on_hand_after - self.reserved_after
