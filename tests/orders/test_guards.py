"""What was shipped, returned and received, and what holds stock for a line, cannot be rewritten by direct SQL."""

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from inventory.places import Basket
from inventory.services import reserve_stock
from inventory.verification import stock_differences
from orders.models import Allocation, LinePromise, LostDemand, OrderLine, Owed, ReturnLine, ShipmentLine
from orders.services import create_order, return_goods, ship_order
from orders.values import NewReturn, NewShipment
from orders.verification import demand_differences, owed_differences
from purchasing.models import GoodsReceiptLine
from purchasing.services import create_purchase_orders, receive_goods
from purchasing.values import NewPurchaseLine, NewPurchaseOrder, NewReceipt
from tests.factories import SupplierItemFactory

pytestmark = pytest.mark.django_db
TABLES = {
    "orders_shipmentline": (ShipmentLine, "cost = 1"),
    "orders_returnline": (ReturnLine, "cost = 1"),
    "orders_allocation": (Allocation, "line_id = line_id"),
    "purchasing_goodsreceiptline": (GoodsReceiptLine, "quantity = 1"),
}


@pytest.fixture
def history(desk):
    """Ten pieces came, four were sold, one came back."""
    item = SupplierItemFactory()
    (purchase,) = create_purchase_orders(
        [NewPurchaseOrder(item.supplier_id, desk.warehouse.pk, [NewPurchaseLine(item.product_id, 10)])]
    )
    receive_goods([NewReceipt(purchase.pk)])
    order = create_order(desk.order((item.product, 4)))
    line = ship_order(NewShipment(order.pk)).lines.get()
    return_goods([NewReturn(order.pk, {line.pk: 1})])


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    "statement", ["UPDATE {table} SET {assignment}", "DELETE FROM {table}", "TRUNCATE {table} CASCADE"]
)
def test_history_is_refused_by_the_database(history, table, statement):
    model, assignment = TABLES[table]
    before = list(model.objects.values())
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET LOCAL tandem.allow_truncate = 'off'")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table=table, assignment=assignment))
    assert list(model.objects.values()) == before
    assert len(before) == 1
    assert stock_differences() == []


@pytest.mark.parametrize("table", TABLES)
def test_control_without_its_triggers_history_can_be_rewritten(history, table):
    _model, assignment = TABLES[table]
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(f"UPDATE {table} SET {assignment}")
        assert cursor.rowcount == 1


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE inventory_stocklevel SET demanded = demanded + 1",
        "DELETE FROM orders_orderline",
        "UPDATE orders_orderline SET product_id = product_id + 1",
        "UPDATE orders_order SET warehouse_id = warehouse_id + 1",
    ],
)
def test_open_demand_changes_only_with_the_order_lines(history, sql):
    with pytest.raises(DatabaseError, match=r"stock changes only|append-only"), transaction.atomic():
        connection.cursor().execute(f"SET CONSTRAINTS ALL IMMEDIATE; {sql}")


LINE = (
    "INSERT INTO orders_orderline (order_id, position, product_id, quantity, unit_price, shipped, cancelled, returned) "
    "VALUES ({order}, 2, {product}, {quantity}, 1, 0, {cancelled}, 0); SET CONSTRAINTS ALL IMMEDIATE"
)
TIE = "INSERT INTO orders_allocation (line_id, reservation_id) VALUES ({line}, {reservation})"


def refused(sql):
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.parametrize("cancelled", [0, 1])
def test_a_line_needs_its_order_and_its_product(history, cancelled):
    """Without foreign keys: what it counts as demanded needs them, open or not."""
    line = OrderLine.objects.get()
    for order, product in ((999999, line.product_id), (line.order_id, 999999)):
        refused(LINE.format(order=order, product=product, quantity=1, cancelled=cancelled))
    assert OrderLine.objects.count() == 1
    with connection.cursor() as cursor:  # the same statement, with both of them
        cursor.execute(LINE.format(order=line.order_id, product=line.product_id, quantity=1, cancelled=cancelled))
    assert OrderLine.objects.count() == 2
    assert demand_differences() == []


def test_a_tie_needs_its_line_and_its_reservation(desk, history):
    tied = Allocation.objects.get()
    free = reserve_stock([Basket([((tied.line.product_id, desk.warehouse.pk), 1)], False)], at=timezone.now())
    reservation = free[0][0].reservation_id
    for line, held in ((999999, reservation), (tied.line_id, 999999)):
        refused(TIE.format(line=line, reservation=held))
    assert Allocation.objects.count() == 1
    with connection.cursor() as cursor:
        cursor.execute(TIE.format(line=tied.line_id, reservation=reservation))
    assert Allocation.objects.count() == 2


def test_control_without_its_trigger_a_tie_to_nothing_is_written(history):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE orders_allocation DISABLE TRIGGER allocation_exists")
        cursor.execute(TIE.format(line=999999, reservation=999999))
    assert Allocation.objects.count() == 2


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM orders_order",
        "TRUNCATE orders_order CASCADE",
        "TRUNCATE orders_orderline CASCADE",
        "UPDATE orders_order SET id = id + 999",
        "UPDATE orders_orderline SET id = id + 999",
        "DELETE FROM inventory_product",
    ],
)
def test_what_lines_point_at_stays(desk, sql):
    """An order from which nothing shipped: no foreign key keeps it or its line."""
    product = desk.product()
    order = create_order(desk.order((product, 1)))
    line = order.lines.get()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET LOCAL tandem.allow_truncate = 'off'")
    refused(f"{sql}; SET CONSTRAINTS ALL IMMEDIATE")
    assert list(OrderLine.objects.values_list("pk", "order", "product")) == [(line.pk, order.pk, product.pk)]


@pytest.fixture
def promised(desk):
    """Five pieces wait for stock that comes in ten days."""
    item = SupplierItemFactory()
    create_purchase_orders(
        [NewPurchaseOrder(item.supplier_id, desk.warehouse.pk, [NewPurchaseLine(item.product_id, 5)])]
    )
    create_order(desk.order((item.product, 5)))


OWED = [
    "UPDATE orders_owed SET pieces = pieces + 1",
    "DELETE FROM orders_owed",
    "INSERT INTO orders_owed SELECT 9, now(), 1, 1, 1",
]


@pytest.mark.parametrize(
    "sql", [*OWED, *(f"TRUNCATE {table}" for table in ("orders_owed", "orders_linepromise", "orders_lostdemand"))]
)
def test_what_was_promised_and_lost_cannot_be_emptied_nor_the_sums_written(promised, sql):
    before = [list(model.objects.values()) for model in (Owed, LinePromise, LostDemand)]
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET LOCAL tandem.allow_truncate = 'off'")
    with pytest.raises(DatabaseError, match=r"append-only|only with the promises"), transaction.atomic():
        connection.cursor().execute(sql)
    assert [list(model.objects.values()) for model in (Owed, LinePromise, LostDemand)] == before
    assert [len(rows) for rows in before] == [1, 1, 1]


def test_control_without_its_trigger_the_sums_can_be_written(promised):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE orders_owed DISABLE TRIGGER owed_refuse_direct")
        cursor.execute(OWED[0])
    assert len(owed_differences()) == 1
