"""The numbers of transfers between warehouses."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("core", "0004_fewer_indexes")]

    operations = [migrations.RunSQL("CREATE SEQUENCE core_transfer_number", "DROP SEQUENCE core_transfer_number")]
