"""Reads of purchasing: supply on the way, lead times, the lists of the buyer's desk."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import Group
from django.db.models import (
    BigIntegerField,
    CharField,
    Count,
    DecimalField,
    ExpressionWrapper,
    F,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
)
from django.db.models.functions import Cast, Coalesce, Concat, Least, Round, TruncDate, Upper
from django.urls import reverse
from django.utils import timezone

from inventory.models import Product, StockLevel
from inventory.places import Delay, Place, Supply
from inventory.selectors import in_transit, search_products
from purchasing.agreements import in_force, lines_in_force
from purchasing.models import (
    ApprovalLimit,
    GoodsReceipt,
    GoodsReceiptLine,
    PriceBreak,
    PurchaseOrder,
    PurchaseOrderLine,
    ReorderSuggestion,
    StockPolicy,
    Supplier,
    SupplierItem,
)
from purchasing.values import Limit

MONEY = DecimalField(max_digits=20, decimal_places=2)
PIECES = BigIntegerField()
INCOMING = PurchaseOrder.INCOMING
PIPELINE = [PurchaseOrder.Status.DRAFT, PurchaseOrder.Status.WAITING, *INCOMING]
# As inventory.places.lane_source writes it.
LANE_SOURCE = Concat(
    Value("transfer "),
    Cast("transfer__source_id", CharField()),
    Value(">"),
    Cast("transfer__destination_id", CharField()),
)
DUE_ON = Coalesce(F("expected_on"), F("purchase_order__expected_on"))


def incoming_supply(places: Collection[Place]) -> Iterator[Supply]:
    """Pieces ordered from suppliers or sent by other warehouses and not received yet, dated.

    One query: whoever promises a date asks, and every round trip counts there.
    """
    ordered = (
        PurchaseOrderLine.objects.filter(
            product__in={p for p, _ in places},
            purchase_order__warehouse__in={w for _, w in places},
            purchase_order__status__in=INCOMING,
            quantity__gt=F("received"),
        )
        .annotate(due_on=DUE_ON, pieces=F("quantity") - F("received"))
        .order_by()
        .values_list(
            "product_id",
            "purchase_order__warehouse_id",
            "due_on",
            "pieces",
            "purchase_order__number",
            "purchase_order__supplier__code",
        )
    )
    sent = in_transit(places).values_list(
        "product_id",
        "transfer__destination_id",
        "transfer__expected_on",
        "pieces",
        "transfer__number",
        LANE_SOURCE,
    )
    rows = ordered.union(sent, all=True).order_by("due_on", "purchase_order__number")
    for product, warehouse, expected_on, quantity, number, supplier in rows:
        yield Supply((product, warehouse), expected_on, quantity, number, supplier)


def preferred_suppliers(places: Collection[Place]) -> dict[Place, str]:
    """Code of the preferred supplier, for places whose product has one; one query."""
    codes = dict(
        SupplierItem.objects.filter(
            product__in={p for p, _ in places}, is_preferred=True, supplier__is_active=True
        ).values_list("product_id", "supplier__code")
    )
    return {place: codes[place[0]] for place in places if place[0] in codes}


def receipt_delays(first: date, last: date) -> Iterator[Delay]:
    """Every receipt of these days with how late it came, oldest first; one query."""
    rows = (
        GoodsReceipt.objects.annotate(day=TruncDate("received_at"), ordered=TruncDate("purchase_order__ordered_at"))
        .filter(day__gte=first, day__lte=last)
        .order_by("received_at", "pk")
        .values_list(
            "purchase_order__supplier__code",
            "day",
            "ordered",
            # The date first named: one moved later makes it late.
            Coalesce("purchase_order__promised_on", "purchase_order__expected_on"),
        )
    )
    for supplier, day, ordered, expected in rows.iterator(chunk_size=2000):
        if day and ordered and expected:
            yield Delay(supplier, (day - expected).days, (day - ordered).days)


def on_order(places: Collection[Place]) -> dict[Place, int]:
    """Pieces in drafts and purchase orders not received yet, by place; drafts count, so they are not proposed again.

    Places without any are absent.
    """
    rows = (
        PurchaseOrderLine.objects.filter(
            product__in={p for p, _ in places},
            purchase_order__warehouse__in={w for _, w in places},
            purchase_order__status__in=PIPELINE,
            quantity__gt=F("received"),
        )
        .order_by()
        .values_list("product_id", "purchase_order__warehouse_id")
        .annotate(total=Sum(F("quantity") - F("received")))
    )
    return {(product, warehouse): total for product, warehouse, total in rows}


# ---- suggestions


def open_suggestions(
    *, search: str = "", supplier_id: int | None = None, without_supplier: bool = False, warehouse_id: int | None = None
) -> QuerySet[ReorderSuggestion]:
    """Open suggestions with product, warehouse, supplier, ``piece_cost`` and ``cost``; by supplier, then SKU."""
    reached = PriceBreak.objects.filter(supplier_item=OuterRef("supplier_item"), quantity__lte=OuterRef("quantity"))
    covering = lines_in_force(timezone.localdate()).filter(
        supplier_item=OuterRef("supplier_item"), left__gte=OuterRef("quantity")
    )
    ordinary = Coalesce(Subquery(reached.order_by("-quantity").values("unit_cost")[:1]), F("supplier_item__unit_cost"))
    # PostgreSQL's LEAST passes over nulls; purchasing/lots.py says the same of one piece.
    piece_cost = Least(ordinary, Subquery(covering.values("unit_cost")[:1]))
    cost = Round(ExpressionWrapper(F("quantity") * F("piece_cost"), MONEY), 2)
    rows = ReorderSuggestion.objects.filter(status=ReorderSuggestion.Status.OPEN)
    rows = rows.annotate(piece_cost=piece_cost).annotate(cost=cost)
    if search:
        rows = rows.filter(product__in=_product_ids(search))
    if without_supplier:
        rows = rows.filter(supplier_item=None)
    elif supplier_id:
        rows = rows.filter(supplier_item__supplier=supplier_id)
    if warehouse_id:
        rows = rows.filter(warehouse=warehouse_id)
    rows = rows.select_related("product", "warehouse", "supplier_item__supplier", "supplier_item__product")
    return rows.prefetch_related(
        "supplier_item__price_breaks", in_force(timezone.localdate(), "supplier_item__")
    ).order_by(F("supplier_item__supplier__code").asc(nulls_last=True), "product__sku", "warehouse__code")


def _product_ids(search: str) -> QuerySet[Product, Any]:
    return search_products(search, only_active=False).order_by().values("pk")


# ---- purchase orders


@dataclass(frozen=True, slots=True)
class PurchaseWish:
    """What the list of purchase orders is asked for; empty fields leave nothing out."""

    search: str = ""
    status: str = ""
    supplier_id: int | None = None
    warehouse_id: int | None = None
    sort: str = ""


# Each tells any two orders apart and has no nulls, as core.pages needs it.
ORDERINGS = {"": ("-pk",), "expected": ("due", "pk"), "supplier": ("supplier__name", "-pk")}


def purchase_order_list(wish: PurchaseWish) -> QuerySet[PurchaseOrder]:
    """Purchase orders of a wish, newest first unless it says otherwise, each with its figures."""
    orders = with_figures(PurchaseOrder.objects.select_related("supplier", "warehouse"))
    if wish.status == "incoming":
        orders = orders.filter(status__in=INCOMING)
    elif wish.status == "unconfirmed":
        orders = orders.filter(status__in=INCOMING, confirmed_at=None)
    elif wish.status == "overdue":
        orders = orders.filter(_overdue())
    elif wish.status:
        orders = orders.filter(status=wish.status)
    if wish.supplier_id:
        orders = orders.filter(supplier=wish.supplier_id)
    if wish.warehouse_id:
        orders = orders.filter(warehouse=wish.warehouse_id)
    if wish.search:
        orders = _searched(orders, wish.search)
    if wish.sort == "expected":
        orders = orders.annotate(due=Coalesce("expected_on", Value(date.max)))
    return orders.order_by(*ORDERINGS[wish.sort])


def order_total(purchase_order_id: int) -> Decimal:
    """Money of all lines of a purchase order."""
    amount = Round(ExpressionWrapper(F("quantity") * F("unit_cost"), MONEY), 2)
    lines = PurchaseOrderLine.objects.filter(purchase_order=purchase_order_id)
    return lines.aggregate(total=Coalesce(Sum(amount), Decimal("0.00"), output_field=MONEY))["total"]


def waiting_orders(limit: Limit) -> QuerySet[PurchaseOrder]:
    """Orders that wait for an approval which this limit covers, oldest first."""
    orders = with_figures(PurchaseOrder.objects.filter(status=PurchaseOrder.Status.WAITING))
    return (orders if limit is None else orders.filter(Q(total__lte=limit))).order_by("pk")


def with_figures(orders: QuerySet[PurchaseOrder]) -> QuerySet[PurchaseOrder]:
    """Each with ``total`` (money), ``line_count``, pieces ``ordered`` and ``arrived``, and if it ``is_overdue``."""
    lines = PurchaseOrderLine.objects.filter(purchase_order=OuterRef("pk")).order_by().values("purchase_order")
    amount = Round(ExpressionWrapper(F("quantity") * F("unit_cost"), MONEY), 2)
    return orders.annotate(
        total=Coalesce(Subquery(lines.annotate(n=Sum(amount)).values("n"), output_field=MONEY), Decimal("0.00")),
        line_count=Coalesce(Subquery(lines.annotate(n=Count("pk")).values("n")), 0),
        ordered=Coalesce(Subquery(lines.annotate(n=Sum("quantity")).values("n"), output_field=PIECES), 0),
        arrived=Coalesce(Subquery(lines.annotate(n=Sum("received")).values("n"), output_field=PIECES), 0),
        is_overdue=_overdue(),
    )


def _overdue() -> Q:
    return Q(status__in=INCOMING, expected_on__lt=timezone.localdate())


def _searched(orders: QuerySet[PurchaseOrder], text: str) -> QuerySet[PurchaseOrder]:
    """Purchase orders whose number, supplier, or a line's product (SKU or barcode) fits the text."""
    wanted = text.strip().upper()
    products = Product.objects.alias(sku_upper=Upper("sku")).filter(
        Q(sku_upper__startswith=wanted) | Q(barcode=text.strip())
    )
    of_product = PurchaseOrderLine.objects.filter(product__in=products.values("pk"))
    suppliers = Supplier.objects.filter(Q(code__iexact=wanted) | Q(name__icontains=text.strip()))
    return orders.alias(number_upper=Upper("number")).filter(
        Q(number_upper__contains=wanted)
        | Q(supplier__in=suppliers.order_by().values("pk"))
        | Q(pk__in=of_product.values("purchase_order"))
    )


def purchase_order_lines(order: PurchaseOrder) -> list[PurchaseOrderLine]:
    """The lines with product, suggestion, and the supplier's own code as ``supplier_sku``; one query."""
    item = SupplierItem.objects.filter(supplier=order.supplier_id, product=OuterRef("product"))
    lines = PurchaseOrderLine.objects.filter(purchase_order=order).select_related(
        "product", "suggestion", "blanket_line__blanket_order"
    )
    return list(lines.annotate(supplier_sku=Coalesce(Subquery(item.values("supplier_sku")), Value(""))).order_by("pk"))


def receipts(order: PurchaseOrder) -> QuerySet[GoodsReceipt]:
    """What arrived for a purchase order, oldest first, with the pieces of each product."""
    lines = GoodsReceiptLine.objects.select_related("line__product").order_by("pk")
    return (
        GoodsReceipt.objects.filter(purchase_order=order)
        .select_related("created_by")
        .prefetch_related(Prefetch("lines", lines))
        .order_by("received_at", "pk")
    )


def receipt_addresses(numbers: Collection[str]) -> dict[str, str]:
    """The page of each goods receipt's purchase order, by the receipt's number."""
    found = GoodsReceipt.objects.filter(number__in=numbers).values_list("number", "purchase_order")
    return {number: reverse("purchasing:order", args=[order]) for number, order in found}


def expected_orders(*, search: str = "", warehouse_id: int | None = None) -> QuerySet[PurchaseOrder]:
    """Purchase orders on their way, those due first, each with its figures."""
    orders = purchase_order_list(PurchaseWish(search=search, status="incoming", warehouse_id=warehouse_id))
    return orders.order_by("expected_on", "pk")


def approval_limits() -> list[tuple[Group, Decimal | None]]:
    """Roles that may place purchase orders, each with its limit; two queries."""
    limits = dict(ApprovalLimit.objects.values_list("group_id", "amount"))
    groups = Group.objects.filter(
        permissions__codename="place_purchaseorder", permissions__content_type__app_label="purchasing"
    )
    return [(group, limits.get(group.pk)) for group in groups.order_by("name")]


# ---- suppliers


def supplier_list(*, search: str = "", only_active: bool = False) -> QuerySet[Supplier]:
    """Suppliers by code, each with how many ``item_count`` it sells us and its ``open_orders``."""
    suppliers = Supplier.objects.all()
    if search:
        suppliers = suppliers.filter(Q(code__icontains=search) | Q(name__icontains=search))
    if only_active:
        suppliers = suppliers.filter(is_active=True)
    items = SupplierItem.objects.filter(supplier=OuterRef("pk")).order_by().values("supplier")
    orders = PurchaseOrder.objects.filter(supplier=OuterRef("pk"), status__in=PIPELINE).order_by().values("supplier")
    return suppliers.annotate(
        item_count=Coalesce(Subquery(items.annotate(n=Count("pk")).values("n")), 0),
        open_orders=Coalesce(Subquery(orders.annotate(n=Count("pk")).values("n")), 0),
    ).order_by("code")


def supplier_items(supplier_id: int, *, search: str = "") -> QuerySet[SupplierItem]:
    """What a supplier sells us, by SKU; found by our SKU, name or barcode, or by the supplier's own code."""
    items = SupplierItem.objects.filter(supplier=supplier_id).select_related("product")
    if search:
        items = items.filter(Q(product__in=_product_ids(search)) | Q(supplier_sku__iexact=search.strip()))
    return items.order_by("product__sku")


# ---- policies


def policy_list(*, search: str = "", warehouse_id: int | None = None, source: str = "") -> QuerySet[StockPolicy]:
    """Stock policies by SKU and warehouse, each with ``ordered``: what customers have ordered and not got yet.

    The levels are the base tier, for everyday demand; what is ordered is the dynamic tier on top, alive with orders.
    """
    level = StockLevel.objects.filter(product=OuterRef("product"), warehouse=OuterRef("warehouse"))
    policies = StockPolicy.objects.select_related("product", "warehouse").annotate(
        ordered=Coalesce(Subquery(level.values("demanded")[:1]), 0)
    )
    if search:
        policies = policies.filter(product__in=_product_ids(search))
    if warehouse_id:
        policies = policies.filter(warehouse=warehouse_id)
    if source:
        policies = policies.filter(source=source)
    return policies.order_by("product__sku", "warehouse__code")
