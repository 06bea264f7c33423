"""Invariants 1 to 3: the database itself refuses, whatever the code above it does."""

import pytest
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


@pytest.mark.parametrize(
    "table", ["inventory_stockmove", "inventory_reservation", "inventory_stocklevel", "inventory_product"]
)
def test_books_cannot_be_emptied(level, table):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL tandem.allow_truncate = 'off'")  # as everywhere but in tests
    refused(f"TRUNCATE {table} CASCADE")
    assert (StockMove.objects.count(), Reservation.objects.count()) == (1, 1)


def test_a_level_with_a_ledger_cannot_be_deleted(level):
    refused(f"DELETE FROM inventory_stocklevel WHERE id = {level.pk}; SET CONSTRAINTS ALL IMMEDIATE", IntegrityError)
    assert StockLevel.objects.get().on_hand == 10


def test_a_level_cannot_be_deleted_even_before_anything_points_at_it(level):
    """A reservation's level is not guarded by a foreign key, which would lock it: it must simply never go."""
    empty = StockLevel.objects.create(product=ProductFactory(), warehouse=level.warehouse)
    refused(f"DELETE FROM inventory_stocklevel WHERE id = {empty.pk}", IntegrityError)
    refused(f"UPDATE inventory_stocklevel SET id = 999999 WHERE id = {empty.pk}", IntegrityError)
    assert StockLevel.objects.filter(pk=empty.pk).exists()


def test_a_reservation_stays_where_it_is(level):
    other = stock(ProductFactory(), level.warehouse, 30)
    refused(f"UPDATE inventory_reservation SET stock_level_id = {other.pk}", IntegrityError)
    refused("UPDATE inventory_reservation SET id = 999999", IntegrityError)
    assert list(Reservation.objects.values_list("stock_level", "quantity")) == [(level.pk, 4)]
    assert stock_differences() == []


@pytest.mark.parametrize("quantity", [0, 1])
def test_a_reservation_of_no_level_is_refused(level, quantity):
    """Even beside one that is right, and of nothing: what is counted must be all that was written."""
    refused(
        "INSERT INTO inventory_reservation (stock_level_id, quantity) "
        f"VALUES ({level.pk}, 1), ({level.pk}, 1), (999999, {quantity})",
        IntegrityError,
    )
    assert (Reservation.objects.count(), StockLevel.objects.get().reserved) == (1, 4)


def test_control_without_its_count_a_reservation_of_no_level_is_written(level):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE inventory_reservation DISABLE TRIGGER reservation_apply")
        cursor.execute("INSERT INTO inventory_reservation (stock_level_id, quantity) VALUES (999999, 1)")
    assert Reservation.objects.filter(stock_level_id=999999).exists()


def test_control_without_its_trigger_a_level_can_be_written(level):
    """So the refusals above come from the trigger, not from somewhere else."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE inventory_stocklevel DISABLE TRIGGER stocklevel_refuse_update")
        cursor.execute(f"UPDATE inventory_stocklevel SET on_hand = 99 WHERE id = {level.pk}")
    assert [(d.on_hand, d.ledger_quantity) for d in stock_differences()] == [(99, 10)]


@pytest.mark.parametrize(
    ("trigger", "table", "sql", "left"),
    [
        ("stockmove_append_only", "inventory_stockmove", "DELETE FROM inventory_stockmove", StockMove),
        ("reservation_never_deleted", "inventory_reservation", "DELETE FROM inventory_reservation", Reservation),
        ("refuse_truncate", "inventory_reservation", "TRUNCATE inventory_reservation CASCADE", Reservation),
    ],
)
def test_control_without_its_trigger_a_table_can_be_emptied(level, trigger, table, sql, left):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL tandem.allow_truncate = 'off'")
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
        if trigger == "refuse_truncate":
            for pointing in ("orders_allocation", "inventory_lot", "inventory_lotmove"):
                cursor.execute(f"ALTER TABLE {pointing} DISABLE TRIGGER refuse_truncate")
        cursor.execute(sql)
    assert not left.objects.exists()
    assert len(stock_differences()) == 1


def test_control_without_the_constraint_more_than_on_hand_is_reserved(level):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE inventory_stocklevel DROP CONSTRAINT stocklevel_not_oversold")
        cursor.execute(f"INSERT INTO inventory_reservation (stock_level_id, quantity) VALUES ({level.pk}, 7)")
    assert StockLevel.objects.get(pk=level.pk).reserved == 11
    assert len(stock_differences()) == 1
