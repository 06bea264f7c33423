"""The stock that history started with: what left must have been there, so it is opened before the first order."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Literal

from django.utils import timezone
from django.utils.translation import gettext as _

from core.money import to_cents
from inventory.places import Receipt
from inventory.selectors import availability
from inventory.services import open_balance
from orders.importing.rows import EPOCH, MICROSECOND
from orders.importing.spool import Spool
from orders.models import Order

DOCUMENT = "IMPORT"
NEEDS = """
    SELECT product.pk, sum(quantity), max(cents)
      FROM document JOIN line USING (reference, kind) JOIN product USING (sku)
     WHERE kind = 'sale' AND reference NOT IN (SELECT reference FROM there) GROUP BY product.pk
"""


@dataclass(frozen=True, slots=True)
class Opening:
    """Which products start with the stock that their orders need, and what a piece of it is assumed to have cost."""

    warehouse_id: int
    products: Literal["new", "all", "none"]
    cost_share: Decimal


@dataclass(slots=True)
class Made:
    """What had to be made before the orders."""

    products: int = 0
    customers: int = 0
    pieces: int = 0
    value: Decimal = Decimal("0.00")

    def count(self, opened: Iterable[tuple[int, Decimal]]) -> None:
        """Add opened (pieces, value)."""
        for pieces, value in opened:
            self.pieces += pieces
            self.value += value


def opening_moment(spool: Spool) -> datetime:
    """Midnight at the beginning of the day before the first order."""
    first = EPOCH + MICROSECOND * spool.value("SELECT coalesce(min(at), 0) FROM document WHERE kind = 'sale'")
    return timezone.make_aware(datetime.combine(timezone.localdate(first) - timedelta(days=1), time()))


def open_short(spool: Spool, made: Made, opening: Opening, channel_id: int) -> None:
    """Open what the known products lack for the orders of the file that are not in yet.

    Orders that are in have had their stock, so a second run opens nothing.
    """
    _note_orders_there(spool, channel_id)
    at = opening_moment(spool)
    for batch in list(spool.batches(NEEDS)):
        free = availability([(pk, opening.warehouse_id) for pk, _need, _cents in batch])
        receipts = [
            Receipt((pk, opening.warehouse_id), lack, to_cents(lack * price * opening.cost_share), DOCUMENT)
            for pk, need, cents in batch
            if (lack := need - free[pk, opening.warehouse_id].available) > 0
            for price in [Decimal(cents or 0).scaleb(-2)]
        ]
        if receipts:
            open_balance(receipts, at=at, reason=reason())
            made.count((receipt.quantity, receipt.value) for receipt in receipts)


def _note_orders_there(spool: Spool, channel_id: int) -> None:
    spool.run("CREATE TABLE there (reference TEXT PRIMARY KEY)")
    for batch in list(spool.batches("SELECT reference FROM document WHERE kind = 'sale'")):
        there = Order.objects.filter(channel=channel_id, external_reference__in=[r for (r,) in batch])
        spool.many("INSERT INTO there VALUES (?)", there.values_list("external_reference"))


def reason() -> str:
    """What the ledger says of these pieces."""
    return _("Opening balance for imported orders")
