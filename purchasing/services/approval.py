"""Approval by amount and role: an order above its placer's limit waits for somebody whose limit covers it."""

from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core import audit, outbox
from core.actor import current_actor_id
from core.checks import MAX_REASON, refuse_text
from core.errors import DomainError
from core.live import publish_after_commit
from core.models import User
from core.transactions import retry_on_conflict
from purchasing.currencies import rates_on
from purchasing.locks import locked_purchase_order
from purchasing.models import ApprovalLimit, PurchaseOrder
from purchasing.selectors import order_total
from purchasing.services.agreements import refuse_ended
from purchasing.services.currencies import fix_rate
from purchasing.services.supply import tell_supply
from purchasing.values import Limit


class AboveLimit(DomainError):
    """The order is worth more than this user may place."""

    code = "above_limit"


def limit_of(user_id: int | None) -> Limit:
    """Up to which amount this user places orders alone; None: without limit (so the system itself, by its rules).

    Of several roles the most generous counts, and a role without a limit has none.
    """
    if user_id is None:
        return None
    roles = User.objects.filter(pk=user_id).values_list("is_superuser", "groups", "groups__approval_limit__amount")
    amounts = [amount for is_superuser, _group, amount in roles if not is_superuser]
    return max(amounts) if amounts and None not in amounts else None


def covers(limit: Limit, total: Decimal) -> bool:
    """Whether an order of this amount is within the limit."""
    return limit is None or total <= limit


def place_or_ask(order: PurchaseOrder, total: Decimal, limit: Limit, at: datetime) -> None:
    """Set in memory that the order is placed, or that it waits for somebody who may place it."""
    if covers(limit, total):
        place(order, at)
    else:
        order.move_to(PurchaseOrder.Status.WAITING)


def place(order: PurchaseOrder, at: datetime) -> None:
    """Set in memory what placing an order fixes: date, expected arrival, and what placing it costs."""
    order.move_to(PurchaseOrder.Status.ORDERED)
    order.ordered_at = at
    order.order_cost = order.supplier.order_cost
    if order.expected_on is None:
        order.expected_on = timezone.localdate(at) + timedelta(days=order.supplier.lead_time_days)
    order.promised_on = order.expected_on


def fix_rate_of_day(order: PurchaseOrder, at: datetime) -> None:
    """The rate of the day an order is placed is its rate from then on."""
    if order.currency:
        fix_rate(order, rates_on(timezone.localdate(at))[order.currency])


PLACED = ["status", "ordered_at", "order_cost", "expected_on", "promised_on", "rate"]


@retry_on_conflict
@transaction.atomic(durable=True)
def place_purchase_order(purchase_order_id: int, *, at: datetime | None = None) -> PurchaseOrder:
    """Place a draft, or have it wait for approval. Locks: PurchaseOrder. Raises: IllegalTransition."""
    return place_locked(locked_purchase_order(purchase_order_id), at or timezone.now())


@transaction.atomic(savepoint=False)
def place_locked(order: PurchaseOrder, at: datetime) -> PurchaseOrder:
    """As ``place_purchase_order``, of a draft that the caller has locked or just made."""
    refuse_ended(order, at)
    fix_rate_of_day(order, at)
    total = order_total(order.pk)
    place_or_ask(order, total, limit_of(current_actor_id()), at)
    order.save(update_fields=PLACED)
    record_placing(order, total)
    return order


@retry_on_conflict
@transaction.atomic(durable=True)
def approve_purchase_order(purchase_order_id: int, *, at: datetime | None = None) -> PurchaseOrder:
    """Place an order that waits for approval.

    Locks: PurchaseOrder. Raises: IllegalTransition, AboveLimit when the approver's own limit does not cover it.
    """
    order, at = locked_purchase_order(purchase_order_id), at or timezone.now()
    if order.status != PurchaseOrder.Status.WAITING:
        order.refuse_step()
    refuse_ended(order, at)
    fix_rate_of_day(order, at)
    total = order_total(purchase_order_id)
    if not covers(limit_of(current_actor_id()), total):
        raise AboveLimit(_("%s is above your own limit: somebody with a higher one must approve it.") % order.number)
    place(order, at)
    order.save(update_fields=PLACED)
    audit.record("purchase_order", order.pk, "approved", at=order.ordered_at, total=str(total))
    outbox.publish("purchase_order.placed", purchase_order=order.pk, number=order.number)
    tell_supply(order, "ordered")
    publish_after_commit("purchase-orders-changed", {"purchase_orders": [order.pk]})
    return order


@retry_on_conflict
@transaction.atomic(durable=True)
def send_back_purchase_order(purchase_order_id: int, *, reason: str) -> PurchaseOrder:
    """Refuse approval: the order is a draft again, with the reason on it. Locks: PurchaseOrder."""
    refuse_text("reason", reason, MAX_REASON, is_required=True)
    order = locked_purchase_order(purchase_order_id)
    order.move_to(PurchaseOrder.Status.DRAFT)
    order.save(update_fields=["status"])
    audit.record("purchase_order", order.pk, "sent_back", reason=reason.strip())
    publish_after_commit("purchase-orders-changed", {"purchase_orders": [order.pk]})
    return order


def record_placing(order: PurchaseOrder, total: Decimal) -> None:
    """Note on the order, and for outsiders, that it was placed or waits."""
    if order.status == PurchaseOrder.Status.WAITING:
        audit.record("purchase_order", order.pk, "approval_asked", total=str(total))
    else:
        audit.record("purchase_order", order.pk, "ordered", at=order.ordered_at)
        outbox.publish("purchase_order.placed", purchase_order=order.pk, number=order.number)
    tell_supply(order, "ordered")
    publish_after_commit("purchase-orders-changed", {"purchase_orders": [order.pk]})


@transaction.atomic(durable=True)
def set_approval_limit(group_id: int, amount: Decimal | None) -> None:
    """Up to which amount a role places orders alone; None takes the limit away."""
    old = ApprovalLimit.objects.filter(group=group_id).values_list("amount", flat=True).first()
    if amount is None:
        ApprovalLimit.objects.filter(group=group_id).delete()
    else:
        ApprovalLimit.objects.update_or_create(group_id=group_id, defaults={"amount": amount})
    if old != amount:
        words = [None if value is None else str(value) for value in (old, amount)]
        audit.record("approval_limit", group_id, "changed", before=words[0], after=words[1])
