"""Proof that what is reserved belongs to somebody: every open reservation holds pieces of an open order line."""

from dataclasses import dataclass

from django.db import connection

# By order line; reservations that no line holds come as one row.
STRAY = """
    SELECT coalesce(sale.number, ''), coalesce(line.position, 0), sum(held.quantity),
           coalesce(max(line.quantity - line.shipped - line.cancelled), 0)
      FROM inventory_reservation held
      JOIN inventory_stocklevel level ON level.id = held.stock_level_id
      LEFT JOIN orders_allocation allocation ON allocation.reservation_id = held.id
      LEFT JOIN orders_orderline line ON line.id = allocation.line_id
      LEFT JOIN orders_order sale ON sale.id = line.order_id
     WHERE held.quantity > 0
     GROUP BY sale.number, line.id, line.position
    HAVING line.id IS NULL OR sum(held.quantity) > max(line.quantity - line.shipped - line.cancelled)
        OR bool_or(level.product_id <> line.product_id OR level.warehouse_id <> sale.warehouse_id)
     ORDER BY sale.number, line.position
"""


@dataclass(frozen=True, slots=True)
class StrayReservation:
    """Pieces reserved that an order line cannot use; no order number: that no line holds."""

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
    with connection.cursor() as cursor:
        cursor.execute(STRAY)
        return [StrayReservation(*row) for row in cursor.fetchall()]
