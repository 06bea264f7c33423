"""Everything the order desk keeps. Callers import from here."""

from orders.models.complaints import Complaint
from orders.models.documents import (
    Allocation,
    Channel,
    Customer,
    LostDemand,
    Order,
    OrderLine,
    Return,
    ReturnLine,
    Reversal,
    Shipment,
    ShipmentLine,
)
from orders.models.items import CustomerItem
from orders.models.prices import PriceList, PriceListItem, Promotion

__all__ = [
    "Allocation",
    "Channel",
    "Complaint",
    "Customer",
    "CustomerItem",
    "LostDemand",
    "Order",
    "OrderLine",
    "PriceList",
    "PriceListItem",
    "Promotion",
    "Return",
    "ReturnLine",
    "Reversal",
    "Shipment",
    "ShipmentLine",
]
