"""What customers buy, when they are due to buy it again, whether they come back, and what that earned.

The rule, the same for everybody: of the days on which a customer ordered a product within two years, on at least three,
the interval is the middle one of the gaps between them (of two middle ones the shorter), and the product is due that
many days after the last. Whatever is overdue by more than one further interval counts as given up.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, DecimalField, Exists, F, Min, OuterRef, Q, QuerySet, Sum
from django.utils import timezone

from core.money import ZERO
from inventory.models import Product
from orders.models import Complaint, Customer, Order, OrderLine, RepeatPurchase, ReturnLine, ShipmentLine

LEAST_DAYS = 3
LOOKED_BACK = timedelta(days=730)
YEAR = timedelta(days=365)
WEEK = timedelta(days=7)

BOUGHT = """
WITH days AS (
    SELECT sale.customer_id, line.product_id, (sale.ordered_at AT TIME ZONE %(zone)s)::date AS day,
           sum(line.quantity - line.cancelled) AS pieces
      FROM orders_order sale JOIN orders_orderline line ON line.order_id = sale.id
     WHERE sale.ordered_at >= %(since)s AND line.quantity > line.cancelled
       AND (%(customer)s::bigint IS NULL OR sale.customer_id = %(customer)s)
     GROUP BY 1, 2, 3
), gaps AS (
    SELECT days.*, day - lag(day) OVER (PARTITION BY customer_id, product_id ORDER BY day) AS gap FROM days
)
SELECT customer_id, product_id, count(*) AS times, percentile_disc(0.5) WITHIN GROUP (ORDER BY pieces) AS pieces,
       percentile_disc(0.5) WITHIN GROUP (ORDER BY gap) AS gap, max(day) AS last_day
  FROM gaps GROUP BY customer_id, product_id
"""


@dataclass(frozen=True, slots=True)
class Bought:
    """A product that a customer bought: on how many days, how much as a rule, when last, and when it is due again."""

    product: Product
    times: int
    pieces: int
    last_day: date
    interval: int | None
    due: date | None
    is_due: bool


def bought_by(customer: Customer, limit: int) -> list[Bought]:
    """What a customer bought within two years: what is due first, then what was bought last; two queries."""
    today = timezone.localdate()
    with connection.cursor() as cursor:
        cursor.execute(BOUGHT, _parameters(customer.pk))
        found = cursor.fetchall()
    products = Product.objects.in_bulk([row[1] for row in found])
    rows = [
        _bought(products[product], times, int(pieces), gap, last, today)
        for _customer, product, times, pieces, gap, last in found
    ]
    rows.sort(key=lambda row: (not row.is_due, -row.last_day.toordinal(), row.product.sku))
    return rows[:limit]


def _bought(product: Product, times: int, pieces: int, gap: int | None, last: date, today: date) -> Bought:
    if times < LEAST_DAYS or gap is None:
        return Bought(product, times, pieces, last, None, None, is_due=False)
    due = last + timedelta(days=gap)
    return Bought(product, times, pieces, last, gap, due, is_due=due <= today <= due + timedelta(days=gap))


@transaction.atomic(durable=True)
def refresh_repeat_purchases() -> int:
    """Count anew what everybody buys regularly; returns the rows written."""
    RepeatPurchase.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO orders_repeatpurchase "
            "(customer_id, product_id, times, pieces, interval_days, last_day, due, until) "
            "SELECT customer_id, product_id, times, pieces, gap, last_day, last_day + gap, last_day + 2 * gap "
            f"FROM ({BOUGHT}) found WHERE times >= %(least)s",
            _parameters(None) | {"least": LEAST_DAYS},
        )
        return cursor.rowcount


def _parameters(customer_id: int | None) -> dict[str, str | int | datetime | None]:
    return {"zone": settings.TIME_ZONE, "since": timezone.now() - LOOKED_BACK, "customer": customer_id}


def customers_due(today: date) -> QuerySet[Customer]:
    """Customers with something due that they have not ordered since, most worth first.

    Each has the number of ``products`` due, the first day one was due (``since``), and what they are ``worth``.
    """
    # The nightly count knows all but the last days; looking further back would read every line there is.
    ordered_since = OrderLine.objects.filter(
        order__customer=OuterRef("customer"),
        product=OuterRef("product"),
        quantity__gt=F("cancelled"),
        order__ordered_at__gte=timezone.now() - WEEK,
        order__ordered_at__date__gt=OuterRef("last_day"),
    )
    due = RepeatPurchase.objects.filter(~Exists(ordered_since), due__lte=today, until__gte=today)
    worth = Sum(F("repeats__pieces") * F("repeats__product__price"), output_field=DecimalField(max_digits=20))
    return (
        Customer.objects.filter(is_blocked=False, repeats__in=due.values("pk"))
        .annotate(products=Count("repeats"), since=Min("repeats__due"), worth=worth)
        .order_by("-worth", "pk")
    )


@dataclass(frozen=True, slots=True)
class Loyalty:
    """Of the customers who ordered within a year, those who did so on more than one day."""

    customers: int
    again: int

    @property
    def rate(self) -> float | None:
        return self.again / self.customers if self.customers else None


def repurchase_rate(now: date | None = None) -> Loyalty:
    """The repurchase rate of the last 365 days; cancelled orders do not count. One query."""
    last = now or timezone.localdate()
    orders = Order.objects.filter(ordered_at__date__gt=last - YEAR, ordered_at__date__lte=last)
    days = (
        orders.exclude(status=Order.Status.CANCELLED)
        .order_by()
        .values("customer")
        .annotate(days=Count("ordered_at__date", distinct=True))
    )
    found = days.aggregate(customers=Count("customer"), again=Count("customer", filter=Q(days__gt=1)))
    return Loyalty(**found)


@dataclass(frozen=True, slots=True)
class Earned:
    """What a customer brought in: revenue less refunds, its cost less what went back into stock, and complaints."""

    revenue: Decimal
    cost: Decimal
    complaints: Decimal

    @property
    def profit(self) -> Decimal:
        return self.revenue - self.cost - self.complaints


def earned_from(customer: Customer) -> Earned:
    """Profit ever earned; what came back fit for nothing stays a cost. Three queries."""
    sold = ShipmentLine.objects.filter(shipment__order__customer=customer).aggregate(
        revenue=Sum("revenue", default=ZERO), cost=Sum("cost", default=ZERO)
    )
    back = ReturnLine.objects.filter(returned__order__customer=customer).aggregate(
        refund=Sum("refund", default=ZERO), cost=Sum("cost", default=ZERO, filter=Q(is_scrapped=False))
    )
    complaints = Complaint.objects.filter(customer=customer).aggregate(cost=Sum("cost", default=ZERO))["cost"]
    return Earned(sold["revenue"] - back["refund"], sold["cost"] - back["cost"], complaints)
