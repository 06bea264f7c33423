"""Every change of an order. Callers import from here."""

from orders.services.backorders import fill_backorders
from orders.services.cancelling import cancel_order, cancel_orders
from orders.services.changes import change_order
from orders.services.customers import add_customer, add_customers, change_customer
from orders.services.fulfilment import ship_order, ship_orders
from orders.services.intake import create_order, create_orders
from orders.services.returns import return_goods
from orders.services.reversals import reverse_orders

__all__ = [
    "add_customer",
    "add_customers",
    "cancel_order",
    "cancel_orders",
    "change_customer",
    "change_order",
    "create_order",
    "create_orders",
    "fill_backorders",
    "return_goods",
    "reverse_orders",
    "ship_order",
    "ship_orders",
]
