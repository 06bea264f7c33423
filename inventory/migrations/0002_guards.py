"""The database keeps stock true: levels follow the ledger and the reservations, and nothing else may touch them.

Statement-level triggers with transition tables: one UPDATE of the levels per INSERT, whatever the number of rows.
``pg_trigger_depth() = 0`` in a WHEN clause means: the statement came from a client, not from one of these triggers.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION inventory_refuse_direct_stock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'stock changes only through the stock ledger and reservations'
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER stocklevel_refuse_update BEFORE UPDATE OF on_hand, reserved, value, product_id, warehouse_id
    ON inventory_stocklevel FOR EACH ROW WHEN (pg_trigger_depth() = 0)
    EXECUTE FUNCTION inventory_refuse_direct_stock();
CREATE TRIGGER stocklevel_refuse_insert BEFORE INSERT ON inventory_stocklevel FOR EACH ROW
    WHEN (NEW.on_hand <> 0 OR NEW.reserved <> 0 OR NEW.value <> 0)
    EXECUTE FUNCTION inventory_refuse_direct_stock();

CREATE FUNCTION inventory_apply_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE inventory_stocklevel level
       SET on_hand = level.on_hand + change.quantity, value = level.value + change.value
      FROM (SELECT stock_level_id, sum(quantity) AS quantity, sum(value) AS value FROM added GROUP BY 1) change
     WHERE level.id = change.stock_level_id;
    RETURN NULL;
END $$;
CREATE TRIGGER stockmove_apply AFTER INSERT ON inventory_stockmove
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION inventory_apply_moves();
CREATE TRIGGER stockmove_append_only BEFORE UPDATE OR DELETE ON inventory_stockmove
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();

CREATE FUNCTION inventory_apply_reservations() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE inventory_stocklevel level SET reserved = level.reserved + change.quantity
      FROM (SELECT stock_level_id, sum(quantity) AS quantity FROM added GROUP BY 1) change
     WHERE level.id = change.stock_level_id;
    RETURN NULL;
END $$;
CREATE TRIGGER reservation_apply AFTER INSERT ON inventory_reservation
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION inventory_apply_reservations();

CREATE FUNCTION inventory_apply_reservation_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE inventory_stocklevel level SET reserved = level.reserved + change.quantity
      FROM (SELECT stock_level_id, sum(quantity) AS quantity
              FROM (SELECT stock_level_id, quantity FROM after_rows
                    UNION ALL SELECT stock_level_id, -quantity FROM before_rows) both_sides
             GROUP BY 1) change
     WHERE level.id = change.stock_level_id AND change.quantity <> 0;
    RETURN NULL;
END $$;
CREATE TRIGGER reservation_apply_change AFTER UPDATE ON inventory_reservation
    REFERENCING OLD TABLE AS before_rows NEW TABLE AS after_rows
    FOR EACH STATEMENT EXECUTE FUNCTION inventory_apply_reservation_changes();
CREATE TRIGGER reservation_never_deleted BEFORE DELETE ON inventory_reservation
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
"""

BACKWARD = """
DROP TRIGGER reservation_never_deleted ON inventory_reservation;
DROP TRIGGER reservation_apply_change ON inventory_reservation;
DROP TRIGGER reservation_apply ON inventory_reservation;
DROP TRIGGER stockmove_append_only ON inventory_stockmove;
DROP TRIGGER stockmove_apply ON inventory_stockmove;
DROP TRIGGER stocklevel_refuse_insert ON inventory_stocklevel;
DROP TRIGGER stocklevel_refuse_update ON inventory_stocklevel;
DROP FUNCTION inventory_apply_reservation_changes();
DROP FUNCTION inventory_apply_reservations();
DROP FUNCTION inventory_apply_moves();
DROP FUNCTION inventory_refuse_direct_stock();
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0001_initial"), ("core", "0002_database_parts")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
