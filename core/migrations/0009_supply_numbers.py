"""Numbers of blanket orders and of standing orders."""

from django.db import migrations

SEQUENCES = ["core_blanket_order_number", "core_standing_order_number"]


class Migration(migrations.Migration):
    dependencies = [("core", "0008_mail")]

    operations = [migrations.RunSQL(f"CREATE SEQUENCE {name}", f"DROP SEQUENCE {name}") for name in SEQUENCES]
