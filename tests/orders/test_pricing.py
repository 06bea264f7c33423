"""Prices, discounts, tax and totals: every figure is worked out by hand."""

from datetime import date, timedelta
from decimal import Decimal as D

import pytest
from django.utils import timezone

from orders.models import Order, PriceList, PriceListItem, Promotion
from orders.price_lists import Asked, prices
from orders.pricing import Break, Offer, PricedLine, Pricing, Tax, net_amount, price_of, totals
from orders.services import change_order, create_order, return_goods, ship_order
from orders.values import NewDetails, NewLine, NewReturn, NewShipment, OrderChange
from tests.factories import CategoryFactory, stock

TODAY = date(2026, 11, 24)


# ---- arithmetic


def test_a_line_is_rounded_half_up_after_its_own_discount_and_again_after_the_orders():
    assert net_amount(3, D("0.35"), D("10")) == D("0.95")  # 1.05 × 0.90 = 0.945
    # 87.43 × 0.975 = 85.24425 → 85.24; × 0.97 = 82.6828
    assert net_amount(7, D("12.49"), D("2.50"), D("3.00")) == D("82.68")
    assert net_amount(1, D("100.00"), D("100")) == D("0.00")


def test_parts_of_a_line_add_up_to_the_line():
    pricing = Pricing(D("3.33"), D("7.50"), D("2.00"))
    # whole: 10 × 3.33 = 33.30 × 0.925 = 30.8025 → 30.80 × 0.98 = 30.184 → 30.18
    parts = [pricing.net(0, 3), pricing.net(3, 1), pricing.net(4, 6)]
    # until 3: 9.99 → 9.24075 → 9.24 → 9.0552 → 9.06; until 4: 13.32 → 12.321 → 12.32 → 12.0736 → 12.07
    assert parts == [D("9.06"), D("3.01"), D("18.11")]
    assert sum(parts) == net_amount(10, D("3.33"), D("7.50"), D("2.00")) == D("30.18")


def test_totals_from_goods_to_gross_with_two_rates_and_freight():
    lines = [
        PricedLine(10, D("4.99"), D("5"), D("13")),  # 49.90 → 47.405 → 47.41; less 2 %: 46.4618 → 46.46
        PricedLine(3, D("20.00"), tax_rate=D("9")),  # 60.00; less 2 %: 58.80
        PricedLine(0, D("99.00"), tax_rate=D("13")),
    ]
    result = totals(lines, D("2"), D("15.00"))
    assert (result.goods, result.discount, result.freight) == (D("107.41"), D("2.15"), D("15.00"))
    assert result.net == D("120.26")  # 46.46 + 58.80 + 15.00
    # 13 %: 46.46 → 6.0398 → 6.04, freight 1.95; 9 %: 58.80 → 5.292 → 5.29
    assert result.taxes == [Tax(D("9"), D("58.80"), D("5.29")), Tax(D("13"), D("61.46"), D("7.99"))]
    assert (result.tax, result.gross) == (D("13.28"), D("133.54"))
    assert totals([]).gross == D("0.00")


@pytest.mark.parametrize(
    ("quantity", "price", "name"),
    [
        (1, "10.00", ""),
        (5, "9.00", "Wholesale"),
        (9, "9.00", "Wholesale"),
        (10, "8.00", "Autumn"),
        (50, "7.50", "Wholesale"),
    ],
)
def test_breaks_and_promotions_give_the_lower_price_and_do_not_add_up(quantity, price, name):
    breaks = [Break("Wholesale", 5, D("9.00")), Break("Wholesale", 50, D("7.50"))]
    offers = [Offer("Autumn", 10, D("20"))]  # 8.00
    found = price_of(D("10.00"), quantity, breaks, offers)
    assert (found.unit_price, found.name, found.list_price) == (D(price), name, D("10.00"))


def test_the_break_that_began_last_counts_even_when_it_is_dearer():
    breaks = [Break("A", 1, D("9.00")), Break("A", 1, D("9.50"), date(2026, 11, 1))]
    assert price_of(D("10.00"), 1, breaks, []).unit_price == D("9.50")


# ---- what the database says, and orders


@pytest.fixture
def agreed(db, desk):
    """The desk's customer has a price list: 9.00, from 10 pieces 8.00, in the first week of next month 7.00."""
    desk.list = PriceList.objects.create(name="Wholesale")
    desk.tea = desk.product(sku="TEA", price="10.00", tax_rate="13")
    first = timezone.localdate() + timedelta(days=30)
    rows = [(1, "9.00", None, None), (10, "8.00", None, None), (1, "7.00", first, first + timedelta(days=6))]
    for quantity, price, start, end in rows:
        PriceListItem.objects.create(
            price_list=desk.list,
            product=desk.tea,
            min_quantity=quantity,
            unit_price=price,
            first_day=start,
            last_day=end,
        )
    desk.customer.price_list = desk.list
    desk.customer.save()
    return desk


def test_prices_by_customer_quantity_and_day(agreed, django_assert_num_queries):
    today = timezone.localdate()
    asks = [
        Asked(agreed.customer.pk, agreed.tea.pk, quantity, today + timedelta(days=days))
        for quantity, days in [(1, 0), (10, 0), (1, 30), (1, 36), (1, 37), (10, 30)]
    ]
    asks.append(Asked(0, agreed.tea.pk, 10, today))
    with django_assert_num_queries(4):
        found = prices(asks)
    assert [str(found[ask].unit_price) for ask in asks] == ["9.00", "8.00", "7.00", "7.00", "9.00", "8.00", "10.00"]


def test_promotions_of_a_product_a_category_or_everything(agreed):
    today = timezone.localdate()
    rice = agreed.product(sku="RICE", price="4.00", category=CategoryFactory())
    days = {"first_day": today, "last_day": today + timedelta(days=1)}
    Promotion.objects.create(name="Rice week", category=rice.category, discount="25", **days)
    Promotion.objects.create(name="Tea day", product=agreed.tea, discount="50", **days)
    Promotion.objects.create(name="All", discount="10", min_quantity=100, **days)

    def price(product, quantity, days=0):
        ask = Asked(agreed.customer.pk, product.pk, quantity, today + timedelta(days=days))
        found = prices([ask])[ask]
        return str(found.unit_price), found.name

    assert [price(rice, 1), price(rice, 1, 2), price(agreed.tea, 1), price(agreed.tea, 1, 2)] == [
        ("3.00", "Rice week"),
        ("4.00", ""),
        ("5.00", "Tea day"),
        ("9.00", "Wholesale"),
    ]
    assert price(agreed.product(price="2.00"), 100) == ("1.80", "All")


def test_an_order_without_prices_is_priced_and_taxed_for_its_customer(agreed):
    stock(agreed.tea, agreed.warehouse, 100)
    order = create_order(agreed.order((agreed.tea, 10), (agreed.tea, 1, D("9.99"))))
    rows = order.lines.order_by("position").values_list("unit_price", "discount", "tax_rate", "amount")
    assert [tuple(map(str, row)) for row in rows] == [
        ("8.00", "0.00", "13.00", "80.00"),
        ("9.99", "0.00", "13.00", "9.99"),
    ]
    agreed.customer.tax_rate = D("0")
    agreed.customer.save()
    free = create_order(agreed.order((agreed.tea, 1)))
    assert str(free.lines.get().tax_rate) == "0.00"
    change_order(OrderChange(free.pk, added=[NewLine(agreed.tea.pk, 10), NewLine(agreed.tea.pk, 1, None, D("50"))]))
    rows = free.lines.order_by("position").values_list("unit_price", "tax_rate", "amount")
    assert [tuple(map(str, row)) for row in rows] == [
        ("9.00", "0.00", "9.00"),
        ("8.00", "0.00", "80.00"),
        ("9.00", "0.00", "4.50"),
    ]


def test_discounts_reach_revenue_and_refund_to_the_cent(db, desk):
    tea = desk.product(price="3.33")
    stock(tea, desk.warehouse, 10, unit_cost="2.00")
    new = desk.order(discount=D("2.00"), freight=D("5.00"))
    line = NewLine(tea.pk, 10, D("3.33"), D("7.50"))
    order = create_order(type(new)(new.customer_id, new.channel_id, new.warehouse_id, [line], discount=new.discount))
    assert str(order.lines.get().amount) == "30.80"
    first = ship_order(NewShipment(order.pk, {order.lines.get().pk: 4})).lines.get()
    rest = ship_order(NewShipment(order.pk)).lines.get()
    assert (first.revenue, rest.revenue) == (D("12.07"), D("18.11"))
    back = [return_goods([NewReturn(order.pk, {first.pk: n})])[0].lines.get() for n in (1, 3)]
    # a quarter of 12.07 is 3.0175 → 3.02; the rest 9.05
    assert [line.refund for line in back] == [D("3.02"), D("9.05")]
    assert [line.cost for line in back] == [D("2.00"), D("6.00")]


def test_order_discount_and_freight_are_changed_with_the_order(db, desk):
    order = create_order(desk.order((desk.product(), 2)))
    change_order(OrderChange(order.pk, details=NewDetails(discount=D("2.50"), freight=D("12.00"))))
    order = Order.objects.get(pk=order.pk)
    assert (str(order.discount), str(order.freight)) == ("2.50", "12.00")
