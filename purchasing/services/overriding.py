"""Overrides of suggestions: kept with what measuring them needs, measured when their days have passed."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from math import ceil

from django.db import transaction

from core.actor import current_actor_id
from inventory.places import Place
from purchasing import overrides
from purchasing.decision import Need, decide
from purchasing.models import BuyingOverride, PurchaseOrder, ReorderSuggestion, StockPolicy
from purchasing.worth import outlook

MONEY, SMALL = Decimal("0.0001"), Decimal("0.000001")


@transaction.atomic(savepoint=False)
def keep_overrides(
    changed: Mapping[int, ReorderSuggestion], quantities: Mapping[int, int], *, cause: str, reason: str, today: date
) -> None:
    """Note why another quantity is bought, inside the transaction that buys it."""
    if not changed:
        return
    places: set[Place] = {(row.product_id, row.warehouse_id) for row in changed.values()}
    policies = {
        (policy.product_id, policy.warehouse_id): policy
        for policy in StockPolicy.objects.filter(product__in={p for p, _w in places})
    }
    BuyingOverride.objects.bulk_create(
        _override(row, quantities[pk], policies.get((row.product_id, row.warehouse_id)), cause, reason, today)
        for pk, row in changed.items()
    )


def _override(
    row: ReorderSuggestion, bought: int, policy: StockPolicy | None, cause: str, reason: str, today: date
) -> BuyingOverride:
    need = Need.of(row.inputs)
    offer = decide(need).offer
    if not offer.unit_cost and row.supplier_item:  # the first suggestions did not keep what the supplier asked
        offer = replace(offer, unit_cost=row.supplier_item.unit_cost)
    view = outlook(need, offer, policy.basis if policy else {}, row.product.price, policy.safety_stock if policy else 0)
    return BuyingOverride(
        suggestion=row,
        cause=cause,
        reason=reason,
        created_by_id=current_actor_id(),
        suggested=row.quantity,
        bought=bought,
        suggested_cost=offer.cost(row.quantity),
        bought_cost=offer.cost(bought),
        position=need.position,
        underage=Decimal(view.underage).quantize(MONEY),
        holding_a_day=Decimal(view.holding_a_day).quantize(SMALL),
        starts_on=today,
        ends_on=today + timedelta(days=max(ceil(view.days), 1) - 1),
    )


def due_overrides(as_of: date, since: date) -> list[BuyingOverride]:
    """Overrides whose days have all passed before ``as_of`` (none before ``since``) and which are not measured yet."""
    rows = BuyingOverride.objects.filter(demand=None, ends_on__lt=as_of, starts_on__gte=since)
    return list(rows.select_related("suggestion__purchase_order_line__purchase_order").order_by("pk"))


def record_overrides(due: Collection[BuyingOverride], wanted: Mapping[int, int]) -> None:
    """Note the demand (pieces by override) and the gain; one whose order was cancelled has no gain."""
    for row in due:
        row.demand = wanted[row.pk]
        line = row.suggestion.purchase_order_line
        if line is None or line.purchase_order.status == PurchaseOrder.Status.CANCELLED:
            continue
        # A draft may have been changed once more before it was placed.
        row.bought, row.bought_cost = line.quantity, line.unit_cost
        stakes = overrides.Stakes(row.position, row.demand, row.days, row.underage, row.holding_a_day)
        row.gain = overrides.gain((row.bought, row.bought_cost), (row.suggested, row.suggested_cost), stakes)
    BuyingOverride.objects.bulk_update(due, ["demand", "bought", "bought_cost", "gain"])
