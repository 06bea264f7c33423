"""Races over what quotations hold, each beside a control that shows the test can fail."""

from datetime import timedelta
from functools import partial
from threading import Event, Thread
from unittest.mock import patch

from django.db import connection
from django.utils import timezone

from core.errors import DomainError
from inventory.models import StockLevel
from inventory.verification import stock_differences
from orders.models import Order, Quotation
from orders.services import (
    create_order,
    decline_quotation,
    hold_quotation,
    let_go_of_lapsed,
    let_go_of_quotation,
    make_quotation,
    order_quotation,
    quotation_orders,
)
from orders.values import NewQuotation
from orders.verification import order_differences
from tests.concurrency.test_orders import Post, names
from tests.factories import ProductFactory, stock
from tests.processes import wait_until
from tests.races import somebody_waits_for_a_lock


def offer(post: Post, *lines) -> Quotation:
    today = timezone.localdate()
    return make_quotation(NewQuotation(post.order(*lines), today + timedelta(9), today + timedelta(3)))


take_in = quotation_orders.take_in


def tie_out() -> bool:
    return stock_differences() == [] and order_differences() == []


def test_nobody_takes_what_passes_over(race):
    post, product = Post(), ProductFactory()
    stock(product, post.warehouse, 40)
    quotations = [offer(post, (product, 5)) for _n in range(8)]
    grab = partial(create_order, post.order((product, 5), allow_backorder=False))
    calls = [call for q in quotations for call in (partial(order_quotation, q.pk), grab, grab)]
    results = race(*calls)
    assert names(results) == {"Order": 8, "InsufficientStock": 16}
    assert Order.objects.filter(quotation__isnull=False).count() == 8
    level = StockLevel.objects.get()
    assert (level.reserved, level.demanded) == (40, 40)
    assert tie_out()


class Halfway:
    """Starts a call in a thread and stops it between letting go of the hold and ordering, until told to go on."""

    def __init__(self, call) -> None:
        self.call, self.reached, self.go_on, self.result = call, Event(), Event(), None

    def __enter__(self) -> "Halfway":
        self.thread = Thread(target=self._work)
        self.patch = patch("orders.services.quotation_orders.take_in", self._take_in)
        self.patch.start()
        self.thread.start()
        assert self.reached.wait(timeout=60)
        return self

    def __exit__(self, *_exc: object) -> None:
        self.go_on.set()
        self.thread.join(timeout=60)
        self.patch.stop()

    def _work(self) -> None:
        try:
            self.result = self.call()
        finally:
            connection.close()

    def _take_in(self, news):
        self.reached.set()
        assert self.go_on.wait(timeout=60)
        return take_in(news)


def grab_meanwhile(post: Post, product, accept) -> tuple[Order, object]:
    """What an acceptance and an order that comes in the middle of it get."""
    grabbed: list[object] = []

    def grab():
        try:
            grabbed.append(create_order(post.order((product, 5), allow_backorder=False)))
        except DomainError as exc:
            grabbed.append(exc)
        finally:
            connection.close()

    with Halfway(accept) as halfway:
        thread = Thread(target=grab)
        thread.start()
        wait_until(lambda: bool(grabbed) or somebody_waits_for_a_lock(), "the order in the middle of it")
        halfway.go_on.set()
        thread.join(timeout=60)
    return halfway.result, grabbed[0]


def test_an_order_in_the_middle_of_it_gets_nothing(race):
    post, product = Post(), ProductFactory()
    stock(product, post.warehouse, 5)
    quotation = offer(post, (product, 5))
    order, grabbed = grab_meanwhile(post, product, partial(order_quotation, quotation.pk))
    assert names([grabbed]) == {"InsufficientStock": 1}
    assert sum(a.reservation.quantity for a in order.lines.get().allocations.all()) == 5
    assert tie_out()


def test_control_let_go_in_a_transaction_of_its_own_somebody_else_takes_it(race):
    post, product = Post(), ProductFactory()
    stock(product, post.warehouse, 5)
    quotation = offer(post, (product, 5))

    def accept():
        let_go_of_quotation(quotation.pk)
        return order_quotation(quotation.pk)

    def unlocked(quotation):
        return list(quotation.lines.order_by("position"))

    with patch("orders.services.quotation_orders.locked_lines", unlocked):
        order, grabbed = grab_meanwhile(post, product, accept)
    assert names([grabbed]) == {"Order": 1}
    assert not order.lines.get().allocations.exists()
    assert tie_out()


def test_accept_decline_hold_and_sweep_at_once_tie_out(race):
    post, products = Post(), [ProductFactory() for _n in range(3)]
    for product in products:
        stock(product, post.warehouse, 30)
    lines = [(product, 4) for product in products]
    quotations = [offer(post, *lines[:: 1 if n % 2 else -1]) for n in range(8)]
    waiting = [create_order(post.order((products[0], 10))) for _n in range(2)]
    today = timezone.localdate()
    Quotation.objects.filter(pk__in=[q.pk for q in quotations[::2]]).update(held_until=today - timedelta(1))
    calls = [let_go_of_lapsed, let_go_of_lapsed]
    for n, quotation in enumerate(quotations):
        calls += [
            partial(order_quotation, quotation.pk),
            partial(hold_quotation, quotation.pk, today),
            partial([decline_quotation, lambda pk, _why: let_go_of_quotation(pk)][n % 2], quotation.pk, "race"),
            partial(create_order, post.order(*lines)),
        ]
    results = race(*calls)
    odd = [r for r in results if not isinstance(r, Order | Quotation | int | DomainError)]
    assert odd == []
    assert len(waiting) == 2
    for level in StockLevel.objects.all():
        assert not (level.available and level.waiting)
    assert Order.objects.filter(quotation__isnull=False).count() == Quotation.objects.filter(status="ordered").count()
    assert tie_out()


def test_two_accept_the_same_quotation_once(race):
    post, product = Post(), ProductFactory()
    stock(product, post.warehouse, 5)
    quotation = offer(post, (product, 5))
    assert names(race(*[partial(order_quotation, quotation.pk)] * 4)) == {"Order": 1, "IllegalTransition": 3}
    assert StockLevel.objects.get().reserved == 5
