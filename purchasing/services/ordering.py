"""Purchase orders: made from suggestions or by hand, placed, received in parts, cancelled."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core import audit, outbox
from core.actor import current_actor_id
from core.errors import IllegalTransition, InvalidInput
from core.live import publish_after_commit
from core.sequences import next_numbers
from core.transactions import retry_on_conflict
from inventory.models import Warehouse
from inventory.services import MAX_QUANTITY
from purchasing.locks import lock_open_suggestions, lock_purchase_orders
from purchasing.models import PurchaseOrder, PurchaseOrderLine, ReorderSuggestion, Supplier, SupplierItem
from purchasing.services.reorder import mark_for_check
from purchasing.values import NewPurchaseLine, NewPurchaseOrder


@retry_on_conflict
@transaction.atomic(durable=True)
def create_purchase_orders(news: Sequence[NewPurchaseOrder]) -> list[PurchaseOrder]:
    """Insert purchase orders, placed with the supplier or as drafts; all or nothing. Raises: InvalidInput."""
    return _create(news)


def _create(news: Sequence[NewPurchaseOrder]) -> list[PurchaseOrder]:
    now = timezone.now()
    suppliers = Supplier.objects.in_bulk({new.supplier_id for new in news})
    items = {
        (item.supplier_id, item.product_id): item
        for item in SupplierItem.objects.filter(
            supplier__in=suppliers, product__in={line.product_id for new in news for line in new.lines}
        ).select_related("product")
    }
    warehouses = set(Warehouse.objects.filter(is_active=True).values_list("pk", flat=True))
    for new in news:
        _check(new, suppliers, warehouses, items)
    orders = [
        _header(new, number, suppliers[new.supplier_id], now)
        for new, number in zip(news, next_numbers("PO", len(news)), strict=True)
    ]
    PurchaseOrder.objects.bulk_create(orders)
    PurchaseOrderLine.objects.bulk_create(
        [
            PurchaseOrderLine(
                purchase_order=order,
                product_id=line.product_id,
                quantity=line.quantity,
                unit_cost=items[new.supplier_id, line.product_id].unit_cost
                if line.unit_cost is None
                else line.unit_cost,
            )
            for order, new in zip(orders, news, strict=True)
            for line in new.lines
        ],
        batch_size=2000,
    )
    audit.record_many(
        audit.entry("purchase_order", order.pk, "ordered" if order.ordered_at else "drafted", at=order.ordered_at)
        for order in orders
    )
    outbox.publish_many("purchase_order.created", ({"purchase_order": o.pk, "number": o.number} for o in orders))
    mark_for_check({(line.product_id, new.warehouse_id) for new in news for line in new.lines})
    return orders


def _header(new: NewPurchaseOrder, number: str, supplier: Supplier, now: datetime) -> PurchaseOrder:
    order = PurchaseOrder(
        number=number,
        supplier=supplier,
        warehouse_id=new.warehouse_id,
        expected_on=new.expected_on,
        created_by_id=current_actor_id(),
    )
    if new.place:
        _place(order, new.ordered_at or now)
    return order


def _place(order: PurchaseOrder, at: datetime) -> None:
    """Set in memory what placing an order fixes: date, expected arrival, and what placing it costs."""
    order.move_to(PurchaseOrder.Status.ORDERED)
    order.ordered_at = at
    order.order_cost = order.supplier.order_cost
    if order.expected_on is None:
        order.expected_on = timezone.localdate(at) + timedelta(days=order.supplier.lead_time_days)


def _check(
    new: NewPurchaseOrder,
    suppliers: Mapping[int, Supplier],
    warehouses: set[int],
    items: Mapping[tuple[int, int], SupplierItem],
) -> None:
    errors = {}
    if new.supplier_id not in suppliers:
        errors["supplier"] = _("Choose a supplier.")
    if new.warehouse_id not in warehouses:
        errors["warehouse"] = _("Choose an active warehouse.")
    if not new.lines:
        errors["lines"] = _("A purchase order needs at least one line.")
    seen = set()
    for index, line in enumerate(new.lines):
        item = items.get((new.supplier_id, line.product_id))
        if item is None:
            errors[f"lines.{index}.product"] = _("This supplier does not sell this product to us.")
            continue
        if line.product_id in seen:
            errors[f"lines.{index}.product"] = _("%s stands on the order twice.") % item.product.sku
        seen.add(line.product_id)
        if not 0 < line.quantity <= MAX_QUANTITY:
            errors[f"lines.{index}.quantity"] = _("Enter a whole number from 1 to %s.") % MAX_QUANTITY
        elif line.quantity < item.moq or line.quantity % item.order_multiple:
            errors[f"lines.{index}.quantity"] = _(
                "%(sku)s: at least %(moq)s pieces, in packs of %(order_multiple)s."
            ) % {"sku": item.product.sku, "moq": item.moq, "order_multiple": item.order_multiple}
        if line.unit_cost is not None and not (line.unit_cost.is_finite() and line.unit_cost >= 0):
            errors[f"lines.{index}.unit_cost"] = _("A cost cannot be negative.")
    if errors:
        raise InvalidInput(_("The purchase order was not saved: please correct the fields named."), field_errors=errors)


@retry_on_conflict
@transaction.atomic(durable=True)
def approve_suggestions(quantities: Mapping[int, int]) -> list[PurchaseOrder]:
    """Turn suggestions (id → pieces) into placed purchase orders, one per supplier and warehouse; all or nothing.

    Locks: ReorderSuggestion. Raises: IllegalTransition when one is no longer open, InvalidInput.
    """
    suggestions = lock_open_suggestions(list(quantities))
    if not quantities:
        raise InvalidInput(_("Choose at least one suggestion."))
    if len(suggestions) < len(quantities):
        raise IllegalTransition(
            _("Some suggestions changed meanwhile; nothing was ordered. Please look at the list again."),
            gone=sorted(set(quantities) - set(suggestions)),
        )
    items = SupplierItem.objects.in_bulk({s.supplier_item_id for s in suggestions.values() if s.supplier_item_id})
    groups: dict[tuple[int, int], list[ReorderSuggestion]] = {}
    for suggestion in suggestions.values():
        if suggestion.supplier_item_id is None:
            raise InvalidInput(
                _("%s has no supplier: add one before ordering.") % suggestion.product.sku, suggestion=suggestion.pk
            )
        key = (items[suggestion.supplier_item_id].supplier_id, suggestion.warehouse_id)
        groups.setdefault(key, []).append(suggestion)
    orders = _create(
        [
            NewPurchaseOrder(
                supplier_id=supplier,
                warehouse_id=warehouse,
                lines=[NewPurchaseLine(s.product_id, quantities[s.pk]) for s in group],
            )
            for (supplier, warehouse), group in groups.items()
        ]
    )
    lines = {
        (line.product_id, line.purchase_order.warehouse_id): line
        for line in PurchaseOrderLine.objects.filter(purchase_order__in=orders).select_related("purchase_order")
    }
    now = timezone.now()
    for suggestion in suggestions.values():
        suggestion.status = ReorderSuggestion.Status.APPROVED
        suggestion.purchase_order_line = lines[suggestion.product_id, suggestion.warehouse_id]
        suggestion.updated_at = now
    ReorderSuggestion.objects.bulk_update(
        suggestions.values(), ["status", "purchase_order_line", "updated_at"], batch_size=1000
    )
    return orders


@retry_on_conflict
@transaction.atomic(durable=True)
def dismiss_suggestion(suggestion_id: int) -> ReorderSuggestion:
    """Take a suggestion off the list; the next check of its place may propose again. Raises: IllegalTransition."""
    suggestion = lock_open_suggestions([suggestion_id]).get(suggestion_id)
    if suggestion is None:
        raise IllegalTransition(_("This suggestion is no longer open."))
    suggestion.status, suggestion.updated_at = ReorderSuggestion.Status.DISMISSED, timezone.now()
    suggestion.save(update_fields=["status", "updated_at"])
    audit.record("reorder_suggestion", suggestion.pk, "dismissed", quantity=suggestion.quantity)
    return suggestion


def _locked(purchase_order_id: int) -> PurchaseOrder:
    order = lock_purchase_orders([purchase_order_id]).get(purchase_order_id)
    if order is None:
        raise InvalidInput(_("There is no such purchase order."), purchase_order=purchase_order_id)
    return order


@retry_on_conflict
@transaction.atomic(durable=True)
def place_purchase_order(purchase_order_id: int, *, at: datetime | None = None) -> PurchaseOrder:
    """Place a draft with its supplier. Locks: PurchaseOrder. Raises: IllegalTransition."""
    order = _locked(purchase_order_id)
    _place(order, at or timezone.now())
    order.save(update_fields=["status", "ordered_at", "order_cost", "expected_on"])
    audit.record("purchase_order", order.pk, "ordered", at=order.ordered_at)
    outbox.publish("purchase_order.placed", purchase_order=order.pk, number=order.number)
    return order


@retry_on_conflict
@transaction.atomic(durable=True)
def cancel_purchase_order(purchase_order_id: int, *, reason: str) -> PurchaseOrder:
    """Cancel an order of which nothing has arrived. Locks: PurchaseOrder. Raises: IllegalTransition."""
    order = _locked(purchase_order_id)
    order.move_to(PurchaseOrder.Status.CANCELLED)
    order.save(update_fields=["status"])
    audit.record("purchase_order", order.pk, "cancelled", reason=reason)
    outbox.publish("purchase_order.cancelled", purchase_order=order.pk, number=order.number)
    mark_for_check({(product, order.warehouse_id) for product in order.lines.values_list("product_id", flat=True)})
    publish_after_commit("purchase-orders-changed", {"purchase_orders": [order.pk]})
    return order
