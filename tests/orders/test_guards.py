"""What was shipped, returned and received, and what holds stock for a line, cannot be rewritten by direct SQL."""

import pytest
from django.db import DatabaseError, connection, transaction

from inventory.verification import stock_differences
from orders.models import Allocation, LinePromise, LostDemand, Owed, ReturnLine, ShipmentLine
from orders.services import create_order, return_goods, ship_order
from orders.values import NewReturn, NewShipment
from orders.verification import owed_differences
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
