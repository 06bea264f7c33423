"""Reads for typing an order: products by any code, pasted codes, the lines of a former order."""

from collections.abc import Sequence
from typing import Any

from django.db.models.functions import Upper
from django.utils import timezone

from inventory.models import Product
from inventory.selectors import search_products
from orders.models import Customer, CustomerItem, Order, OrderLine, OrderTemplate, Quotation


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
    lines = OrderLine.objects.filter(order=found, product__is_active=True).select_related("product")
    return {
        "customer": _customer(found.customer),
        "lines": [_line(line.product, line.quantity) for line in lines.order_by("position")],
    }


def quoted_lines(quotation: str) -> dict[str, Any] | None:
    """As ``first_lines``, of a quotation; prices that are valid no longer are today's again."""
    rows = Quotation.objects.select_related("customer")
    found = rows.filter(pk=int(quotation)).first() if quotation.isdecimal() else None
    if found is None:
        return None
    counts = found.status == Quotation.Status.OPEN and found.valid_until >= timezone.localdate()
    lines = found.lines.filter(product__is_active=True).select_related("product").order_by("position")
    return {
        "customer": _customer(found.customer),
        "replaces": {"id": found.pk, "number": found.number} if found.status == Quotation.Status.OPEN else None,
        "head": {
            "note": found.note,
            "discount": str(found.discount) if found.discount else "",
            "freight": str(found.freight) if found.freight else "",
        },
        "lines": [
            _line(line.product, line.quantity)
            | {"price": str(line.unit_price) if counts else "", "discount": str(line.discount) if line.discount else ""}
            for line in lines
        ],
    }


def template_lines(template: OrderTemplate) -> list[dict[str, Any]]:
    """The lines of a template as ``first_lines`` gives them; archived products are left out."""
    lines = template.lines.filter(product__is_active=True).select_related("product").order_by("position")
    return [
        _line(line.product, line.quantity) | {"discount": str(line.discount) if line.discount else ""} for line in lines
    ]


def first_of_template(template: str) -> dict[str, Any] | None:
    """As ``first_lines``, of a template; with the customer whose it is, if it is one's."""
    rows = OrderTemplate.objects.select_related("customer")
    found = rows.filter(pk=int(template)).first() if template.isdecimal() else None
    if found is None:
        return None
    customer = _customer(found.customer) if found.customer else None
    return {"customer": customer, "lines": template_lines(found)}


def _customer(customer: Customer) -> dict[str, Any]:
    return {
        "id": customer.pk,
        "text": f"{customer.code} {customer.name}",
        "blocked": customer.is_blocked,
    }


def _line(product: Product, quantity: int) -> dict[str, Any]:
    return {
        "quantity": str(quantity),
        "product": {
            "id": product.pk,
            "code": product.sku,
            "label": product.name,
            "price": str(product.price),
        },
    }
