"""Scarce stock given out anew: who contends under which rules, the preview, and doing it."""

from decimal import Decimal

import pytest

from core.errors import Outdated
from inventory.models import StockLevel
from inventory.verification import stock_differences
from orders.models import DeliveryCosts, LinePromise, ServiceMinimum
from orders.scarcity import case_of, earns, fingerprint, moves, plan_of, scarce_places
from orders.services import change_order
from orders.services.reallocating import reallocate_stock
from orders.timeline import order_events
from orders.values import NewQuantity, OrderChange
from orders.verification import stray_reservations
from tests.factories import CustomerFactory, UserFactory, stock
from tests.orders.test_promises import DAY, Trade, in_force, lines

pytestmark = pytest.mark.django_db


@pytest.fixture
def trade():
    return Trade()


@pytest.fixture
def scarce(trade):
    """Ten pieces: six held for day 20, four for somebody who wanted eight today; ten more come on day 5."""
    stock(trade.product, trade.desk.warehouse, 10)
    later, now = trade.sell(6, 20), trade.sell(8)
    purchase = trade.buy(10, 5)
    trade.check()
    return trade, later, now, purchase


def held():
    return {line.order_id: sum(a.reservation.quantity for a in line.allocations.all()) for line in lines()}


def test_who_can_wait_for_supply_gives_way_to_who_cannot(scarce):
    trade, later, now, purchase = scarce
    case = case_of(trade.place)
    assert (case.stock, case.covered_on, case.document) == (10, trade.today + 5 * DAY, purchase.number)
    by_order = {c.line.order_id: c.claim for c in case.contenders}
    # Five late days: a margin of 4.00 lost with odds of 1 - 0.99^5 = 4.901 %, and 0.2 % of 10.00 a day: 0.2960 a piece.
    assert (by_order[now.pk].gain, by_order[now.pk].bonus) == (2960, 150_000)
    assert (by_order[later.pk].gain, by_order[later.pk].bonus, by_order[later.pk].most) == (0, 0, 6)
    plans = {rule: plan_of(case, rule) for rule in ("profit", "due", "first_come")}
    assert [list(plan.values()) for plan in plans.values()] == [[2, 8], [2, 8], [6, 4]]
    assert (earns(case, plans["profit"]), earns(case, plans["first_come"])) == (Decimal("17.37"), Decimal("1.18"))
    promised, covered = trade.today + 20 * DAY, trade.today + 5 * DAY
    assert [move.reason for move in moves(case, plans["profit"], "profit")] == [
        f"4 fewer: promised for {promised}, and {purchase.number} brings them by {covered}.",
        "4 more: that completes the order and saves a delivery (15.00).",
    ]


def test_what_is_held_for_a_promise_before_supply_comes_is_never_taken(trade):
    stock(trade.product, trade.desk.warehouse, 6)
    first, dear = trade.sell(6, 2), trade.sell(6)
    trade.buy(10, 5)
    trade.check()
    case = case_of(trade.place)
    assert [c.claim.least for c in case.contenders] == [6, 0]
    assert plan_of(case, "profit") == {first.lines.get().pk: 6, dear.lines.get().pk: 0}
    assert moves(case, plan_of(case, "profit"), "profit")[0].reason == (
        f"Keeps what it holds: promised for {trade.today + 2 * DAY}, before more comes."
    )


def test_a_guaranteed_share_is_served_before_any_profit(scarce):
    trade, later, _now, _purchase = scarce
    other = CustomerFactory()
    DeliveryCosts.objects.create(pk=1, delivery_cost=Decimal(0))
    later.customer = other
    later.save(update_fields=["customer"])
    ServiceMinimum.objects.create(customer=other, percent=75)
    case = case_of(trade.place)
    # Three quarters of six, rounded down.
    assert [c.claim.least for c in case.contenders] == [4, 0]
    assert list(plan_of(case, "profit").values()) == [4, 6]


def test_giving_out_moves_the_reservations_and_renews_the_promises(scarce):
    trade, later, now, purchase = scarce
    case = case_of(trade.place)
    seen = fingerprint(case, plan_of(case, "profit"))
    assert held() == {later.pk: 6, now.pk: 4}
    assert reallocate_stock(trade.place, "profit", seen=seen) == 4
    assert held() == {later.pk: 2, now.pk: 8}
    assert (StockLevel.objects.get().reserved, StockLevel.objects.get().waiting) == (10, 4)
    assert stock_differences() == []
    assert list(stray_reservations()) == []
    trade.check()
    row = in_force(later)
    assert (row.reason, row.date, row.document) == ("reallocated", trade.today + 20 * DAY, purchase.number)
    assert not LinePromise.objects.filter(line__order=now, replaced_at=None).exists()
    assert order_events(now.pk)[-1].sentence == (
        f"Scarce stock was given out anew (Most profit). Line 1, {trade.product.sku}: 4 → 8 reserved."
    )
    unchanged = case_of(trade.place)
    same = fingerprint(unchanged, plan_of(unchanged, "profit"))
    assert reallocate_stock(trade.place, "profit", seen=same) == 0


def test_a_preview_that_is_no_longer_true_moves_nothing(scarce):
    trade, later, now, _purchase = scarce
    case = case_of(trade.place)
    seen = fingerprint(case, plan_of(case, "profit"))
    change_order(OrderChange(now.pk, [NewQuantity(1, 7)]))
    with pytest.raises(Outdated):
        reallocate_stock(trade.place, "profit", seen=seen)
    assert held() == {later.pk: 6, now.pk: 4}


def test_the_page_previews_compares_and_confirms(scarce, client):
    trade, later, now, _purchase = scarce
    client.force_login(UserFactory(role="Managers"))
    address = f"/promises/scarce/{trade.place[0]}/{trade.place[1]}/"
    assert [level.product_id for level in scarce_places()] == [trade.product.pk]
    assert address in client.get("/promises/scarce/").content.decode()
    page = client.get(address)
    assert "16.19" in page.content.decode()
    assert "4 would move." in page.content.decode()
    stale = client.post(address, {"rule": "profit", "seen": "x"})
    assert stale.status_code == 409
    assert "look at the new preview" in stale.content.decode()
    assert client.post(address, {"rule": "magic", "seen": "x"}).status_code == 409
    assert held() == {later.pk: 6, now.pk: 4}
    done = client.post(address, {"rule": "profit", "seen": page.context["seen"]})
    assert done.status_code == 302
    assert held() == {later.pk: 2, now.pk: 8}
    assert "This rule moves nothing" in client.get(address).content.decode()
    assert client.get(address + "?rule=unknown").status_code == 200


def test_costs_and_guarantees_are_kept(client, trade):
    client.force_login(UserFactory(role="Managers"))
    address = "/promises/costs/"
    wrong = client.post(address, {"delivery_cost": "-1", "late_share_per_day": "0.01", "cancel_odds_per_day": "2"})
    assert (wrong.status_code, DeliveryCosts.objects.count()) == (422, 0)
    fields = {"delivery_cost": "20", "late_share_per_day": "0.01", "cancel_odds_per_day": "0.02"}
    assert client.post(address, fields).status_code == 302
    assert DeliveryCosts.objects.get().delivery_cost == 20
    assert (
        "No customer has the code NOBODY."
        in client.post(address, {"customer": "NOBODY", "percent": "50"}).content.decode()
    )
    code = trade.desk.customer.code
    assert client.post(address, {"customer": code, "percent": "50"}).status_code == 302
    assert ServiceMinimum.objects.get().percent == 50
    assert "50 %" in client.get(address).content.decode()
    assert client.post(address, {"customer": code, "percent": "0"}).status_code == 302
    assert not ServiceMinimum.objects.exists()


@pytest.mark.parametrize(
    ("method", "path", "permission", "status"),
    [
        ("get", "/promises/scarce/", "orders.reallocate_stock", 200),
        ("get", "/promises/scarce/0/0/", "orders.reallocate_stock", 404),
        ("post", "/promises/scarce/0/0/", "orders.reallocate_stock", 404),
        ("get", "/promises/costs/", "orders.change_deliverycosts", 200),
        ("post", "/promises/costs/", "orders.change_deliverycosts", 422),
    ],
)
def test_only_the_permission_opens_the_door(client, method, path, permission, status):
    assert getattr(client, method)(path).status_code == 302
    client.force_login(UserFactory(role="Sales"))
    assert getattr(client, method)(path).status_code == 403
    client.force_login(UserFactory(permissions=[permission]))
    assert getattr(client, method)(path, {"delivery_cost": "x"}).status_code == status
