"""Odds learned from receipts and shipments, on the line, on the order's page and on the page of promises."""

from datetime import date

import pytest
from django.utils import timezone

from core.models import User
from orders.learning import Delays, learn_delays, newest
from orders.models import LearnedDelay, LinePromise
from orders.odds import added, chance, given_at_least
from orders.promised import moved_promises, promise_outcomes
from orders.services import create_order, ship_order
from orders.services.promising import mark_overdue
from orders.values import NewShipment
from purchasing.performance import remember_lead_times
from purchasing.services import change_expected_date, create_purchase_orders, receive_goods
from purchasing.values import NewPurchaseLine, NewPurchaseOrder, NewReceipt
from tests.factories import UserFactory, stock
from tests.orders.test_promises import DAY, Trade, in_force

pytestmark = pytest.mark.django_db
SLIPS = [0, 0, 0, 0, 1, 1, 1, 2, 2, 5]


@pytest.fixture
def trade():
    return Trade()


def learn(trade, slips=SLIPS):
    """Receipts of the past, each so many days after the date named."""
    now = timezone.now() - 60 * DAY
    new = NewPurchaseOrder(
        trade.item.supplier_id,
        trade.place[1],
        [NewPurchaseLine(trade.product.pk, 1)],
        ordered_at=now,
        expected_on=timezone.localdate(now) + 10 * DAY,
    )
    for purchase, slip in zip(create_purchase_orders([new] * len(slips)), slips, strict=True):
        receive_goods([NewReceipt(purchase.pk, received_at=now + (10 + slip) * DAY)])
    # What came in is sold and shipped on the day: nothing is left, and picking takes no time.
    order = create_order(trade.desk.order((trade.product, len(slips)), ordered_at=now + 20 * DAY))
    ship_order(NewShipment(order.pk, shipped_at=now + 20 * DAY))
    learn_delays()
    remember_lead_times()


def sample(kind, key):
    return newest({key})[kind, key].sample


def test_delays_are_counted_once_and_again_only_when_they_changed(trade):
    learn(trade)
    supplier, warehouse = trade.item.supplier.code, trade.desk.warehouse.code
    assert sample("slip", supplier) == sample("slip", "") == {0: 4, 1: 3, 2: 2, 5: 1}
    assert sample("lead", supplier) == {10: 4, 11: 3, 12: 2, 15: 1}
    assert sample("picking", warehouse) == {0: 1}
    rows = LearnedDelay.objects.count()
    assert (rows, learn_delays()) == (6, 0)
    learn(trade, [3])
    assert sample("slip", supplier) == {0: 4, 1: 3, 2: 2, 3: 1, 5: 1}


def test_a_waiting_line_gets_its_odds_and_they_can_be_computed_again_from_the_evidence(trade):
    learn(trade)
    purchase = trade.buy(5, 4)
    order = trade.sell(3)
    assert in_force(order).chance is None
    trade.check()
    row = in_force(order)
    # Own and everybody's are the same here: 4, 3, 2 and 1 in ten. Too few shipments are known to say how we pick.
    assert (row.date, row.chance) == (trade.today + 4 * DAY, 0.4)
    assert (row.safe_date, row.safe_chance) == (trade.today + 6 * DAY, 0.9)
    assert (row.document, row.reason) == (purchase.number, "confirmed")
    assert again(row) == (row.chance, row.safe_chance)
    # Two days after it was due at the latest four in ten have come; it did not.
    row.evidence["today"] = f"{trade.today + 5 * DAY}"
    assert again(row)[1] == 0.6667


def again(row):
    """The odds of a promise, computed from its evidence and the rows that it names."""
    evidence = row.evidence
    learned = {
        (kept.kind, kept.key): {int(days): n for days, n in kept.counts.items()}
        for kept in LearnedDelay.objects.filter(pk__in=evidence["learned"])
    }
    delays = Delays({key: type("Row", (), {"sample": counts, "row": 0}) for key, counts in learned.items()})
    named, today = (date.fromisoformat(evidence[key]) for key in ("named", "today"))
    arrival = given_at_least(delays.of(evidence["kind"], evidence["source"]), (today - named).days + 1)
    picking = delays.of("picking", evidence["warehouse"]) or {0: 1.0}
    both = added(arrival, picking)
    return tuple(round(chance(both, (day - named).days), 4) for day in (row.date, row.safe_date))


def test_a_line_to_be_ordered_has_the_odds_of_the_suppliers_lead_times(trade):
    learn(trade)
    order = trade.sell(3)
    trade.check()
    row = in_force(order)
    # Ten receipts took 11.1 days on average; drawn towards the ten days quoted, 11.03: twelve whole days.
    assert (row.basis, row.date, row.chance) == ("lead_time", trade.today + 12 * DAY, 0.9)
    assert (row.safe_date, row.safe_chance) == (trade.today + 12 * DAY, 0.9)


def test_a_safe_date_that_became_unlikely_is_replaced(trade):
    learn(trade)
    purchase = trade.buy(5, 1)
    order = trade.sell(3)
    trade.check()
    assert in_force(order).safe_date == trade.today + 3 * DAY
    # As if it had been promised three days ago: only the one in ten that took five days is left.
    from orders.models import OrderLine
    from purchasing.models import PurchaseOrder

    PurchaseOrder.objects.filter(pk=purchase.pk).update(expected_on=trade.today - 2 * DAY)
    LinePromise.objects.update(date=trade.today + DAY, safe_date=trade.today + DAY)
    OrderLine.objects.filter(order=order).update(promised_date=trade.today + DAY)
    mark_overdue()
    trade.check()
    row = in_force(order)
    assert (row.reason, row.date, row.safe_date) == ("overdue", trade.today + DAY, trade.today + 3 * DAY)


def test_the_orders_page_says_when_it_ships_and_what_was_said_before(trade, client):
    learn(trade)
    purchase = trade.buy(5, 4)
    order = trade.sell(3)
    trade.check()
    change_expected_date(purchase.pk, trade.today + 8 * DAY)
    trade.check()
    client.force_login(UserFactory(role="Sales"))
    page = client.get(f"/orders/{order.pk}/").content.decode()
    safe, new = trade.today + 10 * DAY, trade.today + 8 * DAY
    assert f"Ships by <strong>{safe}</strong> (90 %)." in page
    assert f"Expected on {new} with {purchase.number}." in page
    assert f"<s>{trade.today + 6 * DAY} (90 %)</s>" in page
    assert f"The supplier moved the date ({purchase.number})" in page


def test_sales_people_see_the_moved_promises_of_their_own_orders(trade, client, django_user_model):
    purchase = trade.buy(9, 4)
    mine, other = trade.sell(3), trade.sell(2)
    user: User = UserFactory(role="Sales")
    mine.created_by = user
    mine.save(update_fields=["created_by"])
    trade.check()
    change_expected_date(purchase.pk, trade.today + 8 * DAY)
    trade.check()
    assert [row.line.order_id for row in moved_promises(user=user)] == [mine.pk]
    client.force_login(user)
    page = client.get("/promises/").content.decode()
    assert mine.number in page
    assert other.number not in page
    assert f"<s>{trade.today + 4 * DAY}</s>" in page
    assert other.number in client.get("/promises/?of=all").content.decode()


def test_promises_whose_day_has_passed_are_scored(trade, client):
    learn(trade)
    trade.buy(9, 4)
    kept, broken = trade.sell(3), trade.sell(3)
    trade.check()
    LinePromise.objects.filter(line__order=kept).update(safe_date=trade.today, date=trade.today)
    assert promise_outcomes() == []
    stock(trade.product, trade.desk.warehouse, 3)
    ship_order(NewShipment(kept.pk))
    LinePromise.objects.filter(line__order=broken).update(safe_date=trade.today, date=trade.today - DAY)
    tomorrow = trade.today + DAY
    outcomes = promise_outcomes(today=tomorrow)  # in no order
    assert sorted((o.kept, o.safe_kept, o.safe_chance) for o in outcomes) == [(False, False, 0.9), (True, True, 0.9)]
    LinePromise.objects.update(date=trade.today - 2 * DAY, safe_date=trade.today - DAY)
    client.force_login(UserFactory(role="Sales"))
    assert "0 / 2" in client.get("/promises/").content.decode()


def test_the_availability_page_shows_every_warehouse_by_day(trade, client):
    stock(trade.product, trade.desk.warehouse, 4)
    purchase = trade.buy(10, 3)
    client.force_login(UserFactory(role="Sales"))
    page = client.get("/promises/availability/", {"q": trade.product.sku, "quantity": 6}).content.decode()
    assert f"6 by {trade.today + 3 * DAY} · {purchase.number}" in page
    for days, pieces in ((0, 4), (3, 14)):
        assert f'<td>{trade.today + days * DAY}</td><td class="number">{pieces}</td>' in page
    assert "No product fits" in client.get("/promises/availability/?q=nothing&quantity=1").content.decode()
