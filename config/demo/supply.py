"""What the demo company has agreed with its suppliers."""

from datetime import date, timedelta
from decimal import Decimal

from django.utils import timezone

from core.actor import acting_as
from core.models import User
from inventory.models import Warehouse
from purchasing.models import StandingOrder, Supplier, SupplierItem
from purchasing.services import (
    add_blanket_order,
    add_standing_order,
    make_due_orders,
    pause_standing_order,
    release,
)
from purchasing.values import NewBlanketLine, NewBlanketOrder, NewPurchaseLine, NewStandingOrder


def agree_with_suppliers(today: date) -> None:
    """Blanket orders: one well used, one that ends soon, one by value, one for later, one that has ended."""
    with acting_as(User.objects.get(username="buyer").pk):
        # The last one's prices are in dollars.
        suppliers = list(Supplier.objects.filter(items__isnull=False).distinct().order_by("code")[:4])
        _agree(suppliers[0], today, (-90, 200), lots=10, reference="ML-2207", used=0.7)
        _agree(suppliers[1], today, (-160, 12), lots=8, reference="", used=0.4)
        _agree(suppliers[2], today, (-30, 330), lots=0, reference="OC/88", used=0.2)
        if len(suppliers) > 3:
            _agree(suppliers[3], today, (25, 210), lots=12, reference="", used=0)
            _agree(suppliers[3], today, (-300, -40), lots=12, reference="", used=0)


def set_up_standing_orders(today: date) -> None:
    """One every two weeks whose last order is made by rule, one every month that is paused."""
    with acting_as(User.objects.get(username="buyer").pk):
        warehouse = Warehouse.objects.order_by("pk")[0].pk
        suppliers = list(Supplier.objects.filter(items__isnull=False).distinct().order_by("code")[:2])
        _stand(suppliers[0], warehouse, today - timedelta(days=14), every=2, unit="week", approval="rule")
        _stand(suppliers[1], warehouse, today, every=1, unit="month", approval="draft")
        make_due_orders(today)
        pause_standing_order(StandingOrder.objects.latest("pk").pk)


def _stand(supplier: Supplier, warehouse: int, first: date, *, every: int, unit: str, approval: str) -> None:
    """Two products, a lot of each; the first day may have passed."""
    items = SupplierItem.objects.filter(supplier=supplier).order_by("-product__sku")[:2]
    lines = [NewPurchaseLine(item.product_id, _lot(item)) for item in items]
    today = timezone.localdate()
    new = NewStandingOrder(supplier.pk, warehouse, lines, max(first, today), every, unit, approval=approval)
    order = add_standing_order(new)
    if first < today:
        StandingOrder.objects.filter(pk=order.pk).update(starts_on=first, next_on=first)


def _agree(supplier: Supplier, today: date, days: tuple[int, int], *, lots: int, reference: str, used: float) -> None:
    """Three products at nine tenths of their price, so many lots of each, or up to a value; a part drawn by a draft."""
    items = list(SupplierItem.objects.filter(supplier=supplier).order_by("product__sku")[:3])
    lines = [
        NewBlanketLine(item.product_id, round(item.asked * Decimal("0.9"), 4), _lot(item) * lots or None)
        for item in items
    ]
    new = NewBlanketOrder(
        supplier.pk,
        today + timedelta(days=days[0]),
        today + timedelta(days=days[1]),
        lines,
        value_limit=None if lots else Decimal("20000.00"),
        reference=reference,
    )
    agreement = add_blanket_order(new)
    wanted = {item.product_id: _lot(item) * max(1, int((lots or 10) * used)) for item in items[:2]}
    if used:
        release(agreement.pk, wanted, warehouse_id=Warehouse.objects.order_by("pk")[0].pk, place=False)


def _lot(item: SupplierItem) -> int:
    return max(item.moq, item.order_multiple)
