"""Promises, what they add up to, and lost demand cannot be emptied; only the promises write what they add up to."""

from django.db import migrations

TRUNCATE = (
    "CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON {table} "
    "FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_truncate()"
)
OWED = """
CREATE FUNCTION orders_refuse_direct_owed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what is owed changes only with the promises' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER owed_refuse_direct BEFORE INSERT OR UPDATE OR DELETE ON orders_owed FOR EACH STATEMENT
    WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION orders_refuse_direct_owed();
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0030_line_references"), ("core", "0003_retention_and_truncate")]

    operations = [
        *(
            migrations.RunSQL(TRUNCATE.format(table=table), f"DROP TRIGGER refuse_truncate ON {table}")
            for table in ("orders_linepromise", "orders_owed", "orders_lostdemand")
        ),
        migrations.RunSQL(
            OWED, "DROP TRIGGER owed_refuse_direct ON orders_owed; DROP FUNCTION orders_refuse_direct_owed()"
        ),
    ]
