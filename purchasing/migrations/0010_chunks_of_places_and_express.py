"""Chunks name their places; suppliers say what hurrying takes. The next run finds anew what was left undone."""

from decimal import Decimal

import django.contrib.postgres.fields
import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("purchasing", "0009_replenishment_runs")]

    operations = [
        # Open suggestions of before did not keep whose offer they took: the next check writes them anew.
        migrations.RunSQL(
            "INSERT INTO purchasing_reordermark (product_id, warehouse_id) "
            "SELECT product_id, warehouse_id FROM purchasing_reordersuggestion "
            "WHERE status = 'open' AND NOT inputs ? 'offers'",
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL("DELETE FROM purchasing_replenishmentchunk", migrations.RunSQL.noop),
        *(
            migrations.RemoveField("replenishmentchunk", name)
            for name in ("modulus", "remainder", "first_product", "last_product")
        ),
        *(
            migrations.AddField(
                "replenishmentchunk",
                name,
                django.contrib.postgres.fields.ArrayField(models.BigIntegerField(), default=list),
                preserve_default=False,
            )
            for name in ("products", "warehouses")
        ),
        migrations.AddField(
            "supplier",
            "express_days",
            models.PositiveIntegerField(blank=True, null=True, verbose_name="express lead time (days)"),
        ),
        migrations.AddField(
            "supplier",
            "express_cost",
            models.DecimalField(
                decimal_places=2,
                default=Decimal("0.00"),
                max_digits=14,
                validators=[django.core.validators.MinValueValidator(0)],
                verbose_name="cost of express delivery",
            ),
        ),
        migrations.AddConstraint(
            "supplier",
            models.CheckConstraint(condition=models.Q(("express_cost__gte", 0)), name="supplier_express_cost"),
        ),
    ]
