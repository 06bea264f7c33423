"""What was shipped and returned, with its cost, never changes."""

from django.db import migrations

TABLES = ["orders_shipmentline", "orders_returnline"]


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial"), ("core", "0002_database_parts")]

    operations = [
        migrations.RunSQL(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change()",
            f"DROP TRIGGER append_only ON {table}",
        )
        for table in TABLES
    ]
