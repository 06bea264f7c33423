"""How suppliers did: facts from receipt lines, learned lead times, the scorecard."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models.functions import Coalesce
from django.utils import timezone

from inventory.lead_times import FACTS_WINDOW, Bucket, LeadTime, distribution, learn, quoted
from inventory.places import Place
from purchasing.models import GoodsReceiptLine, PurchaseOrder, PurchaseOrderLine, Supplier, SupplierItem

SCORE_WINDOW = timedelta(days=365)
HALF_YEAR = timedelta(days=182)

Facts = dict[tuple[int, int], list[float]]
"""Days by supplier and product."""


def lead_time_facts(suppliers: Collection[int], *, until: datetime | None = None) -> Facts:
    """Days from placing the order to each receipt line of the last two years; one query.

    A delivery in two parts makes two facts, each with its own days.
    """
    until = until or timezone.now()
    rows = (
        GoodsReceiptLine.objects.filter(
            receipt__purchase_order__supplier__in=suppliers,
            receipt__purchase_order__ordered_at__isnull=False,
            receipt__received_at__gte=until - FACTS_WINDOW,
            receipt__received_at__lt=until,
        )
        .order_by("pk")
        .values_list(
            "receipt__purchase_order__supplier_id",
            "line__product_id",
            "receipt__received_at",
            "receipt__purchase_order__ordered_at",
        )
    )
    facts: Facts = defaultdict(list)
    for supplier, product, received_at, ordered_at in rows.iterator(chunk_size=5000):
        if ordered_at:
            facts[supplier, product].append((received_at - ordered_at).total_seconds() / 86_400)
    return facts


def learned_lead_times(items: Collection[SupplierItem], *, until: datetime | None = None) -> dict[int, LeadTime]:
    """By supplier item (its key): its own receipts, drawn towards its supplier's, drawn towards what it quoted.

    The items' suppliers stand loaded with them. One query.
    """
    facts = lead_time_facts({item.supplier_id for item in items}, until=until)
    whole: dict[int, list[float]] = defaultdict(list)
    for (supplier, _product), days in facts.items():
        whole[supplier] += days
    suppliers = {item.supplier_id: item.supplier for item in items}
    of_supplier = {pk: learn(whole.get(pk, []), quoted(row.lead_time_days)) for pk, row in suppliers.items()}
    learned = {}
    for item in items:
        own = facts.get((item.supplier_id, item.product_id), [])
        learned[item.pk] = learn(own, of_supplier[item.supplier_id]) if own else of_supplier[item.supplier_id]
    return learned


def place_lead_times(places: Collection[Place]) -> dict[Place, int]:
    """Days that the preferred supplier takes, as learned last night, for places whose product has one; one query."""
    items = SupplierItem.objects.filter(
        product__in={product for product, _warehouse in places}, is_preferred=True, supplier__is_active=True
    )
    days = dict(items.values_list("product_id", Coalesce("learned_days", "supplier__lead_time_days")))
    return {place: days[place[0]] for place in places if place[0] in days}


def remember_lead_times() -> int:
    """Keep what was learned with each item, where promises read it; returns how many changed. Run every night."""
    changed = []
    for supplier in Supplier.objects.order_by("pk").iterator():
        items = list(supplier.items.select_related("supplier").order_by("pk"))
        known = {item.pk: item.learned_days for item in items}
        for pk, learned in learned_lead_times(items).items():
            days = learned.whole_days if learned.facts else None
            if known[pk] != days:
                changed.append(SupplierItem(pk=pk, learned_days=days))
    SupplierItem.objects.bulk_update(changed, ["learned_days"], batch_size=2000)
    return len(changed)


@dataclass(frozen=True, slots=True)
class Scorecard:
    """A supplier's last year. Shares are None without anything to count; ``price_change`` compares half years."""

    lines: int
    lead_time: LeadTime
    buckets: list[Bucket]
    on_time: float | None
    in_full: float | None
    both: float | None
    answer_days: float | None
    price_change: Decimal | None


# The day that was promised is the first one confirmed, else the one the order was placed for: a date that the
# supplier moves later makes it late, not punctual. A line is in full when no more than the tolerance is missing.
SCORES = """
WITH finished AS (
    SELECT line.id, coalesce(line.promised_on, purchase.promised_on) AS promised_on,
           line.received >= line.quantity - line.tolerance AS in_full,
           (max(receipt.received_at) AT TIME ZONE %(zone)s)::date AS last_day
      FROM purchasing_purchaseorder purchase
      JOIN purchasing_purchaseorderline line ON line.purchase_order_id = purchase.id
      LEFT JOIN purchasing_goodsreceiptline part ON part.line_id = line.id
      LEFT JOIN purchasing_goodsreceipt receipt ON receipt.id = part.receipt_id
     WHERE purchase.supplier_id = %(supplier)s AND purchase.status IN ('received', 'closed')
       AND purchase.ordered_at >= %(since)s
     GROUP BY line.id, purchase.id
)
SELECT count(*), avg((last_day <= promised_on AND last_day IS NOT NULL)::int), avg(in_full::int),
       avg((last_day <= promised_on AND last_day IS NOT NULL AND in_full)::int)
  FROM finished
"""


def scorecard(supplier_id: int, quoted_days: int) -> Scorecard:
    """Measured on the orders of the last year that are complete or closed; three queries."""
    now = timezone.now()
    values: dict[str, Any] = {
        "supplier": supplier_id,
        "since": now - SCORE_WINDOW,
        "zone": timezone.get_current_timezone_name(),
    }
    with connection.cursor() as cursor:
        cursor.execute(SCORES, values)
        lines, on_time, in_full, both = cursor.fetchone()
    facts = [day for days in lead_time_facts([supplier_id]).values() for day in days]
    answers = PurchaseOrder.objects.filter(
        supplier=supplier_id, confirmed_at__isnull=False, ordered_at__gte=now - SCORE_WINDOW
    ).values_list("ordered_at", "confirmed_at")
    waited = [(confirmed - ordered).total_seconds() / 86_400 for ordered, confirmed in answers if ordered and confirmed]
    return Scorecard(
        lines=lines,
        lead_time=learn(facts, quoted(quoted_days)),
        buckets=distribution(facts),
        on_time=_share(on_time),
        in_full=_share(in_full),
        both=_share(both),
        answer_days=sum(waited) / len(waited) if waited else None,
        price_change=_price_change(supplier_id, now),
    )


def _share(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _price_change(supplier_id: int, now: datetime) -> Decimal | None:
    """What this half year's purchases cost more (+) or less than at the average prices of the half year before."""
    new, old = _bought(supplier_id, now - HALF_YEAR, now), _bought(supplier_id, now - 2 * HALF_YEAR, now - HALF_YEAR)
    both = new.keys() & old.keys()
    before = sum((old[product][0] / old[product][1] * new[product][1] for product in both), Decimal(0))
    return sum((new[product][0] for product in both), Decimal(0)) / before - 1 if before else None


def _bought(supplier_id: int, first: datetime, last: datetime) -> Mapping[int, tuple[Decimal, int]]:
    """Money and pieces ordered by product."""
    rows = PurchaseOrderLine.objects.filter(
        purchase_order__supplier=supplier_id, purchase_order__ordered_at__gte=first, purchase_order__ordered_at__lt=last
    ).values_list("product_id", "quantity", "unit_cost")
    totals: dict[int, tuple[Decimal, int]] = {}
    for product, quantity, cost in rows:
        money, pieces = totals.get(product, (Decimal(0), 0))
        totals[product] = (money + quantity * cost, pieces + quantity)
    return totals
