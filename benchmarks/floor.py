"""The floor: the least that a reservation needs, as a plain psycopg2 loop on the same server.

One transaction with one order row, three line rows, three guarded stock updates and three reservation rows, one
statement each, in tables without foreign keys, triggers or secondary indexes.
"""

import os
import random
from collections.abc import Callable

import dj_database_url
import psycopg2

LINES = 3
TABLES = """
    DROP TABLE IF EXISTS floor_order, floor_line, floor_stock, floor_reservation;
    CREATE TABLE floor_order (id bigserial PRIMARY KEY, customer bigint, at timestamptz DEFAULT now());
    CREATE TABLE floor_line (id bigserial PRIMARY KEY, "order" bigint, product bigint, quantity bigint, price numeric);
    CREATE TABLE floor_stock (product bigint PRIMARY KEY, on_hand bigint, reserved bigint DEFAULT 0);
    CREATE TABLE floor_reservation (id bigserial PRIMARY KEY, line bigint, product bigint, quantity bigint);
"""


def connect() -> "psycopg2.extensions.connection":
    """A connection of its own to the benchmark's database."""
    target = dj_database_url.parse(os.environ["DATABASE_URL"])
    options = target.get("OPTIONS", {})
    return psycopg2.connect(
        dbname=target["NAME"],
        user=target["USER"] or None,
        password=target["PASSWORD"] or None,
        host=options.get("host") or target["HOST"] or None,
        port=target["PORT"] or None,
    )


def prepare(products: int, on_hand: int) -> None:
    """Make the floor's tables with that many products in stock."""
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute(TABLES)
        cursor.execute("INSERT INTO floor_stock SELECT n, %s FROM generate_series(1, %s) n", [on_hand, products])


def order_loop(products: int) -> Callable[[int], Callable[[], object]]:
    """Orders of three random products, one piece each; products in order, so that nothing deadlocks."""

    def make(number: int) -> Callable[[], object]:
        connection, chance = connect(), random.Random(number)
        cursor = connection.cursor()

        def work() -> None:
            chosen = sorted(chance.sample(range(1, products + 1), LINES))
            _order(cursor, chosen)
            connection.commit()

        return work

    return make


def _order(cursor: "psycopg2.extensions.cursor", products: list[int]) -> None:
    cursor.execute("INSERT INTO floor_order (customer) VALUES (1) RETURNING id")
    order = cursor.fetchone()[0]
    lines = []
    for product in products:
        cursor.execute(
            'INSERT INTO floor_line ("order", product, quantity, price) VALUES (%s, %s, 1, 9.90) RETURNING id',
            [order, product],
        )
        lines.append(cursor.fetchone()[0])
    for product in products:
        cursor.execute(
            "UPDATE floor_stock SET reserved = reserved + 1 WHERE product = %s AND on_hand - reserved >= 1", [product]
        )
        assert cursor.rowcount == 1, "the floor ran out of stock"
    for line, product in zip(lines, products, strict=True):
        cursor.execute("INSERT INTO floor_reservation (line, product, quantity) VALUES (%s, %s, 1)", [line, product])


def hot_loop(warm_up: int) -> Callable[[int], Callable[[], object]]:
    """Orders of one piece of one product (row 1): an order row, a line, the guarded update, a reservation.

    Each process makes ``warm_up`` of them before it begins.
    """

    def make(number: int) -> Callable[[], object]:
        connection = connect()
        cursor = connection.cursor()

        def work() -> int:
            cursor.execute("INSERT INTO floor_order (customer) VALUES (1) RETURNING id")
            order = cursor.fetchone()[0]
            cursor.execute(
                'INSERT INTO floor_line ("order", product, quantity, price) VALUES (%s, 1, 1, 9.90) RETURNING id',
                [order],
            )
            row = cursor.fetchone()[0]
            cursor.execute(
                "UPDATE floor_stock SET reserved = reserved + 1 WHERE product = 1 AND on_hand - reserved >= 1"
            )
            if not cursor.rowcount:
                connection.rollback()
                return 0
            cursor.execute("INSERT INTO floor_reservation (line, product, quantity) VALUES (%s, 1, 1)", [row])
            connection.commit()
            return 1

        for _order in range(warm_up):
            work()
        return work

    return make
