"""Reads of purchasing: supply on the way, lead times, the lists of the buyer's desk."""

from collections.abc import Collection, Iterator

from django.db.models import Count, ExpressionWrapper, F, QuerySet, Sum
from django.db.models.fields import DecimalField

from inventory.places import Place, Supply
from purchasing.models import PurchaseOrder, PurchaseOrderLine, ReorderSuggestion, SupplierItem

INCOMING = [PurchaseOrder.Status.ORDERED, PurchaseOrder.Status.PARTLY_RECEIVED]
PIPELINE = [PurchaseOrder.Status.DRAFT, *INCOMING]


def incoming_supply(places: Collection[Place]) -> Iterator[Supply]:
    """Pieces ordered from suppliers and not received yet, dated; one query."""
    rows = (
        PurchaseOrderLine.objects.filter(
            product__in={p for p, _ in places},
            purchase_order__warehouse__in={w for _, w in places},
            purchase_order__status__in=INCOMING,
            quantity__gt=F("received"),
        )
        .order_by("purchase_order__expected_on", "pk")
        .values_list(
            "product_id",
            "purchase_order__warehouse_id",
            "purchase_order__expected_on",
            F("quantity") - F("received"),
            "purchase_order__number",
        )
    )
    for product, warehouse, expected_on, quantity, number in rows:
        yield Supply((product, warehouse), expected_on, quantity, number)


def supplier_lead_times(places: Collection[Place]) -> dict[Place, int]:
    """The preferred supplier's lead time in days, for places whose product has one; one query."""
    days = dict(
        SupplierItem.objects.filter(product__in={p for p, _ in places}, is_preferred=True).values_list(
            "product_id", "supplier__lead_time_days"
        )
    )
    return {place: days[place[0]] for place in places if place[0] in days}


def on_order(places: Collection[Place]) -> dict[Place, int]:
    """Pieces in drafts and purchase orders not received yet, by place; drafts count, so they are not proposed again."""
    rows = (
        PurchaseOrderLine.objects.filter(
            product__in={p for p, _ in places},
            purchase_order__warehouse__in={w for _, w in places},
            purchase_order__status__in=PIPELINE,
        )
        .order_by()
        .values_list("product_id", "purchase_order__warehouse_id")
        .annotate(total=Sum(F("quantity") - F("received")))
    )
    return {(product, warehouse): total for product, warehouse, total in rows}


def open_suggestions(
    *, search: str = "", supplier_id: int | None = None, warehouse_id: int | None = None
) -> QuerySet[ReorderSuggestion]:
    """Open suggestions with product, warehouse, supplier and ``cost``; by supplier, then SKU."""
    cost = ExpressionWrapper(
        F("quantity") * F("supplier_item__unit_cost"), DecimalField(max_digits=18, decimal_places=2)
    )
    rows = ReorderSuggestion.objects.filter(status=ReorderSuggestion.Status.OPEN).annotate(cost=cost)
    if search:
        rows = rows.filter(product__sku__icontains=search) | rows.filter(product__name__icontains=search)
    if supplier_id:
        rows = rows.filter(supplier_item__supplier=supplier_id)
    if warehouse_id:
        rows = rows.filter(warehouse=warehouse_id)
    return rows.select_related("product__category", "warehouse", "supplier_item__supplier").order_by(
        F("supplier_item__supplier__code").asc(nulls_last=True), "warehouse__code", "product__sku"
    )


def purchase_order_list(*, search: str = "", status: str = "") -> QuerySet[PurchaseOrder]:
    """Purchase orders, newest first, with ``total`` (money), ``line_count``, pieces ``ordered`` and ``received``."""
    total = Sum(
        ExpressionWrapper(F("lines__quantity") * F("lines__unit_cost"), DecimalField(max_digits=18, decimal_places=2))
    )
    rows = PurchaseOrder.objects.annotate(
        total=total,
        line_count=Count("lines"),
        ordered=Sum("lines__quantity"),
        received=Sum("lines__received"),
    ).select_related("supplier", "warehouse")
    if search:
        rows = rows.filter(number__icontains=search) | rows.filter(supplier__name__icontains=search)
    if status == "incoming":
        rows = rows.filter(status__in=INCOMING)
    elif status:
        rows = rows.filter(status=status)
    return rows.order_by("-pk")
