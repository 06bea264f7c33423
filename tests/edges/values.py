"""Values at and past the edge, shared by the tests of services, API and pages."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

from core.models import AuditEntry, IdempotencyKey, OutboxEvent
from inventory.models import Reservation, StockLevel, StockMove
from inventory.verification import stock_differences
from orders.models import Allocation, LostDemand, Order, OrderLine, Return, Shipment
from orders.verification import order_differences
from purchasing.models import GoodsReceipt, PurchaseOrder

BIG = [2**63 - 1, 2**63, 2**70]
UNKNOWN_IDS = [0, -1, *BIG]
WRONG_QUANTITIES = [0, -1, 10**9 + 1, 10**12, 2**63, 10**30]
WRONG_PRICES = [
    Decimal(text)
    for text in ("-0.01", "0.005", "0.009999", "NaN", "sNaN", "Infinity", "-Infinity", "1e400", "1e-400", "1000000000")
]
GOOD_PRICES = {
    "-0": "0.00",
    "0": "0.00",
    "1E2": "100.00",
    "1.1": "1.10",
    "999999999.99": "999999999.99",
}
NUL, HALF = "a\x00b", "a\ud800b"
UNSTORABLE = [NUL, HALF]
DOCUMENTS = [
    Order,
    OrderLine,
    Allocation,
    Reservation,
    StockMove,
    StockLevel,
    LostDemand,
    Shipment,
    Return,
    PurchaseOrder,
    GoodsReceipt,
    AuditEntry,
    OutboxEvent,
    IdempotencyKey,
]


def _state() -> list[object]:
    levels = StockLevel.objects.order_by("pk").values_list("on_hand", "reserved", "value")
    lines = OrderLine.objects.order_by("pk").values_list("quantity", "shipped", "cancelled", "returned")
    return [*((model.__name__, model.objects.count()) for model in DOCUMENTS), *levels, *lines]


@contextmanager
def nothing_done() -> Iterator[None]:
    """No row is there that was not there before, and stock is as it was."""
    before = _state()
    yield
    assert _state() == before
    assert stock_differences() == []
    assert order_differences() == []
