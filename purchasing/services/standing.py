"""Standing orders: agreed, changed, paused and ended, and the purchase orders that fall due."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from core import audit, outbox
from core.actor import acting_as, current_actor_id
from core.errors import DomainError, InvalidInput
from core.sequences import next_numbers
from core.transactions import retry_on_conflict
from inventory.models import Warehouse
from purchasing.locks import lock_standing_order, take_due_standing_order
from purchasing.models import (
    AutoApprovalRule,
    PurchaseOrder,
    StandingOrder,
    StandingOrderLine,
    StandingOrderRun,
    Supplier,
    SupplierItem,
)
from purchasing.models.standing import MAX_EVERY
from purchasing.schedule import next_due
from purchasing.selectors import order_total
from purchasing.services.approval import place_locked
from purchasing.services.ordering import create, lot_error
from purchasing.values import NewPurchaseLine, NewPurchaseOrder, NewStandingOrder

FURTHEST = timedelta(days=3660)
Status = StandingOrder.Status


@retry_on_conflict
@transaction.atomic(durable=True)
def add_standing_order(new: NewStandingOrder) -> StandingOrder:
    """Have the same goods ordered again and again. Raises: InvalidInput."""
    items = _checked(new, since=timezone.localdate())
    (number,) = next_numbers("ST", 1)
    order = StandingOrder.objects.create(
        number=number,
        supplier_id=new.supplier_id,
        warehouse_id=new.warehouse_id,
        next_on=new.starts_on,
        created_by_id=current_actor_id(),
        **_schedule(new),
    )
    _write_lines(order, new.lines, items)
    audit.record("standing_order", order.pk, "set_up", **_words(order))
    return order


@retry_on_conflict
@transaction.atomic(durable=True)
def change_standing_order(standing_order_id: int, new: NewStandingOrder) -> StandingOrder:
    """Give it these lines and this schedule from its next order on; supplier and warehouse stay.

    Locks: StandingOrder. Raises: IllegalTransition, InvalidInput.
    """
    order = lock_standing_order(standing_order_id)
    if order.status == Status.ENDED:
        order.refuse_step()
    new = replace(new, supplier_id=order.supplier_id, warehouse_id=order.warehouse_id)
    items = _checked(new, since=order.starts_on)
    before = (order.every, order.unit, order.starts_on, order.ends_on)
    for name, value in _schedule(new).items():
        setattr(order, name, value)
    # A day that is due already stays due: what kept its order from being made may just have been put right.
    if before != (order.every, order.unit, order.starts_on, order.ends_on):
        order.next_on = _next_of(order)
    order.problem = ""
    order.save()
    order.lines.all().delete()
    _write_lines(order, new.lines, items)
    audit.record("standing_order", order.pk, "changed", **_words(order))
    return order


def _schedule(new: NewStandingOrder) -> dict[str, Any]:
    return {
        "every": new.every,
        "unit": new.unit,
        "starts_on": new.starts_on,
        "ends_on": new.ends_on,
        "approval": new.approval,
    }


def _next_of(order: StandingOrder) -> date | None:
    """The first due day from today on that has no order yet."""
    last = order.runs.order_by("-due_on").values_list("due_on", flat=True).first()
    yesterday = timezone.localdate() - timedelta(days=1)
    after = max(yesterday, last) if last else yesterday
    return next_due(order.starts_on, order.every, order.unit, order.ends_on, after=after)


def _words(order: StandingOrder) -> dict[str, Any]:
    """What the history says of it."""
    lines = order.lines.select_related("supplier_item__product").order_by("supplier_item__product__sku")
    return {
        "every": order.every,
        "unit": order.unit,
        "pieces": {line.supplier_item.product.sku: line.quantity for line in lines},
        "next": f"{order.next_on or ''}",
    }


def _checked(new: NewStandingOrder, *, since: date) -> dict[int, SupplierItem]:
    """The supplier's items by product, when all is well. Raises: InvalidInput, naming every field."""
    errors = {}
    if not Supplier.objects.filter(pk=new.supplier_id, is_active=True).exists():
        errors["supplier"] = _("Choose a supplier.")
    if not Warehouse.objects.filter(pk=new.warehouse_id, is_active=True).exists():
        errors["warehouse"] = _("Choose an active warehouse.")
    if not 1 <= new.every <= MAX_EVERY:
        errors["every"] = _("Enter a whole number from 1 to %s.") % MAX_EVERY
    if new.unit not in StandingOrder.Unit.values:
        errors["unit"] = _("Choose weeks or months.")
    if new.approval not in StandingOrder.Approval.values:
        errors["approval"] = _("Choose what becomes of each order.")
    today = timezone.localdate()
    if new.starts_on < min(since, today):
        errors["starts_on"] = _("Choose today or a later day.")
    elif new.starts_on > today + FURTHEST:
        errors["starts_on"] = _("Choose a day within the next ten years.")
    if new.ends_on is not None and not new.starts_on <= new.ends_on <= today + FURTHEST * 2:
        errors["ends_on"] = _("It cannot end before it starts.")
    items = SupplierItem.objects.filter(supplier=new.supplier_id).select_related("product", "supplier")
    known = {item.product_id: item for item in items.filter(product__in={line.product_id for line in new.lines})}
    if not new.lines:
        errors["lines"] = _("A standing order needs at least one line.")
    seen: set[int] = set()
    for index, line in enumerate(new.lines):
        item = known.get(line.product_id)
        if item is None:
            errors[f"lines.{index}.product"] = _("This supplier does not sell this product to us.")
        elif line.product_id in seen:
            errors[f"lines.{index}.product"] = _("%s stands on the order twice.") % item.product.sku
        elif wrong := lot_error(item, line.quantity):
            errors[f"lines.{index}.quantity"] = wrong
        seen.add(line.product_id)
    if errors:
        raise InvalidInput(_("The standing order was not saved: please correct the fields named."), field_errors=errors)
    return known


def _write_lines(order: StandingOrder, lines: Sequence[NewPurchaseLine], items: dict[int, SupplierItem]) -> None:
    StandingOrderLine.objects.bulk_create(
        StandingOrderLine(standing_order=order, supplier_item=items[line.product_id], quantity=line.quantity)
        for line in lines
    )


# ---- paused, resumed, ended


@retry_on_conflict
@transaction.atomic(durable=True)
def pause_standing_order(standing_order_id: int) -> StandingOrder:
    """Make no orders until it is resumed. Locks: StandingOrder. Raises: IllegalTransition."""
    order = lock_standing_order(standing_order_id)
    order.move_to(Status.PAUSED)
    order.save(update_fields=["status"])
    audit.record("standing_order", order.pk, "paused")
    return order


@retry_on_conflict
@transaction.atomic(durable=True)
def resume_standing_order(standing_order_id: int) -> StandingOrder:
    """Go on with the first due day from today on; those of the pause are left out.

    Locks: StandingOrder. Raises: IllegalTransition.
    """
    order = lock_standing_order(standing_order_id)
    order.move_to(Status.ACTIVE)
    order.next_on, order.problem = _next_of(order), ""
    order.save(update_fields=["status", "next_on", "problem"])
    audit.record("standing_order", order.pk, "resumed", next=f"{order.next_on or ''}")
    return order


@retry_on_conflict
@transaction.atomic(durable=True)
def end_standing_order(standing_order_id: int) -> StandingOrder:
    """Make no orders any more; those made stay. Locks: StandingOrder. Raises: IllegalTransition."""
    order = lock_standing_order(standing_order_id)
    order.move_to(Status.ENDED)
    order.next_on, order.problem = None, ""
    order.save(update_fields=["status", "next_on", "problem"])
    audit.record("standing_order", order.pk, "ended")
    return order


# ---- what falls due


def make_due_orders(today: date | None = None) -> int:
    """Make the purchase order of every due day that has none yet; returns how many.

    As the system, each in its own transaction. Two at once share the work: a day's order is made by whoever locks its
    standing order, and after days of standstill every day that was missed gets its own.
    """
    today, made = today or timezone.localdate(), 0
    due = StandingOrder.objects.filter(status=Status.ACTIVE, next_on__lte=today).order_by("next_on", "pk")
    with acting_as(None):
        for pk in list(due.values_list("pk", flat=True)):
            try:
                while make_next_order(pk, today):
                    made += 1
            except DomainError as refusal:
                _note_problem(pk, refusal)
    return made


@retry_on_conflict
@transaction.atomic(durable=True)
def make_next_order(standing_order_id: int, today: date) -> PurchaseOrder | None:
    """The order of the next due day; None when nothing is due, or somebody is at it.

    Locks: StandingOrder (skip locked), BlanketOrder. Raises: InvalidInput when the supplier would not take it.
    """
    standing = take_due_standing_order(standing_order_id, today)
    if standing is None or standing.next_on is None:
        return None
    lines = standing.lines.select_related("supplier_item").order_by("pk")
    wanted = [NewPurchaseLine(line.supplier_item.product_id, line.quantity) for line in lines]
    (order,) = create([NewPurchaseOrder(standing.supplier_id, standing.warehouse_id, wanted, place=False)])
    StandingOrderRun.objects.create(standing_order=standing, due_on=standing.next_on, purchase_order=order)
    day = f"{standing.next_on}"
    audit.record("purchase_order", order.pk, "stood", number=standing.number, day=day)
    audit.record("standing_order", standing.pk, "ordered", number=order.number, day=day)
    if standing.approval == StandingOrder.Approval.RULE:
        _place_by_rule(order)
    standing.next_on = next_due(
        standing.starts_on, standing.every, standing.unit, standing.ends_on, after=standing.next_on
    )
    standing.problem = ""
    standing.save(update_fields=["next_on", "problem"])
    return order


def _place_by_rule(order: PurchaseOrder) -> None:
    """Place it where a buying rule of its supplier, or of all, allows the amount and the supplier's minimum is met.

    The rule's other conditions ask how sure the forecast is; here a person has chosen the quantity.
    """
    rules = AutoApprovalRule.objects.filter(Q(supplier=order.supplier_id) | Q(supplier=None))
    # Its own one comes first.
    rule = rules.order_by(F("supplier").asc(nulls_last=True)).first()
    total = order_total(order.pk)
    if rule and order.supplier.min_order_value <= total <= rule.max_value and total > Decimal(0):
        place_locked(order, timezone.now())
        audit.record("purchase_order", order.pk, "approved_by_rule", rule=rule.pk)


@transaction.atomic(durable=True)
def _note_problem(standing_order_id: int, refusal: DomainError) -> None:
    """Say on its page why the order that is due was not made; the next run tries again. A word once, not every hour."""
    order = lock_standing_order(standing_order_id)
    texts = list(getattr(refusal, "field_errors", {}).values()) or [refusal.detail]
    problem = " ".join(dict.fromkeys(map(str, texts)))
    if order.problem == problem or order.status != Status.ACTIVE:
        return
    order.problem = problem
    order.save(update_fields=["problem"])
    audit.record("standing_order", order.pk, "failed", problem=problem, day=f"{order.next_on or ''}")
    outbox.publish("standing_order.failed", standing_order=order.pk, number=order.number)
