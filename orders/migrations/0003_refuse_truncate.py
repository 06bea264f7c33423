"""What ties an order line to its stock is never cut; that, and what was shipped and returned, cannot be emptied."""

from django.db import migrations

APPEND_ONLY = (
    "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON orders_allocation "
    "FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change()"
)
TABLES = ["orders_allocation", "orders_shipmentline", "orders_returnline"]


class Migration(migrations.Migration):
    dependencies = [("orders", "0002_guards"), ("core", "0003_retention_and_truncate")]

    operations = [
        migrations.RunSQL(APPEND_ONLY, "DROP TRIGGER append_only ON orders_allocation"),
        *(
            migrations.RunSQL(
                f"CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_truncate()",
                f"DROP TRIGGER refuse_truncate ON {table}",
            )
            for table in TABLES
        ),
    ]
