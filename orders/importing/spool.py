"""The file's lines between reading and loading: a temporary SQLite database groups and sorts them in flat memory."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import groupby
from types import TracebackType
from typing import Any, NamedTuple, Self

from orders.importing.rows import Line

SCHEMA = """
    CREATE TABLE line (
        no INTEGER PRIMARY KEY, reference TEXT, kind TEXT, sku TEXT, spelling TEXT, quantity INTEGER, cents INTEGER,
        at INTEGER, day INTEGER, customer TEXT, line_id TEXT, requested INTEGER, name TEXT, customer_name TEXT,
        address TEXT
    );
    CREATE TABLE problem (no INTEGER, reference TEXT, verdict TEXT, reason TEXT);
    CREATE TABLE document (reference TEXT, kind TEXT, first INTEGER, at INTEGER, PRIMARY KEY (reference, kind));
    CREATE TABLE product (sku TEXT PRIMARY KEY, pk INTEGER);
    CREATE TABLE customer (code TEXT PRIMARY KEY, pk INTEGER);
"""
LINES = """
    SELECT line.no, line.reference, line.kind, document.at, line.quantity, line.cents, line.sku, line.requested,
           product.pk AS product, customer.pk AS customer
      FROM document JOIN line USING (reference, kind)
      LEFT JOIN product USING (sku) LEFT JOIN customer ON customer.code = line.customer
     ORDER BY document.at, document.first, line.no
"""


class SpooledLine(NamedTuple):
    """A line with the keys of its product and customer (None: unknown)."""

    no: int
    reference: str
    kind: str
    at: int
    quantity: int
    cents: int | None
    sku: str
    requested: int | None
    product: int | None
    customer: int | None


class Problem(NamedTuple):
    """Why a line is not imported as it stands."""

    no: int
    reference: str
    verdict: str
    reason: str


class Spool:
    """Lines, what is wrong with them, and the documents (an order's sales, or its cancellations) that they make."""

    def __init__(self) -> None:
        # An empty name: a private file on disk that goes with the connection, even after kill -9.
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + SCHEMA)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._database.close()

    def add_lines(self, lines: Iterable[Line]) -> None:
        """Keep lines as read."""
        self.many(f"INSERT INTO line VALUES ({', '.join('?' * len(Line._fields))})", lines)

    def add_problems(self, problems: Iterable[Problem]) -> None:
        """Keep what is wrong with lines."""
        self.many("INSERT INTO problem VALUES (?, ?, ?, ?)", problems)

    def add_keys(self, table: str, keys: Mapping[str, int]) -> None:
        """Keep primary keys of products by SKU, or of customers by code."""
        self.many(f"INSERT INTO {table} VALUES (?, ?)", keys.items())

    def group(self) -> None:
        """Make the documents out of the lines."""
        self.run("CREATE INDEX line_document ON line (reference, kind)")
        self.run("INSERT INTO document SELECT reference, kind, min(no), min(at) FROM line GROUP BY reference, kind")

    def problems(self) -> Iterator[Problem]:
        """Everything wrong, by line."""
        return map(Problem._make, self.rows("SELECT * FROM problem ORDER BY no"))

    def documents(self) -> Iterator[list[SpooledLine]]:
        """The documents that are left, oldest first, each with its lines."""
        lines = map(SpooledLine._make, self.rows(LINES))
        for _key, group in groupby(lines, key=lambda line: (line.reference, line.kind)):
            yield list(group)

    def batches(self, query: str, size: int = 5000) -> Iterator[list[tuple[Any, ...]]]:
        """The rows of a query, ``size`` at a time."""
        with closing(self._database.cursor()) as cursor:
            cursor.execute(query)
            while batch := cursor.fetchmany(size):
                yield batch

    def rows(self, query: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """The rows of a query, one at a time."""
        return iter(self._database.execute(query, values))

    def value(self, query: str, values: Sequence[Any] = ()) -> Any:
        """The first column of a query's only row."""
        return next(self.rows(query, values))[0]

    def run(self, statement: str, values: Sequence[Any] = ()) -> None:
        """One statement."""
        self._database.execute(statement, values)

    def script(self, statements: str) -> None:
        """Several statements."""
        self._database.executescript(statements)

    def many(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """One statement per row, in one transaction."""
        self._database.execute("BEGIN")
        self._database.executemany(statement, rows)
        self._database.execute("COMMIT")
