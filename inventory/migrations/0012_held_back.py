"""What is held back of expired lots is reserved, but nobody ordered it: ``waiting`` must not fall by it."""

from django.db import migrations, models
from django.db.models import F

FILL = """
    UPDATE inventory_stocklevel level SET held_back = blocked.pieces
      FROM (SELECT lot.stock_level_id, sum(block.quantity) AS pieces
              FROM inventory_lot lot JOIN inventory_reservation block ON block.id = lot.block_id GROUP BY 1) blocked
     WHERE blocked.stock_level_id = level.id
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0011_transit_times")]

    operations = [
        migrations.AddField(
            model_name="stocklevel",
            name="held_back",
            field=models.BigIntegerField(db_default=0, verbose_name="held back"),
        ),
        migrations.RunSQL(f"{FILL}; SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.RemoveField(model_name="stocklevel", name="waiting"),
        migrations.AddField(
            model_name="stocklevel",
            name="waiting",
            field=models.GeneratedField(
                db_persist=True,
                expression=F("demanded") + F("held_back") - F("reserved"),
                output_field=models.BigIntegerField(verbose_name="waiting"),
            ),
        ),
    ]
