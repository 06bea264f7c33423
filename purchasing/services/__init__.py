"""Every change of purchasing. Callers import from here."""

from purchasing.services.ordering import (
    approve_suggestions,
    cancel_purchase_order,
    create_purchase_orders,
    dismiss_suggestion,
    place_purchase_order,
)
from purchasing.services.receiving import receive_goods
from purchasing.services.reorder import check_places, drain_marks, mark_for_check, set_policies

__all__ = [
    "approve_suggestions",
    "cancel_purchase_order",
    "check_places",
    "create_purchase_orders",
    "dismiss_suggestion",
    "drain_marks",
    "mark_for_check",
    "place_purchase_order",
    "receive_goods",
    "set_policies",
]
