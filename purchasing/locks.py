"""Row locks of purchasing, always in ascending primary key and before any stock row."""

from collections.abc import Collection

from django.db import connection

from inventory.places import Place
from purchasing.models import PurchaseOrder, ReorderSuggestion

# Any constant that no other advisory lock of this database uses.
REORDER_CHECK_LOCK = 7_310_001
DRAIN = """
    DELETE FROM purchasing_reordermark WHERE id IN
        (SELECT id FROM purchasing_reordermark ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
    RETURNING product_id, warehouse_id
"""


def lock_purchase_orders(purchase_order_ids: Collection[int]) -> dict[int, PurchaseOrder]:
    """Lock the purchase orders; NO KEY lets others still insert rows that point at them."""
    rows = PurchaseOrder.objects.filter(pk__in=purchase_order_ids).select_related("supplier")
    return {row.pk: row for row in rows.order_by("pk").select_for_update(of=("self",), no_key=True)}


def lock_open_suggestions(suggestion_ids: Collection[int]) -> dict[int, ReorderSuggestion]:
    """Lock those of the suggestions that are still open."""
    rows = ReorderSuggestion.objects.filter(pk__in=suggestion_ids, status=ReorderSuggestion.Status.OPEN)
    return {row.pk: row for row in rows.order_by("pk").select_for_update(of=("self",))}


def lock_reorder_check() -> None:
    """One reorder check writes suggestions at a time; held until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [REORDER_CHECK_LOCK])


def lock_suggestions_at(places: Collection[Place]) -> dict[Place, ReorderSuggestion]:
    """Lock the open suggestions of these places (and of others in the same rows and columns)."""
    rows = ReorderSuggestion.objects.filter(
        status=ReorderSuggestion.Status.OPEN, product__in={p for p, _ in places}, warehouse__in={w for _, w in places}
    )
    return {(row.product_id, row.warehouse_id): row for row in rows.order_by("pk").select_for_update(of=("self",))}


def take_marks(limit: int) -> list[Place]:
    """Delete and return up to ``limit`` marks that no other check holds; a rollback puts them back."""
    with connection.cursor() as cursor:
        cursor.execute(DRAIN, [limit])
        return cursor.fetchall()
