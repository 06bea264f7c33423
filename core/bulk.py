"""Set-based writes that the ORM would spell row by row: one statement, one round trip, no model instances."""

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Model

from core.statements import fetch_all, write


def insert_columns(model: type[Model], **columns: Any) -> list[int]:
    """Insert rows given column by column; returns their primary keys in the order given.

    A list is one value per row, anything else stands in every row; at least one column is a list. Columns that are
    not named get the database's default. Values are the database's own: JSON as text, foreign keys as ``…_id``.
    Constraints and triggers hold as always; the checks of model fields are the caller's.
    """
    prepared = _prepare(model, columns)
    if prepared is None:
        return []
    insert, values = prepared
    return [pk for (pk,) in fetch_all(insert.name, insert.returning, values)]


def append_columns(model: type[Model], **columns: Any) -> None:
    """As ``insert_columns``, for rows whose keys nobody asks back; inside ``statements.together`` they may wait."""
    prepared = _prepare(model, columns)
    if prepared:
        insert, values = prepared
        write(insert.name, insert.sql, values)


class _Insert(NamedTuple):
    """A statement, the same returning keys, and the order of its parameters."""

    name: str
    sql: str
    returning: str
    order: tuple[str, ...]


def _prepare(model: type[Model], columns: Mapping[str, Any]) -> tuple[_Insert, list[Any]] | None:
    """The statement for these columns with its parameters; None for no rows."""
    lists = [name for name, value in columns.items() if type(value) is list]
    rows = len(columns[lists[0]])
    if not rows:
        return None
    if rows == 1:  # without arrays it costs both sides less
        columns = {name: value[0] if type(value) is list else value for name, value in columns.items()}
        lists = []
    insert = _insert(model, tuple(columns), tuple(lists))
    return insert, [columns[name] for name in insert.order]


@cache
def _insert(model: type[Model], names: tuple[str, ...], lists: tuple[str, ...]) -> _Insert:
    """The statement. unnest() keeps its rows in order, so serial keys ascend with them, and so does RETURNING."""
    same = [name for name in names if name not in lists]
    quote = connection.ops.quote_name
    fields: dict[str, Any] = {
        name: model._meta.pk if name == "pk" else model._meta.get_field(name) for name in (*same, *lists)
    }
    columns = ", ".join(quote(fields[name].column) for name in (*same, *lists))
    constants = ", ".join(f"%s::{_type(fields[name])}" for name in same)
    arrays = ", ".join(f"%s::{_type(fields[name])}[]" for name in lists)
    given = ", ".join(part for part in (constants, "given.*" if lists else "") if part)
    source = f" FROM unnest({arrays}) AS given" if lists else ""
    sql = f"INSERT INTO {quote(model._meta.db_table)} ({columns}) SELECT {given}{source}"
    returning = f"{sql} RETURNING {quote(str(model._meta.pk.column))}"
    return _Insert(f"insert_{model._meta.db_table}", sql, returning, (*same, *lists))


def _type(field: Any) -> str:
    """The column's type in one word, without its size: too long a text is the column's error, a cast would cut it."""
    name = str(field.rel_db_type(connection) if field.primary_key else field.db_type(connection)).partition("(")[0]
    return {"timestamp with time zone": "timestamptz", "double precision": "float8"}.get(name, name)


def add_to_column(model: type[Model], column: str, deltas: Mapping[int, int]) -> int:
    """Add ``deltas[pk]`` to ``column`` of each row, in one statement; returns the number of rows changed.

    The caller holds the row locks. Constraints on the column refuse what they must.
    """
    if not deltas:
        return 0
    quote = connection.ops.quote_name
    table, name = quote(model._meta.db_table), quote(column)
    rows = fetch_all(
        f"add_to_{model._meta.db_table}",
        f"UPDATE {table} AS t SET {name} = t.{name} + d.delta "
        "FROM unnest(%s::bigint[], %s::bigint[]) AS d(id, delta) WHERE t.id = d.id RETURNING 1",
        [list(deltas.keys()), list(deltas.values())],
    )
    return len(rows)
