"""What the buyer does with reorder suggestions: approve them into purchase orders, or dismiss them."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core import audit
from core.checks import MAX_REASON, refuse_text
from core.errors import IllegalTransition, InvalidInput
from core.live import publish_after_commit
from core.transactions import retry_on_conflict
from inventory.models import Transfer
from inventory.transfers import NewTransfer, plan_transfer
from purchasing.locks import lock_open_suggestions
from purchasing.models import BuyingOverride, PurchaseOrder, PurchaseOrderLine, ReorderSuggestion, SupplierItem
from purchasing.services.ordering import create, lot_error
from purchasing.services.overriding import keep_overrides
from purchasing.values import NewPurchaseLine, NewPurchaseOrder

CLOSED = ["status", "purchase_order_line", "approved_quantity", "override_reason", "trace", "updated_at"]


@retry_on_conflict
@transaction.atomic(durable=True)
def approve_suggestions(
    quantities: Mapping[int, int],
    *,
    place: bool = True,
    reason: str = "",
    cause: str = BuyingOverride.Cause.OTHER,
    traces: Mapping[int, dict[str, Any]] | None = None,
) -> list[PurchaseOrder]:
    """Turn suggestions (id → pieces) into purchase orders, one per supplier and warehouse; all or nothing.

    They are placed with the supplier at once, or left as drafts. ``reason`` and ``cause``: why some differ from what
    was suggested; ``traces``: what the rules found that approve them.
    Locks: ReorderSuggestion. Raises: IllegalTransition when one is no longer open, InvalidInput.
    """
    if not quantities:
        raise InvalidInput(_("Choose at least one suggestion."))
    refuse_text("reason", reason, MAX_REASON)
    if cause not in BuyingOverride.Cause.values:
        raise InvalidInput(_("Choose a cause."), field_errors={"cause": _("Choose a cause.")})
    suggestions = lock_open_suggestions(list(quantities))
    if len(suggestions) < len(quantities):
        raise IllegalTransition(
            _("Some suggestions changed meanwhile; nothing was ordered. Please look at the list again."),
            gone=sorted(set(quantities) - set(suggestions)),
        )
    items = _items(suggestions.values())
    if errors := approval_errors(suggestions.values(), quantities, items):
        raise InvalidInput(_("Nothing was ordered: please correct the lines named."), field_errors=errors)
    groups: dict[tuple[int, int], list[NewPurchaseLine]] = {}
    for pk, suggestion in suggestions.items():
        supplier = items[suggestion.supplier_item_id or 0].supplier_id
        groups.setdefault((supplier, suggestion.warehouse_id), []).append(
            NewPurchaseLine(suggestion.product_id, quantities[pk])
        )
    orders = create([NewPurchaseOrder(*key, lines=lines, place=place) for key, lines in groups.items()])
    for pk, trace in (traces or {}).items():
        if pk in suggestions:
            suggestions[pk].trace = trace
    _close(suggestions, quantities, orders, reason.strip())
    changed = {pk: row for pk, row in suggestions.items() if quantities[pk] != row.quantity}
    keep_overrides(changed, quantities, cause=cause, reason=reason.strip(), today=timezone.localdate())
    if traces:
        rule = next(iter(traces.values()))["rule"]
        audit.record_many(audit.entry("purchase_order", order.pk, "approved_by_rule", rule=rule) for order in orders)
    return orders


def _items(suggestions: Collection[ReorderSuggestion]) -> dict[int, SupplierItem]:
    ids = {suggestion.supplier_item_id for suggestion in suggestions if suggestion.supplier_item_id}
    return SupplierItem.objects.select_related("product", "supplier").in_bulk(ids)


def approval_errors(
    suggestions: Collection[ReorderSuggestion],
    quantities: Mapping[int, int],
    items: Mapping[int, SupplierItem] | None = None,
) -> dict[str, str]:
    """Why these suggestions cannot be bought in these quantities: ``suggestions.<id>.quantity`` → sentence."""
    items = _items(suggestions) if items is None else items
    errors = {}
    for suggestion in suggestions:
        item = items.get(suggestion.supplier_item_id or 0)
        if item is None:
            text = _("%s has no supplier: add one before ordering.") % suggestion.product.sku
            errors[f"suggestions.{suggestion.pk}.supplier"] = text
        elif not item.unit_cost:
            text = _("%(sku)s has no price at %(supplier)s: enter the unit cost before ordering.")
            words = {"sku": item.product.sku, "supplier": item.supplier.name}
            errors[f"suggestions.{suggestion.pk}.supplier"] = text % words
        elif wrong := lot_error(item, quantities[suggestion.pk]):
            errors[f"suggestions.{suggestion.pk}.quantity"] = wrong
    return errors


def _close(
    suggestions: Mapping[int, ReorderSuggestion],
    quantities: Mapping[int, int],
    orders: Collection[PurchaseOrder],
    reason: str,
) -> None:
    """Each suggestion is approved, points at the line it became, and keeps why another quantity was bought."""
    lines = {
        (line.product_id, line.purchase_order.warehouse_id): line
        for line in PurchaseOrderLine.objects.filter(purchase_order__in=orders).select_related("purchase_order")
    }
    now = timezone.now()
    for suggestion in suggestions.values():
        suggestion.status = ReorderSuggestion.Status.APPROVED
        suggestion.purchase_order_line = lines[suggestion.product_id, suggestion.warehouse_id]
        suggestion.updated_at = now
        if quantities[suggestion.pk] != suggestion.quantity:
            suggestion.approved_quantity, suggestion.override_reason = quantities[suggestion.pk], reason
    ReorderSuggestion.objects.bulk_update(suggestions.values(), CLOSED, batch_size=1000)
    publish_after_commit("suggestions-changed", {})


@retry_on_conflict
@transaction.atomic(durable=True)
def dismiss_suggestion(suggestion_id: int, *, reason: str = "") -> ReorderSuggestion:
    """Take a suggestion off the list; the next check of its place may propose again. Raises: IllegalTransition."""
    suggestion = lock_open_suggestions([suggestion_id]).get(suggestion_id)
    if suggestion is None:
        raise IllegalTransition(_("This suggestion is no longer open."))
    suggestion.status, suggestion.updated_at = ReorderSuggestion.Status.DISMISSED, timezone.now()
    suggestion.save(update_fields=["status", "updated_at"])
    audit.record("reorder_suggestion", suggestion.pk, "dismissed", quantity=suggestion.quantity, reason=reason)
    publish_after_commit("suggestions-changed", {})
    return suggestion


@retry_on_conflict
@transaction.atomic(durable=True)
def transfer_instead(suggestion_id: int, *, source_id: int, quantity: int, expected_on: date | None = None) -> Transfer:
    """Ask another warehouse to send instead of buying; what that leaves open is suggested anew.

    Locks: ReorderSuggestion. Sends: transfer_changed. Raises: IllegalTransition, InvalidInput.
    """
    suggestion = lock_open_suggestions([suggestion_id]).get(suggestion_id)
    if suggestion is None:
        raise IllegalTransition(_("This suggestion is no longer open."))
    transfer = plan_transfer(
        NewTransfer(
            source_id=source_id,
            destination_id=suggestion.warehouse_id,
            lines=[(suggestion.product_id, quantity)],
            expected_on=expected_on,
        )
    )
    suggestion.status, suggestion.transfer = ReorderSuggestion.Status.TRANSFERRED, transfer
    suggestion.updated_at = timezone.now()
    suggestion.save(update_fields=["status", "transfer", "updated_at"])
    audit.record("reorder_suggestion", suggestion.pk, "transferred", transfer=transfer.number, quantity=quantity)
    publish_after_commit("suggestions-changed", {})
    return transfer
