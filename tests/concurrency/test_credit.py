"""Two orders of one customer at the same moment, and the control: without the lock both pass the limit."""

from unittest.mock import patch

import pytest

from core.errors import DomainError
from orders.services import create_order
from orders.values import NewLine, NewOrder
from tests.factories import ChannelFactory, CustomerFactory, ProductFactory, WarehouseFactory, stock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def buy():
    """``buy(product)`` orders four pieces at 10.00 for a customer with a limit of 60.00."""
    warehouse, customer, channel = WarehouseFactory(), CustomerFactory(credit_limit="60.00"), ChannelFactory()
    products = [ProductFactory(price="10.00"), ProductFactory(price="10.00")]
    for product in products:
        stock(product, warehouse, 10)

    def call(number):
        try:
            line = NewLine(products[number].pk, 4)
            return create_order(NewOrder(customer.pk, channel.pk, warehouse.pk, [line]))
        except DomainError as refusal:
            return refusal

    return call


def test_two_orders_at_once_do_not_both_take_what_is_left(race, buy):
    results = race(lambda: buy(0), lambda: buy(1))
    assert sorted(type(result).__name__ for result in results) == ["CreditExceeded", "Order"]


def test_control_without_the_lock_both_may_pass(race, buy):
    with patch("orders.services.credit.lock_customers", lambda _customers: None):
        results = race(lambda: buy(0), lambda: buy(1))
    assert "Order" in {type(result).__name__ for result in results}
