"""The needs of many places at once: one statement finds those that are due, a few more what suppliers ask."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils import timezone

from core.models import Company
from inventory.places import Place
from purchasing.agreements import agreed_with
from purchasing.decision import NOBODY, Need, Offer
from purchasing.models import PriceBreak, SupplierItem

LEAST_CYCLE_DAYS = 7  # supply that comes within this time after a new order would be here still counts
UNKNOWN_CYCLE_DAYS = 30  # the same where nobody knows how fast it sells
# Nobody looks further ahead: lead times and lots that last for centuries are typing errors, and must not stop the check
# of everything else with a date that does not exist.
FURTHEST_DAYS = 36_500

# Supply is dated: what comes later than a new order's lead time and the days its lot lasts does not help until then,
# so it does not count. Lead time: the one the policy reckons with, else what the preferred supplier says.
DUE = f"""
WITH wanted AS (
    SELECT given.product_id, given.warehouse_id
      FROM unnest(%s::bigint[], %s::bigint[]) AS given(product_id, warehouse_id)
),
place AS (
    SELECT wanted.product_id, wanted.warehouse_id,
           coalesce(level.available, 0) AS available, coalesce(level.waiting, 0) AS waiting,
           coalesce(policy.reorder_point, 0) AS reorder_point, coalesce(policy.order_up_to, 0) AS order_up_to,
           (policy.basis ->> 'lot_weekly_demand')::numeric / 7 AS daily,
           coalesce((policy.basis ->> 'lead_time_days')::numeric, supplier.lead_time_days, 0) AS lead_time
      FROM wanted
      LEFT JOIN inventory_stocklevel level USING (product_id, warehouse_id)
      LEFT JOIN purchasing_stockpolicy policy USING (product_id, warehouse_id)
      LEFT JOIN purchasing_supplieritem item ON item.product_id = wanted.product_id AND item.is_preferred
      LEFT JOIN purchasing_supplier supplier ON supplier.id = item.supplier_id
),
dated AS (
    SELECT place.*, %s::date + ceil(least({FURTHEST_DAYS}, lead_time + CASE WHEN daily > 0
           THEN greatest((order_up_to - reorder_point) / daily, {LEAST_CYCLE_DAYS})
           ELSE {UNKNOWN_CYCLE_DAYS} END))::int AS horizon
      FROM place
),
supply AS MATERIALIZED (
    SELECT line.product_id, purchase.warehouse_id, purchase.status IN ('draft', 'waiting') AS is_draft,
           coalesce(line.expected_on, purchase.expected_on) AS expected_on, line.quantity - line.received AS pieces
      FROM purchasing_purchaseorderline line
      JOIN purchasing_purchaseorder purchase ON purchase.id = line.purchase_order_id
     WHERE line.product_id = ANY (%s::bigint[]) AND line.quantity > line.received
       AND purchase.status IN ('draft', 'waiting', 'ordered', 'partly_received')
    UNION ALL
    -- From another warehouse: asked for is like a draft, sent is on the way.
    SELECT line.product_id, transfer.destination_id, transfer.status = 'requested', transfer.expected_on,
           CASE WHEN transfer.status = 'requested' THEN line.requested ELSE line.sent - line.received - line.lost END
      FROM inventory_transferline line
      JOIN inventory_transfer transfer ON transfer.id = line.transfer_id
     WHERE line.product_id = ANY (%s::bigint[]) AND (line.sent > line.received + line.lost OR line.sent = 0)
       AND transfer.status IN ('requested', 'sent', 'partly_received')
       AND (transfer.status = 'requested' OR line.sent > 0)
),
summed AS (
    SELECT dated.product_id, dated.warehouse_id,
           coalesce(sum(pieces) FILTER (WHERE is_draft OR expected_on <= horizon), 0) AS on_order,
           coalesce(sum(pieces) FILTER (WHERE is_draft), 0) AS drafted,
           coalesce(sum(pieces) FILTER (WHERE NOT is_draft AND expected_on > horizon), 0) AS late
      FROM dated LEFT JOIN supply USING (product_id, warehouse_id) GROUP BY 1, 2
),
standing AS MATERIALIZED (
    SELECT product_id, warehouse_id, quantity, supplier_item_id,
           coalesce((inputs ->> 'is_early')::boolean, false) AS is_early
      FROM purchasing_reordersuggestion
     WHERE status = 'open' AND product_id = ANY (%s::bigint[])
)
SELECT product_id, warehouse_id, available, on_order::bigint, waiting, reorder_point, order_up_to, drafted::bigint,
       late::bigint, round(daily, 6), coalesce(standing.quantity, 0), coalesce(standing.supplier_item_id, 0),
       coalesce(standing.is_early, false)
  FROM dated JOIN summed USING (product_id, warehouse_id) LEFT JOIN standing USING (product_id, warehouse_id)
 WHERE %s OR standing.quantity IS NOT NULL OR available + on_order - waiting < 0
    OR available + on_order - waiting <= reorder_point AND available + on_order - waiting < order_up_to
"""

# What other warehouses have beyond their own order-up-to level and what they are asked to send, of products that are
# due somewhere.
SURPLUS = """
SELECT level.product_id, warehouse.code, level.available - level.waiting - policy.order_up_to - coalesce(leaving, 0)
  FROM inventory_stocklevel level
  JOIN purchasing_stockpolicy policy USING (product_id, warehouse_id)
  JOIN inventory_warehouse warehouse ON warehouse.id = level.warehouse_id AND warehouse.is_active
  LEFT JOIN (SELECT line.product_id, transfer.source_id AS warehouse_id, sum(line.requested)::bigint AS leaving
               FROM inventory_transferline line
               JOIN inventory_transfer transfer ON transfer.id = line.transfer_id AND transfer.status = 'requested'
              WHERE line.sent = 0 GROUP BY 1, 2) asked USING (product_id, warehouse_id)
 WHERE level.product_id = ANY (%s::bigint[])
   AND level.available - level.waiting - policy.order_up_to > coalesce(leaving, 0)
 ORDER BY warehouse.code
"""


@dataclass(frozen=True, slots=True)
class Terms:
    """What all needs of a check share."""

    as_of: str
    holding_rate: Decimal

    @staticmethod
    def today() -> "Terms":
        company = Company.objects.first()
        return Terms(timezone.localdate().isoformat(), company.holding_rate if company else Decimal(0))


def due_needs(places: Collection[Place], terms: Terms, *, only_due: bool = True) -> dict[Place, Need]:
    """The needs of those places that are due or have an open suggestion, or of all; the others are absent.

    Six queries.
    """
    wanted = sorted(set(places))
    products = sorted({product for product, _warehouse in wanted})
    columns = [list(column) for column in zip(*wanted, strict=True)] or [[], []]
    # Not prepared: what is cheapest hangs on how many places are asked for.
    with connection.cursor() as cursor:
        cursor.execute(DUE, [*columns, terms.as_of, *[products] * 3, not only_due])
        rows = cursor.fetchall()
    found = {row[0] for row in rows}
    offers, surplus = offers_of(found, date.fromisoformat(terms.as_of)), _surplus(found)
    return {
        (row[0], row[1]): Need(
            available=row[2],
            on_order=row[3],
            waiting=row[4],
            reorder_point=row[5],
            order_up_to=row[6],
            offers=offers.get(row[0], (NOBODY,)),
            drafted=row[7],
            late=row[8],
            daily_demand=row[9],
            holding_rate=terms.holding_rate,
            is_early=row[12],
            standing_quantity=row[10],
            standing_item=row[11],
            surplus=surplus.get(row[0], {}),
            as_of=terms.as_of,
        )
        for row in rows
    }


def offers_of(products: Collection[int], day: date) -> dict[int, tuple[Offer, ...]]:
    """What active suppliers ask, by product: the preferred one first, none where there is no preferred.

    Three queries.
    """
    steps: dict[int, list[tuple[int, Decimal]]] = defaultdict(list)
    breaks = PriceBreak.objects.filter(supplier_item__product__in=products).order_by("quantity")
    for item, quantity, cost in breaks.values_list("supplier_item_id", "quantity", "unit_cost"):
        steps[item].append((quantity, cost))
    agreed = agreed_with(products, day)
    items = SupplierItem.objects.filter(product__in=products, supplier__is_active=True)
    offers: dict[int, list[Offer]] = defaultdict(list)
    # Not as model instances: a check of everything reads a hundred thousand of them.
    rows: list[tuple[Any, ...]] = list(
        items.order_by("-is_preferred", "supplier__code").values_list(
            "product_id",
            "is_preferred",
            "pk",
            "supplier__name",
            "unit_cost",
            "moq",
            "order_multiple",
            "supplier__lead_time_days",
            "shelf_life_days",
            "pallet_quantity",
            "broken_pallet_cost",
        )
    )
    for product, is_preferred, item, supplier, unit_cost, moq, multiple, days, shelf_life, pallet, breaking in rows:
        if is_preferred or offers[product]:
            prices = tuple(steps.get(item, ()))
            terms = (item, supplier, unit_cost, prices, moq, multiple, days, shelf_life, agreed.get(item))
            offers[product].append(Offer(*terms, pallet, breaking or Decimal(0)))
    return {product: tuple(of) for product, of in offers.items() if of}


def _surplus(products: Collection[int]) -> Mapping[int, Mapping[str, int]]:
    found: dict[int, dict[str, int]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(SURPLUS, [list(products)])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    for product, code, pieces in rows:
        found[product][code] = pieces
    return found
