"""Stock, its ledger and its reservations cannot be emptied either."""

from django.db import migrations

TABLES = ["inventory_stocklevel", "inventory_stockmove", "inventory_reservation"]


class Migration(migrations.Migration):
    dependencies = [("inventory", "0002_guards"), ("core", "0003_retention_and_truncate")]

    operations = [
        migrations.RunSQL(
            f"CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_truncate()",
            f"DROP TRIGGER refuse_truncate ON {table}",
        )
        for table in TABLES
    ]
