"""Issuing invoices: the order is locked first, the number drawn last."""

from collections.abc import Collection
from datetime import timedelta
from decimal import Decimal

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core import audit, outbox
from core.actor import current_actor_id
from core.errors import IllegalTransition, InvalidInput, Outdated
from core.live import publish_after_commit
from core.sequences import document_number
from core.transactions import retry_on_conflict
from orders.invoicing import Draft, draft_invoice, open_shipments
from orders.locks import lock_orders
from orders.models import Invoice, InvoicedShipmentLine, InvoiceLine, Order, Shipment

# Whoever draws a number holds the row until the commit: the next waits, and what is undone gives its number back.
DRAW = """
    INSERT INTO orders_invoicecounter (id, last) VALUES (1, 1)
        ON CONFLICT (id) DO UPDATE SET last = orders_invoicecounter.last + 1 RETURNING last
"""


@retry_on_conflict
@transaction.atomic(durable=True)
def issue_invoice(
    order_id: int, shipment_ids: Collection[int] | None = None, *, expected: Decimal | None = None
) -> Invoice:
    """Invoice shipments of an order that are on no invoice yet, all of them or those given.

    ``expected``: what it comes to as its sender saw it; nothing is issued when it has become another amount.
    Locks: Order, InvoiceCounter. Raises: InvalidInput, IllegalTransition, Outdated.
    """
    order = lock_orders([order_id]).get(order_id)
    if order is None:
        raise InvalidInput(_("There is no such order."), order=order_id)
    draft = draft_invoice(order, _chosen(order, shipment_ids))
    if draft.is_empty:
        raise IllegalTransition(_("Everything of order %s that has shipped is invoiced.") % order.number)
    if expected is not None and draft.totals.gross != expected:
        raise Outdated(_("This comes to another amount than was shown; nothing was invoiced. Look at it again."))
    invoice = _insert(order, draft)
    audit.record(
        "order",
        order.pk,
        "invoiced",
        number=invoice.number,
        invoice=invoice.pk,
        gross=str(invoice.gross),
        due=invoice.due_on.isoformat(),
    )
    outbox.publish("order.invoiced", order=order.pk, number=order.number, invoice=invoice.number)
    publish_after_commit("orders-changed", {"orders": [order.pk]})
    return invoice


def _chosen(order: Order, shipment_ids: Collection[int] | None) -> list[Shipment]:
    shipments = open_shipments(order)
    if not shipments and not order.shipments.exists():
        raise IllegalTransition(_("Nothing of order %s has shipped yet.") % order.number)
    if shipment_ids is None:
        return shipments
    chosen = [shipment for shipment in shipments if shipment.pk in shipment_ids]
    if len(chosen) < len(set(shipment_ids)):
        text = _("Choose shipments of this order that are not invoiced yet.")
        raise InvalidInput(text, field_errors={"shipments": text})
    return chosen


def _insert(order: Order, draft: Draft) -> Invoice:
    customer, totals, today = order.customer, draft.totals, timezone.localdate()
    invoice = Invoice.objects.create(
        number=_draw_number(),
        order=order,
        issued_on=today,
        due_on=today + timedelta(days=customer.payment_days),
        customer_name=customer.name,
        customer_address=customer.address,
        order_discount=order.discount,
        freight=draft.freight,
        freight_tax_rate=draft.freight_tax_rate,
        freight_tax=draft.freight_tax,
        net=totals.net,
        tax=totals.tax,
        gross=totals.gross,
        created_by_id=current_actor_id(),
    )
    lines = InvoiceLine.objects.bulk_create(
        InvoiceLine(
            invoice=invoice,
            line=row.line,
            position=row.line.position,
            sku=row.line.product.sku,
            name=row.line.product.name,
            quantity=row.quantity,
            unit_price=row.line.unit_price,
            discount=row.line.discount,
            tax_rate=row.tax_rate,
            net=row.net,
            tax=row.tax,
        )
        for row in draft.lines
    )
    InvoicedShipmentLine.objects.bulk_create(
        InvoicedShipmentLine(shipment_line_id=part, invoice_line=line)
        for line, row in zip(lines, draft.lines, strict=True)
        for part in row.parts
    )
    return invoice


def _draw_number() -> str:
    with connection.cursor() as cursor:
        cursor.execute(DRAW)
        return document_number("IN", cursor.fetchone()[0])
