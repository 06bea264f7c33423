"""Every change of an order. Callers import from here."""

from orders.services.backorders import fill_backorders
from orders.services.fulfilment import cancel_order, ship_order, ship_orders
from orders.services.intake import create_order, create_orders
from orders.services.returns import return_goods

__all__ = [
    "cancel_order",
    "create_order",
    "create_orders",
    "fill_backorders",
    "return_goods",
    "ship_order",
    "ship_orders",
]
