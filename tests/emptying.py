"""The tables are emptied after each transactional test: quickly, for most of them hold a few rows or none.

Django's ``flush`` makes new files for every table and each of its indexes, a thousand in all, and then works the
permissions and the roles out anew. Here rows are deleted, and those kept in a schema beside the tables put back.
"""

from collections.abc import Iterable
from functools import cache

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.core.management.color import no_style
from django.db import connection, transaction

# What ``migrate`` leaves in the tables by its signal.
MIGRATED = ("django_content_type", "auth_permission", "auth_group", "auth_group_permissions")


def keep(schema: str, tables: Iterable[str]) -> None:
    """Copy the rows of ``tables`` into ``schema``; ``leave_only`` puts them back."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}")
        for table in tables:
            cursor.execute(f"CREATE TABLE {schema}.{table} AS TABLE {table}")
    _statements.cache_clear()


def leave_only(schema: str) -> None:
    """Make the tables hold the rows kept in ``schema`` and nothing else.

    Locks every table as TRUNCATE does: what another connection still writes is waited for, and goes too.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_statements(schema))
    ContentType.objects.clear_cache()


def number_on() -> None:
    """Let new primary keys follow the highest that there is."""
    models = apps.get_models(include_auto_created=True)
    with connection.cursor() as cursor:
        cursor.execute("; ".join(connection.ops.sequence_reset_sql(no_style(), models)))


def all_tables() -> list[str]:
    """Every table of a model."""
    return connection.introspection.django_table_names(only_existing=True, include_views=False)


@cache
def _statements(schema: str) -> str:
    tables = all_tables()
    return "; ".join(
        [
            f"LOCK TABLE {', '.join(tables)} IN ACCESS EXCLUSIVE MODE",
            "SET LOCAL session_replication_role = replica",  # no trigger speaks, and any order of the tables will do
            *(f"DELETE FROM {table}" for table in tables),
            *(f"INSERT INTO {table} ({names}) SELECT {names} FROM {schema}.{table}" for table, names in _kept(schema)),
        ]
    )


def _kept(schema: str) -> list[tuple[str, str]]:
    """(table, its columns but those that the database works out) of the tables kept."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT k.table_name, string_agg(quote_ident(c.column_name), ', ') FROM information_schema.tables k"
            " JOIN information_schema.columns c ON c.table_name = k.table_name AND c.table_schema = 'public'"
            " WHERE k.table_schema = %s AND c.is_generated = 'NEVER' GROUP BY k.table_name",
            [schema],
        )
        return cursor.fetchall()
