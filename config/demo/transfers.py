"""Transfers of the demo company: one that is asked for, one in transit, one that came short."""

from datetime import timedelta

from django.utils import timezone

from inventory import transfers
from inventory.models import StockLevel, Warehouse

PIECES = 6


def play_transfers() -> None:
    """From the first warehouse to the second, of the products that have most to spare there."""
    source, destination = Warehouse.objects.order_by("pk")[:2]
    levels = StockLevel.objects.filter(warehouse=source, available__gte=4 * PIECES)
    products = list(levels.order_by("-available", "-product").values_list("product_id", flat=True)[:4])
    if len(products) < 4:
        return
    day = timezone.localdate() + timedelta(days=2)

    def ask(*wanted: int) -> int:
        new = transfers.NewTransfer(source.pk, destination.pk, [(pk, PIECES) for pk in wanted], day)
        return transfers.request_transfer(new).pk

    ask(products[0], products[1])
    transfers.send_transfer(ask(products[2]))
    short = ask(products[3])
    line = transfers.send_transfer(short).lines.get()
    transfers.receive_transfer(short, {line.pk: PIECES - 1})
    transfers.close_transfer(short, reason="运输破损 · damaged on the way")
