"""Credit limits: the customers are locked, so that two orders at once do not both take what is left."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.utils import timezone

from orders.checks import References
from orders.credit import CreditExceeded, credit_exceeded, credit_used
from orders.locks import lock_customers
from orders.models import Order
from orders.pricing import PricedLine, totals
from orders.values import NewOrder


def over_limit(news: Sequence[NewOrder], references: References, now: datetime) -> dict[int, CreditExceeded]:
    """Which of the checked orders, by place, take their customer over the limit, each counted on those before it.

    Nothing is read or locked unless a customer has a limit. Locks: Customer.
    """
    limited = {new.customer_id for new in news if references.customers[new.customer_id].credit_limit is not None}
    if not limited:
        return {}
    lock_customers(limited)
    used = credit_used(limited)
    refused = {}
    for index, new in enumerate(news):
        customer = references.customers[new.customer_id]
        if customer.credit_limit is None:
            continue
        wanted = _gross(new, references, now)
        if used[new.customer_id] + wanted > customer.credit_limit:
            refused[index] = credit_exceeded(customer.name, customer.credit_limit, used[new.customer_id], wanted)
            if not new.release_credit:
                continue
        used[new.customer_id] += wanted
    return refused


def _gross(new: NewOrder, references: References, now: datetime) -> Decimal:
    day = timezone.localdate(new.ordered_at or now)
    lines = [
        PricedLine(
            line.quantity,
            references.unit_price(new.customer_id, line, day),
            line.discount,
            references.tax_rate(new.customer_id, line.product_id),
        )
        for line in new.lines
    ]
    return totals(lines, new.discount, new.freight).gross


def refuse_over_limit(order: Order, before: Decimal | None) -> None:
    """Refuse what a change added to a locked order; ``before`` is what was in use then, None without a limit.

    Raises: CreditExceeded.
    """
    limit = order.customer.credit_limit
    if before is None or limit is None:
        return
    used = credit_used([order.customer_id])[order.customer_id]
    if used > limit and used > before:
        raise credit_exceeded(order.customer.name, limit, before, used - before)


def in_use(order: Order) -> Decimal | None:
    """What the order's customer has in use, None without a limit. Locks: Customer."""
    if order.customer.credit_limit is None:
        return None
    lock_customers([order.customer_id])
    return credit_used([order.customer_id])[order.customer_id]
