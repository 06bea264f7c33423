"""What an order was promised, as a part of its page."""

from typing import Any

from django import template

from orders.advice import advise
from orders.models import Order
from orders.promise import OPEN_ORDERS
from orders.promised import order_promises
from orders.selectors import order_lines

register = template.Library()


@register.inclusion_tag("orders/_promises.html", takes_context=True)
def promises(context: dict[str, Any], order: Order) -> dict[str, Any]:
    """When the rest ships, what that rests on, how likely it is, what was said before, and whether to wait for it."""
    if order.status not in OPEN_ORDERS:
        return {}
    rows = order_lines(order)
    found = order_promises(order, with_stock=any(row.reserved for row in rows))
    return {"promises": found, "advice": advise(order, rows, found.waiting), "company": context.get("company")}
