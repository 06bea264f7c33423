"""Every change of purchasing. Callers import from here."""

from purchasing.services.agreements import (
    AgreementOverdrawn,
    add_blanket_order,
    change_blanket_order,
    close_blanket_order,
    follow_agreements,
)
from purchasing.services.approval import (
    approve_purchase_order,
    covers,
    limit_of,
    place_purchase_order,
    send_back_purchase_order,
    set_approval_limit,
)
from purchasing.services.confirming import change_expected_date, close_purchase_order, confirm_purchase_order
from purchasing.services.currencies import NewRate, apply_rates, rate_errors, set_rates
from purchasing.services.joint import fill_up
from purchasing.services.landing import add_landed_cost
from purchasing.services.ordering import cancel_purchase_order, change_draft, cost_at, create_purchase_orders
from purchasing.services.overriding import due_overrides, record_overrides
from purchasing.services.policies import return_policy_to_forecast, set_policies_by_hand, set_policy_by_hand
from purchasing.services.receiving import receive_goods
from purchasing.services.releasing import release
from purchasing.services.reorder import check_places, drain_marks, mark_for_check, set_policies
from purchasing.services.rules import add_rule, approve_by_rules, delete_rule
from purchasing.services.runs import check_chunk, start_run
from purchasing.services.standing import (
    add_standing_order,
    change_standing_order,
    end_standing_order,
    make_due_orders,
    pause_standing_order,
    resume_standing_order,
)
from purchasing.services.suggestions import (
    approval_errors,
    approve_suggestions,
    dismiss_suggestion,
    transfer_instead,
)
from purchasing.services.suppliers import add_supplier, add_supplier_item, change_supplier, change_supplier_item

__all__ = [
    "AgreementOverdrawn",
    "NewRate",
    "add_blanket_order",
    "add_landed_cost",
    "add_rule",
    "add_standing_order",
    "add_supplier",
    "add_supplier_item",
    "apply_rates",
    "approval_errors",
    "approve_by_rules",
    "approve_purchase_order",
    "approve_suggestions",
    "cancel_purchase_order",
    "change_blanket_order",
    "change_draft",
    "change_expected_date",
    "change_standing_order",
    "change_supplier",
    "change_supplier_item",
    "check_chunk",
    "check_places",
    "close_blanket_order",
    "close_purchase_order",
    "confirm_purchase_order",
    "cost_at",
    "covers",
    "create_purchase_orders",
    "delete_rule",
    "dismiss_suggestion",
    "drain_marks",
    "due_overrides",
    "end_standing_order",
    "fill_up",
    "follow_agreements",
    "limit_of",
    "make_due_orders",
    "mark_for_check",
    "pause_standing_order",
    "place_purchase_order",
    "rate_errors",
    "receive_goods",
    "record_overrides",
    "release",
    "resume_standing_order",
    "return_policy_to_forecast",
    "send_back_purchase_order",
    "set_approval_limit",
    "set_policies",
    "set_policies_by_hand",
    "set_policy_by_hand",
    "set_rates",
    "start_run",
    "transfer_instead",
]
