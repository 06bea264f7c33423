"""Whole imports by figures worked out by hand: what comes in, ships, is cancelled, and what a second run does."""

import gzip
from contextlib import nullcontext
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError
from django.utils import timezone
from openpyxl import Workbook

from core import audit
from core.models import AuditEntry, OutboxEvent
from inventory.models import Product, StockLevel, StockMove, Warehouse
from inventory.verification import stock_differences
from orders.models import Channel, Customer, LostDemand, Order, OrderLine, Return, Reversal, ShipmentLine
from orders.verification import order_differences
from tests.factories import ProductFactory, WarehouseFactory, stock

pytestmark = pytest.mark.django_db
HEADER = "invoice,sku,description,qty,date,price,customer,country\n"
HISTORY = (
    HEADER + "A-1,TEA,Green tea,3,2026-03-01 09:00,2.50,C1,China\n"
    "A-1,cup,Cup,2,2026-03-01 09:00,1.00,C1,China\n"
    "A-2,Tea,Tea,4,2026-03-02 10:00,2.50,,China\n"
    "A-3,TEA,Green tea,1,2026-03-03 11:00,3.00,C2,France\n"
    "C-1,TEA,Green tea,-2,2026-03-04 12:00,2.50,C1,China\n"
)


@pytest.fixture(autouse=True)
def _books_tie_out(monkeypatch):
    # These run in the test's own transaction, which is quick; test_resume.py lets chunks commit.
    monkeypatch.setattr("orders.importing.loading.one_transaction", nullcontext)
    yield
    assert stock_differences() == []
    assert order_differences() == []


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=timezone.get_default_timezone())


def test_history_comes_into_an_empty_company(importer):
    found = importer(HISTORY, "--create-missing")
    assert found.remarks == []
    assert sorted(Product.objects.values_list("sku", "name", "price")) == [
        ("TEA", "Green tea", Decimal("2.50")),  # said most often
        ("cup", "Cup", Decimal("1.00")),
    ]
    assert sorted(Customer.objects.values_list("code", "name", "address")) == [
        ("C1", "C1", "China"),
        ("C2", "C2", "France"),
        ("web-WALK-IN", "Walk-in customers (web)", "China"),
    ]
    assert (Channel.objects.get().code, Warehouse.objects.get().code) == ("web", "MAIN")
    fields = ("external_reference", "status", "ordered_at", "requested_date")
    assert list(Order.objects.order_by("ordered_at").values_list(*fields)) == [
        ("A-1", "shipped", at("2026-03-01 09:00"), date(2026, 3, 1)),
        ("A-2", "shipped", at("2026-03-02 10:00"), date(2026, 3, 2)),
        ("A-3", "shipped", at("2026-03-03 11:00"), date(2026, 3, 3)),
    ]
    ledger = StockMove.objects.order_by("effective_at", "pk")
    assert list(ledger.values_list("stock_level__product__sku", "kind", "quantity", "value", "effective_at")) == [
        # 8 pieces at 0.60 × 2.50 = 1.50; 2 at 0.60; the day before the first order.
        ("TEA", "opening", 8, Decimal("12.00"), at("2026-02-28 00:00")),
        ("cup", "opening", 2, Decimal("1.20"), at("2026-02-28 00:00")),
        ("TEA", "shipment", -3, Decimal("-4.50"), at("2026-03-01 09:00")),
        ("cup", "shipment", -2, Decimal("-1.20"), at("2026-03-01 09:00")),
        ("TEA", "shipment", -4, Decimal("-6.00"), at("2026-03-02 10:00")),
        ("TEA", "shipment", -1, Decimal("-1.50"), at("2026-03-03 11:00")),
        ("TEA", "return", 2, Decimal("3.00"), at("2026-03-04 12:00")),
    ]
    assert sum(ShipmentLine.objects.values_list("revenue", flat=True)) == Decimal("22.50")
    returned = Return.objects.get()
    assert (returned.external_reference, returned.reason, returned.order.external_reference) == (
        "C-1",
        "Cancellation C-1",
        "A-1",
    )
    assert returned.lines.get().refund == Decimal("5.00")
    assert not LostDemand.objects.exists()
    assert "opening stock 10 pieces worth 13.20, at an assumed cost of 0.60 of the price" in found.said
    assert "orders: 3 created (4 lines), 0 were in before, 0 refused; 3 shipped on their day, 0 wait" in found.said
    assert "cancelled lines: 1 applied, 0 were applied before" in found.said


def everything() -> dict[str, object]:
    """All that a second run must leave alone."""
    return {
        model.__name__: list(model.objects.order_by("pk").values())
        for model in (Order, OrderLine, StockLevel, StockMove, ShipmentLine, Return, Reversal, Product, Customer)
    } | {"audit": AuditEntry.objects.count(), "outbox": OutboxEvent.objects.count(), "lost": LostDemand.objects.count()}


def test_a_second_run_changes_nothing(importer):
    importer(HISTORY, "--create-missing")
    before = everything()
    found = importer(None, "--create-missing")
    assert everything() == before
    assert "orders: 0 created (0 lines), 3 were in before, 0 refused" in found.said
    assert "cancelled lines: 0 applied, 1 were applied before" in found.said


def test_every_step_is_on_record_as_for_every_other_order(importer):
    importer(HISTORY, "--create-missing")
    order = Order.objects.get(external_reference="A-1")
    assert [(e.verb, e.at) for e in audit.timeline("order", order.pk)] == [
        ("confirmed", at("2026-03-01 09:00")),
        ("shipped", at("2026-03-01 09:00")),
        ("returned", at("2026-03-04 12:00")),
    ]
    assert list(AuditEntry.objects.filter(verb="added").values_list("subject_type", flat=True).order_by("pk")) == [
        "product",
        "product",
        "customer",
        "customer",
        "customer",
    ]
    topics = sorted(OutboxEvent.objects.values_list("topic", flat=True))
    assert topics == ["order.created"] * 3 + ["order.returned"] + ["order.shipped"] * 3


def test_other_content_under_a_known_reference_is_refused(importer):
    importer(HISTORY, "--create-missing")
    found = importer(HISTORY.replace("A-2,Tea,Tea,4", "A-2,Tea,Tea,5"), "--create-missing")
    number = Order.objects.get(external_reference="A-2").number
    text = f"The reference A-2 was already used for order {number} with other content."
    assert found.remarks == [("4", "A-2", "refused", text)]
    assert Order.objects.count() == 3


def test_without_create_missing_unknown_things_keep_their_orders_out(importer, desk):
    tea = ProductFactory(sku="TEA", barcode="6901")
    stock(tea, desk.warehouse, 10, "1.00")
    text = (
        HEADER + f"A-1,tea,,3,2026-03-01,2.50,{desk.customer.code},\n"
        f"A-2,6901,,2,2026-03-01,,{desk.customer.code},\n"  # by barcode, at the list price
        f"A-3,TEA,,1,2026-03-01,2.50,{desk.customer.code},\n"
        f"A-3,NOPE,,1,2026-03-01,2.50,{desk.customer.code},\n"
        "A-4,TEA,,1,2026-03-01,2.50,nobody,\n"
    )
    found = importer(text, channel=desk.channel.code)
    assert found.remarks == [
        ("4", "A-3", "refused", "none of this order is imported, because of line 5"),
        ("5", "A-3", "refused", "there is no product NOPE; --create-missing makes it"),
        ("6", "A-4", "refused", "there is no customer nobody; --create-missing makes it"),
    ]
    assert list(OrderLine.objects.order_by("pk").values_list("product__sku", "quantity", "unit_price", "shipped")) == [
        ("TEA", 3, Decimal("2.50"), 3),
        ("TEA", 2, Decimal("10.00"), 2),
    ]
    assert StockLevel.objects.get().on_hand == 5


def test_refusals_of_the_intake_name_their_line(importer, desk):
    old = ProductFactory(sku="OLD", is_active=False)
    stock(old, desk.warehouse, 10)
    desk.customer.is_blocked = True
    desk.customer.save()
    text = (
        HEADER + "A-1,TEA,,3,2026-03-01,2.50,C9,\n"
        "A-1,OLD,,3,2026-03-01,2.50,C9,\n"
        f"A-2,TEA,,3,2026-03-01,2.50,{desk.customer.code},\n"
    )
    found = importer(text, "--create-missing", channel=desk.channel.code)
    assert found.remarks == [
        ("2", "A-1", "refused", "none of this order is imported, because of line 3"),
        ("3", "A-1", "refused", "OLD is archived and can't be sold."),
        ("4", "A-2", "refused", f"{desk.customer.name} is blocked for new orders."),
    ]
    assert not Order.objects.exists()


def test_history_of_known_products_waits_for_stock_unless_all_are_opened(importer, desk):
    tea = ProductFactory(sku="TEA", price="9.00")
    stock(tea, desk.warehouse, 4, "1.00", at=at("2026-01-01"))
    text = HEADER + "A-1,TEA,,3,2026-03-01,2.50,C1,\nA-2,TEA,,5,2026-03-02,2.50,C1,\n"
    found = importer(text, "--create-missing", channel=desk.channel.code)
    assert "1 shipped on their day, 1 wait for stock" in found.said
    assert list(OrderLine.objects.order_by("pk").values_list("quantity", "shipped")) == [(3, 3), (5, 1)]
    assert LostDemand.objects.get().quantity == 4
    more = HEADER + "A-3,TEA,,6,2026-03-03,2.50,C1,\n"
    found = importer(
        text + more.removeprefix(HEADER), "--create-missing", "--opening", "all", channel=desk.channel.code
    )
    # Only A-3 is not in yet: its 6 pieces at 0.60 × 2.50. A-2, which waited first, gets 4 of them.
    opening = StockMove.objects.filter(kind="opening").latest("pk")
    assert (opening.quantity, opening.value, opening.effective_at) == (6, Decimal("9.00"), at("2026-02-28"))
    assert OrderLine.objects.latest("pk").shipped == 2


def test_a_second_quarter_opens_what_known_products_lack(importer):
    importer(HEADER + "A-1,TEA,,3,2026-03-01,2.50,C1,\n", "--create-missing")
    importer(HEADER + "A-2,TEA,,5,2026-04-01,2.50,C1,\n", "--create-missing", "--opening", "all")
    assert list(Order.objects.values_list("status", flat=True)) == ["shipped", "shipped"]
    before = everything()
    importer(None, "--create-missing", "--opening", "all")
    assert everything() == before


def test_orders_of_today_stay_open_and_options_overrule(importer):
    today = timezone.localdate()
    text = HEADER + "".join(
        f"{name}-{n},TEA,,1,{day},2.50,C1,\n"
        for n, (name, day) in enumerate([("old", today - timedelta(days=1)), ("new", today)])
    )
    importer(text, "--create-missing")
    assert list(Order.objects.order_by("pk").values_list("status", flat=True)) == ["shipped", "open"]
    importer(text.replace("old", "older").replace("new", "newer"), "--opening", "all", "--shipped")
    assert list(Order.objects.order_by("-pk").values_list("status", flat=True))[:2] == ["shipped", "shipped"]
    importer(text.replace("old", "oldest").replace("new", "newest"), "--open")
    # No stock was opened for them.
    assert list(Order.objects.order_by("-pk").values_list("status", flat=True))[:2] == ["open", "open"]


def test_a_requested_date_is_kept(importer):
    text = "invoice,sku,qty,date,price,customer,due date\nA-1,TEA,1,2026-03-01,2.50,C1,2026-03-09\n"
    importer(text, "--create-missing")
    assert Order.objects.get().requested_date == date(2026, 3, 9)


def test_a_new_product_needs_a_price_and_orders_a_customer(importer):
    text = "invoice,sku,qty,date\nA-1,TEA,1,2026-03-01\nA-2,TEA,2,2026-03-01\n"
    found = importer(text, "--create-missing", "--customer", "C7")
    assert found.remarks == [
        ("2", "A-1", "refused", "the new product TEA has no price in any line"),
        ("3", "A-2", "refused", "the new product TEA has no price in any line"),
    ]
    ProductFactory(sku="TEA", price="4.00")
    importer(None, "--create-missing", "--customer", "C7")
    assert list(OrderLine.objects.values_list("unit_price", "order__customer__code")) == [(Decimal("4.00"), "C7")] * 2


def test_a_gbk_file_with_chinese_headers(importer):
    text = "订单编号,商品编码,商品名称,数量,下单时间,单价(元),客户编码,客户名称\n"
    text += '单-1,茶-01,龙井茶,"1,200",2026年3月1日 09:30,￥2.50,甲,甲公司\n'
    importer(gzip.compress(text.encode("gbk")), "--create-missing")
    line = OrderLine.objects.select_related("order__customer", "product").get()
    assert (line.quantity, line.unit_price, line.product.sku, line.product.name) == (
        1200,
        Decimal("2.50"),
        "茶-01",
        "龙井茶",
    )
    assert (line.order.external_reference, line.order.customer.code, line.order.customer.name) == (
        "单-1",
        "甲",
        "甲公司",
    )
    assert line.order.ordered_at == datetime(2026, 3, 1, 1, 30, tzinfo=UTC)


def test_an_excel_workbook(importer, tmp_path):
    book = Workbook()
    book.active.append(["Invoice", "StockCode", "Quantity", "InvoiceDate", "Price", "Customer ID"])
    book.active.append([536365, 85123, 6, datetime(2026, 3, 1, 8, 26), 2.55, 17850.0])
    book.active.append([536365, "84406B", 8, datetime(2026, 3, 1, 8, 26), 2.75, 17850.0])
    book.save(tmp_path / "lines.csv")  # what it is, is told by its content
    importer(None, "--create-missing")
    order = Order.objects.get()
    assert (order.external_reference, order.customer.code) == ("536365", "17850")
    assert list(order.lines.order_by("position").values_list("product__sku", "quantity", "unit_price")) == [
        ("85123", 6, Decimal("2.55")),
        ("84406B", 8, Decimal("2.75")),
    ]


def test_rows_of_an_order_may_lie_apart(importer):
    text = HEADER + "A-1,TEA,,1,2026-03-01,2.50,C1,\nA-2,TEA,,1,2026-03-01,2.50,C1,\nA-1,CUP,,1,2026-03-01,1.00,C1,\n"
    importer(text, "--create-missing", "--chunk", "1")
    assert list(Order.objects.order_by("pk").values_list("external_reference", "lines__product__sku")) == [
        ("A-1", "TEA"),
        ("A-1", "CUP"),
        ("A-2", "TEA"),
    ]


def test_a_warehouse_can_be_named(importer):
    WarehouseFactory(code="N")
    WarehouseFactory(code="S")
    importer(HISTORY, "--create-missing", "--warehouse", "S")
    assert set(Order.objects.values_list("warehouse__code", flat=True)) == {"S"}
    with pytest.raises(CommandError, match="there are: N, S"):
        importer(None, "--warehouse", "X")


def test_cancellations_of_open_orders_cancel_and_those_without_an_order_are_reported(importer):
    text = (
        HEADER + "A-1,TEA,,3,2026-03-01,2.50,C1,\n"
        "A-1,CUP,,2,2026-03-01,1.00,C1,\n"
        "C-1,TEA,,-3,2026-03-02,2.00,C1,\n"  # cancelled at another price
        "C-1,CUP,,-5,2026-03-02,1.00,C1,\n"  # more than was sold
        "C-2,CUP,,-1,2026-02-28,1.00,C1,\n"  # before it was sold
        "C-3,HAT,,-1,2026-03-02,1.00,C1,\n"
        "C-4,CUP,,-1,2026-03-02,1.00,C8,\n"
    )
    found = importer(text, "--create-missing", "--open")
    number = Order.objects.get().number
    assert found.remarks == [
        ("4", "C-1", "differs", f"taken back at 2.50, the price of order {number}, not at 2.00"),
        ("5", "C-1", "not applied", "no earlier order of this customer has 5 pieces of it left to cancel"),
        ("6", "C-2", "not applied", "no earlier order of this customer has 1 pieces of it left to cancel"),
        ("7", "C-3", "not applied", "nothing of it was sold to this customer"),
        ("8", "C-4", "not applied", "nothing of it was sold to this customer"),
    ]
    assert list(OrderLine.objects.order_by("position").values_list("cancelled", "shipped")) == [(3, 0), (0, 0)]
    assert sorted(StockLevel.objects.values_list("on_hand", "reserved")) == [(2, 2), (3, 0)]
    assert (Product.objects.count(), Customer.objects.count()) == (2, 1)  # cancellations make nothing
    importer(None, "--create-missing", "--open")
    assert list(OrderLine.objects.order_by("position").values_list("cancelled", "shipped")) == [(3, 0), (0, 0)]


def test_every_line_of_the_file_is_in_or_in_the_report(importer):
    text = HISTORY + "A-4,TEA,,0,2026-03-05,2.50,C1,\nA-4,TEA,,1,2026-03-05,2.50,C1,\nA-5,POST,,1,2026-03-05,9,C1,\n"
    found = importer(text, "--create-missing")
    assert OrderLine.objects.count() + Reversal.objects.count() == 5
    assert [remark[0] for remark in found.remarks] == ["7", "8", "9"]
