"""Suppliers, policies, reorder suggestions, purchase orders and goods receipts."""

from purchasing.models.orders import GoodsReceipt, GoodsReceiptLine, PurchaseOrder, PurchaseOrderLine
from purchasing.models.replenishment import ReorderMark, ReorderSuggestion, StockPolicy
from purchasing.models.rules import ApprovalLimit
from purchasing.models.supply import PriceBreak, Supplier, SupplierItem

__all__ = [
    "ApprovalLimit",
    "GoodsReceipt",
    "GoodsReceiptLine",
    "PriceBreak",
    "PurchaseOrder",
    "PurchaseOrderLine",
    "ReorderMark",
    "ReorderSuggestion",
    "StockPolicy",
    "Supplier",
    "SupplierItem",
]
