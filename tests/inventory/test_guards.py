"""Invariants 1 to 3: the database itself refuses, whatever the code above it does."""

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from inventory.models import Reservation, StockLevel, StockMove
from inventory.places import Basket
from inventory.services import reserve_stock
from inventory.verification import stock_differences
from tests.factories import ProductFactory, WarehouseFactory, stock

pytestmark = pytest.mark.django_db


@pytest.fixture
def level():
    level = stock(ProductFactory(), WarehouseFactory(), 10)
    reserve_stock([Basket([((level.product_id, level.warehouse_id), 4)], False)], at=timezone.now())
    level.refresh_from_db()
    return level


def refused(sql: str, error=DatabaseError) -> None:
    with pytest.raises(error), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.parametrize(
    "assignment", ["on_hand = 99", "reserved = 0", "value = 1", "on_hand = on_hand + 1, reserved = reserved + 1"]
)
def test_a_level_cannot_be_written_directly(level, assignment):
    refused(f"UPDATE inventory_stocklevel SET {assignment} WHERE id = {level.pk}")
    fresh = StockLevel.objects.get(pk=level.pk)
    assert (fresh.on_hand, fresh.reserved, fresh.value) == (10, 4, level.value)


def test_a_level_cannot_be_born_with_stock(level):
    refused(
        "INSERT INTO inventory_stocklevel (product_id, warehouse_id, on_hand, reserved, value) "
        f"SELECT {ProductFactory().pk}, {level.warehouse_id}, 5, 0, 5"
    )


@pytest.mark.parametrize("sql", ["UPDATE inventory_stockmove SET quantity = 99", "DELETE FROM inventory_stockmove"])
def test_the_ledger_is_append_only(level, sql):
    refused(sql)
    assert StockMove.objects.get().quantity == 10


def test_a_reservation_cannot_be_deleted(level):
    refused("DELETE FROM inventory_reservation")
    assert Reservation.objects.get().quantity == 4


def test_more_than_on_hand_cannot_be_reserved_even_by_sql(level):
    refused(
        f"INSERT INTO inventory_reservation (stock_level_id, quantity) VALUES ({level.pk}, 7)",
        IntegrityError,
    )
    refused("UPDATE inventory_reservation SET quantity = 11", IntegrityError)
    refused("UPDATE inventory_reservation SET quantity = -1", IntegrityError)


def test_reserved_stock_cannot_leave_by_a_ledger_row(level):
    refused(
        "INSERT INTO inventory_stockmove (stock_level_id, kind, quantity, value, document, reason, effective_at) "
        f"VALUES ({level.pk}, 'adjustment', -7, -42, '', '', now())",
        IntegrityError,
    )


def test_a_change_of_a_reservation_moves_the_level_with_it(level):
    Reservation.objects.update(quantity=1)
    assert StockLevel.objects.get(pk=level.pk).reserved == 1
    assert stock_differences() == []


def test_verify_stock_finds_what_only_a_superuser_could_break(level, capsys):
    call_command("verify_stock")
    assert "Stock ties out: 1 levels, 1 ledger rows, 1 reservations." in capsys.readouterr().out
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # triggers off
        cursor.execute("UPDATE inventory_stocklevel SET on_hand = 11, reserved = 3")
        cursor.execute("SET LOCAL session_replication_role = origin")
    with pytest.raises(CommandError, match=r"1 stock level\(s\) differ"):
        call_command("verify_stock")
    assert "on hand 11, ledger 10" in capsys.readouterr().err
