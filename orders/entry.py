"""Reads for typing an order: products by any code, pasted codes, the lines of a former order."""

from collections.abc import Sequence
from typing import Any

from django.db.models.functions import Upper

from inventory.models import Product
from inventory.selectors import search_products
from orders.models import CustomerItem, Order, OrderLine


def _items(customer: str) -> Any:
    """The codes of a customer given by key; none for what is no key."""
    found = CustomerItem.objects.filter(customer=int(customer)) if customer.isdecimal() else CustomerItem.objects.none()
    return found.annotate(code_upper=Upper("code")).select_related("product").filter(product__is_active=True)


def suggested_products(text: str, customer: str) -> list[Product]:
    """What the customer calls so comes first, then what matches by SKU, name or barcode."""
    wanted = text.strip().upper()
    own = [item.product for item in _items(customer).filter(code_upper__startswith=wanted).order_by("code_upper")[:8]]
    exact = {item.product_id for item in _items(customer).filter(code_upper=wanted)} if own else set()
    for product in own:
        product.is_exact = product.pk in exact
    known = {product.pk for product in own}
    return [*own, *(product for product in search_products(text)[:8] if product.pk not in known)]


def match_codes(codes: Sequence[str], customer: str) -> list[Product | None]:
    """The active product that each code names exactly: the customer's code, an SKU or a barcode. Three queries."""
    wanted = {code.strip().upper() for code in codes if code.strip()}
    own = {item.code_upper: item.product for item in _items(customer).filter(code_upper__in=wanted)}
    active = Product.objects.filter(is_active=True)
    skus = {p.sku.upper(): p for p in active.annotate(sku_upper=Upper("sku")).filter(sku_upper__in=wanted)}
    barcodes = {p.barcode.upper(): p for p in active.filter(barcode__in={code.strip() for code in codes} - {""})}
    found = barcodes | skus | own
    return [found.get(code.strip().upper()) for code in codes]


def first_lines(order: str) -> dict[str, Any] | None:
    """Customer and lines of an order given by key, for ordering the same again; archived products are left out."""
    found = Order.objects.select_related("customer").filter(pk=int(order)).first() if order.isdecimal() else None
    if found is None:
        return None
    lines = (
        OrderLine.objects.filter(order=found, product__is_active=True).select_related("product").order_by("position")
    )
    customer = found.customer
    return {
        "customer": {
            "id": customer.pk,
            "text": f"{customer.code} {customer.name}",
            "blocked": customer.is_blocked,
        },
        "lines": [
            {
                "quantity": str(line.quantity),
                "product": {
                    "id": line.product_id,
                    "code": line.product.sku,
                    "label": line.product.name,
                    "price": str(line.product.price),
                },
            }
            for line in lines.order_by("position")
        ],
    }
