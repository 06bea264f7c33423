"""The reorder check: marked places are compared with their policy, suggestions written, one open per place."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from core.bulk import append_columns
from core.transactions import retry_on_conflict
from inventory.places import Place
from inventory.selectors import availability
from purchasing.locks import lock_policies, lock_reorder_check, lock_suggestions_at, take_marks
from purchasing.lots import Need
from purchasing.models import ReorderMark, ReorderSuggestion, StockPolicy, SupplierItem
from purchasing.selectors import on_order
from purchasing.values import PolicyInput

BATCH = 50_000


def mark_for_check(places: Iterable[Place]) -> None:
    """Note that these places are to be checked; rows are only appended, so orders never wait for each other here."""
    marked = sorted(places)
    append_columns(
        ReorderMark,
        product_id=[product for product, _warehouse in marked],
        warehouse_id=[warehouse for _product, warehouse in marked],
    )


@retry_on_conflict
@transaction.atomic(durable=True)
def drain_marks() -> int:
    """Check one batch of marked places; returns the number of marks drained (0: nothing left).

    Many marks of one place make one check. A crash puts the marks back.
    Locks: reorder check (advisory), ReorderMark (skip locked).
    """
    lock_reorder_check()
    marks = take_marks(BATCH)
    if marks:
        check_places(set(marks))
    return len(marks)


@transaction.atomic(savepoint=False)
def check_places(places: Collection[Place]) -> int:
    """Write, update or withdraw the suggestions of ``places``; returns how many are open there afterwards.

    The caller holds the reorder check's lock. A constant number of queries for any number of places.
    """
    now = timezone.now()
    needs = _needs(places)
    items = _preferred_items(places)
    standing = lock_suggestions_at(places)
    new, changed, obsolete = [], [], []
    for place in sorted(places):
        need, item, suggestion = needs[place], items.get(place[0]), standing.get(place)
        if not need.quantity:
            if suggestion:
                obsolete.append(suggestion.pk)
        elif suggestion is None:
            new.append(_suggestion(place, need, item, now))
        elif suggestion.inputs != need.snapshot() or suggestion.supplier_item_id != (item.pk if item else None):
            suggestion.quantity, suggestion.inputs = need.quantity, need.snapshot()
            suggestion.supplier_item, suggestion.updated_at = item, now
            changed.append(suggestion)
    ReorderSuggestion.objects.bulk_create(new, batch_size=1000)
    ReorderSuggestion.objects.bulk_update(
        changed, ["quantity", "inputs", "supplier_item", "updated_at"], batch_size=1000
    )
    ReorderSuggestion.objects.filter(pk__in=obsolete).update(status=ReorderSuggestion.Status.OBSOLETE, updated_at=now)
    return sum(1 for place in places if needs[place].quantity)


def _suggestion(place: Place, need: Need, item: SupplierItem | None, now: Any) -> ReorderSuggestion:
    return ReorderSuggestion(
        product_id=place[0],
        warehouse_id=place[1],
        supplier_item=item,
        quantity=need.quantity,
        inputs=need.snapshot(),
        created_at=now,
        updated_at=now,
    )


def _preferred_items(places: Collection[Place]) -> dict[int, SupplierItem]:
    items = SupplierItem.objects.filter(product__in={p for p, _ in places}, is_preferred=True, supplier__is_active=True)
    return {item.product_id: item for item in items}


def _needs(places: Collection[Place]) -> dict[Place, Need]:
    """The inputs of the decision for every place."""
    stock, ordered = availability(places), on_order(places)
    items = _preferred_items(places)
    policies = {
        (policy.product_id, policy.warehouse_id): policy
        for policy in StockPolicy.objects.filter(product__in={p for p, _ in places})
    }
    needs = {}
    for place in places:
        policy, item = policies.get(place), items.get(place[0])
        needs[place] = Need(
            available=stock[place].available,
            on_order=ordered.get(place, 0),
            waiting=stock[place].waiting,
            reorder_point=policy.reorder_point if policy else 0,
            order_up_to=policy.order_up_to if policy else 0,
            moq=item.moq if item else 1,
            order_multiple=item.order_multiple if item else 1,
        )
    return needs


@transaction.atomic(savepoint=False)
def set_policies(policies: Sequence[PolicyInput]) -> int:
    """Store the forecast's policies; those set by hand stay. Returns how many changed; changed places are marked.

    Locks: StockPolicy.
    """
    now = timezone.now()
    standing = lock_policies({p.product_id for p in policies})
    manual = {(p.product_id, p.warehouse_id) for p in standing if p.source == StockPolicy.Source.MANUAL}
    rows = [
        StockPolicy(
            product_id=p.product_id,
            warehouse_id=p.warehouse_id,
            safety_stock=p.safety_stock,
            reorder_point=p.reorder_point,
            order_up_to=p.order_up_to,
            service_level=p.service_level,
            basis=p.basis,
            source=StockPolicy.Source.FORECAST,
            updated_at=now,
        )
        for p in policies
        if (p.product_id, p.warehouse_id) not in manual
    ]
    StockPolicy.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["product", "warehouse"],
        update_fields=[
            "safety_stock",
            "reorder_point",
            "order_up_to",
            "service_level",
            "basis",
            "source",
            "updated_at",
        ],
        batch_size=2000,
    )
    mark_for_check((row.product_id, row.warehouse_id) for row in rows)
    return len(rows)
