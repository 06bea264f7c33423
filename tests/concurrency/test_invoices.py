"""The same shipment invoiced by two at once: one invoice; without the lock, only the key in the database saves us."""

from functools import partial
from threading import Barrier
from unittest.mock import patch

import pytest

from orders import invoicing
from orders.models import Invoice, Order
from orders.services import create_order, issue_invoice, ship_order
from orders.values import NewLine, NewOrder, NewShipment
from tests.factories import ChannelFactory, CompanyFactory, CustomerFactory, ProductFactory, WarehouseFactory, stock
from tests.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shipped():
    """Two orders of one customer, each with a shipment."""
    CompanyFactory()
    customer, channel, warehouse, tea = CustomerFactory(), ChannelFactory(), WarehouseFactory(), ProductFactory()
    stock(tea, warehouse, 20)
    orders = [create_order(NewOrder(customer.pk, channel.pk, warehouse.pk, [NewLine(tea.pk, 2)])) for _n in range(6)]
    for order in orders:
        ship_order(NewShipment(order.pk))
    return orders


def kinds(results) -> list[str]:
    return sorted(type(result).__name__ for result in results)


def test_a_shipment_is_invoiced_once(shipped):
    order = shipped[0]
    assert kinds(at_once([partial(issue_invoice, order.pk)] * 4)) == ["IllegalTransition"] * 3 + ["Invoice"]
    assert Invoice.objects.get().number == "IN-000001"


def test_control_without_the_lock_only_the_key_saves_us(shipped):
    def read_without_lock(order_ids):
        return {order.pk: order for order in Order.objects.filter(pk__in=order_ids)}

    barrier = Barrier(2)

    def both_have_read(order, shipments):
        draft = invoicing.draft_invoice(order, shipments)
        barrier.wait(timeout=30)
        return draft

    with (
        patch("orders.services.invoices.lock_orders", read_without_lock),
        patch("orders.services.invoices.draft_invoice", both_have_read),
    ):
        results = at_once([partial(issue_invoice, shipped[0].pk)] * 2)
    assert kinds(results) == ["IntegrityError", "Invoice"]
    assert Invoice.objects.get().number == "IN-000001"


def test_many_at_once_get_numbers_without_gaps(shipped):
    results = at_once([partial(issue_invoice, order.pk) for order in shipped])
    assert sorted(invoice.number for invoice in results) == [f"IN-{n:06d}" for n in range(1, 7)]
