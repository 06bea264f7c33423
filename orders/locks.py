"""Row locks on order headers, always in ascending primary key and before any stock row, and on single customers."""

from collections.abc import Collection

from orders.models import Customer, Order


def lock_orders(order_ids: Collection[int]) -> dict[int, Order]:
    """Lock the orders; NO KEY lets others still insert rows that point at them."""
    rows = Order.objects.filter(pk__in=order_ids).order_by("pk").select_for_update(of=("self",), no_key=True)
    return {order.pk: order for order in rows}


def lock_customer(customer_id: int) -> Customer:
    """Lock one customer."""
    return Customer.objects.select_for_update(no_key=True).get(pk=customer_id)
