"""Purchase orders: drafted or placed, changed while a draft, cancelled."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core import audit, outbox
from core.actor import current_actor_id
from core.checks import MAX_REASON, amount_error, cost_error, refuse_text
from core.errors import IllegalTransition, InvalidInput
from core.live import publish_after_commit
from core.money import to_cents
from core.sequences import next_numbers
from core.transactions import retry_on_conflict
from inventory.models import Warehouse
from inventory.services import MAX_QUANTITY
from purchasing.agreements import agreed_of
from purchasing.currencies import converted, rates_on
from purchasing.locks import locked_purchase_order
from purchasing.lots import cost_of_piece
from purchasing.models import PurchaseOrder, PurchaseOrderLine, ReorderSuggestion, Supplier, SupplierItem
from purchasing.services.agreements import draw, record_draws
from purchasing.services.approval import limit_of, place_or_ask
from purchasing.services.reorder import mark_for_check, mark_products
from purchasing.services.supply import tell_supply
from purchasing.values import Limit, NewPurchaseLine, NewPurchaseOrder

Lines = Mapping[int, PurchaseOrderLine]
"""Lines of one purchase order by product."""
Items = Mapping[tuple[int, int], SupplierItem]
"""Supplier items by supplier and product."""
Rates = Mapping[tuple[str, date], Decimal]
"""Exchange rates by currency and day."""


@retry_on_conflict
@transaction.atomic(durable=True)
def create_purchase_orders(news: Sequence[NewPurchaseOrder]) -> list[PurchaseOrder]:
    """Insert purchase orders, placed with the supplier or as drafts; all or nothing. Raises: InvalidInput."""
    return create(news)


@transaction.atomic(savepoint=False)
def create(news: Sequence[NewPurchaseOrder]) -> list[PurchaseOrder]:
    """As ``create_purchase_orders``, inside the caller's transaction."""
    now = timezone.now()
    suppliers = Supplier.objects.in_bulk({new.supplier_id for new in news})
    items = _items(news)
    warehouses = set(Warehouse.objects.filter(is_active=True).values_list("pk", flat=True))
    rates = _rates(news, suppliers, now)
    for new in news:
        _check(new, suppliers, warehouses, items, rates)
    news = draw(news, items, asked_at, now)
    limit = limit_of(current_actor_id())
    orders = [
        _header(new, number, suppliers[new.supplier_id], items, limit, now, rates)
        for new, number in zip(news, next_numbers("PO", len(news)), strict=True)
    ]
    PurchaseOrder.objects.bulk_create(orders)
    PurchaseOrderLine.objects.bulk_create(
        [
            _line(order, line, items[new.supplier_id, line.product_id], order.rate)
            for order, new in zip(orders, news, strict=True)
            for line in new.lines
        ],
        batch_size=2000,
    )
    audit.record_many(
        _first_entry(order, _total(new, items, order.rate)) for order, new in zip(orders, news, strict=True)
    )
    outbox.publish_many("purchase_order.created", ({"purchase_order": o.pk, "number": o.number} for o in orders))
    record_draws((order, new.lines) for order, new in zip(orders, news, strict=True))
    mark_for_check({(line.product_id, new.warehouse_id) for new in news for line in new.lines})
    for order, new in zip(orders, news, strict=True):
        if order.ordered_at:
            tell_supply(order, "ordered", {line.product_id for line in new.lines})
    publish_after_commit("purchase-orders-changed", {"purchase_orders": [order.pk for order in orders][:100]})
    return orders


def _items(news: Collection[NewPurchaseOrder]) -> Items:
    """The supplier items that these orders name, by supplier and product."""
    found = SupplierItem.objects.filter(
        supplier__in={new.supplier_id for new in news}, product__in={line.product_id for n in news for line in n.lines}
    )
    return {
        (item.supplier_id, item.product_id): item
        for item in found.select_related("product", "supplier").prefetch_related("price_breaks")
    }


def _rates(
    news: Collection[NewPurchaseOrder], suppliers: Mapping[int, Supplier], now: datetime
) -> dict[tuple[str, date], Decimal]:
    """Rates by currency and day of order; no query when every supplier is paid in the company's currency."""
    if not any(supplier.currency for supplier in suppliers.values()):
        return {}
    days = {timezone.localdate(new.ordered_at or now) for new in news}
    return {(currency, day): rate for day in days for currency, rate in rates_on(day).items()}


def _costs(line: NewPurchaseLine, item: SupplierItem, rate: Decimal) -> tuple[Decimal, Decimal | None]:
    """The cost of a piece in the company's currency, and the supplier's price where that is another."""
    asked = asked_at(item, line.quantity) if line.unit_cost is None else line.unit_cost
    return (converted(asked, rate), asked) if item.supplier.currency else (asked, None)


def _line(order: PurchaseOrder, line: NewPurchaseLine, item: SupplierItem, rate: Decimal) -> PurchaseOrderLine:
    cost, price = _costs(line, item, rate)
    tolerance = line.quantity * item.supplier.receipt_tolerance // 100
    return PurchaseOrderLine(
        purchase_order=order,
        product=item.product,
        quantity=line.quantity,
        unit_cost=cost,
        price=price,
        tolerance=tolerance,
        blanket_line_id=line.blanket_line_id,
    )


def _total(new: NewPurchaseOrder, items: Items, rate: Decimal) -> Decimal:
    lines = [_line(PurchaseOrder(), line, items[new.supplier_id, line.product_id], rate) for line in new.lines]
    return sum((to_cents(line.quantity * line.unit_cost) for line in lines), Decimal("0.00"))


def _first_entry(order: PurchaseOrder, total: Decimal) -> audit.Entry:
    if order.status == PurchaseOrder.Status.WAITING:
        return audit.entry("purchase_order", order.pk, "approval_asked", total=str(total))
    return audit.entry("purchase_order", order.pk, "ordered" if order.ordered_at else "drafted", at=order.ordered_at)


def _header(
    new: NewPurchaseOrder,
    number: str,
    supplier: Supplier,
    items: Items,
    limit: Limit,
    now: datetime,
    rates: Rates,
) -> PurchaseOrder:
    order = PurchaseOrder(
        currency=supplier.currency,
        rate=_rate(supplier, rates, new.ordered_at or now),
        number=number,
        supplier=supplier,
        warehouse_id=new.warehouse_id,
        expected_on=new.expected_on,
        created_by_id=current_actor_id(),
    )
    if new.place:
        place_or_ask(order, _total(new, items, order.rate), limit, new.ordered_at or now)
    return order


def _rate(supplier: Supplier, rates: Rates, at: datetime) -> Decimal:
    return rates[supplier.currency, timezone.localdate(at)] if supplier.currency else Decimal(1)


def _check(
    new: NewPurchaseOrder,
    suppliers: Mapping[int, Supplier],
    warehouses: set[int],
    items: Items,
    rates: Rates,
) -> None:
    errors = {}
    supplier = suppliers.get(new.supplier_id)
    if supplier is None:
        errors["supplier"] = _("Choose a supplier.")
    elif not supplier.is_active:
        errors["supplier"] = _("%s is not active: choose another supplier.") % supplier.name
    if new.warehouse_id not in warehouses:
        errors["warehouse"] = _("Choose an active warehouse.")
    if not new.lines:
        errors["lines"] = _("A purchase order needs at least one line.")
    seen = set()
    for index, line in enumerate(new.lines):
        item = items.get((new.supplier_id, line.product_id))
        if item is None:
            errors[f"lines.{index}.product"] = _("This supplier does not sell this product to us.")
            continue
        if line.product_id in seen:
            errors[f"lines.{index}.product"] = _("%s stands on the order twice.") % item.product.sku
        seen.add(line.product_id)
        if wrong := lot_error(item, line.quantity):
            errors[f"lines.{index}.quantity"] = wrong
        asked = asked_at(item, line.quantity) if line.unit_cost is None else line.unit_cost
        rate = _rate(item.supplier, rates, new.ordered_at or timezone.now())
        wrong = cost_error(asked)
        cost = asked if wrong or not item.supplier.currency else converted(asked, rate)
        if wrong := wrong or cost_error(cost):
            errors[f"lines.{index}.unit_cost"] = wrong
        elif wrong := amount_error(line.quantity, cost):
            errors.setdefault(f"lines.{index}.quantity", wrong)
    if errors:
        raise InvalidInput(_("The purchase order was not saved: please correct the fields named."), field_errors=errors)


def cost_at(item: SupplierItem, quantity: int) -> Decimal:
    """What a piece costs us when so many are ordered; price breaks and agreements stand loaded with the item."""
    breaks = [(step.quantity, step.unit_cost) for step in item.price_breaks.all()]
    return cost_of_piece(item.unit_cost, breaks, quantity, agreed_of(item))


def asked_at(item: SupplierItem, quantity: int) -> Decimal:
    """What the supplier asks for a piece in its own currency, without an agreement, when so many are ordered."""
    breaks = [(step.quantity, step.asked) for step in item.price_breaks.all()]
    return cost_of_piece(item.asked, breaks, quantity)


def lot_error(item: SupplierItem, quantity: int) -> str | None:
    """Why the supplier would not accept this quantity, if it would not."""
    if not 0 < quantity <= MAX_QUANTITY:
        return _("Enter a whole number from 1 to %s.") % MAX_QUANTITY
    if quantity < item.moq or quantity % item.order_multiple:
        rules = {"sku": item.product.sku, "moq": item.moq, "order_multiple": item.order_multiple}
        return _("%(sku)s: at least %(moq)s pieces, in packs of %(order_multiple)s.") % rules
    return None


@retry_on_conflict
@transaction.atomic(durable=True)
def change_draft(
    purchase_order_id: int, lines: Sequence[NewPurchaseLine], *, expected_on: date | None = None
) -> PurchaseOrder:
    """Give a draft these lines and date. Locks: PurchaseOrder. Raises: IllegalTransition, InvalidInput."""
    order = locked_purchase_order(purchase_order_id)
    if order.status != PurchaseOrder.Status.DRAFT:
        raise IllegalTransition(_("%s is no longer a draft: its lines are fixed.") % order.number)
    new = NewPurchaseOrder(order.supplier_id, order.warehouse_id, lines, place=False, expected_on=expected_on)
    items, suppliers, now = _items([new]), {order.supplier_id: order.supplier}, timezone.now()
    rates = _rates([new], suppliers, now)
    _check(new, suppliers, {order.warehouse_id}, items, rates)
    (new,) = draw([new], items, asked_at, now, draft=order)
    old = {line.product_id: line for line in order.lines.select_related("product")}
    order.currency, order.rate = order.supplier.currency, _rate(order.supplier, rates, now)
    wanted = {
        line.product_id: _line(order, line, items[order.supplier_id, line.product_id], order.rate) for line in new.lines
    }
    _replace_lines(old, wanted)
    order.expected_on = expected_on
    order.save(update_fields=["expected_on", "currency", "rate"])
    audit.record("purchase_order", order.pk, "changed", quantities=_changed_quantities(old, wanted))
    mark_for_check({(product, order.warehouse_id) for product in {*old, *wanted}})
    mark_products({line.product_id for line in [*old.values(), *wanted.values()] if line.blanket_line_id})
    publish_after_commit("purchase-orders-changed", {"purchase_orders": [order.pk]})
    return order


def _replace_lines(old: Lines, wanted: Lines) -> None:
    """Lines of a draft by product: those kept keep their row, and with it the suggestion they came from."""
    gone = [line.pk for product, line in old.items() if product not in wanted]
    ReorderSuggestion.objects.filter(purchase_order_line__in=gone).update(purchase_order_line=None)
    PurchaseOrderLine.objects.filter(pk__in=gone).delete()
    for product, line in wanted.items():
        if product in old:
            line.pk = old[product].pk
    PurchaseOrderLine.objects.bulk_update(
        [line for line in wanted.values() if line.pk], ["quantity", "unit_cost", "price", "tolerance", "blanket_line"]
    )
    PurchaseOrderLine.objects.bulk_create([line for line in wanted.values() if not line.pk])


def _changed_quantities(old: Lines, wanted: Lines) -> dict[str, list[int]]:
    """Pieces before and after by SKU, where they differ."""
    before = {line.product.sku: line.quantity for line in old.values()}
    after = {line.product.sku: line.quantity for line in wanted.values()}
    pairs = {sku: [before.get(sku, 0), after.get(sku, 0)] for sku in sorted({*before, *after})}
    return {sku: pair for sku, pair in pairs.items() if pair[0] != pair[1]}


@retry_on_conflict
@transaction.atomic(durable=True)
def cancel_purchase_order(purchase_order_id: int, *, reason: str) -> PurchaseOrder:
    """Cancel an order of which nothing has arrived. Locks: PurchaseOrder. Raises: IllegalTransition."""
    refuse_text("reason", reason, MAX_REASON, is_required=True)
    order = locked_purchase_order(purchase_order_id)
    order.move_to(PurchaseOrder.Status.CANCELLED)
    order.save(update_fields=["status"])
    audit.record("purchase_order", order.pk, "cancelled", reason=reason)
    outbox.publish("purchase_order.cancelled", purchase_order=order.pk, number=order.number)
    products = set(order.lines.values_list("product_id", flat=True))
    mark_for_check({(product, order.warehouse_id) for product in products})
    mark_products(set(order.lines.exclude(blanket_line=None).values_list("product_id", flat=True)))
    if order.ordered_at:
        tell_supply(order, "cancelled", products)
    publish_after_commit("purchase-orders-changed", {"purchase_orders": [order.pk]})
    return order
