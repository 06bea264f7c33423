"""The demand triggers look an order's warehouse up by key instead of joining (see inventory/0006_level_by_level)."""

from importlib import import_module

from django.db import migrations

before = import_module("orders.migrations.0005_demanded")

ADD = """
    INSERT INTO inventory_stocklevel AS level (product_id, warehouse_id, on_hand, reserved, value, demanded)
    SELECT change.product_id, (SELECT warehouse_id FROM orders_order WHERE id = change.order_id), 0, 0, 0,
           sum(change.quantity)
      FROM ({changes}) change GROUP BY 1, 2 HAVING sum(change.quantity) <> 0 ORDER BY 1, 2
    ON CONFLICT (product_id, warehouse_id) DO UPDATE SET demanded = level.demanded + excluded.demanded
"""
FUNCTION = """
CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body}; RETURN NULL; END $$;
"""


def _functions(add: str) -> str:
    changed = "{} UNION ALL {}".format(
        before.OPEN.format(sign="", rows="after_rows"), before.OPEN.format(sign="-", rows="before_rows")
    )
    inserted = before.OPEN.format(sign="", rows="added")
    return FUNCTION.format(name="orders_add_demand", body=add.format(changes=inserted)) + FUNCTION.format(
        name="orders_change_demand", body=add.format(changes=changed)
    )


class Migration(migrations.Migration):
    dependencies = [("orders", "0006_fewer_indexes"), ("inventory", "0006_level_by_level")]

    operations = [migrations.RunSQL(_functions(ADD), _functions(before.ADD))]
