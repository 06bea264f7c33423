"""Races of promises: scarce stock given out twice, quotas taken by many, checks beside orders."""

from functools import partial
from unittest.mock import patch

from inventory.models import StockLevel
from inventory.verification import stock_differences
from orders.models import LinePromise, Quota
from orders.scarcity import case_of, fingerprint, plan_of
from orders.services import cancel_order, create_order
from orders.services.promising import check_marked_promises, mark_overdue
from orders.services.reallocating import reallocate_stock
from orders.services.rules import NewQuota, set_quota
from orders.verification import order_differences
from tests.concurrency.test_orders import names
from tests.factories import stock
from tests.orders.test_promises import Trade


def scarce():
    """Ten pieces: six held for day 20, four for somebody who wanted eight today; ten more come on day 5."""
    trade = Trade()
    stock(trade.product, trade.desk.warehouse, 10)
    orders = trade.sell(6, 20), trade.sell(8)
    trade.buy(10, 5)
    trade.check()
    case = case_of(trade.place)
    return trade, orders, fingerprint(case, plan_of(case, "profit"))


def test_the_same_preview_is_carried_out_once(race):
    trade, _orders, seen = scarce()
    results = race(*[partial(reallocate_stock, trade.place, "profit", seen=seen) for _n in range(6)])
    assert sorted(str(result) for result in results if isinstance(result, int)) == ["4"]
    assert names([result for result in results if not isinstance(result, int)]) == {"Outdated": 5}
    assert StockLevel.objects.get().reserved == 10
    assert stock_differences() == []


def test_without_comparing_what_was_seen_each_would_decide_anew(race):
    """The control: the locks keep the books true all the same."""
    trade, _orders, _seen = scarce()
    with patch("orders.services.reallocating.fingerprint", return_value="same"):
        results = race(*[partial(reallocate_stock, trade.place, "profit", seen="same") for _n in range(6)])
    assert sorted(results) == [0, 0, 0, 0, 0, 4]
    assert stock_differences() == []


def test_giving_out_cancelling_ordering_and_checking_at_once_tie_out(race):
    trade, (later, _now), seen = scarce()
    results = race(
        partial(reallocate_stock, trade.place, "profit", seen=seen),
        partial(cancel_order, later.pk, reason="race"),
        partial(trade.sell, 3),
        partial(trade.sell, 2),
        check_marked_promises,
        mark_overdue,
    )
    assert not [result for result in results if isinstance(result, Exception) and type(result).__name__ != "Outdated"]
    trade.check()
    level = StockLevel.objects.get()
    assert (level.reserved, level.waiting) == (10, 3)
    assert stock_differences() == []
    assert order_differences() == []
    assert sum(LinePromise.objects.filter(replaced_at=None).values_list("pieces", flat=True)) == 3


def test_a_quota_is_not_exceeded_by_many_at_once(race):
    trade = Trade()
    stock(trade.product, trade.desk.warehouse, 100)
    set_quota(NewQuota(trade.product, 7, trade.today, trade.today, channel=trade.desk.channel))
    order = trade.desk.order((trade.product, 2))
    assert names(race(*[partial(create_order, order) for _n in range(8)])) == {"Order": 3, "QuotaExceeded": 5}
    assert (Quota.objects.get().used, StockLevel.objects.get().reserved) == (6, 6)
