"""The proofs that the books tie out, over all rooms."""

from collections.abc import Callable, Sequence

from inventory.verification import stock_differences, transfer_differences
from orders.verification import (
    demand_differences,
    hidden_orders,
    invoice_differences,
    mismarked_orders,
    owed_differences,
    stray_reservations,
)

# What each proof's differences are called, in the order in which they are told.
PROOFS: dict[Callable[[], Sequence[object]], str] = {
    stock_differences: "stock level(s) differ from the ledger or the reservations.",
    stray_reservations: "reservation(s) do not belong to an open order line.",
    demand_differences: "place(s) have another open demand than their order lines.",
    hidden_orders: "order(s) hold stock and are missing in the pick queue.",
    owed_differences: "sum(s) of what is owed differ from the promises.",
    invoice_differences: "invoice(s) do not tie out with the shipments.",
    mismarked_orders: "order(s) are listed wrongly as to be invoiced.",
    transfer_differences: "line(s) of transfers do not tie out with the ledger.",
}


def book_differences() -> list[object]:
    """Everything in which stock, ledger, transfers, orders and promises do not tie out; empty when all is well."""
    return [difference for proof in PROOFS for difference in proof()]
