"""What quotas have used follows the order lines in the same statement, so that no confirmation can exceed one.

Where there are no quotas, a statement pays for one look at an empty table.
"""

from django.db import migrations

COUNT = """
    IF EXISTS (SELECT FROM orders_quota) THEN
        UPDATE orders_quota quota SET used = quota.used + change.pieces
          FROM (
            SELECT wanted.id, sum(line.pieces) AS pieces
              FROM ({changes}) line
              JOIN orders_order sale ON sale.id = line.order_id
              JOIN orders_quota wanted ON wanted.product_id = line.product_id
               AND sale.ordered_at >= wanted.starts_at AND sale.ordered_at < wanted.ends_at
               AND (wanted.channel_id = sale.channel_id OR wanted.customer_id = sale.customer_id)
             GROUP BY wanted.id HAVING sum(line.pieces) <> 0
          ) change
         WHERE change.id = quota.id;
    END IF;
    RETURN NULL;
"""
LINES = "SELECT order_id, product_id, {sign}(quantity - cancelled) AS pieces FROM {rows}"
INSERTED = COUNT.format(changes=LINES.format(sign="", rows="added"))
UPDATED = COUNT.format(
    changes=f"{LINES.format(sign='', rows='after_rows')} UNION ALL {LINES.format(sign='-', rows='before_rows')}"
)
FORWARD = f"""
CREATE FUNCTION orders_count_quota() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {INSERTED} END $$;
CREATE TRIGGER orderline_quota AFTER INSERT ON orders_orderline
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION orders_count_quota();
CREATE FUNCTION orders_recount_quota() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {UPDATED} END $$;
CREATE TRIGGER orderline_quota_change AFTER UPDATE ON orders_orderline
    REFERENCING OLD TABLE AS before_rows NEW TABLE AS after_rows
    FOR EACH STATEMENT EXECUTE FUNCTION orders_recount_quota();
"""
BACKWARD = """
DROP TRIGGER orderline_quota_change ON orders_orderline;
DROP TRIGGER orderline_quota ON orders_orderline;
DROP FUNCTION orders_recount_quota();
DROP FUNCTION orders_count_quota();
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0010_order_rules")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
