"""Row locks on stock, always in ascending primary key, and on single products."""

from collections.abc import Collection

from core.statements import fetch_all, write
from inventory.models import Product, Transfer
from inventory.places import Level, Place

COLUMNS = ", ".join("level.id" if name == "pk" else f"level.{name}" for name in Level._fields)
LOCK = f"""
    SELECT {COLUMNS} FROM inventory_stocklevel level
      JOIN unnest(%s::bigint[], %s::bigint[]) AS wanted(product_id, warehouse_id)
        ON level.product_id = wanted.product_id AND level.warehouse_id = wanted.warehouse_id
     ORDER BY level.id FOR NO KEY UPDATE OF level
"""
CREATE = """
    INSERT INTO inventory_stocklevel (product_id, warehouse_id, on_hand, reserved, value)
    SELECT product_id, warehouse_id, 0, 0, 0 FROM unnest(%s::bigint[], %s::bigint[]) AS wanted(product_id, warehouse_id)
    ON CONFLICT (product_id, warehouse_id) DO NOTHING RETURNING 1
"""


def lock_stock_levels(places: Collection[Place], *, create: bool = False) -> dict[Place, Level]:
    """Lock the stock rows of ``places``; with ``create``, rows that do not exist yet are made first.

    FOR NO KEY UPDATE serializes writers without blocking inserts of rows that point at these.
    The lock also guards who may be promised this stock: reservations and open quantities of a place
    change only while its row is locked.
    """
    keys = _keys(places)
    found = fetch_all("lock_stock_levels", LOCK, keys)
    if create and len(found) < len(keys[0]):
        fetch_all("create_stock_levels", CREATE, keys)
        found = fetch_all("lock_stock_levels", LOCK, keys)
    return {(row[1], row[2]): Level._make(row) for row in found}


def lock_with_writes(places: Collection[Place]) -> None:
    """Lock the stock rows of ``places`` in one round trip with the writes that follow (``statements.together``)."""
    write("lock_stock_levels", LOCK, _keys(places))


def _keys(places: Collection[Place]) -> list[list[int]]:
    wanted = sorted(set(places))
    return [[product for product, _ in wanted], [warehouse for _, warehouse in wanted]]


def lock_product(product_id: int) -> Product:
    """Lock one product."""
    return Product.objects.select_for_update(no_key=True).get(pk=product_id)


def lock_transfer(transfer_id: int) -> Transfer | None:
    """Lock one transfer, before any stock row; None when there is none."""
    rows = Transfer.objects.select_related("source", "destination")
    return rows.select_for_update(of=("self",), no_key=True).filter(pk=transfer_id).first()
