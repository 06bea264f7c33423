"""Lead times and scorecards from receipt lines, by figures worked out by hand."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from inventory import pipeline
from inventory.lead_times import Bucket, LeadTime, distribution, learn, quoted
from purchasing.models import SupplierItem
from purchasing.performance import lead_time_facts, learned_lead_times, remember_lead_times, scorecard
from purchasing.services import (
    change_expected_date,
    change_supplier,
    close_purchase_order,
    confirm_purchase_order,
    receive_goods,
)
from purchasing.values import NewReceipt
from tests.factories import SupplierItemFactory

DAY = timedelta(days=1)


def test_few_facts_are_drawn_towards_what_stands_above():
    # (10 + 14 + 4 × 8) / 6; the quoted 8 days deviate by 2.
    learned = learn([10, 14], quoted(8))
    assert learned.mean == pytest.approx(56 / 6)
    # ((2/3)² + (14/3)² + 4 × (2² + (4/3)²)) / 6
    assert learned.sd**2 == pytest.approx((4 / 9 + 196 / 9 + 4 * (4 + 16 / 9)) / 6)
    assert learn([], quoted(8)) == LeadTime(8.0, 2.0, 0)
    assert learn([10.0] * 1000, quoted(30)).mean == pytest.approx(10, abs=0.1)


def test_days_are_kept_within_reason():
    assert learn([5000.0], quoted(0)).mean == 180 / 5
    assert quoted(9999).mean == 180
    assert learn([-3.0], quoted(0)) == LeadTime(0.0, 0.0, 1)


def test_whole_days_round_up_but_for_noise():
    assert [LeadTime(mean, 0).whole_days for mean in (7.0, 7.0000000001, 7.1, 0.0)] == [7, 7, 8, 0]


def test_the_distribution_has_buckets_of_one_width():
    assert distribution([3.2, 3.9, 5.0]) == [Bucket(3, 3, 2, 100), Bucket(4, 4, 0, 0), Bucket(5, 5, 1, 50)]
    wide = distribution([float(day) for day in range(30)])
    assert [(b.first, b.last, b.count) for b in wide][:2] == [(0, 2, 3), (3, 5, 3)]
    assert (len(wide), wide[-1].last) == (10, 29)
    assert distribution([]) == []


@pytest.fixture
def history(buying):
    """Tea came in two parts after 6 and 10 days, cups after 4."""
    start = timezone.now() - 30 * DAY
    order = buying.order((buying.tea, 20), ordered_at=start)
    line = order.lines.get()
    receive_goods([NewReceipt(order.pk, {line.pk: 5}, start + 6 * DAY)])
    receive_goods([NewReceipt(order.pk, {line.pk: 15}, start + 10 * DAY)])
    cups = buying.order((buying.cup, 8), ordered_at=start)
    receive_goods([NewReceipt(cups.pk, received_at=start + 4 * DAY)])
    return order, cups


@pytest.mark.django_db
def test_each_receipt_line_is_a_fact(buying, history):
    assert lead_time_facts([buying.supplier.pk]) == {
        (buying.supplier.pk, buying.tea.pk): [6.0, 10.0],
        (buying.supplier.pk, buying.cup.pk): [4.0],
    }
    items = list(SupplierItem.objects.select_related("supplier"))
    learned = learned_lead_times(items)
    # The supplier: (6 + 10 + 4 + 4 × 7) / 7; tea: (6 + 10 + 4 × that) / 6.
    of_supplier = 48 / 7
    assert learned[buying.tea_item.pk].mean == pytest.approx((16 + 4 * of_supplier) / 6)
    assert learned[buying.cup_item.pk].mean == pytest.approx((4 + 4 * of_supplier) / 5)
    other = SupplierItemFactory(supplier=buying.supplier)
    assert learned_lead_times([other])[other.pk].mean == pytest.approx(of_supplier)


@pytest.mark.django_db
def test_promises_to_customers_use_what_was_learned(buying, history, django_assert_num_queries):
    place, unknown = (buying.tea.pk, buying.warehouse.pk), (0, buying.warehouse.pk)
    assert pipeline.lead_times([place, unknown]) == {place: 7}
    # Tea: (16 + 4 × 48 / 7) / 6 = 7.24; cups: (4 + 4 × 48 / 7) / 5 = 6.29.
    assert (remember_lead_times(), remember_lead_times()) == (2, 0)
    with django_assert_num_queries(1):
        assert pipeline.lead_times([place, unknown]) == {place: 8}
    change_supplier(buying.supplier.pk, {"lead_time_days": 20})
    assert pipeline.lead_times([place]) == {place: 20}


@pytest.mark.django_db
def test_a_day_moved_by_the_supplier_makes_it_late(buying):
    start = timezone.now() - 30 * DAY
    order = buying.order((buying.tea, 20), (buying.cup, 10), ordered_at=start)
    tea, cup = order.lines.order_by("pk")
    promised = timezone.localdate(start) + 8 * DAY
    confirm_purchase_order(order.pk, {tea.pk: promised, cup.pk: promised}, at=start + 2 * DAY)
    change_expected_date(order.pk, timezone.localdate() + DAY)
    receive_goods([NewReceipt(order.pk, {tea.pk: 20}, start + 8 * DAY)])
    receive_goods([NewReceipt(order.pk, {cup.pk: 9}, start + 12 * DAY)])
    close_purchase_order(order.pk, reason="the last one broke")
    score = scorecard(buying.supplier.pk, 7)
    # Tea punctual and whole, cups late and one short; confirmed after two days.
    assert (score.lines, score.on_time, score.in_full, score.both) == (2, 0.5, 0.5, 0.5)
    assert score.answer_days == pytest.approx(2)


@pytest.mark.django_db
def test_prices_are_compared_with_the_half_year_before(buying):
    now = timezone.now()
    buying.order((buying.tea, 20), (buying.cup, 5), ordered_at=now - 200 * DAY)
    buying.tea_item.unit_cost = Decimal("3.00")
    buying.tea_item.save()
    buying.order((buying.tea, 10), ordered_at=now - 20 * DAY)
    # 10 × 3.00 against 10 × 2.50; cups were not bought again.
    assert scorecard(buying.supplier.pk, 7).price_change == Decimal("0.2")
