"""Joint ordering: what a supplier's minimum order value is short of is filled with what would be due next."""

from dataclasses import replace
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from core.live import publish_after_commit
from core.transactions import retry_on_conflict
from inventory.places import Place
from purchasing.decision import Decision, Need, decide
from purchasing.locks import lock_reorder_check
from purchasing.models import ReorderSuggestion, Supplier, SupplierItem
from purchasing.needs import Terms, due_needs
from purchasing.selectors import open_suggestions
from purchasing.services.reorder import new_suggestion

NEVER = Decimal(10**9)  # days until due where nobody knows how fast it sells


@retry_on_conflict
@transaction.atomic(durable=True)
def fill_up(supplier_id: int, warehouse_id: int) -> int:
    """Suggest products early, those that would be due next first, until the supplier's minimum is reached.

    Returns how many were added; 0 when the minimum is reached already or nothing is left to add. They stay suggested
    until they are bought, dismissed, or stand at their order-up-to level.
    Locks: reorder check (advisory, by product).
    """
    minimum = Supplier.objects.values_list("min_order_value", flat=True).get(pk=supplier_id)
    items = SupplierItem.objects.filter(supplier=supplier_id, is_preferred=True, product__is_active=True)
    places = {(product, warehouse_id) for product in items.values_list("product_id", flat=True)}
    if not places:
        return 0
    lock_reorder_check({product for product, _warehouse in places})
    standing = open_suggestions(supplier_id=supplier_id, warehouse_id=warehouse_id)
    total = sum((row.cost for row in standing), Decimal(0))  # type: ignore[attr-defined]
    now, added = timezone.now(), []
    for place, need, decision in _next_due(places):
        if total >= minimum:
            break
        total += decision.quantity * decision.offer.cost(decision.quantity)
        added.append(new_suggestion(place, need, decision, now))
    ReorderSuggestion.objects.bulk_create(added)
    if added:
        publish_after_commit("suggestions-changed", {})
    return len(added)


def _next_due(places: set[Place]) -> list[tuple[Place, Need, Decision]]:
    """Places without a suggestion that are below their order-up-to level, by the days until they would be due."""
    found = []
    for place, need in due_needs(places, Terms.today(), only_due=False).items():
        early = replace(need, is_early=True)
        decision = decide(early)
        if not need.standing_quantity and decision.quantity and decision.offer.unit_cost and not decision.doubts:
            days = (need.position - need.reorder_point) / need.daily_demand if need.daily_demand else NEVER
            found.append((days, place, early, decision))
    return [rest for _days, *rest in sorted(found, key=lambda one: one[:2])]  # type: ignore[misc]
