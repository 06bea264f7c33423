"""What an order was promised, as a part of its page."""

from typing import Any

from django import template

from orders.models import Order
from orders.promised import order_promises

register = template.Library()


@register.inclusion_tag("orders/_promises.html")
def promises(order: Order, reserved: int) -> dict[str, Any]:
    """When the rest ships, what that rests on, how likely it is, and what was said before."""
    return {"promises": order_promises(order, with_stock=reserved > 0)}
