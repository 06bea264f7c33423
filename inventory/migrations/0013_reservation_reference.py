"""That a reservation's stock level exists is checked by the trigger that counts it, not by a foreign key row by row.

As safe, since a level can neither be deleted nor renumbered: what exists once exists for good, so nothing has to be
locked. The key's checks cost an order more than counting does (docs/decisions/0005-hot-path.md).
"""

import django.db.models.deletion
from django.db import migrations, models

COUNT = """
CREATE OR REPLACE FUNCTION inventory_apply_reservations() RETURNS trigger LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE levels bigint;
BEGIN
    UPDATE inventory_stocklevel level SET reserved = level.reserved + change.quantity
      FROM (SELECT stock_level_id, sum(quantity) AS quantity FROM added GROUP BY 1) change
     WHERE level.id = change.stock_level_id;
    GET DIAGNOSTICS levels = ROW_COUNT;
    IF levels <> (SELECT count(DISTINCT stock_level_id) FROM added) THEN
        RAISE EXCEPTION 'a reservation names a stock level that does not exist'
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
"""
STAY = """
CREATE TRIGGER reservation_stays BEFORE UPDATE OF id, stock_level_id ON inventory_reservation FOR EACH ROW
    WHEN (OLD.id <> NEW.id OR OLD.stock_level_id <> NEW.stock_level_id) EXECUTE FUNCTION core_refuse_change();
CREATE TRIGGER keeps_its_key BEFORE UPDATE OF id ON inventory_stocklevel FOR EACH ROW
    WHEN (OLD.id <> NEW.id) EXECUTE FUNCTION core_refuse_change();
CREATE TRIGGER stocklevel_never_deleted BEFORE DELETE ON inventory_stocklevel
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
"""
GO = """
DROP TRIGGER stocklevel_never_deleted ON inventory_stocklevel;
DROP TRIGGER keeps_its_key ON inventory_stocklevel;
DROP TRIGGER reservation_stays ON inventory_reservation;
"""
UNCOUNTED = COUNT[: COUNT.index("    GET DIAGNOSTICS")] + "    RETURN NULL;\nEND $$;"


class Migration(migrations.Migration):
    dependencies = [("inventory", "0012_held_back")]

    operations = [
        migrations.RunSQL(COUNT + STAY, GO + UNCOUNTED),
        migrations.AlterField(
            model_name="reservation",
            name="stock_level",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reservations",
                to="inventory.stocklevel",
            ),
        ),
    ]
