"""The answer to a new order from what is in memory: reading it back would cost a quarter of the whole request."""

from inventory.models import Product, Warehouse
from orders.models import Channel, Customer, Order, OrderLine
from orders.naming import Named
from orders.pricing import net_amount
from orders.values import Outcome, TakenLine


def as_read(outcome: Outcome, names: Named) -> Order:
    """A created order as ``OrderViewSet.queryset`` would read it, with its lines; ``names``: what its request named."""
    order = outcome.order
    assert order is not None
    (customer,), (channel,), (warehouse,) = (
        kind.values() for kind in (names.customers, names.channels, names.warehouses)
    )
    order.customer = Customer(pk=customer.pk, code=customer.code, name=customer.name)
    order.channel = Channel(pk=channel.pk, code=channel.code, name=channel.name)
    order.warehouse = Warehouse(pk=warehouse.pk, code=warehouse.code, name=warehouse.name)
    products = {found.pk: Product(pk=found.pk, sku=found.code, name=found.name) for found in names.products.values()}
    lines = [_line(line, products[line.wanted.product_id]) for line in outcome.lines]
    order._prefetched_objects_cache = {"lines": lines}  # type: ignore[attr-defined]  # as prefetch_related does
    order.step = outcome.step  # type: ignore[attr-defined]  # annotated by the queryset
    return order


def _line(line: TakenLine, product: Product) -> OrderLine:
    wanted = line.wanted
    row = OrderLine(
        pk=line.pk,
        order_id=line.order.pk,
        position=line.position,
        product=product,
        quantity=wanted.quantity,
        unit_price=line.unit_price,
        discount=wanted.discount,
        tax_rate=line.tax_rate,
        promised_date=line.promised_date,
    )
    row.amount = net_amount(wanted.quantity, line.unit_price, wanted.discount)
    row.reserved = line.grant.granted  # type: ignore[attr-defined]  # annotated by the queryset
    return row
