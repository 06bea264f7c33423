"""Everything the order desk keeps. Callers import from here."""

from orders.models.authorizations import ReturnAuthorization, ReturnAuthorizationLine
from orders.models.buying import RepeatPurchase
from orders.models.complaints import Complaint
from orders.models.contacts import Contact, DeliveryAddress
from orders.models.delivery import DELIVERY
from orders.models.documents import (
    Allocation,
    Channel,
    Customer,
    FilledOrder,
    LostDemand,
    Order,
    OrderLine,
    Return,
    ReturnLine,
    Reversal,
    Shipment,
    ShipmentLine,
)
from orders.models.invoices import Invoice, InvoiceCounter, InvoicedShipmentLine, InvoiceLine
from orders.models.items import CustomerItem
from orders.models.prices import PriceList, PriceListItem, Promotion
from orders.models.promises import DeliveryCosts, LearnedDelay, LinePromise, Owed, PromiseMark, ServiceMinimum
from orders.models.quotations import Quotation, QuotationLine
from orders.models.rules import Quota, ShippingLane, Substitute
from orders.models.templates import OrderTemplate, OrderTemplateLine

__all__ = [
    "DELIVERY",
    "Allocation",
    "Channel",
    "Complaint",
    "Contact",
    "Customer",
    "CustomerItem",
    "DeliveryAddress",
    "DeliveryCosts",
    "FilledOrder",
    "Invoice",
    "InvoiceCounter",
    "InvoiceLine",
    "InvoicedShipmentLine",
    "LearnedDelay",
    "LinePromise",
    "LostDemand",
    "Order",
    "OrderLine",
    "OrderTemplate",
    "OrderTemplateLine",
    "Owed",
    "PriceList",
    "PriceListItem",
    "PromiseMark",
    "Promotion",
    "Quota",
    "Quotation",
    "QuotationLine",
    "RepeatPurchase",
    "Return",
    "ReturnAuthorization",
    "ReturnAuthorizationLine",
    "ReturnLine",
    "Reversal",
    "ServiceMinimum",
    "Shipment",
    "ShipmentLine",
    "ShippingLane",
    "Substitute",
]
