"""Which orders have something to be invoiced stands on the order: among years of invoiced ones nobody could find them.

Statement-level triggers on what ships and on what is invoiced keep it; both happen under the order's lock.
"""

from django.db import migrations, models

LEFT = """
    SELECT FROM orders_shipmentline part JOIN orders_shipment shipment ON shipment.id = part.shipment_id
     WHERE shipment.order_id = sale.id
       AND NOT EXISTS (SELECT FROM orders_invoicedshipmentline tie WHERE tie.shipment_line_id = part.id)
"""
FORWARD = f"""
CREATE FUNCTION orders_mark_uninvoiced() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    UPDATE orders_order sale SET has_uninvoiced = true
      FROM added JOIN orders_shipment shipment ON shipment.id = added.shipment_id
     WHERE sale.id = shipment.order_id AND NOT sale.has_uninvoiced;
    RETURN NULL;
END $$;
CREATE TRIGGER shipmentline_uninvoiced AFTER INSERT ON orders_shipmentline
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION orders_mark_uninvoiced();
CREATE FUNCTION orders_mark_invoiced() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    UPDATE orders_order sale SET has_uninvoiced = EXISTS ({LEFT})
     WHERE sale.id IN (SELECT shipment.order_id FROM added
                         JOIN orders_shipmentline part ON part.id = added.shipment_line_id
                         JOIN orders_shipment shipment ON shipment.id = part.shipment_id);
    RETURN NULL;
END $$;
CREATE TRIGGER invoicedshipmentline_done AFTER INSERT ON orders_invoicedshipmentline
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION orders_mark_invoiced();
UPDATE orders_order sale SET has_uninvoiced = true WHERE EXISTS ({LEFT});
"""
BACKWARD = """
DROP TRIGGER invoicedshipmentline_done ON orders_invoicedshipmentline;
DROP TRIGGER shipmentline_uninvoiced ON orders_shipmentline;
DROP FUNCTION orders_mark_invoiced();
DROP FUNCTION orders_mark_uninvoiced();
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0028_invoices")]

    operations = [
        migrations.AddField(
            model_name="order",
            name="has_uninvoiced",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
        # Rows just updated have pending constraint checks, which an index must not meet.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(condition=models.Q(("has_uninvoiced", True)), fields=["id"], name="order_uninvoiced"),
        ),
    ]
