"""Who fetches the goods of an order: noted when its pick list is printed; what was picked, the shipment notes."""

from collections.abc import Collection

from django.db import transaction

from core import audit
from core.live import publish_after_commit
from orders.picking import pick_sheets


@transaction.atomic(durable=True)
def note_pick_list(order_ids: Collection[int]) -> int:
    """Note on each order with something to pick that the list was printed; returns how many there are."""
    pieces: dict[int, int] = {}
    for sheet in pick_sheets(order_ids):
        for row in sheet.rows:
            for order, wanted in row.parts:
                pieces[order.pk] = pieces.get(order.pk, 0) + wanted
    if pieces:
        audit.record_many(audit.entry("order", pk, "pick_list_printed", pieces=n) for pk, n in sorted(pieces.items()))
        publish_after_commit("orders-changed", {"orders": sorted(pieces)})
    return len(pieces)
