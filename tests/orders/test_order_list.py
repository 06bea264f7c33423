"""The order list sorted over its pages, and what cancelling the rest of an order says."""

from datetime import timedelta

import pytest
from django.utils import timezone

from orders import services
from orders.values import NewShipment
from tests.factories import CustomerFactory, UserFactory, stock

pytestmark = pytest.mark.django_db


@pytest.fixture
def sales(client):
    client.force_login(UserFactory(role="Sales"))
    return client


@pytest.mark.parametrize(
    ("sort", "expected"),
    [("", [3, 2, 1, 0]), ("due", [1, 3, 2, 0]), ("customer", [2, 0, 3, 1])],
)
def test_the_list_is_sorted_over_all_its_pages(sales, desk, monkeypatch, sort, expected):
    monkeypatch.setattr("orders.views.orders.PAGE_SIZE", 1)
    today, tea = timezone.localdate(), desk.product(price="10.00")
    ann, zoe = CustomerFactory(name="Ann"), CustomerFactory(name="Zoe")
    made = []
    for pieces, customer, days in [(1, ann, 9), (1, zoe, 1), (1, ann, 5), (1, zoe, 5)]:
        desk.customer = customer
        made.append(services.create_order(desk.order((tea, pieces), requested_date=today + timedelta(days=days))))
    found, before = [], None
    while not found or before:
        context = sales.get("/orders/", {"sort": sort} | ({"before": before} if before else {})).context
        found += [made.index(order) for order in context["orders"]]
        before = context["next"]
    assert found == expected
    assert sales.get("/orders/?sort=nonsense").status_code == 200


def test_cancelling_the_rest_does_not_call_the_order_cancelled(sales, desk):
    product = desk.product()
    stock(product, desk.warehouse, 5)
    order = services.create_order(desk.order((product, 8)))
    services.ship_order(NewShipment(order.pk))
    page = sales.post(f"/orders/{order.pk}/cancel/", {"reason": "Too late"}, follow=True)
    (message,) = page.context["messages"]
    assert (
        str(message) == f"What had not shipped of order {order.number} is cancelled; what was reserved is free again."
    )
    order.refresh_from_db()
    assert order.status == "shipped"
