"""Row locks on stock, always in ascending primary key, and on single products."""

from collections.abc import Collection

from django.db import connection

from core.statements import fetch_all
from inventory.models import Product, StockLevel
from inventory.places import Place

COLUMNS = [field.attname for field in StockLevel._meta.concrete_fields]
SELECT = f"""
    SELECT {", ".join(f"level.{name}" for name in COLUMNS)} FROM inventory_stocklevel level
      JOIN unnest(%s::bigint[], %s::bigint[]) AS wanted(product_id, warehouse_id)
        ON level.product_id = wanted.product_id AND level.warehouse_id = wanted.warehouse_id
     ORDER BY level.id FOR NO KEY UPDATE OF level
"""
CREATE = """
    INSERT INTO inventory_stocklevel (product_id, warehouse_id, on_hand, reserved, value)
    SELECT product_id, warehouse_id, 0, 0, 0 FROM unnest(%s::bigint[], %s::bigint[]) AS wanted(product_id, warehouse_id)
    ON CONFLICT (product_id, warehouse_id) DO NOTHING
"""


def lock_stock_levels(places: Collection[Place], *, create: bool = False) -> dict[Place, StockLevel]:
    """Lock the stock rows of ``places``; with ``create``, rows that do not exist yet are made first.

    FOR NO KEY UPDATE serializes writers without blocking inserts of rows that point at these.
    The lock also guards who may be promised this stock: reservations and open quantities of a place
    change only while its row is locked.
    """
    wanted = sorted(set(places))
    products, warehouses = [p for p, _ in wanted], [w for _, w in wanted]
    found = fetch_all("lock_stock_levels", SELECT, [products, warehouses])
    if create and len(found) < len(wanted):
        with connection.cursor() as cursor:
            cursor.execute(CREATE, [products, warehouses])
        found = fetch_all("lock_stock_levels", SELECT, [products, warehouses])
    rows = [StockLevel.from_db(connection.alias, COLUMNS, row) for row in found]
    return {(row.product_id, row.warehouse_id): row for row in rows}


def lock_product(product_id: int) -> Product:
    """Lock one product."""
    return Product.objects.select_for_update(no_key=True).get(pk=product_id)
