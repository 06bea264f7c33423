"""Blanket and standing orders at once. Each race has its control: without the lock, it really goes wrong."""

from datetime import timedelta
from decimal import Decimal
from functools import partial
from threading import Barrier
from unittest.mock import patch

import pytest
from django.utils import timezone

from purchasing.agreements import blanket_order_lines
from purchasing.models import BlanketOrder, PurchaseOrder, PurchaseOrderLine, StandingOrder
from purchasing.services import add_blanket_order, add_standing_order, make_due_orders, release
from purchasing.services.standing import make_next_order
from purchasing.values import NewBlanketLine, NewBlanketOrder, NewPurchaseLine, NewStandingOrder
from tests.concurrency.test_purchasing import kinds, unlocked
from tests.purchasing.conftest import Buying

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def buying():
    return Buying()


# ---- blanket orders


def agreed_on(buying, pieces):
    day = timezone.localdate()
    line = NewBlanketLine(buying.tea.pk, Decimal("2.00"), pieces)
    return add_blanket_order(NewBlanketOrder(buying.supplier.pk, day, day, [line]))


def release_tea(buying, agreement):
    return partial(release, agreement.pk, {buying.tea.pk: 60}, warehouse_id=buying.warehouse.pk)


def left_of(agreement) -> int:
    return blanket_order_lines(agreement.pk)[0].left


def test_two_releases_do_not_draw_the_same_pieces(race, buying):
    agreement = agreed_on(buying, 100)
    draw = release_tea(buying, agreement)
    assert kinds(race(draw, draw)) == ["AgreementOverdrawn", "PurchaseOrder"]
    assert left_of(agreement) == 40


def test_an_order_beside_a_release_has_the_ordinary_price_or_refuses_the_release(race, buying):
    agreement = agreed_on(buying, 100)
    results = race(release_tea(buying, agreement), partial(buying.order, (buying.tea, 60)))
    prices = sorted(PurchaseOrderLine.objects.values_list("unit_cost", flat=True))
    assert left_of(agreement) == 40
    if kinds(results) == ["PurchaseOrder", "PurchaseOrder"]:
        assert prices == [Decimal("2.0000"), Decimal("2.5000")]
    else:
        assert (kinds(results), prices) == (["AgreementOverdrawn", "PurchaseOrder"], [Decimal("2.0000")])


def test_control_without_the_lock_it_is_overdrawn_unsaid(race, buying):
    agreement = agreed_on(buying, 100)
    draw = release_tea(buying, agreement)
    with unlocked("purchasing.services.agreements.lock_agreements_of", lambda _items: [agreement.pk]):
        assert kinds(race(draw, draw)) == ["PurchaseOrder", "PurchaseOrder"]
    assert left_of(agreement) == -20


def test_two_buyers_agree_on_one_product_for_the_same_days(race, buying):
    agree = partial(agreed_on, buying, 100)
    assert kinds(race(agree, agree)) == ["BlanketOrder", "InvalidInput"]
    assert BlanketOrder.objects.count() == 1


# ---- standing orders


def standing_of(buying):
    lines = [NewPurchaseLine(buying.tea.pk, 20)]
    return add_standing_order(NewStandingOrder(buying.supplier.pk, buying.warehouse.pk, lines, timezone.localdate()))


def test_two_workers_make_the_order_of_a_day_once(race, buying):
    standing = standing_of(buying)
    later = timezone.localdate() + timedelta(days=15)
    work = partial(make_due_orders, later)
    # Whoever finds it taken leaves it, so a last run does what is left.
    assert sum(race(work, work, work)) + make_due_orders(later) == 3
    assert (PurchaseOrder.objects.count(), standing.runs.count()) == (3, 3)


def test_control_without_the_lock_only_the_constraint_keeps_it_to_one(race, buying):
    standing = standing_of(buying)
    met = Barrier(2)

    def read_and_meet(standing_order_id, today):
        row = StandingOrder.objects.get(pk=standing_order_id)
        met.wait(timeout=30)
        return row

    with patch("purchasing.services.standing.take_due_standing_order", read_and_meet):
        work = partial(make_next_order, standing.pk, timezone.localdate())
        results = race(work, work)
    assert kinds(results) == ["IntegrityError", "PurchaseOrder"]
    assert PurchaseOrder.objects.count() == 1
