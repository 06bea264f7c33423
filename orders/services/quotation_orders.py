"""A quotation becomes an order in one transaction. Its hold passes over while the stock rows are locked."""

from django.db import IntegrityError, transaction
from django.utils import timezone

from core import audit, outbox
from core.transactions import retry_on_conflict
from orders.locks import lock_customers
from orders.models import Order, Quotation, QuotationLine
from orders.services.intake import take_in
from orders.services.quotations import locked_lines, open_quotation, refuse_expired, release_hold
from orders.services.rules import is_quota, quota_refusal
from orders.values import NewLine, NewOrder


def order_quotation(quotation_id: int, *, release_credit: bool = False) -> Order:
    """Order what was offered, at the prices offered; what is not held is reserved as for any order, or waits.

    Nobody gets the pieces held in between: they are free only inside this transaction, which has locked their rows.
    ``release_credit``: as in ``NewOrder``. A refusal leaves quotation and hold as they were.
    Locks: Quotation, Customer, StockLevel. Sends: stock_changed, orders_created.
    Raises: InvalidInput, IllegalTransition, CustomerBlocked, CreditExceeded, QuotaExceeded.
    """
    try:
        return _order_quotation(quotation_id, release_credit)
    except IntegrityError as exc:
        if not is_quota(exc):
            raise
        quotation = Quotation.objects.get(pk=quotation_id)
        products = list(quotation.lines.values_list("product_id", flat=True))
        raise quota_refusal(products, channel_id=quotation.channel_id, customer_id=quotation.customer_id) from None


@retry_on_conflict
@transaction.atomic(durable=True)
def _order_quotation(quotation_id: int, release_credit: bool) -> Order:
    now = timezone.now()
    quotation = open_quotation(quotation_id)
    refuse_expired(quotation, timezone.localdate(now))
    # Before the stock, as the intake does when it looks at the limit.
    lock_customers([quotation.customer_id])
    lines = locked_lines(quotation)
    passed = release_hold(quotation, lines, at=now, is_passed_on=True)
    outcome = take_in([_new_order(quotation, lines, release_credit)])[0]
    if outcome.error:
        raise outcome.error
    assert outcome.order is not None
    quotation.move_to(Quotation.Status.ORDERED)
    quotation.order, quotation.held_until = outcome.order, None
    quotation.save(update_fields=["status", "order", "held_until"])
    told = {"number": quotation.number, "quotation": quotation.pk}
    audit.record("order", outcome.order.pk, "quoted_before", at=now, **told)
    audit.record(
        "quotation", quotation.pk, "ordered", at=now, number=outcome.order.number, order=outcome.order.pk, held=passed
    )
    outbox.publish("quotation.ordered", quotation=quotation.pk, number=quotation.number, order=outcome.order.pk)
    return outcome.order


def _new_order(quotation: Quotation, lines: list[QuotationLine], release_credit: bool) -> NewOrder:
    """What was offered as an order of today. Tax is at today's rates: those are the law's, not ours to offer."""
    wished = quotation.requested_date
    return NewOrder(
        customer_id=quotation.customer_id,
        channel_id=quotation.channel_id,
        warehouse_id=quotation.warehouse_id,
        lines=[NewLine(line.product_id, line.quantity, line.unit_price, line.discount) for line in lines],
        requested_date=wished if wished and wished >= timezone.localdate() else None,
        note=quotation.note,
        ship_complete=quotation.ship_complete,
        is_priority=quotation.is_priority,
        discount=quotation.discount,
        freight=quotation.freight,
        release_credit=release_credit,
    )
