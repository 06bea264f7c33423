"""Pieces of expired lots held back from everybody, by a reservation that no order has.

The callers hold the lock of the stock level. What is held back is on hand and worth what it was, but not available.
"""

from collections.abc import Mapping
from datetime import date

from django.db.models import F, Q, QuerySet

from core.bulk import add_to_column, insert_columns
from inventory.models import Lot, Reservation, StockLevel


def lots_out_of_order(today: date) -> QuerySet[Lot]:
    """Expired lots of which not every piece is held back, and lots of which more is held back than there is."""
    expired = Q(expires_on__lt=today, on_hand__gt=0) & ~Q(block__quantity=F("on_hand"))
    return Lot.objects.filter(expired | Q(block__quantity__gt=F("on_hand")))


def let_go(level_id: int) -> dict[int, int]:
    """Hold nothing back at a place, until ``hold_back`` of the same transaction; the pieces let go, by lot."""
    rows = Lot.objects.filter(stock_level=level_id, block__quantity__gt=0)
    held = {lot: (block, pieces) for lot, block, pieces in rows.values_list("pk", "block", "block__quantity")}
    add_to_column(Reservation, "quantity", {block: -pieces for block, pieces in held.values()})
    _count(level_id, -sum(pieces for _block, pieces in held.values()))
    return {lot: pieces for lot, (_block, pieces) in held.items()}


def still_there(pieces: Mapping[int, int]) -> dict[int, int]:
    """Of these pieces by lot those that the lots still have."""
    there = dict(Lot.objects.filter(pk__in=pieces).values_list("pk", "on_hand"))
    return {lot: min(wanted, there[lot]) for lot, wanted in pieces.items() if there[lot]}


def hold_back(level_id: int, pieces: Mapping[int, int]) -> None:
    """Hold so many pieces more of each lot back (fewer: below 0); the caller has seen to it that they are free."""
    known = dict(Lot.objects.filter(pk__in=pieces, block__isnull=False).values_list("pk", "block"))
    changes = {block: pieces[lot] for lot, block in known.items()}
    # Fewer first: reserved may never exceed on hand, not even between two statements.
    add_to_column(Reservation, "quantity", {block: n for block, n in changes.items() if n < 0})
    add_to_column(Reservation, "quantity", {block: n for block, n in changes.items() if n > 0})
    new = [lot for lot, n in pieces.items() if lot not in known and n > 0]
    if new:
        keys = insert_columns(Reservation, stock_level_id=level_id, quantity=[pieces[lot] for lot in new])
        for lot, key in zip(new, keys, strict=True):
            Lot.objects.filter(pk=lot).update(block=key)
    _count(level_id, sum(changes.values()) + sum(pieces[lot] for lot in new))


def _count(level_id: int, pieces: int) -> None:
    """Count them at their place: reserved, but not for those who wait."""
    if pieces:
        add_to_column(StockLevel, "held_back", {level_id: pieces})
