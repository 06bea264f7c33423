"""What customers buy and when they are due again, by the rule of the page; repurchase rate; profit earned."""

from datetime import date, datetime, timedelta
from decimal import Decimal as D
from itertools import pairwise
from statistics import median_low

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orders.buying import bought_by, customers_due, earned_from, refresh_repeat_purchases, repurchase_rate
from orders.models import Complaint, CustomerItem, RepeatPurchase
from orders.services import cancel_order, create_order, return_goods, ship_order
from orders.values import NewReturn, NewShipment
from tests.factories import CustomerFactory, UserFactory, stock

pytestmark = pytest.mark.django_db


@pytest.fixture
def today() -> date:
    return timezone.localdate()


def order_on(desk, product, day: date, pieces: int = 1):
    at = timezone.make_aware(datetime.combine(day, datetime.min.time())) + timedelta(hours=9)
    return create_order(desk.order((product, pieces), ordered_at=at))


def days_ago(today, *days):
    return [today - timedelta(days=n) for n in days]


def test_the_middle_interval_says_when_a_product_is_due(desk, today):
    tea, rare = desk.product(sku="TEA"), desk.product(sku="RARE")
    # Gaps 10, 30 and 12: the middle one is 12. The pieces are 2, 4, 4, 50: as a rule 4.
    for day, pieces in zip(days_ago(today, 64, 54, 24, 12), [2, 4, 4, 50], strict=True):
        order_on(desk, tea, day, pieces)
    for day in days_ago(today, 20, 10):
        order_on(desk, rare, day)
    found = {row.product.sku: row for row in bought_by(desk.customer, 10)}
    row = found["TEA"]
    assert (row.times, row.pieces, row.interval, row.due, row.is_due) == (4, 4, 12, today, True)
    assert (found["RARE"].times, found["RARE"].interval, found["RARE"].due) == (2, None, None), "two days say nothing"
    assert [row.product.sku for row in bought_by(desk.customer, 10)] == ["TEA", "RARE"], "what is due comes first"


def test_two_orders_of_a_day_are_one_and_cancelled_ones_none(desk, today):
    tea = desk.product()
    for day in days_ago(today, 20, 20, 10):
        order_on(desk, tea, day)
    cancel_order(order_on(desk, tea, today).pk, reason="no")
    (row,) = bought_by(desk.customer, 10)
    assert (row.times, row.last_day, row.due) == (2, today - timedelta(days=10), None)


@pytest.mark.parametrize(("last", "is_due"), [(9, False), (10, True), (20, True), (21, False)])
def test_due_from_the_day_on_until_it_counts_as_given_up(desk, today, last, is_due):
    tea = desk.product(price="3.00")
    for day in days_ago(today, last + 20, last + 10, last):
        order_on(desk, tea, day, 5)
    assert bought_by(desk.customer, 1)[0].is_due is is_due
    assert refresh_repeat_purchases() == 1
    due = list(customers_due(today))
    assert due == ([desk.customer] if is_due else [])
    if is_due:
        assert (due[0].products, due[0].worth) == (1, D("15.00"))


def test_what_was_ordered_since_is_not_due(desk, today):
    tea = desk.product()
    for day in days_ago(today, 30, 20, 10):
        order_on(desk, tea, day)
    refresh_repeat_purchases()
    order_on(desk, desk.product(), today)
    cancel_order(order_on(desk, tea, today).pk, reason="no")
    assert list(customers_due(today)) == [desk.customer]
    order_on(desk, tea, today)
    assert list(customers_due(today)) == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ago=st.lists(st.integers(0, 700), min_size=1, max_size=12, unique=True))
def test_the_database_counts_as_python_does(desk, today, ago):
    product = desk.product()
    for day in days_ago(today, *ago):
        order_on(desk, product, day)
    days = sorted(days_ago(today, *ago))
    gaps = [(after - before).days for before, after in pairwise(days)]
    row = next(row for row in bought_by(desk.customer, 10_000) if row.product == product)
    assert row.times == len(days)
    assert row.interval == (median_low(gaps) if len(days) >= 3 else None)
    refresh_repeat_purchases()
    kept = RepeatPurchase.objects.filter(product=product).values_list("interval_days", "due")
    assert list(kept) == ([(row.interval, row.due)] if len(days) >= 3 else [])


def test_repurchase_rate(desk, today):
    tea, once = desk.product(), CustomerFactory()
    for day in days_ago(today, 40, 10):
        order_on(desk, tea, day)
    mine = desk.customer
    desk.customer = once
    for day in days_ago(today, 400, 5):  # the first is more than a year old
        order_on(desk, tea, day)
    desk.customer = CustomerFactory()
    cancel_order(order_on(desk, tea, today).pk, reason="no")
    found = repurchase_rate()
    assert (found.customers, found.again, found.rate) == (2, 1, 0.5), mine


def test_profit_earned(desk):
    tea = desk.product(price="10.00")
    stock(tea, desk.warehouse, 4)  # at 6.00
    order = create_order(desk.order((tea, 4)))
    ship_order(NewShipment(order.pk))
    part = order.shipments.get().lines.get()
    return_goods([NewReturn(order.pk, {part.pk: 2}, scrapped={part.pk: 1})])
    Complaint.objects.create(order=order, customer=desk.customer, cause="late", text="x", cost=D("1.50"))
    earned = earned_from(desk.customer)
    # 40 - 20 refunded; four cost 24, one went back into stock for 6, the scrapped one stays a cost.
    assert (earned.revenue, earned.cost, earned.profit) == (D("20.00"), D("18.00"), D("0.50"))


def test_only_who_may_see_margins_sees_the_profit(client, desk, today):
    order_on(desk, desk.product(sku="TEA"), today)
    client.force_login(UserFactory(role="Sales"))
    answer = client.get(f"/customers/{desk.customer.pk}/")
    assert "earned" not in answer.context
    assert "TEA" in answer.content.decode()
    client.force_login(UserFactory(role="Managers"))
    assert client.get(f"/customers/{desk.customer.pk}/").context["earned"].profit == D("0.00")
    client.force_login(UserFactory(permissions=["orders.view_customer"]))
    assert "TEA" not in client.get(f"/customers/{desk.customer.pk}/").content.decode()


def test_own_item_codes_are_added_refused_twice_and_removed(client, desk):
    tea, cups = desk.product(sku="TEA"), desk.product(sku="CUPS")
    client.force_login(UserFactory(role="Sales"))
    url = f"/customers/{desk.customer.pk}/items/"
    assert client.post(url, {"product": "TEA", "code": "own-1"}).status_code == 302
    answer = client.post(url, {"product": "CUPS", "code": "OWN-1"})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["code"])
    assert list(client.post(url, {"product": "?", "code": ""}).context["form"].errors) == ["product", "code"]
    item = CustomerItem.objects.get()
    assert (item.product, item.code) == (tea, "own-1")
    client.force_login(UserFactory(permissions=["orders.view_customer"]))
    assert client.get(url).status_code == 200
    assert client.post(url, {"product": cups.sku, "code": "x"}).status_code == 403
    assert client.post(f"/customers/items/{item.pk}/remove/").status_code == 403
    assert CustomerItem.objects.count() == 1
    client.force_login(UserFactory(role="Sales"))
    client.post(f"/customers/items/{item.pk}/remove/")
    assert not CustomerItem.objects.exists()
