"""What was received cannot be emptied."""

from django.db import migrations

TABLES = ["purchasing_goodsreceiptline"]


class Migration(migrations.Migration):
    dependencies = [("purchasing", "0002_guards"), ("core", "0003_retention_and_truncate")]

    operations = [
        migrations.RunSQL(
            f"CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_truncate()",
            f"DROP TRIGGER refuse_truncate ON {table}",
        )
        for table in TABLES
    ]
