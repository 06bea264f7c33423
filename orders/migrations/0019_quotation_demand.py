"""What quotations hold counts as demanded, as what orders wait for does, so that ``waiting`` stays true of orders.

A piece held is reserved and demanded: nobody waits for it, and the reorder check sees it gone. Same guards as those of
order lines (see 0005_demanded and 0007_demand_by_key).
"""

from django.db import migrations

ADD = """
    INSERT INTO inventory_stocklevel AS level (product_id, warehouse_id, on_hand, reserved, value, demanded)
    SELECT change.product_id, (SELECT warehouse_id FROM orders_quotation WHERE id = change.quotation_id), 0, 0, 0,
           sum(change.held)
      FROM ({changes}) change GROUP BY 1, 2 HAVING sum(change.held) <> 0 ORDER BY 1, 2
    ON CONFLICT (product_id, warehouse_id) DO UPDATE SET demanded = level.demanded + excluded.demanded
"""
HELD = "SELECT quotation_id, product_id, {sign}held AS held FROM {rows}"
INSERTED = ADD.format(changes=HELD.format(sign="", rows="added"))
UPDATED = ADD.format(
    changes=f"{HELD.format(sign='', rows='after_rows')} UNION ALL {HELD.format(sign='-', rows='before_rows')}"
)
FORWARD = f"""
CREATE FUNCTION orders_add_held() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {INSERTED}; RETURN NULL; END $$;
CREATE TRIGGER quotationline_held AFTER INSERT ON orders_quotationline
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION orders_add_held();
CREATE FUNCTION orders_change_held() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {UPDATED}; RETURN NULL; END $$;
CREATE TRIGGER quotationline_held_change AFTER UPDATE ON orders_quotationline
    REFERENCING OLD TABLE AS before_rows NEW TABLE AS after_rows
    FOR EACH STATEMENT EXECUTE FUNCTION orders_change_held();
CREATE TRIGGER quotationline_never_deleted BEFORE DELETE ON orders_quotationline
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
CREATE TRIGGER quotationline_stays BEFORE UPDATE OF quotation_id, product_id ON orders_quotationline FOR EACH ROW
    WHEN (OLD.quotation_id <> NEW.quotation_id OR OLD.product_id <> NEW.product_id)
    EXECUTE FUNCTION core_refuse_change();
CREATE TRIGGER quotation_stays BEFORE UPDATE OF warehouse_id ON orders_quotation FOR EACH ROW
    WHEN (OLD.warehouse_id <> NEW.warehouse_id) EXECUTE FUNCTION core_refuse_change();
"""
BACKWARD = """
DROP TRIGGER quotation_stays ON orders_quotation;
DROP TRIGGER quotationline_stays ON orders_quotationline;
DROP TRIGGER quotationline_never_deleted ON orders_quotationline;
DROP TRIGGER quotationline_held_change ON orders_quotationline;
DROP TRIGGER quotationline_held ON orders_quotationline;
DROP FUNCTION orders_change_held();
DROP FUNCTION orders_add_held();
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0018_quotations"), ("core", "0006_more_numbers")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
