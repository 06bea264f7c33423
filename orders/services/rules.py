"""Rules of the order desk kept: quotas, substitutes, shipping lanes; and an order sent from several warehouses."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core import audit
from core.errors import DomainError, InvalidInput
from inventory.models import Product, Warehouse
from orders.models import Channel, Customer
from orders.models.rules import Quota, ShippingLane, Substitute

# Whoever confirms an order waits while what was ordered so far is counted: a quota starts with the truth.
HOLD_ORDERS = "LOCK TABLE orders_orderline IN SHARE MODE"
ORDERED = """
    SELECT coalesce(sum(line.quantity - line.cancelled), 0) FROM orders_orderline line
      JOIN orders_order sale ON sale.id = line.order_id
     WHERE line.product_id = %s AND sale.ordered_at >= %s AND sale.ordered_at < %s
       AND (sale.channel_id = %s OR sale.customer_id = %s)
"""


class QuotaExceeded(DomainError):
    """A channel or a customer would have more of a product than its quota."""

    code = "quota_exceeded"


def is_quota(error: IntegrityError) -> bool:
    """Whether the database refused a write because of a quota."""
    return "quota_not_exceeded" in str(error)


def quota_refusal(
    product_ids: Sequence[int], *, channel_id: int, customer_id: int, at: datetime | None = None
) -> QuotaExceeded:
    """Why an order of these products was refused: the tightest quota that covers it."""
    at = at or timezone.now()
    quotas = Quota.objects.filter(product__in=product_ids, starts_at__lte=at, ends_at__gt=at)
    quotas = quotas.filter(channel=channel_id) | quotas.filter(customer=customer_id)
    tightest = min(
        quotas.select_related("product", "channel", "customer"), key=lambda q: q.quantity - q.used, default=None
    )
    if tightest is None:
        return QuotaExceeded(_("A quota does not allow so much."))
    return QuotaExceeded(
        _("%(sku)s: only %(left)s of the quota of %(who)s are left until %(day)s.")
        % {
            "sku": tightest.product.sku,
            "left": tightest.quantity - tightest.used,
            "who": tightest.channel or tightest.customer,
            "day": tightest.last_day.isoformat(),
        },
        sku=tightest.product.sku,
        left=tightest.quantity - tightest.used,
    )


@dataclass(frozen=True, slots=True)
class NewQuota:
    """A quota as wanted: of a channel or of a customer, first and last day included."""

    product: Product
    quantity: int
    first: date
    last: date
    channel: Channel | None = None
    customer: Customer | None = None


@transaction.atomic(durable=True)
def set_quota(new: NewQuota) -> Quota:
    """Limit what a channel or a customer may order; what it ordered in these days counts. Raises: InvalidInput."""
    last = min(new.last, date.max - timedelta(days=1))  # the calendar's last day, for "always", has no next one
    if last < new.first:
        raise InvalidInput(_("The quota was not saved."), field_errors={"last": _("This day is before the first one.")})
    starts_at = timezone.make_aware(datetime.combine(new.first, time.min))
    ends_at = timezone.make_aware(datetime.combine(last + timedelta(days=1), time.min))
    whose = [new.channel.pk if new.channel else None, new.customer.pk if new.customer else None]
    with connection.cursor() as cursor:
        cursor.execute(HOLD_ORDERS)
        cursor.execute(ORDERED, [new.product.pk, starts_at, ends_at, *whose])
        used = int(cursor.fetchone()[0])
    if used > new.quantity:
        words = _("%s were ordered in these days already: allow at least as many.") % used
        raise InvalidInput(_("The quota was not saved."), field_errors={"quantity": words})
    quota = Quota.objects.create(
        product=new.product, channel=new.channel, customer=new.customer, quantity=new.quantity, used=used,
        starts_at=starts_at, ends_at=ends_at,
    )  # fmt: skip
    audit.record("quota", quota.pk, "set", sku=new.product.sku, quantity=new.quantity)
    return quota


@transaction.atomic(durable=True)
def lift_quota(quota_id: int) -> None:
    """Take a quota back."""
    Quota.objects.filter(pk=quota_id).delete()
    audit.record("quota", quota_id, "lifted")


@transaction.atomic(durable=True)
def set_substitute(product: Product, other: Product, kind: str) -> None:
    """Offer ``other`` when ``product`` is short. Raises: InvalidInput."""
    if product == other:
        words = _("Choose another product than the one it replaces.")
        raise InvalidInput(_("Nothing was saved."), field_errors={"other": words})
    Substitute.objects.update_or_create(product=product, other=other, defaults={"kind": kind})
    audit.record("product", product.pk, "substitute_set", other=other.sku, kind=kind)


@transaction.atomic(durable=True)
def drop_substitute(substitute_id: int) -> None:
    """Offer it no longer."""
    row = Substitute.objects.filter(pk=substitute_id).select_related("other").first()
    if row:
        audit.record("product", row.product_id, "substitute_dropped", other=row.other.sku)
        row.delete()


@transaction.atomic(durable=True)
def set_lane(warehouse: Warehouse, area: str, distance_km: int, cost: Decimal) -> None:
    """Say how far an area is from a warehouse and what a delivery there costs."""
    values = {"distance_km": distance_km, "cost": cost}
    ShippingLane.objects.update_or_create(warehouse=warehouse, area=area.strip(), defaults=values)
    audit.record("warehouse", warehouse.pk, "lane_set", area=area.strip(), distance_km=distance_km, cost=str(cost))
