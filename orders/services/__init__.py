"""Every change of an order. Callers import from here."""

from orders.services.authorizations import (
    authorize_return,
    close_return,
    extend_return,
    inspect_return,
    receive_return,
)
from orders.services.backorders import fill_backorders
from orders.services.cancelling import cancel_order, cancel_orders
from orders.services.changes import change_order
from orders.services.complaints import note_complaint, settle_complaint
from orders.services.contacts import save_address, save_contact
from orders.services.customer_items import add_customer_item, change_customer_item, remove_customer_item
from orders.services.customers import add_customer, add_customers, change_customer
from orders.services.fulfilment import ship_order, ship_orders
from orders.services.intake import create_order, create_orders, take_order
from orders.services.invoices import issue_invoice
from orders.services.picking import note_pick_list
from orders.services.quotation_orders import order_quotation
from orders.services.quotations import (
    decline_quotation,
    hold_quotation,
    let_go_of_lapsed,
    let_go_of_quotation,
    make_quotation,
)
from orders.services.returns import return_goods
from orders.services.reversals import reverse_orders
from orders.services.splitting import split_order
from orders.services.steps import last_step

__all__ = [
    "add_customer",
    "add_customer_item",
    "add_customers",
    "authorize_return",
    "cancel_order",
    "cancel_orders",
    "change_customer",
    "change_customer_item",
    "change_order",
    "close_return",
    "create_order",
    "create_orders",
    "decline_quotation",
    "extend_return",
    "fill_backorders",
    "hold_quotation",
    "inspect_return",
    "issue_invoice",
    "last_step",
    "let_go_of_lapsed",
    "let_go_of_quotation",
    "make_quotation",
    "note_complaint",
    "note_pick_list",
    "order_quotation",
    "receive_return",
    "remove_customer_item",
    "return_goods",
    "reverse_orders",
    "save_address",
    "save_contact",
    "settle_complaint",
    "ship_order",
    "ship_orders",
    "split_order",
    "take_order",
]
