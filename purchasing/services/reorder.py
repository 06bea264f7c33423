"""The reorder check: marked places are compared with their policy, suggestions written, one open per place."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from core.bulk import append_columns
from core.statements import write
from core.transactions import retry_on_conflict
from inventory.models import Warehouse
from inventory.places import Place
from purchasing.decision import Decision, Need, decide
from purchasing.locks import lock_policies, lock_reorder_check, lock_suggestions_at, take_marks
from purchasing.models import ReorderMark, ReorderSuggestion, StockPolicy
from purchasing.needs import Terms, due_needs
from purchasing.values import PolicyInput

BATCH = 50_000
PASSING = {"as_of", "standing_quantity", "standing_item"}


def mark_for_check(places: Iterable[Place]) -> None:
    """Note that these places are to be checked; rows are only appended, so orders never wait for each other here."""
    marked = sorted(places)
    append_columns(
        ReorderMark,
        product_id=[product for product, _warehouse in marked],
        warehouse_id=[warehouse for _product, warehouse in marked],
    )


def mark_products(product_ids: Collection[int]) -> None:
    """Whatever is suggested of these products, in whichever warehouse, is to be checked."""
    if product_ids:
        warehouses = list(Warehouse.objects.filter(is_active=True).values_list("pk", flat=True))
        mark_for_check({(product, warehouse) for product in product_ids for warehouse in warehouses})


@retry_on_conflict
@transaction.atomic(durable=True)
def drain_marks() -> int:
    """Check one batch of marked places; returns the number of marks drained (0: nothing left).

    Many marks of one place make one check. A crash puts the marks back.
    Locks: ReorderMark (skip locked), reorder check (advisory, by product), ReorderSuggestion.
    """
    marks = take_marks(BATCH)
    if marks:
        check_places(set(marks))
    return len(marks)


@transaction.atomic(savepoint=False)
def check_places(places: Collection[Place]) -> int:
    """Write, update or withdraw the suggestions of ``places``; returns how many are open there afterwards.

    A constant number of queries for any number of places. Stock is read behind the lock, so whoever checks a place
    later writes what is newer. Locks: reorder check (advisory, by product), ReorderSuggestion.
    """
    lock_reorder_check({product for product, _warehouse in places})
    with connection.cursor() as cursor:
        # By key, whatever the statistics say: a run that has just written thousands of suggestions into a table known
        # as empty would otherwise read it to its end for every chunk.
        cursor.execute("SET LOCAL enable_seqscan = off")
    needs = due_needs(places, Terms.today())
    standing = lock_suggestions_at(places)
    now = timezone.now()
    new, changed, obsolete, still_open = [], [], [], 0
    for place in sorted(set(places)):
        need, suggestion = needs.get(place), standing.get(place)
        decision = decide(need) if need else None
        if need is None or decision is None or not decision.quantity:
            if suggestion:
                obsolete.append(suggestion.pk)
            continue
        still_open += 1
        item = decision.offer.item or None
        if suggestion is None:
            new.append(new_suggestion(place, need, decision, now))
        elif suggestion.supplier_item_id != item or _inputs(suggestion.inputs) != _inputs(need.snapshot()):
            changed.append((suggestion.pk, decision.quantity, item, need.snapshot()))
    ReorderSuggestion.objects.bulk_create(new, batch_size=1000)
    _rewrite(changed, now)
    ReorderSuggestion.objects.filter(pk__in=obsolete).update(status=ReorderSuggestion.Status.OBSOLETE, updated_at=now)
    return still_open


def _inputs(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """What makes a decision a new one: not the day, and not what was suggested before."""
    return {name: value for name, value in snapshot.items() if name not in PASSING}


def new_suggestion(place: Place, need: Need, decision: Decision, now: datetime) -> ReorderSuggestion:
    """An open suggestion, not saved yet."""
    return ReorderSuggestion(
        product_id=place[0],
        warehouse_id=place[1],
        supplier_item_id=decision.offer.item or None,
        quantity=decision.quantity,
        inputs=need.snapshot(),
        created_at=now,
        updated_at=now,
    )


REWRITE = """
UPDATE purchasing_reordersuggestion AS suggestion
   SET quantity = given.quantity, supplier_item_id = given.item, inputs = given.inputs, updated_at = %s::timestamptz
  FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::jsonb[]) AS given(id, quantity, item, inputs)
 WHERE suggestion.id = given.id
"""


def _rewrite(changed: Sequence[tuple[int, int, int | None, dict[str, Any]]], now: datetime) -> None:
    """New quantity, supplier item and inputs of locked suggestions, in one statement."""
    if changed:
        keys, quantities, items, inputs = zip(*changed, strict=True)
        write(
            "rewrite_suggestions",
            REWRITE,
            [now.isoformat(), list(keys), list(quantities), list(items), [json.dumps(snapshot) for snapshot in inputs]],
        )


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
