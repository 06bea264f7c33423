"""Promises: dated, kept in the order in which they were made, and renewed with a reason when supply moves."""

from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from core import audit
from inventory.models import StockLevel
from inventory.services import adjust_stock
from orders.atp import Timeline, timelines
from orders.models import LinePromise, OrderLine, Owed, PromiseMark
from orders.promise import promise
from orders.promised import moved_promises
from orders.services import cancel_order, change_order, create_order
from orders.services.promising import check_marked_promises, mark_overdue
from orders.timeline import order_events
from orders.values import NewQuantity, OrderChange
from orders.verification import order_differences
from purchasing.services import (
    cancel_purchase_order,
    change_expected_date,
    create_purchase_orders,
    receive_goods,
)
from purchasing.values import NewPurchaseLine, NewPurchaseOrder, NewReceipt
from tests.factories import SupplierItemFactory, stock
from tests.orders.conftest import Desk

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


class Trade:
    """One product of one warehouse, its supplier delivering in ten days; days count from today."""

    def __init__(self):
        self.desk = Desk()
        self.item = SupplierItemFactory(supplier__lead_time_days=10)
        self.product, self.today = self.item.product, timezone.localdate()
        self.place = (self.product.pk, self.desk.warehouse.pk)

    def buy(self, quantity, days):
        lines = [NewPurchaseLine(self.product.pk, quantity)]
        new = NewPurchaseOrder(self.item.supplier_id, self.place[1], lines, expected_on=self.today + days * DAY)
        return create_purchase_orders([new])[0]

    def sell(self, quantity, days=0, **kwargs):
        wish = self.today + days * DAY
        return create_order(self.desk.order((self.product, quantity), requested_date=wish, **kwargs))

    def day(self, order):
        """Days from today to the promised date."""
        date = order.lines.get().promised_date
        return (date - self.today).days if date else None

    def projection(self):
        (line,) = timelines([self.place], today=self.today).values()
        return [((day - self.today).days, pieces) for day, pieces in line.projection()]

    def check(self):
        while check_marked_promises():
            pass


@pytest.fixture
def trade():
    return Trade()


def in_force(order):
    return LinePromise.objects.get(line__order=order, replaced_at=None)


def test_what_is_available_when_is_the_least_of_what_follows(trade):
    stock(trade.product, trade.desk.warehouse, 4)
    trade.buy(10, 3)
    trade.buy(5, 20)
    assert trade.projection() == [(0, 4), (3, 14), (20, 19)]
    # Ten are wanted on day 30: four from stock, six wait. They come out of day 3's ten, or day 20's five and one more.
    assert trade.day(trade.sell(10, 30)) == 30
    assert trade.projection() == [(0, 0), (3, 9), (20, 9), (30, 9)]
    # So nine can be promised for day 3 to somebody who is in a hurry, and then there is nothing left.
    assert trade.day(trade.sell(9)) == 3
    assert trade.projection() == [(0, 0), (3, 0), (20, 0), (30, 0)]
    assert promise([(trade.place, 1)])[0].basis == "lead_time"


def test_what_is_owed_is_added_up_by_day_and_ends_with_the_waiting(trade):
    def owed():
        return {((row.due - trade.today).days, row.pieces) for row in Owed.objects.all()}

    early = trade.buy(10, 3)
    trade.buy(10, 8)
    first, second = trade.sell(6), trade.sell(7)
    third = trade.sell(3)
    # 6 and 3 of day 3's ten; 7 need day 8's.
    assert ([trade.day(order) for order in (first, second, third)], owed()) == ([3, 8, 3], {(3, 9), (8, 7)})
    receive_goods([NewReceipt(early.pk)])
    # Nine are served, the tenth goes to the seven: until the check the sum of day 8 is one too many, never too few.
    assert owed() == {(8, 7)}
    assert timelines([trade.place], today=trade.today)[trade.place].owed.total() == 6
    trade.check()
    assert (owed(), order_differences()) == ({(8, 6)}, [])
    cancel_order(second.pk, reason="changed her mind")
    assert (owed(), order_differences()) == (set(), [])


def test_where_promises_and_waiting_differ_nothing_is_promised_twice(trade):
    line = Timeline(trade.today, owed=Counter({trade.today + timedelta(days=day): 5 for day in (1, 2, 3)}))
    line.fit_owed(8)  # seven wait no longer: the latest are let go
    assert sorted(line.owed.items()) == [(trade.today + timedelta(days=day), n) for day, n in ((1, 5), (2, 3), (3, 0))]
    line.fit_owed(10)  # two nobody was promised: before all others
    assert line.owed[trade.today] == 2


def test_supply_goes_to_who_was_promised_it(trade):
    early, late = trade.buy(10, 3), trade.buy(10, 8)
    later, hurry = trade.sell(10, 8), trade.sell(10)
    assert (trade.day(later), trade.day(hurry)) == (8, 3)
    receive_goods([NewReceipt(early.pk)])
    held = {line.order_id: sum(a.reservation.quantity for a in line.allocations.all()) for line in lines()}
    assert held == {later.pk: 0, hurry.pk: 10}
    receive_goods([NewReceipt(late.pk)])
    assert StockLevel.objects.get().waiting == 0


def lines():
    return OrderLine.objects.prefetch_related("allocations__reservation")


PIECES = st.integers(1, 8)


@settings(
    max_examples=15, deadline=None, phases=[Phase.generate], derandomize=True, suppress_health_check=list(HealthCheck)
)
@given(
    on_hand=st.integers(0, 8),
    bought=st.lists(st.tuples(PIECES, st.integers(1, 9)), max_size=4),
    sold=st.lists(st.tuples(PIECES, st.integers(0, 12)), min_size=1, max_size=6),
)
def test_what_is_shown_is_granted_and_what_comes_as_dated_keeps_every_promise(on_hand, bought, sold):
    trade = Trade()
    if on_hand:
        stock(trade.product, trade.desk.warehouse, on_hand)
    purchases = sorted((days, trade.buy(quantity, days).pk) for quantity, days in bought)
    orders = []
    for quantity, days in sold:
        wish = trade.today + days * DAY
        (line,) = timelines([trade.place], today=trade.today).values()
        shown, on_the_day = promise([(trade.place, quantity)])[0], line.available_on(wish)
        orders.append(trade.sell(quantity, days))
        confirmed = orders[-1].lines.get()
        assert sum(a.reservation.quantity for a in confirmed.allocations.all()) == shown.now
        assert confirmed.promised_date == max(wish, shown.date)
        if on_the_day >= quantity:
            assert confirmed.promised_date == wish
    promised = {order.pk: (trade.day(order), shown_basis(order)) for order in orders}
    for days, purchase in purchases:
        unkept(promised, before=days)
        receive_goods([NewReceipt(purchase)])
    unkept(promised, before=99)


def shown_basis(order):
    row = LinePromise.objects.filter(line__order=order, replaced_at=None).first()
    return row.basis if row else "stock"


def unkept(promised, *, before):
    """Of promises that rest on what lies here or was ordered, those due before a day's goods come in have theirs."""
    short = {
        line.order_id
        for line in lines()
        if line.open_quantity > sum(a.reservation.quantity for a in line.allocations.all())
    }
    assert [pk for pk, (day, basis) in promised.items() if basis != "lead_time" and day < before and pk in short] == []


def test_a_waiting_line_says_what_its_date_rests_on(trade):
    purchase = trade.buy(5, 4)
    order = trade.sell(3)
    row = in_force(order)
    assert (row.pieces, row.date, row.basis, row.document) == (3, trade.today + 4 * DAY, "incoming", purchase.number)
    assert (row.reason, row.cause, row.chance) == ("confirmed", "", None)
    assert in_force(trade.sell(9)).basis == "lead_time"
    stock(trade.product, trade.desk.warehouse, 20)
    trade.check()
    assert not LinePromise.objects.filter(replaced_at=None).exists()


def test_a_new_date_from_the_supplier_moves_the_promise_and_says_so(trade):
    purchase = trade.buy(5, 4)
    order = trade.sell(3)
    trade.check()
    change_expected_date(purchase.pk, trade.today + 9 * DAY)
    trade.check()
    assert trade.day(order) == 9
    row = in_force(order)
    assert (row.reason, row.cause, row.document) == ("rescheduled", purchase.number, purchase.number)
    assert list(order.lines.get().promises.order_by("made_at").values_list("date", flat=True)) == [
        trade.today + 4 * DAY,
        trade.today + 9 * DAY,
    ]
    said = order_events(order.pk)[-1].sentence
    old, new = (trade.today + days * DAY for days in (4, 9))
    assert said == (
        f"The supplier moved the date ({purchase.number}). "
        f"Line 1, {trade.product.sku}: promised for {old} → {new}, with {purchase.number}."
    )


def test_a_check_without_news_writes_nothing(trade):
    purchase = trade.buy(5, 4)
    order = trade.sell(3)
    change_expected_date(purchase.pk, trade.today + 5 * DAY)
    trade.check()
    rows = LinePromise.objects.count()
    mark_overdue()
    trade.check()
    assert LinePromise.objects.count() == rows
    assert [entry.verb for entry in audit.timeline("order", order.pk)] == ["confirmed", "re_promised"]
    assert not PromiseMark.objects.exists()


def test_an_order_that_is_entered_is_judged_alone(trade):
    early, later = timezone.now(), timezone.now() + DAY / 24
    first = trade.sell(3)
    check_marked_promises(now=early)
    second = trade.sell(2)
    check_marked_promises(now=later)
    assert [in_force(order).judged_at for order in (first, second)] == [early, later]
    trade.buy(5, 3)  # which both are promised now, and both are looked at
    trade.check()
    assert [(trade.day(order), in_force(order).judged_at > early) for order in (first, second)] == [(3, True)] * 2


def test_a_cancelled_purchase_leaves_the_lead_time(trade):
    purchase = trade.buy(5, 4)
    order = trade.sell(3)
    cancel_purchase_order(purchase.pk, reason="sold out")
    trade.check()
    assert (trade.day(order), in_force(order).basis, in_force(order).reason) == (10, "lead_time", "cancelled")
    # A purchase order that is placed now is news again; until then another day is none.
    again = trade.buy(5, 6)
    trade.check()
    assert (trade.day(order), in_force(order).document, in_force(order).reason) == (6, again.number, "ordered")


def test_what_came_in_short_leaves_the_rest_waiting_for_its_purchase_order(trade):
    purchase = trade.buy(5, 4)
    first, second = trade.sell(3), trade.sell(2)
    line = purchase.lines.get()
    receive_goods([NewReceipt(purchase.pk, {line.pk: 3})])
    trade.check()
    assert not LinePromise.objects.filter(line__order=first, replaced_at=None).exists()
    assert (trade.day(second), in_force(second).document) == (4, purchase.number)
    receive_goods([NewReceipt(purchase.pk, {line.pk: 1})])
    trade.check()
    assert list(second.lines.get().promises.order_by("pk").values_list("pieces", "date")) == [
        (2, trade.today + 4 * DAY),
        (1, trade.today + 4 * DAY),
    ]
    assert list(moved_promises()) == []


def test_an_order_cancelled_before_others_moves_them_up(trade):
    trade.buy(5, 2)
    trade.buy(5, 8)
    first, second = trade.sell(5), trade.sell(5)
    trade.check()
    assert trade.day(second) == 8
    cancel_order(first.pk, reason="changed mind")
    trade.check()
    assert (trade.day(second), in_force(second).reason) == (2, "changed")


def test_pieces_added_and_pieces_missing_are_promised_too(trade):
    purchase = trade.buy(20, 5)
    stock(trade.product, trade.desk.warehouse, 6)
    order = trade.sell(4)
    change_order(OrderChange(order.pk, [NewQuantity(1, 8)]))
    trade.check()
    assert (in_force(order).pieces, in_force(order).document, trade.day(order)) == (2, purchase.number, 5)
    other = trade.sell(1)
    adjust_stock(product_id=trade.place[0], warehouse_id=trade.place[1], difference=-6, reason="water")
    trade.check()
    assert trade.day(other) == 5
    assert {row.line.order_id: row.document for row in LinePromise.objects.filter(replaced_at=None)} == {
        order.pk: purchase.number,
        other.pk: purchase.number,
    }


def test_goods_that_do_not_come_are_expected_tomorrow(trade):
    trade.buy(5, 4)
    order = trade.sell(3)
    LinePromise.objects.update(date=trade.today - DAY)
    OrderLine.objects.update(promised_date=trade.today - DAY)
    from purchasing.models import PurchaseOrder

    PurchaseOrder.objects.update(expected_on=trade.today - DAY)
    mark_overdue()
    trade.check()
    assert (trade.day(order), in_force(order).reason) == (1, "overdue")


def test_a_past_order_is_promised_as_of_its_own_day(trade):
    order = trade.sell(3, -20, ordered_at=timezone.now() - 20 * DAY)
    assert trade.day(order) == -10
