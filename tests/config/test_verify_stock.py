"""The command and the health page that prove the books: silent when all is well, naming the place when not."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from config.tasks import verify_books
from inventory.models import StockLevel
from inventory.places import Basket
from inventory.services import reserve_stock
from orders.models import Order
from orders.services import create_order, issue_invoice, ship_order
from orders.values import NewLine, NewOrder, NewShipment
from orders.verification import invoice_differences, stray_reservations
from tests.factories import ChannelFactory, CustomerFactory, ProductFactory, WarehouseFactory, stock

pytestmark = pytest.mark.django_db


@pytest.fixture
def order():
    """Four of ten pieces reserved."""
    level = stock(ProductFactory(sku="TEA"), WarehouseFactory(code="MAIN"), 10)
    customer, channel = CustomerFactory(), ChannelFactory()
    return create_order(NewOrder(customer.pk, channel.pk, level.warehouse_id, [NewLine(level.product_id, 4)]))


def break_by_force(sql: str) -> None:
    """As only a superuser could: with the triggers off."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql)
        cursor.execute("SET LOCAL session_replication_role = origin")


def complaint(capsys, match: str) -> str:
    with pytest.raises(CommandError, match=match):
        call_command("verify_stock")
    assert Client().get("/health/invariants").status_code == 500
    return capsys.readouterr().err


def test_all_is_well(order, capsys):
    ship_order(NewShipment(order.pk, {order.lines.get().pk: 1}))
    call_command("verify_stock")
    assert "Stock ties out: 1 levels, 2 ledger rows, 1 reservations." in capsys.readouterr().out
    answer = Client().get("/health/invariants")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "differences": 0})


def test_every_night_a_task_says_so_too(order, caplog):
    assert verify_books() == 0
    break_by_force("UPDATE orders_orderline SET cancelled = 1")
    assert verify_books() == 2  # the reservation, and the open demand
    assert f"The books do not tie out: {order.number} line 1: reserved 4, open 3" in caplog.text


def test_a_level_that_differs_from_its_ledger_is_named(order, capsys):
    break_by_force("UPDATE inventory_stocklevel SET on_hand = 11, reserved = 3")
    said = complaint(capsys, r"1 stock level\(s\) differ")
    assert "TEA @ MAIN: on hand 11, ledger 10" in said
    assert "reserved 3, open 4" in said


def test_pieces_held_back_for_no_lot_are_found(order, capsys):
    break_by_force("UPDATE inventory_stocklevel SET held_back = 2")
    assert "held back 2, of lots 0" in complaint(capsys, r"1 stock level\(s\) differ")


def test_a_reservation_of_nobody_is_found(order, capsys):
    level = StockLevel.objects.get()
    reserve_stock([Basket([((level.product_id, level.warehouse_id), 2)], False)], at=timezone.now())
    assert "2 pieces are reserved for no order line" in complaint(capsys, r"1 reservation\(s\) do not belong")


def test_more_reserved_than_a_line_has_open_is_found(order, capsys):
    break_by_force("UPDATE orders_orderline SET cancelled = 1")
    assert f"{order.number} line 1: reserved 4, open 3" in complaint(capsys, r"1 reservation\(s\) do not belong")


def test_a_reservation_of_another_product_is_found(order):
    break_by_force(f"UPDATE orders_orderline SET product_id = {ProductFactory().pk}")
    assert [(stray.order, stray.reserved) for stray in stray_reservations()] == [(order.number, 4)]


def test_open_demand_that_differs_from_the_order_lines_is_named(order, capsys):
    break_by_force("UPDATE inventory_stocklevel SET demanded = 5")
    assert "TEA @ MAIN: demanded 5, open on order lines 4" in complaint(capsys, "1 place")


def test_an_order_that_the_pick_queue_would_miss_is_named(order, capsys):
    Order.objects.update(is_idle=True)
    assert f"{order.number} holds 4 pieces and is missing in the pick queue" in complaint(capsys, r"1 order\(s\) hold")


def test_an_invoice_for_other_pieces_than_were_shipped_and_a_missing_number_are_found(order, capsys):
    ship_order(NewShipment(order.pk))
    issue_invoice(order.pk)
    assert invoice_differences() == []
    break_by_force("UPDATE orders_invoiceline SET quantity = 5")
    assert "IN-000001 line 1: 5 invoiced, 4 on its shipments" in complaint(capsys, r"1 invoice\(s\) do not tie out")
    break_by_force("UPDATE orders_invoiceline SET quantity = 4; UPDATE orders_invoicecounter SET last = 2")
    assert "2 numbers were given to invoices, and there are 1" in complaint(capsys, r"1 invoice\(s\) do not tie out")
    break_by_force("UPDATE orders_invoicecounter SET last = 1; UPDATE orders_order SET has_uninvoiced = true")
    said = complaint(capsys, r"1 order\(s\) are listed wrongly as to be invoiced")
    assert f"{order.number}: listed as to be invoiced, wrongly" in said
