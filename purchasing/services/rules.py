"""Routine buying with no hand: rules approve what is sure and small enough, and say of each suggestion why."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core import audit
from core.actor import acting_as
from core.errors import DomainError, InvalidInput
from inventory.places import Place
from purchasing.decision import Need, decide
from purchasing.models import AutoApprovalRule, ReorderSuggestion, StockPolicy
from purchasing.selectors import open_suggestions
from purchasing.services.suggestions import approve_suggestions


@dataclass(frozen=True, slots=True)
class Check:
    """One condition of a rule: what was found, what the rule asks, and whether it holds. Plain values."""

    name: str
    found: str
    asked: str
    holds: bool


Trace = dict[str, Any]
"""{"rule": id, "approved": bool, "checks": [...]}, kept with the suggestion."""


def add_rule(*, supplier_id: int | None, max_value: Decimal, min_confidence: int) -> AutoApprovalRule:
    """Let suggestions be ordered by rule. Raises: InvalidInput when the supplier (or all of them) has one already."""
    try:
        return _insert(AutoApprovalRule(supplier_id=supplier_id, max_value=max_value, min_confidence=min_confidence))
    except IntegrityError as exc:
        text = _("There is a rule for it already: delete that one first.")
        raise InvalidInput(text, field_errors={"supplier": text}) from exc


@transaction.atomic(durable=True)
def _insert(rule: AutoApprovalRule) -> AutoApprovalRule:
    rule.save(force_insert=True)
    audit.record(
        "buying_rule",
        rule.pk,
        "added",
        supplier=rule.supplier_id,
        max_value=str(rule.max_value),
        min_confidence=rule.min_confidence,
    )
    return rule


@transaction.atomic(durable=True)
def delete_rule(rule_id: int) -> None:
    """Take a rule away; what it approved stays. Deleted twice, it is gone once."""
    if AutoApprovalRule.objects.filter(pk=rule_id).delete()[0]:
        audit.record("buying_rule", rule_id, "deleted")


def confidence(basis: Mapping[str, Any]) -> Decimal:
    """How sure the forecast of the lead time is, in percent: 100 less its deviation as a share of its mean."""
    mean, sd = basis.get("mean"), basis.get("sd")
    if not mean or sd is None:
        return Decimal(0)
    return max(Decimal(0), min(Decimal(100), Decimal(str(round(100 * (1 - sd / mean), 1)))))


def approve_by_rules() -> int:
    """Order what the rules allow, one purchase order per supplier and warehouse; returns how many were made.

    As the system. Each order has its own transaction: what somebody changes meanwhile is left to them.
    """
    rules = {rule.supplier_id: rule for rule in AutoApprovalRule.objects.all()}
    if not rules:
        return 0
    groups: dict[tuple[int, int], list[ReorderSuggestion]] = {}
    for suggestion in open_suggestions():
        if suggestion.supplier_item:
            key = (suggestion.supplier_item.supplier_id, suggestion.warehouse_id)
            groups.setdefault(key, []).append(suggestion)
    made = 0
    with acting_as(None):
        for (supplier, _warehouse), suggestions in groups.items():
            rule = rules.get(supplier) or rules.get(None)
            if rule:
                made += _apply(rule, suggestions)
    return made


def _apply(rule: AutoApprovalRule, suggestions: Sequence[ReorderSuggestion]) -> int:
    bases = _bases(suggestions)
    own = {s.pk: _own_checks(rule, s, bases.get((s.product_id, s.warehouse_id), {})) for s in suggestions}
    passing = [s for s in suggestions if all(check.holds for check in own[s.pk])]
    shared = _order_checks(rule, passing) if passing else []
    is_approved = bool(passing) and all(check.holds for check in shared)
    traces = {
        s.pk: _trace(rule, [*own[s.pk], *(shared if s in passing else [])], is_approved and s in passing)
        for s in suggestions
    }
    if is_approved:
        try:
            approve_suggestions({s.pk: s.quantity for s in passing}, traces=traces)
        except DomainError:
            return 0
    left = [s for s in suggestions if not (is_approved and s in passing)]
    for suggestion in left:
        suggestion.trace = traces[suggestion.pk]
    ReorderSuggestion.objects.bulk_update(left, ["trace"], batch_size=1000)
    return int(is_approved)


def _trace(rule: AutoApprovalRule, checks: Sequence[Check], approved: bool) -> Trace:
    return {"rule": rule.pk, "approved": approved, "checks": [asdict(check) for check in checks]}


def _bases(suggestions: Sequence[ReorderSuggestion]) -> dict[Place, dict[str, Any]]:
    policies = StockPolicy.objects.filter(product__in={suggestion.product_id for suggestion in suggestions})
    return {(policy.product_id, policy.warehouse_id): policy.basis for policy in policies}


def _own_checks(rule: AutoApprovalRule, suggestion: ReorderSuggestion, basis: Mapping[str, Any]) -> list[Check]:
    """What must hold for the suggestion by itself."""
    doubts = decide(Need.of(suggestion.inputs)).doubts
    sure = confidence(basis)
    return [
        Check("doubts", ", ".join(doubts), "", not doubts),
        Check("confidence", str(sure), str(rule.min_confidence), sure >= rule.min_confidence),
    ]


def _order_checks(rule: AutoApprovalRule, suggestions: Sequence[ReorderSuggestion]) -> list[Check]:
    """What must hold for the order that they make together."""
    total = sum((suggestion.cost for suggestion in suggestions), Decimal("0.00"))  # type: ignore[attr-defined]
    item = suggestions[0].supplier_item
    minimum = item.supplier.min_order_value if item else Decimal(0)
    return [
        Check("value", str(total), str(rule.max_value), total <= rule.max_value),
        Check("minimum", str(total), str(minimum), total >= minimum),
    ]
