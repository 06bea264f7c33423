"""What the supplier answers to an order: it confirms, gives another date, or leaves a rest undelivered."""

from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core import audit, outbox
from core.checks import MAX_REASON, refuse_text
from core.errors import IllegalTransition, InvalidInput
from core.live import publish_after_commit
from core.transactions import retry_on_conflict
from purchasing.locks import locked_purchase_order
from purchasing.models import PurchaseOrder, PurchaseOrderLine
from purchasing.services.reorder import mark_for_check, mark_products
from purchasing.services.supply import tell_supply

MAX_REFERENCE = 60


@retry_on_conflict
@transaction.atomic(durable=True)
def confirm_purchase_order(
    purchase_order_id: int, dates: Mapping[int, date], *, reference: str = "", at: datetime | None = None
) -> PurchaseOrder:
    """Note that the supplier confirmed, and for when each open line (line → day); lines left out keep their date.

    The order's own date becomes the last of its open lines. Confirmed again, the newest answer counts.
    Locks: PurchaseOrder. Raises: IllegalTransition, InvalidInput.
    """
    refuse_text("reference", reference, MAX_REFERENCE)
    order = locked_purchase_order(purchase_order_id)
    if order.status not in PurchaseOrder.INCOMING:
        raise IllegalTransition(_("%s is not on its way: there is nothing to confirm.") % order.number)
    at = at or timezone.now()
    lines = {line.pk: line for line in order.lines.order_by("pk")}
    placed_on = timezone.localdate(order.ordered_at) if order.ordered_at else None
    errors = {
        f"lines.{pk}.date": _("The supplier cannot deliver before the order was placed.")
        for pk, day in dates.items()
        if placed_on and day < placed_on
    }
    if set(dates) - set(lines):
        errors["lines"] = _("A line does not belong to this purchase order.")
    if errors:
        raise InvalidInput(_("Nothing was confirmed: please correct the fields named."), field_errors=errors)
    before = order.expected_on
    for pk, day in dates.items():
        lines[pk].expected_on = day
        lines[pk].promised_on = lines[pk].promised_on or day
    PurchaseOrderLine.objects.bulk_update(lines.values(), ["expected_on", "promised_on"])
    days = [line.expected_on or order.expected_on for line in lines.values() if line.open]
    order.expected_on = max([day for day in days if day], default=order.expected_on)
    order.confirmed_at = order.confirmed_at or at
    order.supplier_reference = reference.strip() or order.supplier_reference
    order.save(update_fields=["expected_on", "confirmed_at", "supplier_reference"])
    audit.record(
        "purchase_order",
        order.pk,
        "confirmed",
        at=at,
        before=f"{before}",
        after=f"{order.expected_on}",
        reference=reference.strip(),
    )
    outbox.publish("purchase_order.confirmed", purchase_order=order.pk, number=order.number)
    tell_supply(order, "rescheduled")
    publish_after_commit("purchase-orders-changed", {"purchase_orders": [order.pk]})
    return order


@retry_on_conflict
@transaction.atomic(durable=True)
def change_expected_date(purchase_order_id: int, expected_on: date) -> PurchaseOrder:
    """Note when the supplier now says all that is open comes. Locks: PurchaseOrder. Raises: IllegalTransition."""
    order = locked_purchase_order(purchase_order_id)
    if order.status not in PurchaseOrder.INCOMING:
        raise IllegalTransition(_("%s is not on its way: there is no date to change.") % order.number)
    before = order.expected_on
    if before == expected_on and not order.lines.filter(expected_on__isnull=False).exists():
        return order
    order.expected_on = expected_on
    order.save(update_fields=["expected_on"])
    order.lines.update(expected_on=None)
    audit.record("purchase_order", order.pk, "rescheduled", before=f"{before}", after=f"{expected_on}")
    tell_supply(order, "rescheduled")
    publish_after_commit("purchase-orders-changed", {"purchase_orders": [order.pk]})
    return order


@retry_on_conflict
@transaction.atomic(durable=True)
def close_purchase_order(purchase_order_id: int, *, reason: str) -> PurchaseOrder:
    """Expect no more of an order that came in part. Locks: PurchaseOrder. Raises: IllegalTransition."""
    refuse_text("reason", reason, MAX_REASON, is_required=True)
    order = locked_purchase_order(purchase_order_id)
    order.move_to(PurchaseOrder.Status.CLOSED)
    order.save(update_fields=["status"])
    left = {line.product.sku: line.open for line in order.lines.select_related("product") if line.open}
    audit.record("purchase_order", order.pk, "closed", reason=reason.strip(), left=left)
    outbox.publish("purchase_order.closed", purchase_order=order.pk, number=order.number)
    tell_supply(order, "closed")
    mark_for_check({(product, order.warehouse_id) for product in order.lines.values_list("product_id", flat=True)})
    mark_products(set(order.lines.exclude(blanket_line=None).values_list("product_id", flat=True)))
    publish_after_commit("purchase-orders-changed", {"purchase_orders": [order.pk]})
    return order
