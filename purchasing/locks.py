"""Row locks of purchasing, always in ascending primary key and before any stock row."""

from collections.abc import Collection

from django.db import connection

from purchasing.models import PurchaseOrder, ReorderSuggestion

# Any constant that no other advisory lock of this database uses.
REORDER_CHECK_LOCK = 7_310_001


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
