"""The tables are emptied after each transactional test: quickly, for most of them hold a few rows or none.

Django's ``flush`` makes new files for every table and each of its indexes, a thousand in all, and then works the
permissions and the roles out anew.
"""

from functools import cache

from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction

# What ``migrate`` leaves in the tables by its signal, in the order in which rows may be put back.
KEPT = ["django_content_type", "auth_permission", "auth_group", "auth_group_permissions"]


def keep_what_migrate_left() -> None:
    """Copy the rows that every test finds into a schema beside the tables."""
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA IF EXISTS kept CASCADE; CREATE SCHEMA kept")
        for table in KEPT:
            cursor.execute(f"CREATE TABLE kept.{table} AS TABLE {table}")


def empty_tables() -> None:
    """Leave what ``migrate`` left and nothing else.

    Locks every table as TRUNCATE does: what another connection still writes is waited for, and goes too.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_statements())
    ContentType.objects.clear_cache()


@cache
def _statements() -> str:
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    names = [connection.ops.quote_name(table) for table in tables]
    return "; ".join(
        [
            f"LOCK TABLE {', '.join(names)} IN ACCESS EXCLUSIVE MODE",
            "SET LOCAL session_replication_role = replica",  # no trigger speaks; none of the tables is left half empty
            *(f"DELETE FROM {name}" for name in names),
            *(f"INSERT INTO {table} SELECT * FROM kept.{table}" for table in KEPT),
        ]
    )
