"""The answer to a new order from what is in memory: reading it back would cost a quarter of the whole request.

Made as Django makes rows that it has read, with the columns known here: that is quicker than by names, and a column
that is not known is read instead of guessed.
"""

from django.db import DEFAULT_DB_ALIAS

from inventory.models import Product, Warehouse
from orders.models import Channel, Customer, Order, OrderLine
from orders.naming import Named
from orders.pricing import net_amount
from orders.values import Outcome, TakenLine

LINE = [field.attname for field in OrderLine._meta.concrete_fields]


def as_read(outcome: Outcome, names: Named) -> Order:
    """A created order as ``OrderViewSet.queryset`` would read it, with its lines; ``names``: what its request named."""
    order = outcome.order
    assert order is not None
    (customer,), (channel,), (warehouse,) = (
        kind.values() for kind in (names.customers, names.channels, names.warehouses)
    )
    # Columns in the order of their tables.
    order.customer = Customer.from_db(DEFAULT_DB_ALIAS, ("id", "code", "name"), customer)
    order.channel = Channel.from_db(DEFAULT_DB_ALIAS, ("id", "code", "name"), channel)
    order.warehouse = Warehouse.from_db(DEFAULT_DB_ALIAS, ("id", "code", "name"), warehouse)
    products = {
        found.pk: Product.from_db(DEFAULT_DB_ALIAS, ("id", "sku", "name"), found) for found in names.products.values()
    }
    lines = [_line(line, products[line.wanted.product_id]) for line in outcome.lines]
    order._prefetched_objects_cache = {"lines": lines}  # type: ignore[attr-defined]  # as prefetch_related does
    order.step = outcome.step  # type: ignore[attr-defined]  # annotated by the queryset
    return order


def _line(line: TakenLine, product: Product) -> OrderLine:
    wanted = line.wanted
    known = {
        "id": line.pk,
        "order_id": line.order.pk,
        "position": line.position,
        "product_id": product.pk,
        "quantity": wanted.quantity,
        "unit_price": line.unit_price,
        "shipped": 0,
        "cancelled": 0,
        "returned": 0,
        "promised_date": line.promised_date,
        "discount": wanted.discount,
        "tax_rate": line.tax_rate,
        "amount": net_amount(wanted.quantity, line.unit_price, wanted.discount),
    }
    row = OrderLine.from_db(DEFAULT_DB_ALIAS, LINE, [known[name] for name in LINE])
    row.product = product
    row.reserved = line.grant.granted  # type: ignore[attr-defined]  # annotated by the queryset
    return row
