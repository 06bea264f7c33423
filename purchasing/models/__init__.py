"""Suppliers, policies, reorder suggestions, purchase orders and goods receipts."""

from purchasing.models.agreements import BlanketOrder, BlanketOrderLine
from purchasing.models.currencies import ExchangeRate
from purchasing.models.orders import (
    GoodsReceipt,
    GoodsReceiptLine,
    LandedCost,
    LandedCostPart,
    PurchaseOrder,
    PurchaseOrderLine,
)
from purchasing.models.overrides import BuyingOverride
from purchasing.models.replenishment import (
    ReorderMark,
    ReorderSuggestion,
    ReplenishmentChunk,
    ReplenishmentRun,
    StockPolicy,
)
from purchasing.models.rules import ApprovalLimit, AutoApprovalRule
from purchasing.models.standing import StandingOrder, StandingOrderLine, StandingOrderRun
from purchasing.models.supply import PriceBreak, Supplier, SupplierItem

__all__ = [
    "ApprovalLimit",
    "AutoApprovalRule",
    "BlanketOrder",
    "BlanketOrderLine",
    "BuyingOverride",
    "ExchangeRate",
    "GoodsReceipt",
    "GoodsReceiptLine",
    "LandedCost",
    "LandedCostPart",
    "PriceBreak",
    "PurchaseOrder",
    "PurchaseOrderLine",
    "ReorderMark",
    "ReorderSuggestion",
    "ReplenishmentChunk",
    "ReplenishmentRun",
    "StandingOrder",
    "StandingOrderLine",
    "StandingOrderRun",
    "StockPolicy",
    "Supplier",
    "SupplierItem",
]
