"""Blanket orders: agreed, changed, closed, and drawn on by purchase orders."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from core import audit
from core.actor import current_actor_id
from core.checks import MAX_REASON, amount_error, cost_error, refuse_text
from core.errors import IllegalTransition, InvalidInput
from core.money import to_cents
from core.sequences import next_numbers
from core.transactions import retry_on_conflict
from inventory.services import MAX_QUANTITY
from purchasing.agreements import blanket_order_lines, lines_in_force, lines_with_figures
from purchasing.currencies import converted, rates_on
from purchasing.locks import lock_agreements_of, lock_blanket_order, lock_supplier
from purchasing.models import BlanketOrder, BlanketOrderLine, PurchaseOrder, Supplier, SupplierItem
from purchasing.services.reorder import mark_products
from purchasing.values import NewBlanketLine, NewBlanketOrder, NewPurchaseLine, NewPurchaseOrder

Items = Mapping[tuple[int, int], SupplierItem]
Ordinary = Callable[[SupplierItem, int], Decimal]
"""The price of an item without agreements, when so many are ordered."""
MAX_REFERENCE = 60
MAX_VALUE = Decimal("99999999999999.99")


class AgreementOverdrawn(InvalidInput):
    """More is ordered at an agreed price than is left of it, and nobody said that this is meant."""

    code = "agreement_overdrawn"


@retry_on_conflict
@transaction.atomic(durable=True)
def add_blanket_order(new: NewBlanketOrder) -> BlanketOrder:
    """Note what a supplier agreed to. Locks: Supplier. Raises: InvalidInput."""
    if not Supplier.objects.filter(pk=new.supplier_id, is_active=True).exists():
        raise InvalidInput(_("Choose a supplier."), field_errors={"supplier": _("Choose a supplier.")})
    supplier = lock_supplier(new.supplier_id)
    items = _checked(new, None)
    (number,) = next_numbers("BO", 1)
    order = BlanketOrder.objects.create(
        number=number,
        supplier=supplier,
        reference=new.reference.strip(),
        currency=supplier.currency,
        starts_on=new.starts_on,
        ends_on=new.ends_on,
        value_limit=new.value_limit,
        created_by_id=current_actor_id(),
    )
    _write_lines(order, new.lines, items, {})
    audit.record("blanket_order", order.pk, "agreed", lines=len(new.lines), until=f"{new.ends_on}")
    mark_products({line.product_id for line in new.lines})
    return order


@retry_on_conflict
@transaction.atomic(durable=True)
def change_blanket_order(blanket_order_id: int, new: NewBlanketOrder) -> BlanketOrder:
    """Give an open agreement these terms; what is drawn keeps its price. Its supplier stays.

    Locks: Supplier, BlanketOrder. Raises: IllegalTransition, InvalidInput.
    """
    lock_supplier(BlanketOrder.objects.values_list("supplier_id", flat=True).get(pk=blanket_order_id))
    order = lock_blanket_order(blanket_order_id)
    order.refuse_unless_open()
    new = replace(new, supplier_id=order.supplier_id)
    items = _checked(new, order)
    old = {line.supplier_item.product_id: line for line in blanket_order_lines(order.pk)}
    _refuse_less_than_drawn(order, new, old)
    before = _terms_of(order, old.values())
    order.reference, order.starts_on, order.ends_on = new.reference.strip(), new.starts_on, new.ends_on
    order.value_limit = new.value_limit
    order.save(update_fields=["reference", "starts_on", "ends_on", "value_limit"])
    _write_lines(order, new.lines, items, old)
    lines = order.lines.select_related("supplier_item__product")
    after = _terms_of(order, lines)
    changes = {name: [before.get(name, ""), after.get(name, "")] for name in {*before, *after}}
    audit.record("blanket_order", order.pk, "changed", changes={k: v for k, v in changes.items() if v[0] != v[1]})
    mark_products({*old, *(line.product_id for line in new.lines)})
    return order


def _terms_of(order: BlanketOrder, lines: Iterable[BlanketOrderLine]) -> dict[str, str]:
    """What is agreed, as the history compares it."""
    head = {
        "starts_on": f"{order.starts_on}",
        "ends_on": f"{order.ends_on}",
        "value_limit": f"{order.value_limit or ''}",
        "reference": order.reference,
    }
    return head | {
        line.supplier_item.product.sku: f"{'' if line.quantity is None else line.quantity} × {line.asked}"
        for line in lines
    }


@retry_on_conflict
@transaction.atomic(durable=True)
def close_blanket_order(blanket_order_id: int, *, reason: str) -> BlanketOrder:
    """Draw no more on an agreement; what is ordered stays ordered. Locks: BlanketOrder. Raises: IllegalTransition."""
    refuse_text("reason", reason, MAX_REASON, is_required=True)
    order = lock_blanket_order(blanket_order_id)
    order.refuse_unless_open()
    order.status = BlanketOrder.Status.CLOSED
    order.save(update_fields=["status"])
    audit.record("blanket_order", order.pk, "closed", reason=reason.strip())
    mark_products(set(order.lines.values_list("supplier_item__product", flat=True)))
    return order


@transaction.atomic(durable=True)
def follow_agreements(today: date | None = None) -> int:
    """Have suggestions checked whose agreement began today or ended yesterday; returns how many products."""
    today = today or timezone.localdate()
    turning = Q(blanket_order__starts_on=today) | Q(blanket_order__ends_on=today - timedelta(days=1))
    lines = BlanketOrderLine.objects.filter(turning, blanket_order__status=BlanketOrder.Status.OPEN)
    products = set(lines.values_list("supplier_item__product", flat=True))
    mark_products(products)
    return len(products)


# ---- what may be agreed


def _checked(new: NewBlanketOrder, own: BlanketOrder | None) -> dict[int, SupplierItem]:
    """The supplier's items by product, when all is well. Raises: InvalidInput, naming every field."""
    items = {
        item.product_id: item
        for item in SupplierItem.objects.filter(
            supplier=new.supplier_id, product__in={line.product_id for line in new.lines}
        ).select_related("product")
    }
    refuse_text("reference", new.reference, MAX_REFERENCE)
    errors = {}
    if new.ends_on < new.starts_on:
        errors["ends_on"] = _("It cannot end before it starts.")
    if new.value_limit is not None and not Decimal("0.01") <= new.value_limit <= MAX_VALUE:
        errors["value_limit"] = _("Enter an amount from 0.01 to %s.") % MAX_VALUE
    if not new.lines:
        errors["lines"] = _("An agreement needs at least one line.")
    seen: set[int] = set()
    taken = _taken(new, own)
    for index, line in enumerate(new.lines):
        item = items.get(line.product_id)
        if item is None:
            errors[f"lines.{index}.product"] = _("This supplier does not sell this product to us.")
            continue
        if line.product_id in seen:
            errors[f"lines.{index}.product"] = _("%s stands on the agreement twice.") % item.product.sku
        elif other := taken.get(item.pk):
            words = {"sku": item.product.sku, "number": other}
            text = _("%(sku)s stands on %(number)s in these days already: change that one, or choose other days.")
            errors[f"lines.{index}.product"] = text % words
        seen.add(line.product_id)
        errors |= {f"lines.{index}.{name}": text for name, text in _line_errors(line, new).items()}
    if errors:
        raise InvalidInput(_("The agreement was not saved: please correct the fields named."), field_errors=errors)
    return items


def _taken(new: NewBlanketOrder, own: BlanketOrder | None) -> dict[int, str]:
    """Numbers of other agreements in these days, by supplier item: one price at a time."""
    others = BlanketOrderLine.objects.filter(
        blanket_order__supplier=new.supplier_id,
        blanket_order__status=BlanketOrder.Status.OPEN,
        blanket_order__starts_on__lte=new.ends_on,
        blanket_order__ends_on__gte=new.starts_on,
    )
    if own:
        others = others.exclude(blanket_order=own)
    return dict(others.values_list("supplier_item", "blanket_order__number"))


def _line_errors(line: NewBlanketLine, new: NewBlanketOrder) -> dict[str, str]:
    errors = {}
    if line.quantity is None and new.value_limit is None:
        errors["quantity"] = _("Enter a quantity, or a value for the whole agreement.")
    elif line.quantity is not None and not 0 < line.quantity <= MAX_QUANTITY:
        errors["quantity"] = _("Enter a whole number from 1 to %s.") % MAX_QUANTITY
    if wrong := cost_error(line.price):
        errors["unit_cost"] = wrong
    elif not line.price:
        errors["unit_cost"] = _("Enter the price that was agreed.")
    elif line.quantity is not None and (wrong := amount_error(line.quantity, line.price)):
        errors.setdefault("quantity", wrong)
    return errors


def _refuse_less_than_drawn(order: BlanketOrder, new: NewBlanketOrder, old: Mapping[int, Any]) -> None:
    """What is drawn stays agreed."""
    errors, kept = {}, {line.product_id for line in new.lines}
    gone = [line for product, line in old.items() if product not in kept and line.drawn]
    if gone:
        skus = ", ".join(line.supplier_item.product.sku for line in gone)
        errors["lines"] = _("Purchase orders draw on %s: that line must stay.") % skus
    for index, line in enumerate(new.lines):
        before = old.get(line.product_id)
        drawn, agreed = (before.drawn, before.quantity or before.drawn) if before else (0, 0)
        if line.quantity is not None and line.quantity < min(drawn, agreed):
            errors[f"lines.{index}.quantity"] = _("%s pieces are drawn already: agree on at least so many.") % drawn
    spent = next((line.spent for line in old.values()), Decimal(0))
    if new.value_limit is not None and new.value_limit < min(spent, order.value_limit or spent):
        errors["value_limit"] = _("%s is drawn already: agree on at least so much.") % spent
    if errors:
        raise InvalidInput(_("The agreement was not saved: please correct the fields named."), field_errors=errors)


def _write_lines(
    order: BlanketOrder,
    lines: Sequence[NewBlanketLine],
    items: Mapping[int, SupplierItem],
    old: Mapping[int, BlanketOrderLine],
) -> None:
    """Lines kept keep their row, and with it what draws on it."""
    rate = rates_on(timezone.localdate())[order.currency] if order.currency else None
    wanted = [
        BlanketOrderLine(
            pk=old[line.product_id].pk if line.product_id in old else None,
            blanket_order=order,
            supplier_item=items[line.product_id],
            quantity=line.quantity,
            unit_cost=line.price if rate is None else converted(line.price, rate),
            price=None if rate is None else line.price,
        )
        for line in lines
    ]
    kept = {line.pk for line in wanted}
    BlanketOrderLine.objects.filter(pk__in=[line.pk for line in old.values() if line.pk not in kept]).delete()
    BlanketOrderLine.objects.bulk_update([line for line in wanted if line.pk], ["quantity", "unit_cost", "price"])
    BlanketOrderLine.objects.bulk_create([line for line in wanted if not line.pk])


# ---- drawing on them


@dataclass(slots=True)
class Pool:
    """What is left of agreements while purchase orders are written; the rows are locked."""

    lines: dict[tuple[int, date], BlanketOrderLine]
    pieces: dict[int, int] = field(default_factory=dict)
    money: dict[int, Decimal] = field(default_factory=dict)
    # Pieces by line that the draft being changed has said before it draws: it may keep them.
    own: dict[int, int] = field(default_factory=dict)

    def left(self, line: BlanketOrderLine) -> int:
        """Pieces of a line that may still be drawn."""
        limits = []
        if line.pk in self.pieces:
            limits.append(self.pieces[line.pk])
        if line.blanket_order_id in self.money:
            limits.append(int(self.money[line.blanket_order_id] // line.asked))
        return max(min(limits), self.own.get(line.pk, 0))

    def take(self, line: BlanketOrderLine, quantity: int) -> None:
        """Count pieces as drawn."""
        if line.pk in self.pieces:
            self.pieces[line.pk] -= quantity
        if line.blanket_order_id in self.money:
            self.money[line.blanket_order_id] -= to_cents(quantity * line.asked)


def draw(
    news: Sequence[NewPurchaseOrder],
    items: Items,
    ordinary: Ordinary,
    now: datetime,
    *,
    draft: PurchaseOrder | None = None,
) -> list[NewPurchaseOrder]:
    """The orders with the price of the agreement in force in each line that it covers.

    A line without a price takes it unless the ordinary one is lower; one with just this price draws, or is refused
    when too little is left (unless the order may overdraw). ``draft``: the order whose lines these replace.
    Locks: BlanketOrder. Raises: AgreementOverdrawn.
    """
    days = [timezone.localdate(new.ordered_at or now) for new in news]
    pool = _pool(items.values(), set(days), draft)
    if pool is None:
        return list(news)
    errors: dict[str, str] = {}
    drawn = []
    for new, day in zip(news, days, strict=True):
        lines = []
        for index, line in enumerate(new.lines):
            item = items[new.supplier_id, line.product_id]
            agreed = pool.lines.get((item.pk, day))
            if agreed is None or not _draws(line, agreed, pool, ordinary(item, line.quantity), new.may_overdraw):
                lines.append(line)
                # A price that is the ordinary one, too, needs no agreement; a release does.
                needs_it = line.blanket_line_id or line.unit_cost != ordinary(item, line.quantity)
                if agreed and line.unit_cost == agreed.asked and needs_it:
                    errors[f"lines.{index}.quantity"] = _too_little(item, agreed, pool.left(agreed))
                continue
            pool.take(agreed, line.quantity)
            lines.append(replace(line, unit_cost=agreed.asked, blanket_line_id=agreed.pk))
        drawn.append(replace(new, lines=lines))
    if errors:
        raise AgreementOverdrawn(
            _("The purchase order was not saved: please correct the fields named."), field_errors=errors
        )
    return drawn


def _draws(line: NewPurchaseLine, agreed: BlanketOrderLine, pool: Pool, ordinary: Decimal, may_overdraw: bool) -> bool:
    if line.unit_cost is None:
        return line.quantity <= pool.left(agreed) and agreed.asked <= ordinary
    return line.unit_cost == agreed.asked and (may_overdraw or line.quantity <= pool.left(agreed))


def _too_little(item: SupplierItem, agreed: BlanketOrderLine, left: int) -> str:
    words = {"sku": item.product.sku, "number": agreed.blanket_order.number, "left": max(left, 0)}
    return (
        _("%(sku)s: only %(left)s pieces are left of %(number)s at this price; order fewer, or at another price.")
        % words
    )


def _pool(items: Collection[SupplierItem], days: set[date], draft: PurchaseOrder | None) -> Pool | None:
    """What is left of the agreements on these items, locked; None when there is none. One query then, else three."""
    ids = {item.pk for item in items}
    if not lock_agreements_of(ids):
        return None
    pool = Pool({})
    for day in sorted(days):
        for line in lines_in_force(day).filter(supplier_item__in=ids).select_related("blanket_order"):
            pool.lines[line.supplier_item_id, day] = line
            if line.quantity is not None:
                pool.pieces[line.pk] = line.quantity - line.drawn
            if line.blanket_order.value_limit is not None:
                pool.money[line.blanket_order_id] = line.blanket_order.value_limit - line.spent
    if draft:
        for own in draft.lines.filter(blanket_line__isnull=False).select_related("blanket_line"):
            assert own.blanket_line is not None
            pk, agreement = own.blanket_line.pk, own.blanket_line.blanket_order_id
            pool.own[pk] = own.quantity
            if pk in pool.pieces:
                pool.pieces[pk] += own.quantity
            if agreement in pool.money:
                pool.money[agreement] += to_cents(own.quantity * own.asked)
    return pool


def record_draws(orders: Iterable[tuple[PurchaseOrder, Sequence[NewPurchaseLine]]]) -> None:
    """Note on each agreement what new orders draw, and where that is more than was left; suggestions follow."""
    draws = [(order, line) for order, lines in orders for line in lines if line.blanket_line_id]
    if not draws:
        return
    lines = {
        line.pk: line
        for line in lines_with_figures()
        .filter(pk__in={line.blanket_line_id for _order, line in draws})
        .select_related("supplier_item__product")
    }
    by_order: dict[tuple[int, str], dict[str, list[int]]] = {}
    for order, line in draws:
        agreed = lines[line.blanket_line_id or 0]
        over = max(-agreed.left, 0)
        entry = by_order.setdefault((agreed.blanket_order_id, order.number), {})
        entry[agreed.supplier_item.product.sku] = [line.quantity, min(over, line.quantity)]
    audit.record_many(
        audit.entry("blanket_order", pk, "released", number=number, pieces=pieces)
        for (pk, number), pieces in by_order.items()
    )
    mark_products({line.product_id for _order, line in draws})


def refuse_ended(order: PurchaseOrder, at: datetime) -> None:
    """Nobody places an order at an agreed price that no longer counts. Raises: IllegalTransition."""
    drawn = set(order.lines.filter(blanket_line__isnull=False).values_list("blanket_line_id", flat=True))
    if not drawn:
        return
    counting = set(lines_in_force(timezone.localdate(at)).filter(pk__in=drawn).values_list("pk", flat=True))
    if drawn - counting:
        lines = BlanketOrderLine.objects.filter(pk__in=drawn - counting).select_related("blanket_order")
        numbers = ", ".join(sorted({line.blanket_order.number for line in lines}))
        raise IllegalTransition(
            _("The prices of %(agreements)s do not count today: type others into the draft, or extend the agreement.")
            % {"agreements": numbers}
        )
