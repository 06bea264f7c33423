"""The statement that computes KPI rows from the ledger, the orders and the purchase orders.

Stock measures are running sums of daily changes by warehouse and category, so the cost grows with the rows of the
ledger and not with products × days. Products without a category have the key 0 until the last step.

Parameters: first, last (days to compute), today, start, stop (the moments the days begin and end), zone, rate
(yearly holding cost rate).
"""

# Net change and new balance per place and day with moves; everything before the range counts on the eve of it.
STOCK = """
ledger AS (
    SELECT stock_level_id,
           CASE WHEN effective_at < %(start)s THEN %(first)s::date - 1
                ELSE (effective_at AT TIME ZONE %(zone)s)::date END AS day,
           sum(quantity) AS quantity, sum(value) AS value
      FROM inventory_stockmove WHERE effective_at < %(stop)s GROUP BY 1, 2
),
balance AS (
    SELECT stock_level_id, day, value,
           row_number() OVER place = 1 AS is_first,
           sum(quantity) OVER place <= 0 AS is_empty
      FROM ledger WINDOW place AS (PARTITION BY stock_level_id ORDER BY day)
),
-- A product that was switched off counts until its last move: the flag has no date of its own.
retired AS (
    SELECT level.id AS stock_level_id,
           greatest((max(move.effective_at) AT TIME ZONE %(zone)s)::date, %(first)s::date - 1) + 1 AS day
      FROM inventory_stocklevel level
      JOIN inventory_product product ON product.id = level.product_id AND NOT product.is_active
      JOIN inventory_stockmove move ON move.stock_level_id = level.id
     GROUP BY 1
),
-- What left a warehouse with a transfer is the destination's from then on: money on the road is tied up, too.
transit AS (
    SELECT CASE WHEN move.effective_at < %(start)s THEN %(first)s::date - 1
                ELSE (move.effective_at AT TIME ZONE %(zone)s)::date END AS day,
           transfer.destination_id AS warehouse_id, level.product_id,
           -sum(move.quantity) AS quantity, -sum(move.value) AS value
      FROM inventory_stockmove move
      JOIN inventory_transfer transfer ON transfer.number = move.document
      JOIN inventory_stocklevel level ON level.id = move.stock_level_id
     WHERE move.kind = 'transfer' AND move.effective_at < %(stop)s GROUP BY 1, 2, 3
),
place_change AS (
    SELECT stock_level_id, day, value, is_first::int AS carried,
           is_empty::int - coalesce(lag(is_empty::int) OVER place, 0) AS empty
      FROM balance WINDOW place AS (PARTITION BY stock_level_id ORDER BY day)
    UNION ALL
    SELECT stock_level_id, retired.day, 0, -1, -(array_agg(is_empty ORDER BY balance.day DESC))[1]::int
      FROM retired JOIN balance USING (stock_level_id)
     WHERE retired.day <= %(last)s GROUP BY 1, 2
),
change AS (
    SELECT day, warehouse_id, coalesce(category_id, 0) AS category_id,
           sum(moved.value) AS value, sum(carried) AS carried, sum(empty) AS empty
      FROM (SELECT day, warehouse_id, product_id, place_change.value, carried, empty
              FROM place_change JOIN inventory_stocklevel level ON level.id = place_change.stock_level_id
            UNION ALL
            SELECT day, warehouse_id, product_id, value, 0, 0 FROM transit) moved
      JOIN inventory_product product ON product.id = moved.product_id
     GROUP BY 1, 2, 3
),
stock AS (
    SELECT day, warehouse_id, category_id,
           sum(value) OVER slice AS value, sum(carried) OVER slice AS carried, sum(empty) OVER slice AS empty
      FROM (SELECT DISTINCT warehouse_id, category_id FROM change) slices
     CROSS JOIN (SELECT generate_series(%(first)s::date - 1, %(last)s::date, '1 day')::date AS day) calendar
      LEFT JOIN change USING (day, warehouse_id, category_id)
    WINDOW slice AS (PARTITION BY warehouse_id, category_id ORDER BY day)
)"""

# An order's cost goes to its lines by their value (by their number when all are free): differences of rounded
# running totals, so that the lines of an order add up to its cost exactly.
ORDERING_LINES = """
    SELECT line.id, purchase.id AS purchase_order_id, purchase.warehouse_id, line.product_id,
           (purchase.ordered_at AT TIME ZONE %(zone)s)::date AS day,
           round(purchase.order_cost * sum(weight) OVER upto / sum(weight) OVER whole, 6)
           - round(purchase.order_cost * (sum(weight) OVER upto - weight) / sum(weight) OVER whole, 6) AS cost
      FROM purchasing_purchaseorder purchase
      JOIN (SELECT id, purchase_order_id, product_id,
                   CASE WHEN sum(quantity * unit_cost) OVER (PARTITION BY purchase_order_id) = 0 THEN 1
                        ELSE quantity * unit_cost END AS weight
              FROM purchasing_purchaseorderline) line ON line.purchase_order_id = purchase.id
     WHERE purchase.status IN ('ordered', 'partly_received', 'received', 'closed')
       AND purchase.ordered_at >= %(start)s AND purchase.ordered_at < %(stop)s
    WINDOW whole AS (PARTITION BY purchase.id),
           upto AS (PARTITION BY purchase.id ORDER BY line.id)
"""

# What late invoices for freight and duty came to for pieces that had left, on the day they are booked for.
LANDED_PARTS = """
    SELECT part.id, cost.id AS cost_id, purchase.warehouse_id, line.product_id,
           (cost.at AT TIME ZONE %(zone)s)::date AS day, part.amount, part.amount - part.into_stock AS expense
      FROM purchasing_landedcost cost
      JOIN purchasing_landedcostpart part ON part.cost_id = cost.id
      JOIN purchasing_goodsreceiptline arrived ON arrived.id = part.line_id
      JOIN purchasing_purchaseorderline line ON line.id = arrived.line_id
      JOIN purchasing_purchaseorder purchase ON purchase.id = line.purchase_order_id
     WHERE cost.at >= %(start)s AND cost.at < %(stop)s AND part.amount > part.into_stock
"""

# Lines of one requested day. Today's are counted once shipped: what is still open today is not late yet.
DUE_LINES = """
    SELECT line.id, sale.id AS order_id, sale.warehouse_id, line.product_id, sale.requested_date AS day,
           line.quantity - line.cancelled AS due, line.shipped, sent.last_day,
           line.shipped = line.quantity - line.cancelled AND sent.last_day <= sale.requested_date AS is_on_time
      FROM orders_order sale
      JOIN orders_orderline line ON line.order_id = sale.id
      LEFT JOIN (
           SELECT part.line_id, (max(shipment.shipped_at) AT TIME ZONE %(zone)s)::date AS last_day
             FROM orders_order due
             JOIN orders_shipment shipment ON shipment.order_id = due.id
             JOIN orders_shipmentline part ON part.shipment_id = shipment.id
            WHERE due.requested_date BETWEEN %(first)s AND %(last)s GROUP BY 1) sent ON sent.line_id = line.id
     WHERE sale.requested_date BETWEEN %(first)s AND %(last)s AND line.quantity > line.cancelled
       AND (sale.requested_date < %(today)s
            OR sale.requested_date = %(today)s AND line.shipped = line.quantity - line.cancelled)
"""

FLOWS = f"""
sales AS (
    SELECT (shipment.shipped_at AT TIME ZONE %(zone)s)::date AS day, shipment.warehouse_id, line.product_id,
           part.revenue, part.cost
      FROM orders_shipment shipment
      JOIN orders_shipmentline part ON part.shipment_id = shipment.id
      JOIN orders_orderline line ON line.id = part.line_id
     WHERE shipment.shipped_at >= %(start)s AND shipment.shipped_at < %(stop)s
    UNION ALL
    SELECT (document.returned_at AT TIME ZONE %(zone)s)::date, level.warehouse_id, level.product_id,
           -part.refund, -part.cost
      FROM orders_return document
      JOIN orders_returnline part ON part.returned_id = document.id
      JOIN inventory_stockmove move ON move.id = part.move_id
      JOIN inventory_stocklevel level ON level.id = move.stock_level_id
     WHERE document.returned_at >= %(start)s AND document.returned_at < %(stop)s
),
ordering AS ({ORDERING_LINES}),
landed AS ({LANDED_PARTS}),
demand AS (
    SELECT (sale.ordered_at AT TIME ZONE %(zone)s)::date AS day, sale.warehouse_id, line.product_id,
           line.quantity AS demanded, line.quantity - coalesce(lost.quantity, 0) AS at_once
      FROM orders_order sale
      JOIN orders_orderline line ON line.order_id = sale.id
      LEFT JOIN orders_lostdemand lost ON lost.line_id = line.id
     WHERE sale.ordered_at >= %(start)s AND sale.ordered_at < %(stop)s
    UNION ALL
    SELECT (at AT TIME ZONE %(zone)s)::date, warehouse_id, product_id, quantity, 0
      FROM orders_lostdemand WHERE kind = 'refused' AND at >= %(start)s AND at < %(stop)s
),
due_line AS ({DUE_LINES}),
flow_part AS (
    SELECT day, warehouse_id, product_id, sum(revenue) AS revenue, sum(cost) AS cogs, 0::numeric AS ordering,
           0::numeric AS landed, 0::numeric AS demanded, 0::numeric AS at_once, 0::bigint AS due, 0::bigint AS on_time
      FROM sales GROUP BY 1, 2, 3
    UNION ALL SELECT day, warehouse_id, product_id, 0, 0, sum(cost), 0, 0, 0, 0, 0 FROM ordering GROUP BY 1, 2, 3
    UNION ALL SELECT day, warehouse_id, product_id, 0, 0, 0, sum(expense), 0, 0, 0, 0 FROM landed GROUP BY 1, 2, 3
    UNION ALL SELECT day, warehouse_id, product_id, 0, 0, 0, 0, sum(demanded), sum(at_once), 0, 0
                FROM demand GROUP BY 1, 2, 3
    UNION ALL SELECT day, warehouse_id, product_id, 0, 0, 0, 0, 0, 0, count(*), count(*) FILTER (WHERE is_on_time)
                FROM due_line GROUP BY 1, 2, 3
),
flow AS (
    SELECT day, warehouse_id, coalesce(category_id, 0) AS category_id, sum(revenue) AS revenue, sum(cogs) AS cogs,
           sum(ordering) AS ordering, sum(landed) AS landed, sum(demanded) AS demanded, sum(at_once) AS at_once,
           sum(due) AS due, sum(on_time) AS on_time
      FROM flow_part JOIN inventory_product product ON product.id = flow_part.product_id
     GROUP BY 1, 2, 3
)"""

INSERT_ROWS = f"""
WITH {STOCK}, {FLOWS}
INSERT INTO reports_kpisnapshot (day, warehouse_id, category_id, revenue, cogs, holding_cost, ordering_cost,
       landed_expense, inventory_value, stocked_products, stockout_products, demanded, filled_at_once, lines_due,
       lines_on_time)
SELECT day, warehouse_id, nullif(category_id, 0), coalesce(revenue, 0), coalesce(cogs, 0),
       round(coalesce(value, 0) * %(rate)s / 365, 10), coalesce(ordering, 0), coalesce(landed, 0), coalesce(value, 0),
       coalesce(carried, 0), coalesce(empty, 0), coalesce(demanded, 0), coalesce(at_once, 0),
       coalesce(due, 0), coalesce(on_time, 0)
  FROM stock FULL JOIN flow USING (day, warehouse_id, category_id)
 WHERE day >= %(first)s AND (carried > 0 OR value <> 0 OR flow.day IS NOT NULL)
"""

# The days that anything happened on, for a refresh from scratch.
FIRST_MOMENT = """
SELECT least((SELECT min(effective_at) FROM inventory_stockmove), (SELECT min(ordered_at) FROM orders_order),
             (SELECT min(at) FROM orders_lostdemand),
             (SELECT min(ordered_at) FROM purchasing_purchaseorder WHERE status <> 'draft'))
"""

# The earliest moment that anything recorded since the last refresh belongs to. The outbox says which documents are
# new, changed or cancelled: they carry only the date they are for, which may lie in the past.
FIRST_NEW_MOMENT = """
SELECT least((SELECT min(effective_at) FROM inventory_stockmove WHERE recorded_at >= %(since)s),
             (SELECT min(least(ordered_at, requested_date::timestamp AT TIME ZONE %(zone)s)) FROM orders_order
               WHERE id IN (SELECT (payload ->> 'order')::bigint FROM core_outboxevent
                             WHERE created_at >= %(since)s
                               AND topic IN ('order.created', 'order.changed', 'order.cancelled'))),
             (SELECT min(ordered_at) FROM purchasing_purchaseorder
               WHERE id IN (SELECT (payload ->> 'purchase_order')::bigint FROM core_outboxevent
                             WHERE created_at >= %(since)s AND topic LIKE 'purchase_order.%%')),
             (SELECT min(at) FROM purchasing_landedcost
               WHERE id IN (SELECT (payload ->> 'landed_cost')::bigint FROM core_outboxevent
                             WHERE created_at >= %(since)s AND topic = 'landed_cost.booked')))
"""

# Whatever commits from now on was recorded no earlier than the oldest transaction that still runs began.
SEEN_UNTIL = """
SELECT least(statement_timestamp(), min(xact_start)) FROM pg_stat_activity WHERE datname = current_database()
"""
