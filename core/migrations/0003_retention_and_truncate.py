"""An index to find old and new outbox rows by, and the function that keeps books from being emptied."""

import django.contrib.postgres.indexes
from django.db import migrations

# A TRUNCATE fires no row trigger and no foreign key: without this it would empty an append-only table. Whoever means
# it (the test runner between two tests) says so in the session.
REFUSE = """
CREATE FUNCTION core_refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('tandem.allow_truncate', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% is append-only: TRUNCATE is refused', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', HINT = 'To start afresh, create an empty database and migrate it.';
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0002_database_parts")]

    operations = [
        migrations.AddIndex(
            model_name="outboxevent",
            index=django.contrib.postgres.indexes.BrinIndex(fields=["created_at"], name="outbox_created_brin"),
        ),
        migrations.RunSQL(REFUSE, "DROP FUNCTION core_refuse_truncate()"),
    ]
