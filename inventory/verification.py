"""Proof that stock ties out: levels = ledger, reserved = open reservations, held back = blocked lots. No repair job."""

from dataclasses import dataclass

from core.proofs import differences

DIFFERENCES = """
    SELECT product.sku, warehouse.code, level.on_hand, coalesce(ledger.quantity, 0), level.value,
           coalesce(ledger.value, 0), level.reserved, coalesce(held.quantity, 0), level.held_back,
           coalesce(blocked.quantity, 0)
      FROM inventory_stocklevel level
      JOIN inventory_product product ON product.id = level.product_id
      JOIN inventory_warehouse warehouse ON warehouse.id = level.warehouse_id
      LEFT JOIN (SELECT stock_level_id, sum(quantity) AS quantity, sum(value) AS value
                   FROM inventory_stockmove GROUP BY 1) ledger ON ledger.stock_level_id = level.id
      LEFT JOIN (SELECT stock_level_id, sum(quantity) AS quantity
                   FROM inventory_reservation WHERE quantity > 0 GROUP BY 1) held ON held.stock_level_id = level.id
      LEFT JOIN (SELECT lot.stock_level_id, sum(block.quantity) AS quantity FROM inventory_lot lot
                   JOIN inventory_reservation block ON block.id = lot.block_id GROUP BY 1) blocked
             ON blocked.stock_level_id = level.id
     WHERE level.on_hand <> coalesce(ledger.quantity, 0) OR level.value <> coalesce(ledger.value, 0)
        OR level.reserved <> coalesce(held.quantity, 0) OR level.reserved < 0 OR level.reserved > level.on_hand
        OR level.held_back <> coalesce(blocked.quantity, 0)
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
    held_back: int
    blocked: int

    def __str__(self) -> str:
        return (
            f"{self.sku} @ {self.warehouse}: on hand {self.on_hand}, ledger {self.ledger_quantity}; "
            f"value {self.value}, ledger {self.ledger_value}; reserved {self.reserved}, open {self.open_reservations}; "
            f"held back {self.held_back}, of lots {self.blocked}"
        )


# Lots whose pieces are not the sum of their moves, and those of places that hold less than their lots do.
LOTS = """
    SELECT * FROM (
        SELECT product.sku, warehouse.code, lot.number, lot.on_hand, coalesce(moved.quantity, 0), level.on_hand,
               sum(lot.on_hand) OVER (PARTITION BY level.id)
          FROM inventory_lot lot
          JOIN inventory_stocklevel level ON level.id = lot.stock_level_id
          JOIN inventory_product product ON product.id = level.product_id
          JOIN inventory_warehouse warehouse ON warehouse.id = level.warehouse_id
          LEFT JOIN (SELECT lot_id, sum(quantity) AS quantity FROM inventory_lotmove GROUP BY 1) moved
                 ON moved.lot_id = lot.id
    ) lot(sku, code, number, here, moved, place, lots) WHERE here <> moved OR lots > place ORDER BY 1, 2, 3
"""


@dataclass(frozen=True, slots=True)
class LotDifference:
    """A lot that its moves do not prove, or that its place has no room for."""

    sku: str
    warehouse: str
    number: str
    on_hand: int
    moved: int
    of_place: int
    of_lots: int

    def __str__(self) -> str:
        return (
            f"{self.sku} @ {self.warehouse}, lot {self.number}: on hand {self.on_hand}, moves {self.moved}; "
            f"on hand of the place {self.of_place}, of its lots {self.of_lots}"
        )


def stock_differences() -> list[Difference | LotDifference]:
    """Every place and lot that does not tie out; empty when all is well. Two queries over the whole ledger."""
    return [*differences(Difference, DIFFERENCES), *differences(LotDifference, LOTS)]


# What a transfer's lines say against its rows in the ledger: out of the source, and into the destination, where lost
# pieces come in as well (their write-off is an adjustment).
TRANSFERS = """
    WITH moved AS (
        SELECT move.document, level.product_id, level.warehouse_id, sum(move.quantity) AS quantity,
               sum(move.value) AS value
          FROM inventory_stockmove move JOIN inventory_stocklevel level ON level.id = move.stock_level_id
         WHERE move.kind = 'transfer' GROUP BY 1, 2, 3
    ),
    line AS (
        SELECT transfer.number, line.product_id, transfer.source_id AS warehouse_id,
               -line.sent AS quantity, -line.cost AS value
          FROM inventory_transferline line JOIN inventory_transfer transfer ON transfer.id = line.transfer_id
         WHERE line.sent > 0
        UNION ALL
        SELECT transfer.number, line.product_id, transfer.destination_id, line.received + line.lost, line.cost_in
          FROM inventory_transferline line JOIN inventory_transfer transfer ON transfer.id = line.transfer_id
         WHERE line.received + line.lost > 0
    )
    SELECT coalesce(line.number, moved.document), product.sku, warehouse.code, coalesce(line.quantity, 0),
           coalesce(moved.quantity, 0), coalesce(line.value, 0), coalesce(moved.value, 0)
      FROM line FULL JOIN moved ON moved.document = line.number AND moved.product_id = line.product_id
       AND moved.warehouse_id = line.warehouse_id
      JOIN inventory_product product ON product.id = coalesce(line.product_id, moved.product_id)
      JOIN inventory_warehouse warehouse ON warehouse.id = coalesce(line.warehouse_id, moved.warehouse_id)
     WHERE line.quantity IS DISTINCT FROM moved.quantity OR line.value IS DISTINCT FROM moved.value
     ORDER BY 1, 2, 3
"""
# All that was sent is there, lost or still on the way, and a transfer that is over has nothing on the way.
STRANDED = """
    SELECT transfer.number, product.sku, line.sent - line.received - line.lost, line.cost - line.cost_in
      FROM inventory_transferline line
      JOIN inventory_transfer transfer ON transfer.id = line.transfer_id
      JOIN inventory_product product ON product.id = line.product_id
     WHERE transfer.status NOT IN ('sent', 'partly_received') AND line.sent > line.received + line.lost
        OR line.sent = line.received + line.lost AND line.cost <> line.cost_in
     ORDER BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class TransferDifference:
    """A transfer whose lines differ from the ledger."""

    number: str
    sku: str
    warehouse: str
    quantity: int
    ledger_quantity: int
    value: object
    ledger_value: object

    def __str__(self) -> str:
        return (
            f"{self.number} {self.sku} @ {self.warehouse}: moved {self.quantity}, ledger {self.ledger_quantity}; "
            f"value {self.value}, ledger {self.ledger_value}"
        )


@dataclass(frozen=True, slots=True)
class StrandedPieces:
    """Pieces or money that left a warehouse with a transfer that is over, and are nowhere."""

    number: str
    sku: str
    pieces: int
    value: object

    def __str__(self) -> str:
        return f"{self.number} {self.sku}: {self.pieces} pieces worth {self.value} are nowhere"


def transfer_differences() -> list[TransferDifference | StrandedPieces]:
    """Everything in which transfers and the ledger do not tie out; empty when all is well. Two queries."""
    return [*differences(TransferDifference, TRANSFERS), *differences(StrandedPieces, STRANDED)]
