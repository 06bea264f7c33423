"""What waiting lines were promised stands added up by place and day, so that a promise never adds up lines.

Statement-level triggers on the promises keep it. Promises are written while the stock level of their place is locked,
so these rows are never waited for. Pieces without a date stand under the first day of the calendar: before all others.
"""

import django.db.models.deletion
from django.db import migrations, models

OWED = "SELECT product_id, warehouse_id, coalesce(date, date '0001-01-01') AS due, {sign}pieces AS pieces FROM {rows}"
ADD = """
    INSERT INTO orders_owed AS owed (product_id, warehouse_id, due, pieces)
    SELECT product_id, warehouse_id, due, sum(pieces) FROM ({changes}) change
     GROUP BY 1, 2, 3 HAVING sum(pieces) <> 0 ORDER BY 1, 2, 3
    ON CONFLICT (product_id, warehouse_id, due) DO UPDATE SET pieces = owed.pieces + excluded.pieces
"""
IN_FORCE = f"{OWED} WHERE replaced_at IS NULL"
MADE = ADD.format(changes=IN_FORCE.format(sign="", rows="added"))
CHANGED = ADD.format(
    changes=f"{IN_FORCE.format(sign='', rows='after_rows')} UNION ALL {IN_FORCE.format(sign='-', rows='before_rows')}"
)
FORGET = """
    DELETE FROM orders_owed owed USING before_rows promise
     WHERE owed.pieces = 0 AND owed.product_id = promise.product_id AND owed.warehouse_id = promise.warehouse_id
"""
FORWARD = f"""
CREATE FUNCTION orders_owe() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {MADE}; RETURN NULL; END $$;
CREATE TRIGGER linepromise_owed AFTER INSERT ON orders_linepromise
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION orders_owe();
CREATE FUNCTION orders_owe_else() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN {CHANGED}; {FORGET}; RETURN NULL; END $$;
CREATE TRIGGER linepromise_owed_else AFTER UPDATE ON orders_linepromise
    REFERENCING OLD TABLE AS before_rows NEW TABLE AS after_rows
    FOR EACH STATEMENT EXECUTE FUNCTION orders_owe_else();
CREATE TRIGGER linepromise_never_deleted BEFORE DELETE ON orders_linepromise
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
DO $$ BEGIN {ADD.format(changes=IN_FORCE.format(sign="", rows="orders_linepromise"))}; END $$;
"""
BACKWARD = """
DROP TRIGGER linepromise_never_deleted ON orders_linepromise;
DROP TRIGGER linepromise_owed_else ON orders_linepromise;
DROP TRIGGER linepromise_owed ON orders_linepromise;
DROP FUNCTION orders_owe_else();
DROP FUNCTION orders_owe();
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0007_tax_rate"), ("orders", "0016_pick_queue_flag")]

    operations = [
        migrations.CreateModel(
            name="Owed",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("due", models.DateField()),
                ("pieces", models.BigIntegerField()),
                (
                    "product",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="inventory.product",
                    ),
                ),
                (
                    "warehouse",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="inventory.warehouse",
                    ),
                ),
            ],
            options={
                "verbose_name": "pieces owed",
                "verbose_name_plural": "pieces owed",
                "constraints": [models.UniqueConstraint(fields=("product", "warehouse", "due"), name="owed_place_day")],
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
