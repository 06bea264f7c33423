"""The credit limit: what counts, who is refused with which figures, who may release."""

from datetime import timedelta
from decimal import Decimal as D

import pytest
from django.utils import timezone

from orders.credit import CreditExceeded, credit_used
from orders.models import LostDemand, Order
from orders.services import cancel_order, change_order, create_order, create_orders, return_goods, ship_order
from orders.timeline import order_events
from orders.values import NewQuantity, NewReturn, NewShipment, OrderChange
from tests.factories import UserFactory, stock

pytestmark = pytest.mark.django_db


@pytest.fixture
def tea(desk):
    product = desk.product(sku="TEA", price="10.00", tax_rate="13")
    stock(product, desk.warehouse, 100)
    return product


def limit(desk, amount, days=0):
    desk.customer.credit_limit, desk.customer.payment_days = D(amount), days
    desk.customer.save()


def used(desk):
    return credit_used([desk.customer.pk])[desk.customer.pk]


def test_open_goods_count_with_discounts_freight_and_tax(desk, tea):
    create_order(desk.order((tea, 4), discount=D("5"), freight=D("10.00")))
    # 40.00 less 5 % = 38.00, with 13 % 42.94; freight 10.00 with 13 % 11.30
    assert used(desk) == D("54.24")


def test_what_shipped_counts_until_the_days_to_pay_are_over_and_less_what_came_back(desk, tea):
    limit(desk, "1000", days=30)
    order = create_order(desk.order((tea, 4)))
    shipment = ship_order(NewShipment(order.pk, {order.lines.get().pk: 3}, timezone.now() - timedelta(days=29)))
    assert used(desk) == D("45.20")  # 1 open 11.30, 3 shipped 33.90
    return_goods([NewReturn(order.pk, {shipment.lines.get().pk: 1})])
    assert used(desk) == D("33.90")
    cancel_order(order.pk, reason="x")
    assert used(desk) == D("22.60")
    limit(desk, "1000", days=28)
    assert used(desk) == D("0.00")


def test_freight_is_owed_as_long_as_the_goods_are(desk, tea):
    limit(desk, "1000", days=30)
    order = create_order(desk.order((tea, 4), freight=D("10.00")))
    assert used(desk) == D("56.50")  # 45.20 and freight with 13 %: 11.30
    ship_order(NewShipment(order.pk, {order.lines.get().pk: 3}, timezone.now() - timedelta(days=29)))
    assert used(desk) == D("56.50")
    cancel_order(order.pk, reason="x")
    assert used(desk) == D("45.20")  # 3 shipped 33.90, freight 11.30
    limit(desk, "1000", days=28)
    assert used(desk) == D("0.00")


def test_the_refusal_names_the_amounts_and_who_may_release(desk, tea):
    UserFactory(role="Managers", first_name="Min", last_name="Zhao")
    UserFactory(role="Sales")
    limit(desk, "60.00")
    create_order(desk.order((tea, 4)))  # 45.20
    with pytest.raises(CreditExceeded) as refused:
        create_order(desk.order((tea, 2)))  # 22.60
    assert refused.value.meta == {
        "limit": "60.00",
        "used": "45.20",
        "wanted": "22.60",
        "over": "7.80",
        "releasers": ["Min Zhao"],
    }
    assert refused.value.detail == (
        f"{desk.customer} would be 7.80 over the credit limit of 60.00: "
        "45.20 are in use and this adds 22.60. It can be released by: Min Zhao."
    )
    assert (Order.objects.count(), LostDemand.objects.count()) == (1, 0)
    create_order(desk.order((tea, 1)))  # 56.50 is within


def test_released_orders_are_taken_and_say_so(desk, tea):
    limit(desk, "10.00")
    order = create_order(desk.order((tea, 2), release_credit=True))
    assert [e.sentence for e in order_events(order.pk)][-1] == (
        "Released although it goes 12.60 over the credit limit."
    )
    free = create_order(desk.order((desk.product(price="0.00"), 1), release_credit=True))
    assert [e.verb for e in order_events(free.pk)] == ["confirmed", "credit_released"]


def test_orders_of_one_request_are_counted_on_each_other(desk, tea):
    limit(desk, "30.00")
    outcomes = create_orders([desk.order((tea, 1)), desk.order((tea, 2)), desk.order((tea, 1))])
    assert [type(outcome.error).__name__ for outcome in outcomes] == ["NoneType", "CreditExceeded", "NoneType"]


def test_a_change_may_not_go_beyond_it_but_may_take_less(desk, tea):
    limit(desk, "60.00")
    order = create_order(desk.order((tea, 4)))  # 45.20
    more = OrderChange(order.pk, quantities=[NewQuantity(1, 6)])  # 67.80
    with pytest.raises(CreditExceeded) as refused:
        change_order(more)
    assert (refused.value.meta["over"], order.lines.get().quantity) == ("7.80", 4)
    limit(desk, "20.00")
    change_order(OrderChange(order.pk, quantities=[NewQuantity(1, 3)]))
    change_order(OrderChange(order.pk, quantities=[NewQuantity(1, 6)], release_credit=True))
    assert order.lines.get().quantity == 6
