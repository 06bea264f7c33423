"""Set-based writes that the ORM would spell row by row: one statement, one round trip, no model instances."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Model


def insert_columns(model: type[Model], **columns: Any) -> list[int]:
    """Insert rows given column by column; returns their primary keys in the order given.

    A list is one value per row, anything else stands in every row; at least one column is a list. Columns that are
    not named get the database's default. Values are the database's own: JSON as text, foreign keys as ``…_id``.
    Constraints and triggers hold as always; the checks of model fields are the caller's.
    """
    lists = tuple(name for name, value in columns.items() if isinstance(value, list))
    if not columns[lists[0]]:
        return []
    same = tuple(name for name in columns if name not in lists)
    with connection.cursor() as cursor:
        cursor.execute(_insert_sql(model, lists, same), [columns[name] for name in (*same, *lists)])
        return [pk for (pk,) in cursor.fetchall()]


@cache
def _insert_sql(model: type[Model], lists: Sequence[str], same: Sequence[str]) -> str:
    """The statement. unnest() keeps its rows in order, so serial keys ascend with them, and so does RETURNING."""
    quote = connection.ops.quote_name
    fields = {name: model._meta.get_field(name) for name in (*same, *lists)}
    columns = ", ".join(quote(fields[name].column) for name in (*same, *lists))
    constants = ", ".join(f"%s::{_type(fields[name])}" for name in same)
    arrays = ", ".join(f"%s::{_type(fields[name])}[]" for name in lists)
    selected = f"{constants}, given.*" if same else "given.*"
    return (
        f"INSERT INTO {quote(model._meta.db_table)} ({columns}) SELECT {selected} FROM unnest({arrays}) AS given "
        f"RETURNING {quote(model._meta.pk.column)}"
    )


def _type(field: Any) -> str:
    """The column's type without its size, for which the column itself answers with an error, where a cast would cut."""
    return str(field.db_type(connection)).partition("(")[0]


def add_to_column(model: type[Model], column: str, deltas: Mapping[int, int]) -> int:
    """Add ``deltas[pk]`` to ``column`` of each row, in one statement; returns the number of rows changed.

    The caller holds the row locks. Constraints on the column refuse what they must.
    """
    if not deltas:
        return 0
    quote = connection.ops.quote_name
    table, name = quote(model._meta.db_table), quote(column)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} AS t SET {name} = t.{name} + d.delta "
            "FROM unnest(%s::bigint[], %s::bigint[]) AS d(id, delta) WHERE t.id = d.id",
            [list(deltas.keys()), list(deltas.values())],
        )
        return cursor.rowcount
