"""What customers ordered and did not get yet stands on the stock level, so that a promise never adds up order lines.

Statement-level triggers on the order lines keep it, as those on reservations keep ``reserved``. A line cannot be
deleted, nor it or its order move to another place, which would carry its demand away unseen.
"""

from django.db import migrations

ADD = """
    INSERT INTO inventory_stocklevel AS level (product_id, warehouse_id, on_hand, reserved, value, demanded)
    SELECT change.product_id, sale.warehouse_id, 0, 0, 0, sum(change.quantity)
      FROM ({changes}) change JOIN orders_order sale ON sale.id = change.order_id
     GROUP BY 1, 2 HAVING sum(change.quantity) <> 0 ORDER BY 1, 2
    ON CONFLICT (product_id, warehouse_id) DO UPDATE SET demanded = level.demanded + excluded.demanded
"""
OPEN = "SELECT order_id, product_id, {sign}(quantity - shipped - cancelled) AS quantity FROM {rows}"
INSERTED = ADD.format(changes=OPEN.format(sign="", rows="added"))
UPDATED = ADD.format(
    changes=f"{OPEN.format(sign='', rows='after_rows')} UNION ALL {OPEN.format(sign='-', rows='before_rows')}"
)
FORWARD = f"""
CREATE FUNCTION orders_add_demand() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {INSERTED}; RETURN NULL; END $$;
CREATE TRIGGER orderline_demand AFTER INSERT ON orders_orderline
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION orders_add_demand();
CREATE FUNCTION orders_change_demand() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {UPDATED}; RETURN NULL; END $$;
CREATE TRIGGER orderline_demand_change AFTER UPDATE ON orders_orderline
    REFERENCING OLD TABLE AS before_rows NEW TABLE AS after_rows
    FOR EACH STATEMENT EXECUTE FUNCTION orders_change_demand();
CREATE TRIGGER orderline_never_deleted BEFORE DELETE ON orders_orderline
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
CREATE TRIGGER orderline_stays BEFORE UPDATE OF order_id, product_id ON orders_orderline FOR EACH ROW
    WHEN (OLD.order_id <> NEW.order_id OR OLD.product_id <> NEW.product_id) EXECUTE FUNCTION core_refuse_change();
CREATE TRIGGER order_stays BEFORE UPDATE OF warehouse_id ON orders_order FOR EACH ROW
    WHEN (OLD.warehouse_id <> NEW.warehouse_id) EXECUTE FUNCTION core_refuse_change();
DO $$ BEGIN {ADD.format(changes=OPEN.format(sign="", rows="orders_orderline"))}; END $$;
CREATE TRIGGER stocklevel_refuse_demand BEFORE UPDATE OF demanded ON inventory_stocklevel FOR EACH ROW
    WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION inventory_refuse_direct_stock();
CREATE TRIGGER stocklevel_refuse_first_demand BEFORE INSERT ON inventory_stocklevel FOR EACH ROW
    WHEN (pg_trigger_depth() = 0 AND NEW.demanded <> 0) EXECUTE FUNCTION inventory_refuse_direct_stock();
"""

BACKWARD = """
DROP TRIGGER stocklevel_refuse_first_demand ON inventory_stocklevel;
DROP TRIGGER stocklevel_refuse_demand ON inventory_stocklevel;
DROP TRIGGER order_stays ON orders_order;
DROP TRIGGER orderline_stays ON orders_orderline;
DROP TRIGGER orderline_never_deleted ON orders_orderline;
DROP TRIGGER orderline_demand_change ON orders_orderline;
DROP TRIGGER orderline_demand ON orders_orderline;
DROP FUNCTION orders_change_demand();
DROP FUNCTION orders_add_demand();
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0004_reversal"), ("inventory", "0004_demanded")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
