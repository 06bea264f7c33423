"""Two people at once in purchasing. Each race has its control: without the lock, it really goes wrong."""

from contextlib import contextmanager
from functools import partial
from threading import Barrier
from unittest.mock import patch

import pytest
from django.db import IntegrityError
from django.http import QueryDict

from core.errors import IllegalTransition, InvalidInput
from core.idempotency import do_once, new_key
from inventory.models import StockLevel
from orders.services import create_orders
from orders.values import NewLine, NewOrder
from purchasing.models import PurchaseOrder, ReorderMark, ReorderSuggestion, StockPolicy
from purchasing.services import approve_suggestions, receive_goods, receiving, set_policies, set_policy_by_hand
from purchasing.services.reorder import check_places
from purchasing.tasks import check_reorder_points
from purchasing.values import NewReceipt, PolicyInput
from tests.factories import ChannelFactory, CustomerFactory, UserFactory, stock
from tests.purchasing.conftest import Buying

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def buying():
    return Buying()


@contextmanager
def unlocked(target, read):
    """Replace a lock by a plain read after which both wait for each other, so that both have read the old state."""
    met = Barrier(2)

    def read_and_meet(*args):
        rows = read(*args)
        met.wait(timeout=30)
        return rows

    with patch(target, read_and_meet):
        yield


def kinds(results) -> list[str]:
    return sorted(type(result).__name__ for result in results)


def open_suggestions(ids):
    return {row.pk: row for row in ReorderSuggestion.objects.filter(pk__in=ids, status="open")}


def test_two_buyers_approve_the_same_suggestion(race, buying):
    suggestion = buying.suggest(buying.tea, 5, 20)
    approve = partial(approve_suggestions, {suggestion.pk: 20})
    assert kinds(race(approve, approve)) == ["IllegalTransition", "list"]
    assert PurchaseOrder.objects.count() == 1


def test_control_without_the_lock_it_is_ordered_twice(race, buying):
    suggestion = buying.suggest(buying.tea, 5, 20)
    approve = partial(approve_suggestions, {suggestion.pk: 20})
    with unlocked("purchasing.services.suggestions.lock_open_suggestions", open_suggestions):
        assert kinds(race(approve, approve)) == ["list", "list"]
    assert PurchaseOrder.objects.count() == 2


def orders(ids):
    return PurchaseOrder.objects.select_related("supplier").in_bulk(ids)


def test_two_tablets_receive_the_same_delivery(race, buying):
    order = buying.order((buying.tea, 10))
    line = order.lines.get().pk
    receive = partial(receive_goods, [NewReceipt(order.pk, {line: 6})])
    results = race(receive, receive)
    assert kinds(results) == ["InvalidInput", "list"]
    refused = next(result for result in results if isinstance(result, InvalidInput))
    assert refused.field_errors == {f"lines.{line}.quantity": "4 of TEA are still expected; enter 0 to 4."}
    assert StockLevel.objects.get().on_hand == 6


def test_control_without_the_lock_only_the_constraint_saves_us(race, buying):
    order = buying.order((buying.tea, 10))
    receive = partial(receive_goods, [NewReceipt(order.pk, {order.lines.get().pk: 6})])
    # The lines are read after the order: they meet when both have planned, or the second may see what the first wrote.
    lock, plan = "purchasing.services.receiving.lock_purchase_orders", "purchasing.services.receiving._plan"
    with patch(lock, orders), unlocked(plan, receiving._plan):
        results = race(receive, receive)
    assert kinds(results) == ["IntegrityError", "list"]
    assert any("purchaseorderline_not_overreceived" in str(r) for r in results if isinstance(r, IntegrityError))
    assert StockLevel.objects.get().on_hand == 6


def test_the_same_form_sent_twice_at_the_same_moment_receives_once(race, buying):
    order, user, key = buying.order((buying.tea, 10)), UserFactory(), new_key()
    new = NewReceipt(order.pk, {order.lines.get().pk: 4})
    send = partial(do_once, user.pk, key, QueryDict(), lambda: receive_goods([new])[0].pk)
    first, second = race(send, send)
    assert first == second == order.receipts.get().pk
    assert StockLevel.objects.get().on_hand == 4


def test_a_refused_form_may_be_sent_again(buying):
    order, user, key = buying.order((buying.tea, 10)), UserFactory(), new_key()
    line = order.lines.get().pk
    with pytest.raises(InvalidInput):
        do_once(user.pk, key, QueryDict(), lambda: receive_goods([NewReceipt(order.pk, {line: 11})])[0].pk)
    receipt = do_once(user.pk, key, QueryDict(), lambda: receive_goods([NewReceipt(order.pk, {line: 10})])[0].pk)
    assert receipt == order.receipts.get().pk
    with pytest.raises(IllegalTransition):
        do_once(user.pk, "no key", QueryDict(), lambda: receive_goods([NewReceipt(order.pk, {line: 1})])[0].pk)


def set_by_hand(place):
    set_policy_by_hand(place, safety_stock=3, reorder_point=8, order_up_to=30, reason="Trade fair")


def test_a_policy_set_by_hand_survives_a_forecast_of_the_same_moment(race, buying):
    place = (buying.tea.pk, buying.warehouse.pk)
    set_policies([PolicyInput(*place, 1, 2, 3)])
    race(partial(set_by_hand, place), partial(set_policies, [PolicyInput(*place, 2, 5, 20)]))
    policy = StockPolicy.objects.get()
    assert (policy.source, policy.reorder_point) == ("manual", 8)


def test_control_without_the_lock_the_forecast_overwrites_it(race, buying):
    place = (buying.tea.pk, buying.warehouse.pk)
    set_policies([PolicyInput(*place, 1, 2, 3)])

    def read_and_lose_time(product_ids):
        rows = list(StockPolicy.objects.filter(product__in=product_ids))
        race(partial(set_by_hand, place))
        return rows

    with patch("purchasing.services.reorder.lock_policies", read_and_lose_time):
        set_policies([PolicyInput(*place, 2, 5, 20)])
    assert StockPolicy.objects.get().source == "forecast"


def sell(buying, customer, channel, orders):
    line = NewLine(buying.tea.pk, 1)
    for _hundred in range(orders // 100):
        outcomes = create_orders([NewOrder(customer.pk, channel.pk, buying.warehouse.pk, [line]) for _n in range(100)])
        assert all(outcome.order for outcome in outcomes)


def test_ten_thousand_orders_of_one_product_make_one_check(race, buying, redis_url):
    """From four connections: one message to Celery while nobody has read it, and one check of the place when it is."""
    stock(buying.tea, buying.warehouse, 10_000, "6.00")
    set_policies([PolicyInput(buying.tea.pk, buying.warehouse.pk, 100, 500, 2_000)])
    check_reorder_points()
    customer, channel = CustomerFactory(), ChannelFactory()
    with patch("purchasing.tasks.check_reorder_points.apply_async") as message:
        race(*[partial(sell, buying, customer, channel, 2_500)] * 4)
    assert message.call_count == 1
    assert ReorderMark.objects.count() == 10_000 / 100  # each transaction notes the place once
    with patch("purchasing.services.reorder.check_places", wraps=check_places) as check:
        assert check_reorder_points() == 100
    assert [call.args[0] for call in check.call_args_list] == [{(buying.tea.pk, buying.warehouse.pk)}]
    suggestion = ReorderSuggestion.objects.get(status="open")
    assert suggestion.quantity == 2_000  # everything sold: up to the order-up-to level
    # The next order kicks again: the message that was read counts no more.
    with patch("purchasing.tasks.check_reorder_points.apply_async") as message:
        sell(buying, customer, channel, 100)
    assert message.call_count == 1
