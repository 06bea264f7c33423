"""How much of a customer's credit is in use, and the refusal of what goes beyond it."""

from collections.abc import Collection, Mapping
from decimal import Decimal

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import DomainError
from core.models import User
from core.money import ZERO
from core.templatetags.tandem import amount

RELEASE = "orders.release_credit"

# Gross, by customer: goods not shipped yet with the freight of open orders, and goods shipped (less what came back)
# within the customer's days to pay, with the freight of orders whose last goods left in that time. Freight bears the
# highest rate of its order, as in pricing.totals.
USED = """
    SELECT customer_id, sum(money) FROM (
        SELECT sale.customer_id, round(round(round((line.quantity - line.shipped - line.cancelled) * line.unit_price
               * (100 - line.discount) / 100, 2) * (100 - sale.discount) / 100, 2) * (100 + line.tax_rate) / 100, 2)
               AS money
          FROM orders_order sale JOIN orders_orderline line ON line.order_id = sale.id
         WHERE sale.customer_id = ANY(%(customers)s) AND sale.status IN ('open', 'partly_shipped')
        UNION ALL
        SELECT sale.customer_id, round(sale.freight * (100 + (SELECT max(line.tax_rate) FROM orders_orderline line
               WHERE line.order_id = sale.id)) / 100, 2)
          FROM orders_order sale
         WHERE sale.customer_id = ANY(%(customers)s) AND sale.status IN ('open', 'partly_shipped') AND sale.freight > 0
        UNION ALL
        SELECT sale.customer_id, round((part.revenue - coalesce((SELECT sum(back.refund) FROM orders_returnline back
               WHERE back.shipment_line_id = part.id), 0)) * (100 + line.tax_rate) / 100, 2)
          FROM orders_customer customer
          JOIN orders_order sale ON sale.customer_id = customer.id
          JOIN orders_shipment shipment ON shipment.order_id = sale.id
               AND shipment.shipped_at > %(now)s - customer.payment_days * interval '1 day'
          JOIN orders_shipmentline part ON part.shipment_id = shipment.id
          JOIN orders_orderline line ON line.id = part.line_id
         WHERE customer.id = ANY(%(customers)s) AND customer.payment_days > 0
        UNION ALL
        SELECT sale.customer_id, round(sale.freight * (100 + (SELECT max(line.tax_rate) FROM orders_orderline line
               WHERE line.order_id = sale.id)) / 100, 2)
          FROM orders_customer customer
          JOIN orders_order sale ON sale.customer_id = customer.id AND sale.status = 'shipped' AND sale.freight > 0
         WHERE customer.id = ANY(%(customers)s) AND customer.payment_days > 0
           AND EXISTS (SELECT 1 FROM orders_shipment shipment WHERE shipment.order_id = sale.id
                       AND shipment.shipped_at > %(now)s - customer.payment_days * interval '1 day')
    ) parts GROUP BY customer_id
"""


class CreditExceeded(DomainError):
    """The order takes the customer over the credit limit."""

    code = "credit_exceeded"


def credit_used(customer_ids: Collection[int]) -> dict[int, Decimal]:
    """What each customer owes or will owe for what is ordered; one query."""
    with connection.cursor() as cursor:
        cursor.execute(USED, {"customers": list(customer_ids), "now": timezone.now()})
        found: Mapping[int, Decimal] = dict(cursor.fetchall())
    return {pk: found.get(pk, ZERO) for pk in customer_ids}


def credit_exceeded(name: str, limit: Decimal, used: Decimal, wanted: Decimal) -> CreditExceeded:
    """The refusal, with the amount and who may release it."""
    over = used + wanted - limit
    releasers = who_may_release()
    return CreditExceeded(
        _(
            "%(name)s would be %(over)s over the credit limit of %(limit)s: "
            "%(used)s are in use and this adds %(wanted)s. It can be released by: %(releasers)s."
        )
        % {
            "name": name,
            "over": amount(over),
            "limit": amount(limit),
            "used": amount(used),
            "wanted": amount(wanted),
            "releasers": ", ".join(releasers) or _("nobody yet; an administrator gives the permission"),
        },
        limit=str(limit),
        used=str(used),
        wanted=str(wanted),
        over=str(over),
        releasers=releasers,
    )


def who_may_release() -> list[str]:
    """Names of the active users who may confirm over the limit, the first few."""
    users = User.objects.with_perm(RELEASE, backend="django.contrib.auth.backends.ModelBackend")
    return [str(user) for user in users.filter(is_active=True).order_by("is_superuser", "pk")[:5]]
