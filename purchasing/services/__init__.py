"""Every change of purchasing. Callers import from here."""

from purchasing.services.ordering import (
    cancel_purchase_order,
    change_draft,
    change_expected_date,
    create_purchase_orders,
    place_purchase_order,
)
from purchasing.services.policies import return_policy_to_forecast, set_policy_by_hand
from purchasing.services.receiving import receive_goods
from purchasing.services.reorder import check_places, drain_marks, mark_for_check, set_policies
from purchasing.services.suggestions import approval_errors, approve_suggestions, dismiss_suggestion
from purchasing.services.suppliers import add_supplier, add_supplier_item, change_supplier, change_supplier_item

__all__ = [
    "add_supplier",
    "add_supplier_item",
    "approval_errors",
    "approve_suggestions",
    "cancel_purchase_order",
    "change_draft",
    "change_expected_date",
    "change_supplier",
    "change_supplier_item",
    "check_places",
    "create_purchase_orders",
    "dismiss_suggestion",
    "drain_marks",
    "mark_for_check",
    "place_purchase_order",
    "receive_goods",
    "return_policy_to_forecast",
    "set_policies",
    "set_policy_by_hand",
]
