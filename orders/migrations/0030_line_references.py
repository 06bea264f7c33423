"""What order lines and their stock point at is checked by triggers, once per statement, not by foreign keys per row.

As safe, since orders, lines, reservations and stock levels can neither be deleted nor renumbered: what exists once
exists for good, so nothing has to be locked. Counting a line's demand needs its order and a stock level, and a level
needs its product: where one is missing, the count fails. The keys' checks were a fifth of what an order cost the server
(docs/decisions/0005-hot-path.md).
"""

from importlib import import_module

import django.db.models.deletion
from django.db import migrations, models

demand = import_module("orders.migrations.0005_demanded")
by_key = import_module("orders.migrations.0007_demand_by_key")

# A line of which nothing is open counts nothing, but has its stock level all the same.
ADD = by_key.ADD.replace(" HAVING sum(change.quantity) <> 0", "")
CHANGES = demand.OPEN.format(sign="", rows="added")
COUNT = by_key.FUNCTION.format(name="orders_add_demand", body=ADD.format(changes=CHANGES))
COUNT_BEFORE = by_key.FUNCTION.format(name="orders_add_demand", body=by_key.ADD.format(changes=CHANGES))
TIES = """
CREATE FUNCTION orders_check_allocations() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- LIMIT 1: looked up by key, row by row. A connection keeps its first plan, which must not read whole tables.
    IF (SELECT count(*) FROM added
         CROSS JOIN LATERAL (SELECT FROM orders_orderline WHERE id = added.line_id LIMIT 1) line
         CROSS JOIN LATERAL (SELECT FROM inventory_reservation WHERE id = added.reservation_id LIMIT 1) held)
       <> (SELECT count(*) FROM added) THEN
        RAISE EXCEPTION 'an allocation names an order line or a reservation that does not exist'
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER allocation_exists AFTER INSERT ON orders_allocation
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION orders_check_allocations();
"""
KEPT = ("orders_order", "orders_orderline")
STAY = """
CREATE TRIGGER order_never_deleted BEFORE DELETE ON orders_order
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
""" + "".join(
    f"""
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_truncate();
CREATE TRIGGER keeps_its_key BEFORE UPDATE OF id ON {table} FOR EACH ROW
    WHEN (OLD.id <> NEW.id) EXECUTE FUNCTION core_refuse_change();
"""
    for table in KEPT
)
BACKWARD = (
    "DROP TRIGGER order_never_deleted ON orders_order;"
    + "".join(f"DROP TRIGGER refuse_truncate ON {t}; DROP TRIGGER keeps_its_key ON {t};" for t in KEPT)
    + "DROP TRIGGER allocation_exists ON orders_allocation; DROP FUNCTION orders_check_allocations();"
    + COUNT_BEFORE
)


def _unchecked(model: str, name: str, to: str, **options: object) -> migrations.AlterField:
    kind = models.OneToOneField if name == "reservation" else models.ForeignKey
    field = kind(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, to=to, **options)
    return migrations.AlterField(model_name=model, name=name, field=field)


class Migration(migrations.Migration):
    dependencies = [("inventory", "0013_reservation_reference"), ("orders", "0029_uninvoiced")]

    operations = [
        migrations.RunSQL(COUNT + TIES + STAY, BACKWARD),
        _unchecked("allocation", "line", "orders.orderline", related_name="allocations"),
        _unchecked("allocation", "reservation", "inventory.reservation", related_name="+"),
        _unchecked("orderline", "order", "orders.order", related_name="lines", db_index=False),
        _unchecked("orderline", "product", "inventory.product", verbose_name="product"),
    ]
