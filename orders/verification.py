"""Proof that orders, quotations and stock tie out: open demand equals the open order lines and what open quotations
hold, each open reservation holds pieces of one of them, no order that holds any is kept from the pick queue, and
invoices are for what was shipped, under numbers without gaps."""

from dataclasses import dataclass
from datetime import date

from core.proofs import differences

# By order line or quotation line; reservations that neither holds come as one row.
STRAY = """
    SELECT coalesce(sale.number, ''), coalesce(line.position, 0), sum(held.quantity),
           coalesce(max(line.quantity - line.shipped - line.cancelled), 0)
      FROM inventory_reservation held
      JOIN inventory_stocklevel level ON level.id = held.stock_level_id
      LEFT JOIN orders_allocation allocation ON allocation.reservation_id = held.id
      LEFT JOIN orders_orderline line ON line.id = allocation.line_id
      LEFT JOIN orders_order sale ON sale.id = line.order_id
     WHERE held.quantity > 0
       AND NOT EXISTS (SELECT FROM orders_quotationline offered WHERE offered.reservation_id = held.id)
       AND NOT EXISTS (SELECT FROM inventory_lot expired WHERE expired.block_id = held.id)
     GROUP BY sale.number, line.id, line.position
    HAVING line.id IS NULL OR sum(held.quantity) > max(line.quantity - line.shipped - line.cancelled)
        OR bool_or(level.product_id <> line.product_id OR level.warehouse_id <> sale.warehouse_id)
    UNION ALL
    SELECT quotation.number, line.position, coalesce(held.quantity, 0), line.held
      FROM orders_quotationline line
      JOIN orders_quotation quotation ON quotation.id = line.quotation_id
      LEFT JOIN inventory_reservation held ON held.id = line.reservation_id
      LEFT JOIN inventory_stocklevel level ON level.id = held.stock_level_id
     WHERE (line.held > 0 OR held.quantity > 0)
       AND (held.quantity IS DISTINCT FROM line.held OR quotation.held_until IS NULL
            OR level.product_id <> line.product_id OR level.warehouse_id <> quotation.warehouse_id
            OR EXISTS (SELECT FROM orders_allocation allocation WHERE allocation.reservation_id = held.id))
     ORDER BY 1, 2
"""


DEMAND = """
    SELECT product.sku, warehouse.code, coalesce(level.demanded, 0), coalesce(ordered.quantity, 0)
      FROM inventory_stocklevel level
      FULL JOIN (SELECT product_id, warehouse_id, sum(quantity) AS quantity FROM (
                    SELECT line.product_id, sale.warehouse_id, line.quantity - line.shipped - line.cancelled AS quantity
                      FROM orders_orderline line JOIN orders_order sale ON sale.id = line.order_id
                     WHERE line.quantity > line.shipped + line.cancelled
                    UNION ALL
                    SELECT line.product_id, quotation.warehouse_id, line.held
                      FROM orders_quotationline line JOIN orders_quotation quotation ON quotation.id = line.quotation_id
                     WHERE line.held > 0) wanted GROUP BY 1, 2) ordered
        ON ordered.product_id = level.product_id AND ordered.warehouse_id = level.warehouse_id
      JOIN inventory_product product ON product.id = coalesce(level.product_id, ordered.product_id)
      JOIN inventory_warehouse warehouse ON warehouse.id = coalesce(level.warehouse_id, ordered.warehouse_id)
     WHERE coalesce(level.demanded, 0) <> coalesce(ordered.quantity, 0)
     ORDER BY product.sku, warehouse.code
"""


HIDDEN = """
    SELECT sale.number, sum(held.quantity) FROM orders_order sale
      JOIN orders_orderline line ON line.order_id = sale.id
      JOIN orders_allocation allocation ON allocation.line_id = line.id
      JOIN inventory_reservation held ON held.id = allocation.reservation_id AND held.quantity > 0
     WHERE sale.is_idle AND NOT EXISTS (SELECT FROM orders_filledorder filled WHERE filled.order_id = sale.id)
     GROUP BY sale.number ORDER BY sale.number
"""


OWED = """
    SELECT product.sku, warehouse.code, coalesce(owed.due, due.due), coalesce(owed.pieces, 0), coalesce(due.pieces, 0)
      FROM orders_owed owed
      FULL JOIN (SELECT product_id, warehouse_id, coalesce(date, date '0001-01-01') AS due, sum(pieces) AS pieces
                   FROM orders_linepromise WHERE replaced_at IS NULL GROUP BY 1, 2, 3) due
        ON due.product_id = owed.product_id AND due.warehouse_id = owed.warehouse_id AND due.due = owed.due
      JOIN inventory_product product ON product.id = coalesce(owed.product_id, due.product_id)
      JOIN inventory_warehouse warehouse ON warehouse.id = coalesce(owed.warehouse_id, due.warehouse_id)
     WHERE coalesce(owed.pieces, 0) <> coalesce(due.pieces, 0)
     ORDER BY product.sku, warehouse.code, 3
"""


# Lines that are not for the pieces of their shipment lines; and, without a number, whether numbers are missing.
INVOICED = """
    SELECT invoice.number, line.position, line.quantity, coalesce(sum(part.quantity), 0)
      FROM orders_invoiceline line
      JOIN orders_invoice invoice ON invoice.id = line.invoice_id
      LEFT JOIN orders_invoicedshipmentline tie ON tie.invoice_line_id = line.id
      LEFT JOIN orders_shipmentline part ON part.id = tie.shipment_line_id AND part.line_id = line.line_id
     GROUP BY invoice.number, line.id, line.position, line.quantity
    HAVING line.quantity <> coalesce(sum(part.quantity), 0)
    UNION ALL
    SELECT '', 0, (SELECT count(*) FROM orders_invoice), coalesce(max(last), 0) FROM orders_invoicecounter
    HAVING (SELECT count(*) FROM orders_invoice) <> coalesce(max(last), 0)
     ORDER BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class DemandDifference:
    """A place whose stored open demand is not that of its order lines and of what quotations hold."""

    sku: str
    warehouse: str
    demanded: int
    open_quantity: int

    def __str__(self) -> str:
        return f"{self.sku} @ {self.warehouse}: demanded {self.demanded}, open on order lines {self.open_quantity}"


def demand_differences() -> list[DemandDifference]:
    """Every place whose open demand does not tie out to its order lines; empty when all is well. One query."""
    return differences(DemandDifference, DEMAND)


@dataclass(frozen=True, slots=True)
class StrayReservation:
    """Pieces reserved that an order or quotation line cannot use; no number: that no line holds."""

    order: str
    position: int
    reserved: int
    open_quantity: int

    def __str__(self) -> str:
        if not self.order:
            return f"{self.reserved} pieces are reserved for no order line"
        return f"{self.order} line {self.position}: reserved {self.reserved}, open {self.open_quantity}"


def stray_reservations() -> list[StrayReservation]:
    """Every place where reservations and order lines do not fit together; empty when all is well. One query."""
    return differences(StrayReservation, STRAY)


@dataclass(frozen=True, slots=True)
class HiddenOrder:
    """An order that holds stock and that the pick queue passes over."""

    order: str
    reserved: int

    def __str__(self) -> str:
        return f"{self.order} holds {self.reserved} pieces and is missing in the pick queue"


def hidden_orders() -> list[HiddenOrder]:
    """Every order that the pick queue passes over though it holds stock; empty when all is well. One query."""
    return differences(HiddenOrder, HIDDEN)


@dataclass(frozen=True, slots=True)
class OwedDifference:
    """A place and day whose stored sum is not that of the promises in force."""

    sku: str
    warehouse: str
    due: date
    owed: int
    promised: int

    def __str__(self) -> str:
        return f"{self.sku} @ {self.warehouse} for {self.due}: owed {self.owed}, promised {self.promised}"


def owed_differences() -> list[OwedDifference]:
    """Every sum of promises that does not tie out to them; empty when all is well. One query."""
    return differences(OwedDifference, OWED)


@dataclass(frozen=True, slots=True)
class InvoiceDifference:
    """A line of an invoice that is for other pieces than its shipment lines; no number: a number is missing."""

    invoice: str
    position: int
    invoiced: int
    shipped: int

    def __str__(self) -> str:
        if not self.invoice:
            return f"{self.shipped} numbers were given to invoices, and there are {self.invoiced}"
        return f"{self.invoice} line {self.position}: {self.invoiced} invoiced, {self.shipped} on its shipments"


def invoice_differences() -> list[InvoiceDifference]:
    """Everything in which invoices do not tie out to shipments; empty when all is well. One query."""
    return differences(InvoiceDifference, INVOICED)


# Orders that stand among those to be invoiced and should not, or do not and should.
MISMARKED = """
    SELECT sale.number, sale.has_uninvoiced
      FROM orders_order sale LEFT JOIN (
           SELECT DISTINCT shipment.order_id
             FROM orders_shipmentline part
             JOIN orders_shipment shipment ON shipment.id = part.shipment_id
             LEFT JOIN orders_invoicedshipmentline tie ON tie.shipment_line_id = part.id
            WHERE tie.id IS NULL) rest ON rest.order_id = sale.id
     WHERE sale.has_uninvoiced <> (rest.order_id IS NOT NULL)
     ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class MismarkedOrder:
    """An order that is listed as to be invoiced without reason, or is not listed though it should be."""

    order: str
    is_listed: bool

    def __str__(self) -> str:
        return f"{self.order}: {'listed' if self.is_listed else 'not listed'} as to be invoiced, wrongly"


def mismarked_orders() -> list[MismarkedOrder]:
    """Every order that the list of what is to be invoiced gets wrong; empty when all is well. One query."""
    return differences(MismarkedOrder, MISMARKED)


Difference = StrayReservation | DemandDifference | HiddenOrder | OwedDifference | InvoiceDifference | MismarkedOrder


def order_differences() -> list[Difference]:
    """Everything in which orders, promises, invoices and stock do not tie out; empty when all is well."""
    return [
        *stray_reservations(),
        *demand_differences(),
        *hidden_orders(),
        *owed_differences(),
        *invoice_differences(),
        *mismarked_orders(),
    ]
