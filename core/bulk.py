"""Set-based updates that the ORM would spell row by row."""

from collections.abc import Mapping

from django.db import connection
from django.db.models import Model


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
