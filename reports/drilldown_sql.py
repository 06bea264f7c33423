"""The rows behind each figure. Parameters as in ``snapshot_sql``, and warehouse and category (null: all)."""

from reports.snapshot_sql import DUE_LINES, LANDED_PARTS, ORDERING_LINES, STOCK

NAMES = "product.sku, product.name AS product, category.name AS category, warehouse.name AS warehouse"


def _named(warehouse: str, product: str) -> str:
    """Joins that name the warehouse and product of a row, and keep those of the slice."""
    return f"""
      JOIN inventory_warehouse warehouse ON warehouse.id = {warehouse}
       AND (%(warehouse)s::bigint IS NULL OR warehouse.id = %(warehouse)s)
      JOIN inventory_product product ON product.id = {product}
       AND (%(category)s::bigint IS NULL OR product.category_id = %(category)s)
      LEFT JOIN inventory_category category ON category.id = product.category_id
"""


SALES = f"""
SELECT (shipment.shipped_at AT TIME ZONE %(zone)s)::date AS day, 'shipment' AS kind, shipment.number AS document,
       sale.number AS sales_order, {NAMES}, part.quantity, part.revenue, part.cost AS cogs,
       part.revenue - part.cost AS gross_profit, part.id AS id
  FROM orders_shipment shipment
  JOIN orders_shipmentline part ON part.shipment_id = shipment.id
  JOIN orders_orderline line ON line.id = part.line_id
  JOIN orders_order sale ON sale.id = shipment.order_id
  {_named("shipment.warehouse_id", "line.product_id")}
 WHERE shipment.shipped_at >= %(start)s AND shipment.shipped_at < %(stop)s
UNION ALL
SELECT (document.returned_at AT TIME ZONE %(zone)s)::date, 'return', document.number, sale.number, {NAMES},
       -part.quantity, -part.refund, -part.cost, part.cost - part.refund, part.id
  FROM orders_return document
  JOIN orders_returnline part ON part.returned_id = document.id
  JOIN inventory_stockmove move ON move.id = part.move_id
  JOIN inventory_stocklevel level ON level.id = move.stock_level_id
  JOIN orders_order sale ON sale.id = document.order_id
  {_named("level.warehouse_id", "level.product_id")}
 WHERE document.returned_at >= %(start)s AND document.returned_at < %(stop)s
"""

# Each place's share of everything that adds up: the same steps as the KPI rows, by product instead of by category.
PLACES = f"""
WITH {STOCK.split("place_change AS")[0].rstrip().rstrip(",")},
span AS (
    SELECT stock_level_id, is_empty, greatest(day, %(first)s::date) AS day,
           coalesce(lead(day) OVER place, %(last)s::date + 1) AS next_day, sum(value) OVER place AS value
      FROM balance WINDOW place AS (PARTITION BY stock_level_id ORDER BY day)
),
held_here AS (
    SELECT level.warehouse_id, level.product_id, sum(span.value * (next_day - span.day)) AS value_days,
           sum(greatest(least(next_day, retired.day) - span.day, 0)) AS place_days,
           sum(greatest(least(next_day, retired.day) - span.day, 0)) FILTER (WHERE is_empty) AS stockout_days
      FROM span
      JOIN inventory_stocklevel level ON level.id = span.stock_level_id
      LEFT JOIN retired ON retired.stock_level_id = span.stock_level_id
     GROUP BY 1, 2
),
held AS (
    SELECT warehouse_id, product_id, sum(value_days) AS value_days, sum(place_days) AS place_days,
           sum(stockout_days) AS stockout_days
      FROM (SELECT warehouse_id, product_id, value_days, place_days, stockout_days FROM held_here
            UNION ALL
            SELECT warehouse_id, product_id, value * (%(last)s::date + 1 - greatest(day, %(first)s::date)), 0, 0
              FROM transit) parts
     GROUP BY 1, 2
),
sold AS (
    SELECT warehouse_id, product_id, sum(revenue) AS revenue, sum(cost) AS cogs
      FROM (SELECT shipment.warehouse_id, line.product_id, part.revenue, part.cost
              FROM orders_shipment shipment
              JOIN orders_shipmentline part ON part.shipment_id = shipment.id
              JOIN orders_orderline line ON line.id = part.line_id
             WHERE shipment.shipped_at >= %(start)s AND shipment.shipped_at < %(stop)s
             UNION ALL
            SELECT level.warehouse_id, level.product_id, -part.refund, -part.cost
              FROM orders_return document
              JOIN orders_returnline part ON part.returned_id = document.id
              JOIN inventory_stockmove move ON move.id = part.move_id
              JOIN inventory_stocklevel level ON level.id = move.stock_level_id
             WHERE document.returned_at >= %(start)s AND document.returned_at < %(stop)s) sales
     GROUP BY 1, 2
),
bought AS (SELECT warehouse_id, product_id, sum(cost) AS ordering_cost FROM ({ORDERING_LINES}) lines GROUP BY 1, 2),
late AS (SELECT warehouse_id, product_id, sum(expense) AS landed_expense FROM ({LANDED_PARTS}) parts GROUP BY 1, 2),
place AS (
    SELECT warehouse_id, product_id, coalesce(revenue, 0) AS revenue, coalesce(cogs, 0) AS cogs,
           round(coalesce(value_days, 0) * %(rate)s / 365, 6) AS holding_cost,
           coalesce(ordering_cost, 0) AS ordering_cost, coalesce(landed_expense, 0) AS landed_expense,
           coalesce(value_days, 0) AS value_days,
           coalesce(place_days, 0) AS place_days, coalesce(stockout_days, 0) AS stockout_days
      FROM held FULL JOIN sold USING (warehouse_id, product_id) FULL JOIN bought USING (warehouse_id, product_id)
      FULL JOIN late USING (warehouse_id, product_id)
)
SELECT {NAMES}, place.revenue, place.cogs, place.revenue - place.cogs AS gross_profit, place.holding_cost,
       place.ordering_cost, place.landed_expense,
       place.revenue - place.cogs - place.holding_cost - place.ordering_cost - place.landed_expense AS contribution,
       round(place.value_days / nullif(%(days)s, 0), 2) AS average_inventory,
       place.cogs * 365 / nullif(greatest(place.value_days, 0), 0) AS turnover,
       greatest(place.value_days, 0) / nullif(greatest(place.cogs, 0), 0) AS days_of_inventory,
       place.place_days, place.stockout_days,
       place.stockout_days::numeric / nullif(place.place_days, 0) AS stockout_rate, product.id AS id
  FROM place
  {_named("place.warehouse_id", "place.product_id")}
"""

ORDERING = f"""
SELECT ordering.day, purchase.number AS document, supplier.name AS supplier, {NAMES}, line.quantity,
       line.quantity * line.unit_cost AS line_value, purchase.order_cost, ordering.cost AS ordering_cost, line.id AS id
  FROM ({ORDERING_LINES}) ordering
  JOIN purchasing_purchaseorder purchase ON purchase.id = ordering.purchase_order_id
  JOIN purchasing_purchaseorderline line ON line.id = ordering.id
  JOIN purchasing_supplier supplier ON supplier.id = purchase.supplier_id
  {_named("ordering.warehouse_id", "ordering.product_id")}
"""

LANDED = f"""
SELECT landed.day, receipt.number AS document, supplier.name AS supplier, cost.kind, cost.document AS invoice, {NAMES},
       landed.amount, landed.expense AS landed_expense, landed.id AS id
  FROM ({LANDED_PARTS}) landed
  JOIN purchasing_landedcost cost ON cost.id = landed.cost_id
  JOIN purchasing_goodsreceipt receipt ON receipt.id = cost.receipt_id
  JOIN purchasing_purchaseorder purchase ON purchase.id = receipt.purchase_order_id
  JOIN purchasing_supplier supplier ON supplier.id = purchase.supplier_id
  {_named("landed.warehouse_id", "landed.product_id")}
"""

# Stock at the end of the last day: today's less what the ledger says came after.
_CLOSING = """
SELECT level.id, level.product_id, level.warehouse_id, level.on_hand - coalesce(later.quantity, 0) AS on_hand,
       level.value - coalesce(later.value, 0) AS value
  FROM inventory_stocklevel level
  LEFT JOIN (SELECT stock_level_id, sum(quantity) AS quantity, sum(value) AS value FROM inventory_stockmove
              WHERE effective_at >= %(stop)s GROUP BY 1) later ON later.stock_level_id = level.id
"""

# What is on the road to each place then.
_TRANSIT = """
SELECT level.product_id, transfer.destination_id AS warehouse_id, -sum(move.quantity) AS quantity,
       -sum(move.value) AS value
  FROM inventory_stockmove move
  JOIN inventory_transfer transfer ON transfer.number = move.document
  JOIN inventory_stocklevel level ON level.id = move.stock_level_id
 WHERE move.kind = 'transfer' AND move.effective_at < %(stop)s GROUP BY 1, 2 HAVING sum(move.quantity) <> 0
"""

STOCK_AT_END = f"""
SELECT {NAMES}, place.on_hand, place.in_transit, product.unit, place.unit_cost, place.inventory_value, place.id AS id
  FROM (SELECT product_id, warehouse_id, coalesce(closing.on_hand, 0) AS on_hand,
               coalesce(transit.quantity, 0) AS in_transit, closing.value / nullif(closing.on_hand, 0) AS unit_cost,
               coalesce(closing.value, 0) + coalesce(transit.value, 0) AS inventory_value,
               coalesce(closing.id, 0) AS id
          FROM ({_CLOSING}) closing FULL JOIN ({_TRANSIT}) transit USING (product_id, warehouse_id)) place
  {_named("place.warehouse_id", "place.product_id")}
 WHERE place.on_hand <> 0 OR place.inventory_value <> 0
"""

SLOW_MOVERS = f"""
SELECT {NAMES}, closing.on_hand, product.unit, closing.value AS inventory_value, sent.last_day AS last_shipped,
       %(last)s::date - coalesce(sent.last_day, arrived.first_day) AS days_still,
       closing.value / nullif(sum(closing.value) OVER (), 0) AS share, closing.id AS id
  FROM ({_CLOSING}) closing
  {_named("closing.warehouse_id", "closing.product_id")}
  LEFT JOIN LATERAL (
       SELECT (max(effective_at) AT TIME ZONE %(zone)s)::date AS last_day FROM inventory_stockmove move
        WHERE move.stock_level_id = closing.id AND move.kind = 'shipment' AND effective_at < %(stop)s) sent ON TRUE
  LEFT JOIN LATERAL (
       SELECT (min(effective_at) AT TIME ZONE %(zone)s)::date AS first_day FROM inventory_stockmove move
        WHERE move.stock_level_id = closing.id) arrived ON TRUE
 WHERE closing.on_hand > 0 AND %(last)s::date - coalesce(sent.last_day, arrived.first_day) >= %(slow_after)s
"""

SHORT_LINES = f"""
SELECT (lost.at AT TIME ZONE %(zone)s)::date AS day, lost.kind, sale.number AS sales_order, customer.name AS customer,
       {NAMES}, line.quantity AS ordered, lost.quantity AS short, lost.id AS id
  FROM orders_lostdemand lost
  LEFT JOIN orders_orderline line ON line.id = lost.line_id
  LEFT JOIN orders_order sale ON sale.id = line.order_id
  LEFT JOIN orders_customer customer ON customer.id = lost.customer_id
  {_named("lost.warehouse_id", "lost.product_id")}
 WHERE lost.at >= %(start)s AND lost.at < %(stop)s
"""

LATE_LINES = f"""
SELECT due.day, sale.number AS sales_order, customer.name AS customer, {NAMES}, due.due, due.shipped,
       due.last_day AS last_shipped,
       CASE WHEN due.shipped = due.due THEN due.last_day ELSE %(today)s::date END - due.day AS days_late, due.id AS id
  FROM ({DUE_LINES}) due
  JOIN orders_order sale ON sale.id = due.order_id
  JOIN orders_customer customer ON customer.id = sale.customer_id
  {_named("due.warehouse_id", "due.product_id")}
 WHERE due.is_on_time IS NOT TRUE
"""
