"""Warehouses chosen by rule, substitutes offered, and quotas that no confirmation exceeds."""

import itertools
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest
from django.utils import timezone

from core.errors import InvalidInput
from orders.models import Order, Quota, ShippingLane, Substitute
from orders.services import cancel_order, change_order, create_order, create_orders, save_address
from orders.services.rules import NewQuota, QuotaExceeded, set_quota
from orders.sources import alternatives, sources_for
from orders.sourcing import CHEAPEST, FEWEST, NEAREST, Source, source
from orders.values import NewQuantity, OrderChange
from tests.factories import CustomerFactory, ProductFactory, UserFactory, WarehouseFactory, stock
from tests.orders.conftest import Desk

TEA, CUP = 1, 2
LINES = [(TEA, 10), (CUP, 5)]


def place(warehouse, distance, cost, tea, cup):
    return Source(warehouse, distance, Decimal(cost), {TEA: tea, CUP: cup})


PLACES = [place(1, 10, "8", 6, 0), place(2, 300, "15", 10, 2), place(3, 900, "40", 10, 5), place(4, 50, "9", 4, 5)]


def sent(plan):
    return [(part.warehouse, dict(part.pieces)) for part in plan.parts]


@pytest.mark.parametrize(
    ("rule", "parts", "cost"),
    [
        (NEAREST, [(1, {0: 6}), (4, {0: 4, 1: 5})], "17"),
        (FEWEST, [(3, {0: 10, 1: 5})], "40"),
        (CHEAPEST, [(1, {0: 6}), (4, {0: 4, 1: 5})], "17"),
    ],
)
def test_rules_choose_warehouses(rule, parts, cost):
    plan = source(LINES, PLACES, rule)
    assert (sent(plan), plan.cost, dict(plan.missing)) == (parts, Decimal(cost), {})


def test_what_no_warehouse_has_is_missing_and_lines_of_one_product_share_it():
    plan = source([(TEA, 20), (TEA, 20)], PLACES[:2], NEAREST)
    assert sent(plan) == [(1, {0: 6}), (2, {0: 10})]
    assert dict(plan.missing) == {0: 4, 1: 20}
    assert source(LINES, [], CHEAPEST).missing == {0: 10, 1: 5}


def test_fewest_and_cheapest_are_the_best_of_every_set():
    rng = np.random.default_rng(4)
    for _n in range(60):
        places = [
            place(n, *(int(rng.integers(0, most)) for most in (900, 60, 9, 6))) for n in range(int(rng.integers(1, 6)))
        ]
        plans = [
            source(LINES, list(some), NEAREST)
            for size in range(1, len(places) + 1)
            for some in itertools.combinations(places, size)
        ]
        least = min(sum(plan.missing.values()) for plan in plans)
        full = [plan for plan in plans if sum(plan.missing.values()) == least]
        fewest, cheapest = source(LINES, places, FEWEST), source(LINES, places, CHEAPEST)
        assert sum(fewest.missing.values()) == sum(cheapest.missing.values()) == least
        assert len(fewest.parts) == min(len(plan.parts) for plan in full)
        assert cheapest.cost == min(plan.cost for plan in full)


@pytest.fixture
def near_and_far(desk):
    """Tea: six near the customer, four far away; cups only far away."""
    desk.customer = CustomerFactory(address="上海市静安区 1")
    desk.far = WarehouseFactory()
    desk.tea, desk.cup = desk.product(sku="TEA"), desk.product(sku="CUP")
    ShippingLane.objects.create(warehouse=desk.warehouse, area="上海", distance_km=20, cost=8)
    ShippingLane.objects.create(warehouse=desk.warehouse, distance_km=900, cost=30)
    ShippingLane.objects.create(warehouse=desk.far, distance_km=1200, cost=25)
    stock(desk.tea, desk.warehouse, 6)
    stock(desk.tea, desk.far, 4)
    stock(desk.cup, desk.far, 5)
    return desk


@pytest.mark.django_db
def test_the_lane_that_says_most_of_the_address_counts(near_and_far):
    ways = [(s.warehouse, s.distance, s.cost) for s in sources_for(near_and_far.customer, [near_and_far.tea.pk])]
    assert ways == [(near_and_far.warehouse.pk, 20, 8), (near_and_far.far.pk, 1200, 25)]
    elsewhere = CustomerFactory(address="北京市 2")
    assert [s.distance for s in sources_for(elsewhere, [near_and_far.tea.pk])] == [900, 1200]
    save_address(elsewhere.pk, {"label": "Dock", "address": near_and_far.customer.address, "is_default": True})
    assert ways == [(s.warehouse, s.distance, s.cost) for s in sources_for(elsewhere, [near_and_far.tea.pk])]


def send(client, desk, **fields):
    order = {"customer": desk.customer.code, "channel": desk.channel.pk, "rule": "nearest", "lines": "TEA 9\ncup\t7"}
    return client.post("/promises/sourcing/", order | fields)


@pytest.mark.django_db
def test_a_sourced_order_is_previewed_and_then_confirmed_as_shown(client, near_and_far):
    desk = near_and_far
    Substitute.objects.create(product=desk.cup, other=ProductFactory(sku="MUG"), kind="successor")
    client.force_login(UserFactory(role="Sales"))
    assert "Nothing previewed yet" in client.get("/promises/sourcing/").content.decode()
    preview = send(client, desk)
    assert preview.status_code == 200
    assert "Confirm as 2 orders" in preview.content.decode()
    assert "Successor: MUG" in preview.content.decode()
    assert not Order.objects.exists()
    stale = send(client, desk, seen="something else")
    assert stale.status_code == 409
    assert not Order.objects.exists()
    # Without a key of its own the form is done at once: a key opens a transaction that this test is in already.
    done = send(client, desk, seen=preview.context["seen"], key="none")
    assert done.status_code == 302
    orders = {
        order.warehouse_id: list(order.lines.order_by("position").values_list("product__sku", "quantity"))
        for order in Order.objects.all()
    }
    # The two cups that nobody has wait at the first warehouse.
    assert orders == {desk.warehouse.pk: [("TEA", 6), ("CUP", 2)], desk.far.pk: [("TEA", 3), ("CUP", 5)]}


@pytest.mark.django_db
def test_wrong_lines_are_named_and_kept(client, near_and_far):
    client.force_login(UserFactory(role="Sales"))
    page = send(client, near_and_far, lines="TEA 9\nNONSENSE 4\nTEA x\n7", customer="NOBODY")
    assert page.status_code == 422
    text = page.content.decode()
    assert "Line 2: There is no product NONSENSE." in text
    assert "Line 3: write the SKU, a space and the pieces." in text
    assert "No customer has the code NOBODY." in text
    assert "NONSENSE 4" in text


@pytest.mark.django_db
def test_successors_are_offered_before_substitutes(desk):
    tea, other, after = desk.product(), desk.product(sku="A-OTHER"), desk.product(sku="B-AFTER")
    archived = desk.product(is_active=False)
    for product, kind in ((other, "substitute"), (after, "successor"), (archived, "successor")):
        Substitute.objects.create(product=tea, other=product, kind=kind)
    stock(after, desk.warehouse, 7)
    found = alternatives([tea.pk], [desk.warehouse.pk])[tea.pk]
    assert [(row.product.sku, row.is_successor, row.available) for row in found] == [
        ("B-AFTER", True, 7),
        ("A-OTHER", False, 0),
    ]


def quota(desk, product, quantity, **whose):
    today = timezone.localdate()
    whose = whose or {"channel": desk.channel}
    return set_quota(NewQuota(product, quantity, today, today + timedelta(days=6), **whose))


@pytest.mark.django_db
def test_a_quota_may_hold_until_the_last_day_of_the_calendar(desk):
    product, today = desk.product(), timezone.localdate()
    row = set_quota(NewQuota(product, 3, today, date.max, channel=desk.channel))
    row.refresh_from_db()
    assert row.last_day == date(9999, 12, 30)
    with pytest.raises(QuotaExceeded):
        create_order(desk.order((product, 4)))
    with pytest.raises(InvalidInput):
        set_quota(NewQuota(product, 3, date.max, date.max, channel=desk.channel))


@pytest.mark.django_db
def test_a_quota_counts_what_was_ordered_and_refuses_what_exceeds_it(desk):
    product = desk.product(sku="TEA")
    first = create_order(desk.order((product, 4)))
    row = quota(desk, product, 10)
    assert row.used == 4
    create_order(desk.order((product, 5)))
    with pytest.raises(QuotaExceeded) as refused:
        create_order(desk.order((product, 2)))
    day = timezone.localdate() + timedelta(days=6)
    assert refused.value.detail == f"TEA: only 1 of the quota of {desk.channel.name} are left until {day}."
    with pytest.raises(QuotaExceeded):
        change_order(OrderChange(first.pk, [NewQuantity(1, 6)]))
    cancel_order(first.pk, reason="changed mind")
    row.refresh_from_db()
    assert row.used == 5
    # Of a batch only what exceeds it is refused.
    outcomes = create_orders([desk.order((product, n)) for n in (3, 3, 2)])
    assert [type(outcome.error).__name__ for outcome in outcomes] == ["NoneType", "QuotaExceeded", "NoneType"]
    row.refresh_from_db()
    assert row.used == 10


@pytest.mark.django_db
def test_a_quota_limits_its_customer_and_its_days_only(desk):
    product = desk.product()
    quota(desk, product, 3, customer=desk.customer)
    other = Desk()
    create_order(other.order((product, 50)))
    create_order(desk.order((product, 50), ordered_at=timezone.now() - timedelta(days=2)))
    with pytest.raises(QuotaExceeded):
        create_order(desk.order((product, 4)))
    with pytest.raises(InvalidInput) as refused:
        quota(desk, product, 1, customer=other.customer)
    assert list(refused.value.field_errors) == ["quantity"]


@pytest.mark.django_db
def test_rules_are_added_shown_and_taken_back(client, desk):
    desk.product(sku="TEA")
    desk.product(sku="MUG")
    client.force_login(UserFactory(role="Managers"))
    today = timezone.localdate()
    days = {"quota-first": today, "quota-last": today}
    base = {"what": "quota", "quota-product": "tea", "quota-quantity": "5", **days}
    assert "Choose either a channel or a customer." in client.post("/promises/rules/", base).content.decode()
    assert client.post("/promises/rules/", base | {"quota-channel": desk.channel.pk}).status_code == 302
    late = base | {"quota-channel": desk.channel.pk, "quota-last": today - timedelta(days=1)}
    assert "This day is before the first one." in client.post("/promises/rules/", late).content.decode()
    pair = {"what": "substitute", "substitute-product": "TEA", "substitute-other": "MUG"}
    pair["substitute-kind"] = "substitute"
    assert client.post("/promises/rules/", pair | {"substitute-other": "TEA"}).status_code == 422
    assert client.post("/promises/rules/", pair).status_code == 302
    lane = {"what": "lane", "lane-warehouse": desk.warehouse.pk, "lane-distance_km": "20", "lane-cost": "8.5"}
    assert client.post("/promises/rules/", lane).status_code == 302
    page = client.get("/promises/rules/").content.decode()
    assert "0 / 5" in page
    assert "TEA → <strong>MUG</strong>" in page
    assert "20 km" in page
    for what, model in (("drop-quota", Quota), ("drop-substitute", Substitute)):
        assert client.post("/promises/rules/", {"what": what, "id": model.objects.get().pk}).status_code == 302
        assert not model.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "permissions"),
    [
        ("/promises/sourcing/", ["orders.confirm_order"]),
        ("/promises/rules/", ["orders.change_quota", "orders.change_substitute", "orders.change_shippinglane"]),
    ],
)
def test_only_the_permission_opens_the_door(client, path, permissions):
    assert client.get(path).status_code == 302
    client.force_login(UserFactory(role="Warehouse"))
    assert [client.get(path).status_code, client.post(path, {}).status_code] == [403, 403]
    client.force_login(UserFactory(permissions=permissions))
    assert client.get(path).status_code == 200
