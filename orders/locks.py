"""Row locks on headers of orders and quotations, always in ascending primary key and before any stock row, and on
single customers."""

from collections.abc import Collection
from datetime import date

from django.db import connection
from django.db.models import Q
from django.db.models.functions import Upper

from orders.models import Customer, CustomerItem, FilledOrder, Order, OrderTemplate, Quotation, ReturnAuthorization

DRAIN = """
    DELETE FROM orders_promisemark WHERE id IN
        (SELECT id FROM orders_promisemark ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
    RETURNING id, product_id, warehouse_id, reason, cause
"""


def lock_orders(order_ids: Collection[int]) -> dict[int, Order]:
    """Lock the orders; NO KEY lets others still insert rows that point at them."""
    rows = Order.objects.filter(pk__in=order_ids).order_by("pk").select_for_update(of=("self",), no_key=True)
    return {order.pk: order for order in rows}


def lock_customers(customer_ids: Collection[int]) -> None:
    """Lock the customers; orders of theirs that hold no limit are not kept waiting."""
    rows = Customer.objects.filter(pk__in=customer_ids).order_by("pk").select_for_update(no_key=True)
    list(rows.values_list("pk"))


def lock_customer(customer_id: int) -> Customer:
    """Lock one customer."""
    return Customer.objects.select_for_update(no_key=True).get(pk=customer_id)


def lock_customer_item(item_id: int) -> CustomerItem | None:
    """Lock one of a customer's own item codes, with its product, if it is still there."""
    items = CustomerItem.objects.select_related("product").select_for_update(of=("self",))
    return items.filter(pk=item_id).first()


def lock_quotation(quotation_id: int) -> Quotation | None:
    """Lock one quotation."""
    return Quotation.objects.select_for_update(no_key=True).filter(pk=quotation_id).first()


def lock_template(name: str) -> OrderTemplate | None:
    """Lock the order template of this name, capitals or not."""
    rows = OrderTemplate.objects.alias(upper=Upper("name")).filter(upper=name.upper())
    return OrderTemplate.objects.select_for_update(no_key=True).filter(pk__in=rows.values("pk")).first()


def lock_authorization(authorization_id: int) -> ReturnAuthorization:
    """Lock one return authorisation, whose order is locked."""
    return ReturnAuthorization.objects.select_for_update(no_key=True).get(pk=authorization_id)


def take_lapsed_quotations(today: date, limit: int) -> list[Quotation]:
    """Lock up to ``limit`` open quotations that ended, or whose hold did, before ``today`` and nobody else holds."""
    ended = Q(valid_until__lt=today) | Q(held_until__lt=today)
    rows = Quotation.objects.filter(ended, status=Quotation.Status.OPEN).order_by("pk")
    return list(rows.select_for_update(skip_locked=True, no_key=True)[:limit])


def take_filled_orders(limit: int) -> dict[int, int]:
    """Lock up to ``limit`` rows of ``FilledOrder`` that nobody else holds: the order of each, by the row's key."""
    rows = FilledOrder.objects.order_by("pk").select_for_update(skip_locked=True)[:limit]
    return dict(rows.values_list("pk", "order_id"))


def take_promise_marks(limit: int) -> list[tuple[int, int, int, str, str]]:
    """Delete and return up to ``limit`` marks (id, product, warehouse, reason, cause) that no other check holds."""
    with connection.cursor() as cursor:
        cursor.execute(DRAIN, [limit])
        return sorted(cursor.fetchall())
