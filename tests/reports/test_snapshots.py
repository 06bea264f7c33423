"""KPI rows against the five days worked out in conftest, and against themselves."""

from datetime import timedelta
from decimal import Decimal as D
from threading import Event, Thread

import pytest
from django.db import connection, transaction
from django.db.models import Sum
from django.utils import timezone

from inventory.models import Product, StockMove
from inventory.places import Receipt
from inventory.services import receive_stock
from orders.services import ship_order
from orders.values import NewShipment
from purchasing.services import cancel_purchase_order, create_purchase_orders
from purchasing.values import NewPurchaseLine, NewPurchaseOrder
from reports import selectors
from reports.models import KpiRefresh, KpiSnapshot
from reports.periods import Period
from reports.selectors import Slice
from reports.services import refresh_all, refresh_changed_days, refresh_snapshots
from tests.factories import ProductFactory, SupplierItemFactory, stock
from tests.reports.conftest import at, day

WEEK = Period(day(1), day(5))
FIELDS = [
    "day",
    "warehouse__code",
    "category__name",
    "revenue",
    "cogs",
    "holding_cost",
    "ordering_cost",
    "inventory_value",
    "stocked_products",
    "stockout_products",
    "demanded",
    "filled_at_once",
    "lines_due",
    "lines_on_time",
]


def rows(*fields):
    return list(KpiSnapshot.objects.order_by("day", "warehouse__code", "category__name").values_list(*fields))


@pytest.fixture
def week(trade):
    refresh_snapshots(day(1), day(5))
    return trade


def test_every_row_of_the_five_days(week):
    z = D(0)
    assert rows(*FIELDS) == [
        (day(1), "N", "Food", z, z, D("0.06"), z, 60, 1, 0, 4, 4, 0, 0),
        (day(1), "S", "Home", z, z, D("0.06"), z, 60, 1, 0, 0, 0, 0, 0),
        (day(2), "N", "Food", 40, 24, D("0.036"), 20, 36, 1, 0, 10, 6, 1, 1),
        (day(2), "N", "Home", z, z, D("0.06"), 10, 60, 1, 0, 0, 0, 0, 0),
        (day(2), "S", "Home", z, z, D("0.06"), z, 60, 1, 0, 0, 0, 0, 0),
        (day(3), "N", "Food", 60, 36, z, z, 0, 1, 1, 0, 0, 1, 0),
        (day(3), "N", "Home", z, z, D("0.06"), z, 60, 1, 0, 0, 0, 0, 0),
        (day(3), "S", "Home", z, z, D("0.06"), z, 60, 1, 0, 0, 0, 0, 0),
        (day(4), "N", "Food", z, z, D("0.12"), z, 120, 1, 0, 0, 0, 0, 0),
        (day(4), "N", "Home", z, z, D("0.06"), z, 60, 1, 0, 0, 0, 0, 0),
        (day(4), "S", "Home", z, z, D("0.06"), z, 60, 1, 0, 8, 0, 0, 0),
        (day(5), "N", "Food", 30, 18, D("0.102"), z, 102, 1, 0, 0, 0, 0, 0),
        (day(5), "N", "Home", z, z, D("0.06"), z, 60, 1, 0, 0, 0, 0, 0),
        (day(5), "S", "Home", z, z, D("0.06"), z, 60, 1, 0, 0, 0, 0, 0),
    ]


def test_figures_of_the_five_days(week):
    figures = selectors.figures(Slice(WEEK), selectors.known_days())
    assert (figures.revenue, figures.cogs, figures.gross_profit) == (130, 78, 52)
    assert (figures.holding_cost, figures.ordering_cost) == (D("0.86"), 30)
    assert figures.contribution == D("21.14")
    assert figures.average_inventory == D("171.6")  # 858 / 5
    assert round(figures.turnover, 6) == D("33.181818")  # 78 * 73 / 171.6 = 365 / 11
    assert round(figures.days_of_inventory, 6) == 11
    assert figures.stockout_rate == D(1) / 14
    assert figures.fill_rate == D(10) / 22
    assert figures.on_time_rate == D("0.5")
    assert selectors.figures(Slice(WEEK), WEEK).inventory_value == 222


def test_cost_of_goods_sold_is_the_ledgers(week):
    ledger = StockMove.objects.filter(kind__in=["shipment", "return"]).aggregate(total=-Sum("value"))["total"]
    assert ledger == KpiSnapshot.objects.aggregate(total=Sum("cogs"))["total"] == 78
    assert (
        StockMove.objects.aggregate(total=Sum("value"))["total"] == selectors.figures(Slice(WEEK), WEEK).inventory_value
    )


@pytest.mark.parametrize("by", ["warehouse", "category"])
def test_parts_add_up_to_the_total_to_the_cent(week, by):
    known = selectors.known_days()
    total = selectors.figures(Slice(WEEK), known)
    parts = [part.figures for part in selectors.split(Slice(WEEK), by, known)]
    for name in (
        "revenue",
        "cogs",
        "holding_cost",
        "ordering_cost",
        "contribution",
        "average_inventory",
        "inventory_value",
    ):
        assert sum(getattr(part, name) for part in parts) == getattr(total, name), name


def test_a_slice_sees_its_warehouse_and_category_only(week):
    known = selectors.known_days()
    home = selectors.figures(Slice(WEEK, category_id=week.home.pk), known)
    assert (home.revenue, home.ordering_cost, home.sums.value_days, home.sums.demanded) == (0, 10, 540, 8)
    south = selectors.figures(Slice(WEEK, warehouse_id=week.south.pk), known)
    assert (south.ordering_cost, south.sums.value_days, south.fill_rate, south.on_time_rate) == (0, 300, 0, None)


def test_refreshing_any_part_gives_the_same_rows(week):
    from_scratch = rows(*FIELDS)
    for first, last in [(2, 3), (5, 5), (1, 1), (3, 5), (1, 5)]:
        refresh_snapshots(day(first), day(last))
        assert rows(*FIELDS) == from_scratch


@pytest.fixture
def refreshed(trade):
    """Everything refreshed. The test's own transaction began long before; outside a test it would be over by now."""
    assert refresh_all() == Period(day(1), timezone.localdate())
    KpiRefresh.objects.update(seen_until=timezone.now())
    return trade


def test_a_back_dated_receipt_changes_its_day_and_all_later_ones(refreshed):
    trade = refreshed
    before = dict(
        KpiSnapshot.objects.filter(category=trade.home, warehouse=trade.south).values_list("day", "inventory_value")
    )
    stock(trade.h, trade.south, 1, "12", at=at(4))
    assert refresh_changed_days() == Period(day(4), timezone.localdate())
    after = dict(
        KpiSnapshot.objects.filter(category=trade.home, warehouse=trade.south).values_list("day", "inventory_value")
    )
    assert {d: after[d] - before[d] for d in before} == {d: 12 * (d >= day(4)) for d in before}


def test_a_new_back_dated_order_is_noticed(refreshed, order):
    trade = refreshed
    order(trade.h, trade.south, 9, at(3), day(3))  # reserves 5, waits for 4, moves nothing
    assert refresh_changed_days() == Period(day(3), timezone.localdate())
    row = KpiSnapshot.objects.get(day=day(3), warehouse=trade.south)
    assert (row.demanded, row.filled_at_once, row.lines_due, row.lines_on_time) == (9, 5, 1, 0)


def test_a_purchase_order_cancelled_later_is_noticed(refreshed):
    lines = [NewPurchaseLine(refreshed.f.pk, 5)]
    news = [NewPurchaseOrder(refreshed.supplier.pk, refreshed.north.pk, lines, ordered_at=at(4))]
    (purchase,) = create_purchase_orders(news)
    assert refresh_changed_days() == Period(day(4), timezone.localdate())
    KpiRefresh.objects.update(seen_until=timezone.now())
    cancel_purchase_order(purchase.pk, reason="changed our mind")
    assert refresh_changed_days() == Period(day(4), timezone.localdate())
    assert KpiSnapshot.objects.aggregate(cost=Sum("ordering_cost"))["cost"] == 30


@pytest.mark.django_db(transaction=True)
def test_what_a_slow_transaction_commits_later_is_noticed(company):
    """It was recorded before the refresh looked, but could not be seen yet."""
    stock(company.f, company.north, 1, at=at(1))
    inserted, may_commit = Event(), Event()

    def record_slowly():
        try:
            with transaction.atomic():
                receipt = Receipt((company.h.pk, company.south.pk), 1, D(12), "slow")
                receive_stock([receipt], kind=StockMove.Kind.OPENING, at=at(3))
                inserted.set()
                may_commit.wait(10)
        finally:
            connection.close()

    slow = Thread(target=record_slowly)
    slow.start()
    assert inserted.wait(10)
    refresh_all()
    may_commit.set()
    slow.join()
    assert not KpiSnapshot.objects.filter(warehouse=company.south).exists()
    assert refresh_changed_days().first <= day(3)
    assert KpiSnapshot.objects.filter(warehouse=company.south).earliest("day").day == day(3)


def test_without_news_only_recent_days_are_recomputed(refreshed):
    today = timezone.localdate()
    assert refresh_changed_days() == Period(today - timedelta(days=7), today)


def test_changed_days_give_what_a_refresh_from_scratch_gives(trade, order):
    refresh_changed_days()
    late = order(trade.f, trade.north, 5, at(4, 15), day(5))
    ship_order(NewShipment(late.pk, shipped_at=at(6)))
    refresh_changed_days()
    partly = rows(*FIELDS)
    refresh_all()
    assert rows(*FIELDS) == partly


def test_nothing_to_refresh_without_data(company):
    assert refresh_all() is None
    assert refresh_changed_days() is None
    assert selectors.known_days() is None


def test_stock_stays_on_the_books_after_the_last_move(trade):
    refresh_all()
    last = KpiSnapshot.objects.filter(day=timezone.localdate())
    assert last.aggregate(value=Sum("inventory_value"), places=Sum("stocked_products")) == {"value": 222, "places": 3}


def test_a_product_switched_off_counts_until_its_last_move(trade):
    Product.objects.filter(pk=trade.f.pk).update(is_active=False)
    refresh_snapshots(day(1), day(8))
    counted = dict(KpiSnapshot.objects.filter(category=trade.food).values_list("day", "stocked_products"))
    assert counted == {**{day(n): 1 for n in range(1, 6)}, **{day(n): 0 for n in range(6, 9)}}
    value = KpiSnapshot.objects.get(category=trade.food, day=day(8)).inventory_value
    assert value == 102  # still owned, though no longer carried


def test_lines_due_today_count_once_shipped(trade, order):
    today = timezone.localdate()
    stock(trade.h, trade.north, 10, "12")
    waiting = order(trade.h, trade.north, 1, timezone.now(), today)
    refresh_changed_days()
    assert KpiSnapshot.objects.filter(day=today).aggregate(due=Sum("lines_due"))["due"] == 0
    ship_order(NewShipment(waiting.pk))
    refresh_changed_days()
    on_day = KpiSnapshot.objects.filter(day=today).aggregate(due=Sum("lines_due"), on_time=Sum("lines_on_time"))
    assert on_day == {"due": 1, "on_time": 1}


def test_an_order_cost_that_does_not_divide_is_spread_to_the_last_cent(company):
    products = [ProductFactory() for _ in range(3)]
    for product in products:
        SupplierItemFactory(supplier=company.supplier, product=product, unit_cost=0)
    company.supplier.order_cost = D("100.00")
    company.supplier.save()
    lines = [NewPurchaseLine(product.pk, 1) for product in products]
    create_purchase_orders([NewPurchaseOrder(company.supplier.pk, company.north.pk, lines, ordered_at=at(1))])
    refresh_snapshots(day(1), day(1))
    shares = sorted(row[0] for row in rows("ordering_cost"))
    assert shares == [D("33.333333"), D("33.333333"), D("33.333334")]


def test_series_has_a_point_for_every_day_and_only_known_ones(week):
    points = selectors.series(Slice(Period(day(1) - timedelta(days=20), day(20))), "day", selectors.known_days())
    assert [point.figures.revenue for point in points] == [0, 40, 60, 0, 30]
    assert [point.figures.inventory_value for point in points] == [120, 156, 120, 240, 222]
    weeks = selectors.series(Slice(WEEK), "week", selectors.known_days())
    assert [(p.figures.revenue, p.figures.inventory_value, p.figures.days) for p in weeks] == [(130, 222, 5)]


def test_default_period_ends_with_the_last_day_of_business(trade):
    refresh_all()
    assert selectors.default_period(timezone.localdate()) == Period(day(5) - timedelta(days=89), day(5))


def test_a_cancelled_purchase_order_costs_nothing(week):
    assert KpiSnapshot.objects.filter(day=day(3)).aggregate(cost=Sum("ordering_cost"))["cost"] == 0
