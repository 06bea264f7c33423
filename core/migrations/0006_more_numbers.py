"""Numbers of quotations and of returns that were authorised."""

from django.db import migrations

SEQUENCES = ["core_quotation_number", "core_return_authorization_number"]


class Migration(migrations.Migration):
    dependencies = [("core", "0005_transfer_number")]

    operations = [migrations.RunSQL(f"CREATE SEQUENCE {name}", f"DROP SEQUENCE {name}") for name in SEQUENCES]
