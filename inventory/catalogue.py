"""Many products at once, with the stock they start with."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from core import audit
from core.money import to_cents
from inventory.models import Product, StockMove
from inventory.places import Receipt
from inventory.services import receive_stock


@dataclass(frozen=True, slots=True)
class NewProduct:
    """A product to be added, and the pieces of it that are there already."""

    sku: str
    name: str
    price: Decimal
    on_hand: int
    unit_cost: Decimal


@transaction.atomic(durable=True)
def add_products(
    news: Sequence[NewProduct], *, warehouse_id: int, at: datetime, document: str, reason: str
) -> list[Product]:
    """Insert products together with their opening balance; all or nothing, a taken SKU is an IntegrityError.

    Locks: StockLevel. Sends: stock_changed.
    """
    products = Product.objects.bulk_create(Product(sku=new.sku, name=new.name, price=new.price) for new in news)
    audit.record_many(
        audit.entry("product", product.pk, "added", sku=product.sku, name=product.name) for product in products
    )
    receipts = [
        Receipt((product.pk, warehouse_id), new.on_hand, to_cents(new.unit_cost * new.on_hand), document)
        for product, new in zip(products, news, strict=True)
        if new.on_hand
    ]
    if receipts:
        receive_stock(receipts, kind=StockMove.Kind.OPENING, at=at, reason=reason)
    return products
