"""Proof that stock ties out: levels = ledger, reserved = open reservations. There is no repair job."""

from dataclasses import dataclass

from django.db import connection

DIFFERENCES = """
    SELECT product.sku, warehouse.code, level.on_hand, coalesce(ledger.quantity, 0), level.value,
           coalesce(ledger.value, 0), level.reserved, coalesce(held.quantity, 0)
      FROM inventory_stocklevel level
      JOIN inventory_product product ON product.id = level.product_id
      JOIN inventory_warehouse warehouse ON warehouse.id = level.warehouse_id
      LEFT JOIN (SELECT stock_level_id, sum(quantity) AS quantity, sum(value) AS value
                   FROM inventory_stockmove GROUP BY 1) ledger ON ledger.stock_level_id = level.id
      LEFT JOIN (SELECT stock_level_id, sum(quantity) AS quantity
                   FROM inventory_reservation WHERE quantity > 0 GROUP BY 1) held ON held.stock_level_id = level.id
     WHERE level.on_hand <> coalesce(ledger.quantity, 0) OR level.value <> coalesce(ledger.value, 0)
        OR level.reserved <> coalesce(held.quantity, 0) OR level.reserved < 0 OR level.reserved > level.on_hand
     ORDER BY level.id
"""


@dataclass(frozen=True, slots=True)
class Difference:
    """One place whose stored figures differ from the rows that prove them."""

    sku: str
    warehouse: str
    on_hand: int
    ledger_quantity: int
    value: object
    ledger_value: object
    reserved: int
    open_reservations: int

    def __str__(self) -> str:
        return (
            f"{self.sku} @ {self.warehouse}: on hand {self.on_hand}, ledger {self.ledger_quantity}; "
            f"value {self.value}, ledger {self.ledger_value}; reserved {self.reserved}, open {self.open_reservations}"
        )


def stock_differences() -> list[Difference]:
    """Every place that does not tie out; empty when all is well. One query over the whole ledger."""
    with connection.cursor() as cursor:
        cursor.execute(DIFFERENCES)
        return [Difference(*row) for row in cursor.fetchall()]
