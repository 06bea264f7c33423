"""Row locks of purchasing, always in ascending primary key and before any stock row."""

from collections.abc import Collection
from datetime import date

from django.db import connection
from django.utils.translation import gettext as _

from core.errors import InvalidInput
from inventory.places import Place
from purchasing.models import (
    BlanketOrder,
    BlanketOrderLine,
    GoodsReceipt,
    PurchaseOrder,
    ReorderSuggestion,
    ReplenishmentChunk,
    ReplenishmentRun,
    StandingOrder,
    StockPolicy,
    Supplier,
    SupplierItem,
)

# Any constant that no other advisory lock of this database uses; products share this many locks below it.
REORDER_CHECK_LOCK = 7_310_001
SHARDS = 32
DRAIN = """
    DELETE FROM purchasing_reordermark WHERE id IN
        (SELECT id FROM purchasing_reordermark ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
    RETURNING product_id, warehouse_id
"""


def lock_purchase_orders(purchase_order_ids: Collection[int]) -> dict[int, PurchaseOrder]:
    """Lock the purchase orders; NO KEY lets others still insert rows that point at them."""
    rows = PurchaseOrder.objects.filter(pk__in=purchase_order_ids).select_related("supplier")
    return {row.pk: row for row in rows.order_by("pk").select_for_update(of=("self",), no_key=True)}


def locked_purchase_order(purchase_order_id: int) -> PurchaseOrder:
    """Lock one purchase order. Raises: InvalidInput when there is none."""
    order = lock_purchase_orders([purchase_order_id]).get(purchase_order_id)
    if order is None:
        raise InvalidInput(_("There is no such purchase order."), purchase_order=purchase_order_id)
    return order


def lock_open_suggestions(suggestion_ids: Collection[int]) -> dict[int, ReorderSuggestion]:
    """Lock those of the suggestions that are still open."""
    rows = ReorderSuggestion.objects.filter(pk__in=suggestion_ids, status=ReorderSuggestion.Status.OPEN)
    return {row.pk: row for row in rows.order_by("pk").select_for_update(of=("self",))}


def lock_reorder_check(product_ids: Collection[int]) -> None:
    """One check writes suggestions of a product at a time; held until the transaction ends, taken in one order."""
    shards = sorted({product % SHARDS for product in product_ids})
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, shard) FROM unnest(%s::int[]) AS shard", [REORDER_CHECK_LOCK, shards]
        )


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


def lock_supplier(supplier_id: int) -> Supplier:
    """Lock one supplier."""
    return Supplier.objects.select_for_update(no_key=True).get(pk=supplier_id)


def lock_items_of_product(product_id: int) -> dict[int, SupplierItem]:
    """Lock what all suppliers sell of one product: only one of them is the preferred one."""
    rows = SupplierItem.objects.filter(product=product_id).order_by("pk").select_for_update(no_key=True)
    return {row.pk: row for row in rows}


def lock_policy(place: Place) -> StockPolicy | None:
    """Lock the policy of one place, if it has one."""
    rows = StockPolicy.objects.filter(product=place[0], warehouse=place[1])
    return rows.select_for_update(no_key=True).first()


def lock_policies(product_ids: Collection[int]) -> list[StockPolicy]:
    """Lock the policies of these products, so that nobody sets one by hand while the forecast's are written."""
    rows = StockPolicy.objects.filter(product__in=product_ids).order_by("pk").select_for_update(no_key=True)
    return list(rows.only("product_id", "warehouse_id", "source"))


def take_chunk(chunk_id: int) -> ReplenishmentChunk | None:
    """Lock one chunk; None when it is done or somebody else is at it."""
    return ReplenishmentChunk.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk=chunk_id).first()


def lock_run(run_id: int) -> ReplenishmentRun:
    """Lock one run, after everything that its chunk checked."""
    return ReplenishmentRun.objects.select_for_update().get(pk=run_id)


def lock_receipt(receipt_id: int) -> GoodsReceipt:
    """Lock one goods receipt: its costs are booked one after the other."""
    rows = GoodsReceipt.objects.select_related("purchase_order").select_for_update(of=("self",), no_key=True)
    return rows.get(pk=receipt_id)


def lock_blanket_order(blanket_order_id: int) -> BlanketOrder:
    """Lock one agreement; after purchase orders, before what is left of it is read."""
    rows = BlanketOrder.objects.select_related("supplier").select_for_update(of=("self",), no_key=True)
    return rows.get(pk=blanket_order_id)


def lock_agreements_of(item_ids: Collection[int]) -> list[int]:
    """Lock the open agreements on these supplier items, so that two orders do not draw the same pieces."""
    rows = BlanketOrder.objects.filter(
        pk__in=BlanketOrderLine.objects.filter(supplier_item__in=item_ids).values("blanket_order"),
        status=BlanketOrder.Status.OPEN,
    )
    return [row.pk for row in rows.order_by("pk").select_for_update(of=("self",), no_key=True)]


def lock_standing_order(standing_order_id: int) -> StandingOrder:
    """Lock one standing order; before the purchase orders that it makes."""
    return StandingOrder.objects.select_for_update(no_key=True).get(pk=standing_order_id)


def take_due_standing_order(standing_order_id: int, today: date) -> StandingOrder | None:
    """Lock one standing order of which an order is due; None when none is, or somebody is at it."""
    rows = StandingOrder.objects.filter(pk=standing_order_id, status=StandingOrder.Status.ACTIVE, next_on__lte=today)
    return rows.select_for_update(skip_locked=True, no_key=True).first()


def lock_items_of(supplier_id: int) -> list[SupplierItem]:
    """Lock what a supplier offers; the price breaks come along."""
    rows = SupplierItem.objects.filter(supplier=supplier_id).prefetch_related("price_breaks").order_by("pk")
    return list(rows.select_for_update(no_key=True))
