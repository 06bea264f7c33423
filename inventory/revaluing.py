"""Value that stock gains after it came in: what a late invoice adds to the pieces that are still there."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from core.actor import current_actor_id
from core.bulk import insert_columns
from core.money import ZERO
from inventory.costing import share_of_cost
from inventory.locks import lock_stock_levels
from inventory.models import StockMove
from inventory.places import Place


@transaction.atomic(savepoint=False)
def revalue_stock(
    arrived: Mapping[Place, tuple[int, Decimal]], *, document: str, reason: str, at: datetime
) -> dict[Place, Decimal]:
    """Add to each place's value the share of ``arrived`` (pieces, money) whose pieces are still there; returns it.

    No piece moves: one goes out for nothing and comes back with the share, two rows of the ledger in one statement,
    however many moves came since. Locks: StockLevel.
    """
    levels = lock_stock_levels(arrived)
    rows: list[tuple[int, int, Decimal]] = []
    added = dict.fromkeys(arrived, ZERO)
    for place, (pieces, money) in arrived.items():
        level = levels.get(place)
        there = min(level.on_hand, pieces) if level else 0
        share = share_of_cost(money, pieces, 0, there)
        if level and there and share > 0:
            rows += [(level.pk, -1, ZERO), (level.pk, 1, share)]
            added[place] = share
    insert_columns(
        StockMove,
        stock_level_id=[level for level, _pieces, _value in rows],
        kind=StockMove.Kind.ADJUSTMENT.value,
        quantity=[pieces for _level, pieces, _value in rows],
        value=[value for _level, _pieces, value in rows],
        document=document,
        reason=reason,
        actor_id=current_actor_id(),
        effective_at=at,
    )
    return added
