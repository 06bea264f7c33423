"""Telling everybody below that what is on the way changed."""

from collections.abc import Collection

from inventory.signals import supply_changed
from purchasing.models import PurchaseOrder


def tell_supply(order: PurchaseOrder, reason: str, products: Collection[int] | None = None) -> None:
    """What customers were promised may rest on this order; called in the transaction that changes it.

    ``reason`` and what is sent: supply_changed.
    """
    if products is None:
        products = order.lines.values_list("product_id", flat=True)
    places = {(product, order.warehouse_id) for product in products}
    supply_changed.send(PurchaseOrder, places=places, reason=reason, document=order.number)
