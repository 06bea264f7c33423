"""Reads of products and stock. ``StockLevel.available`` is the one definition of available."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import F, Q, QuerySet, Sum, Window
from django.db.models.functions import Upper

from inventory.models import Product, StockLevel, StockMove
from inventory.places import Place


@dataclass(frozen=True, slots=True)
class Availability:
    """Stock of a place right now, in pieces."""

    on_hand: int = 0
    reserved: int = 0
    available: int = 0


def availability(places: Collection[Place]) -> dict[Place, Availability]:
    """Stock of every place asked for (zeros where nothing was ever stocked), in one query."""
    products, warehouses = {p for p, _ in places}, {w for _, w in places}
    rows = StockLevel.objects.filter(product__in=products, warehouse__in=warehouses).values_list(
        "product_id", "warehouse_id", "on_hand", "reserved", "available"
    )
    found = {(product, warehouse): Availability(*rest) for product, warehouse, *rest in rows}
    return {place: found.get(place, Availability()) for place in places}


def search_products(text: str, *, only_active: bool = True) -> QuerySet[Product]:
    """Products whose SKU, name or barcode matches; an exact SKU or barcode comes first."""
    products = Product.objects.filter(is_active=True) if only_active else Product.objects.all()
    wanted = text.strip().upper()
    products = products.alias(sku_upper=Upper("sku"), name_upper=Upper("name"))
    for word in wanted.split():
        products = products.filter(Q(sku_upper__contains=word) | Q(name_upper__contains=word) | Q(barcode=word))
    exact = Q(sku_upper=wanted) | Q(barcode=text.strip()) if wanted else Q(pk=None)
    starts = Q(sku_upper__startswith=wanted)
    return products.annotate(is_exact=exact, starts=starts).order_by("-is_exact", "-starts", "sku")


def stock_list(*, search: str = "", warehouse_id: int | None = None) -> QuerySet[StockLevel]:
    """Stock by product and warehouse, with both related rows; by SKU."""
    levels = StockLevel.objects.select_related("product__category", "warehouse")
    if search:
        levels = levels.filter(product__in=search_products(search, only_active=False).order_by().values("pk"))
    if warehouse_id:
        levels = levels.filter(warehouse=warehouse_id)
    return levels.order_by("product__sku", "warehouse__code", "pk")


def stock_card(level: StockLevel) -> QuerySet[StockMove]:
    """The ledger of one place, newest first, each row with its running ``balance`` in pieces."""
    running = Window(Sum("quantity"), order_by=[F("effective_at").asc(), F("pk").asc()])
    return (
        StockMove.objects.filter(stock_level=level)
        .annotate(balance=running)
        .select_related("actor")
        .order_by("-effective_at", "-pk")
    )
