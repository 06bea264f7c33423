"""Complaints: noted with the order, settled once."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core import audit, outbox
from core.actor import current_actor_id
from core.errors import IllegalTransition, InvalidInput
from orders.locks import lock_orders
from orders.models import Complaint, Order
from orders.signals import orders_changed


@transaction.atomic(durable=True)
def note_complaint(complaint: Complaint) -> Complaint:
    """Insert a complaint about an order or one of its lines. Locks: Order. Sends: orders_changed."""
    order = lock_orders([complaint.order_id])[complaint.order_id]
    if complaint.line and complaint.line.order_id != order.pk:
        raise InvalidInput(_("A line does not belong to this order."), field_errors={"line": _("Choose a line.")})
    complaint.customer_id, complaint.created_by_id = order.customer_id, current_actor_id()
    complaint.save(force_insert=True)
    audit.record(
        "order",
        order.pk,
        "complained",
        cause=complaint.cause,
        text=complaint.text,
        line=complaint.line.position if complaint.line else None,
    )
    outbox.publish("order.complained", order=order.pk, number=order.number, complaint=complaint.pk)
    orders_changed.send(Order, order_ids={order.pk})
    return complaint


@transaction.atomic(durable=True)
def settle_complaint(complaint_id: int) -> Complaint:
    """Mark a complaint as settled. Locks: Order. Sends: orders_changed. Raises: IllegalTransition."""
    order = lock_orders([Complaint.objects.get(pk=complaint_id).order_id]).popitem()[1]
    complaint = Complaint.objects.get(pk=complaint_id)
    if complaint.settled_at:
        raise IllegalTransition(_("This complaint is settled already."))
    complaint.settled_at = timezone.now()
    complaint.save(update_fields=["settled_at"])
    audit.record("order", order.pk, "complaint_settled", cause=complaint.cause)
    orders_changed.send(Order, order_ids={order.pk})
    return complaint
