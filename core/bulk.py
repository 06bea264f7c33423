"""Set-based writes that the ORM would spell row by row: one statement, one round trip, no model instances."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Model

from core.statements import fetch_all, write


def insert_columns(model: type[Model], **columns: Any) -> list[int]:
    """Insert rows given column by column; returns their primary keys in the order given.

    A list is one value per row, anything else stands in every row; at least one column is a list. Columns that are
    not named get the database's default. Values are the database's own: JSON as text, foreign keys as ``…_id``.
    Constraints and triggers hold as always; the checks of model fields are the caller's.
    """
    same, lists = _split(columns)
    if not columns[lists[0]]:
        return []
    sql = f"{_insert_sql(model, same, lists)} RETURNING {connection.ops.quote_name(str(model._meta.pk.column))}"
    rows = fetch_all(_name(model), sql, [columns[column] for column in (*same, *lists)])
    return [pk for (pk,) in rows]


def append_columns(model: type[Model], **columns: Any) -> None:
    """As ``insert_columns``, for rows whose keys nobody asks back; inside ``statements.together`` they may wait."""
    same, lists = _split(columns)
    if columns[lists[0]]:
        write(_name(model), _insert_sql(model, same, lists), [columns[column] for column in (*same, *lists)])


def _name(model: type[Model]) -> str:
    return f"insert_{model._meta.db_table}"


def _split(columns: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of the columns that are the same in every row, and of those given as lists."""
    lists = tuple(name for name, value in columns.items() if isinstance(value, list))
    return tuple(name for name in columns if name not in lists), lists


@cache
def _insert_sql(model: type[Model], same: Sequence[str], lists: Sequence[str]) -> str:
    """The statement. unnest() keeps its rows in order, so serial keys ascend with them, and so does RETURNING."""
    quote = connection.ops.quote_name
    fields: dict[str, Any] = {
        name: model._meta.pk if name == "pk" else model._meta.get_field(name) for name in (*same, *lists)
    }
    columns = ", ".join(quote(fields[name].column) for name in (*same, *lists))
    constants = ", ".join(f"%s::{_type(fields[name])}" for name in same)
    arrays = ", ".join(f"%s::{_type(fields[name])}[]" for name in lists)
    selected = f"{constants}, given.*" if same else "given.*"
    return f"INSERT INTO {quote(model._meta.db_table)} ({columns}) SELECT {selected} FROM unnest({arrays}) AS given"


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
