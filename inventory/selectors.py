"""Reads of products and stock. ``StockLevel.available`` is the one definition of available."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import BigIntegerField, Count, F, OuterRef, Prefetch, Q, QuerySet, Subquery, Sum, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Upper
from django.urls import reverse
from django.utils import timezone

from inventory.lots import FIRST_EXPIRED
from inventory.models import Lot, Product, StockLevel, StockMove, Transfer, TransferLine, Warehouse
from inventory.places import Place


@dataclass(frozen=True, slots=True)
class Availability:
    """Stock of a place right now, in pieces."""

    on_hand: int = 0
    reserved: int = 0
    available: int = 0
    waiting: int = 0


def availability(places: Collection[Place]) -> dict[Place, Availability]:
    """Stock of every place asked for (zeros where nothing was ever stocked), in one query."""
    products, warehouses = {p for p, _ in places}, {w for _, w in places}
    rows = StockLevel.objects.filter(product__in=products, warehouse__in=warehouses).values_list(
        "product_id", "warehouse_id", "on_hand", "reserved", "available", "waiting"
    )
    found = {(product, warehouse): Availability(*rest) for product, warehouse, *rest in rows}
    return {place: found.get(place, Availability()) for place in places}


def waiting_by_place(places: Collection[Place]) -> dict[Place, int]:
    """Pieces that customers ordered and no reservation holds, by place; places without any are absent. One query."""
    return {place: level.waiting for place, level in availability(places).items() if level.waiting}


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


@dataclass(frozen=True, slots=True)
class StockWish:
    """What the stock list is asked for; empty fields leave nothing out."""

    search: str = ""
    warehouse_id: int | None = None
    category_id: int | None = None
    sort: str = ""


# Each tells any two rows apart and has no nulls, as core.pages needs it. ``sku_upper`` is what the unique index on
# SKUs holds.
STOCK_ORDERINGS = {
    "": ("sku_upper", "warehouse__code"),
    "available": ("available", "sku_upper", "warehouse__code"),
    "on_hand": ("-on_hand", "sku_upper", "warehouse__code"),
    "value": ("-value", "sku_upper", "warehouse__code"),
}
PRODUCT_ORDERINGS = {"": ("sku_upper",), "name": ("name", "sku_upper"), "price": ("-price", "sku_upper")}


def stock_list(wish: StockWish) -> QuerySet[StockLevel]:
    """Stock by product and warehouse, with both related rows, by SKU unless the wish says otherwise."""
    levels = StockLevel.objects.select_related("product__category", "warehouse").annotate(
        sku_upper=Upper("product__sku")
    )
    if wish.search:
        levels = levels.filter(product__in=search_products(wish.search, only_active=False).order_by().values("pk"))
    if wish.warehouse_id:
        levels = levels.filter(warehouse=wish.warehouse_id)
    if wish.category_id:
        levels = levels.filter(product__category=wish.category_id)
    return levels.order_by(*STOCK_ORDERINGS[wish.sort])


@dataclass(frozen=True, slots=True)
class CardRow:
    """A row of the ledger and the pieces on hand after it."""

    move: StockMove
    balance: int


def stock_card(level: StockLevel, *, before: int | None = None, limit: int) -> list[CardRow]:
    """The ledger of one place, newest first, each row with its running balance; ``before`` a row (its id) older ones.

    The balance counts down from what is on hand, so that a page costs what it shows. Level and rows are read by one
    statement: a move that commits in between cannot make them differ.
    """
    moves = StockMove.objects.filter(stock_level=level.pk)
    newer: Combinable = Value(0, output_field=BigIntegerField())
    if before and (last := moves.filter(pk=before).values_list("effective_at", "pk").first()):
        at, pk = last
        older = Q(effective_at__lt=at) | Q(effective_at=at, pk__lt=pk)
        shown = moves.filter(~older).order_by().values("stock_level").annotate(total=Sum("quantity")).values("total")
        newer, moves = Subquery(shown), moves.filter(effective_at__lte=at).filter(older)
    page = moves.annotate(start=F("stock_level__on_hand") - newer).select_related("actor")
    rows, balance = [], None
    for move in page.order_by("-effective_at", "-pk")[:limit]:
        balance = move.start if balance is None else balance
        rows.append(CardRow(move, balance))
        balance -= move.quantity
    return rows


def product_list(search: str = "", *, archived: bool = False, sort: str = "") -> QuerySet[Product]:
    """Products, those sold or those archived, by SKU unless ``sort`` says otherwise."""
    products = Product.objects.select_related("category").annotate(sku_upper=Upper("sku"))
    if search:
        products = products.filter(pk__in=search_products(search, only_active=False).order_by().values("pk"))
    return products.filter(is_active=not archived).order_by(*PRODUCT_ORDERINGS[sort])


def stock_totals(product_ids: Collection[int]) -> dict[int, Availability]:
    """Stock of each product in all warehouses together; one query."""
    rows = (
        StockLevel.objects.filter(product__in=product_ids)
        .order_by()
        .values_list("product_id")
        .annotate(Sum("on_hand"), Sum("reserved"), Sum("available"))
    )
    found = {product: Availability(*totals) for product, *totals in rows}
    return {product: found.get(product, Availability()) for product in product_ids}


@dataclass(frozen=True, slots=True)
class PlaceStock:
    """A warehouse and what it has of a product; ``level`` is None where it never had any."""

    warehouse: Warehouse
    level: StockLevel | None


def stock_by_warehouse(product: Product) -> list[PlaceStock]:
    """Every active warehouse, and every other that has the product, with its stock; two queries."""
    levels = {level.warehouse_id: level for level in StockLevel.objects.filter(product=product)}
    warehouses = Warehouse.objects.filter(Q(is_active=True) | Q(pk__in=list(levels)))
    return [PlaceStock(warehouse, levels.get(warehouse.pk)) for warehouse in warehouses]


# ---- transfers


@dataclass(frozen=True, slots=True)
class TransferWish:
    """What the list of transfers is asked for; empty fields leave nothing out."""

    search: str = ""
    status: str = ""
    warehouse_id: int | None = None


def transfer_list(wish: TransferWish) -> QuerySet[Transfer]:
    """Transfers of a wish, newest first, each with its figures; a warehouse counts at either end."""
    transfers = transfers_with_figures(Transfer.objects.select_related("source", "destination"))
    if wish.status == "transit":
        transfers = transfers.filter(status__in=Transfer.IN_TRANSIT)
    elif wish.status == "overdue":
        transfers = transfers.filter(_overdue())
    elif wish.status:
        transfers = transfers.filter(status=wish.status)
    if wish.warehouse_id:
        transfers = transfers.filter(Q(source=wish.warehouse_id) | Q(destination=wish.warehouse_id))
    if wish.search:
        products = search_products(wish.search, only_active=False).order_by().values("pk")
        lines = TransferLine.objects.filter(product__in=products)
        transfers = transfers.filter(Q(number__icontains=wish.search.strip()) | Q(pk__in=lines.values("transfer")))
    return transfers.order_by("-pk")


def transfers_with_figures(transfers: QuerySet[Transfer]) -> QuerySet[Transfer]:
    """Each with ``line_count``, pieces ``asked``, ``left`` (sent) and ``arrived``, and if it ``is_overdue``."""
    lines = TransferLine.objects.filter(transfer=OuterRef("pk")).order_by().values("transfer")

    def total(column: str) -> Coalesce:
        rows = lines.annotate(n=Sum(column)).values("n")
        return Coalesce(Subquery(rows, output_field=BigIntegerField()), 0)

    return transfers.annotate(
        line_count=Coalesce(Subquery(lines.annotate(n=Count("pk")).values("n")), 0),
        asked=total("requested"),
        left=total("sent"),
        arrived=total("received"),
        is_overdue=_overdue(),
    )


def _overdue() -> Q:
    return Q(status__in=Transfer.IN_TRANSIT, expected_on__lt=timezone.localdate())


def transfer_lines(transfer: Transfer) -> list[TransferLine]:
    """The lines with product, and what is free for them at the source now as ``free``; one query."""
    level = StockLevel.objects.filter(product=OuterRef("product"), warehouse=transfer.source_id)
    lines = TransferLine.objects.filter(transfer=transfer).select_related("product")
    return list(
        lines.annotate(
            free=Coalesce(Subquery(level.values("available")[:1], output_field=BigIntegerField()), 0)
        ).order_by("pk")
    )


def in_transit(places: Collection[Place]) -> QuerySet[TransferLine]:
    """Lines sent to these places (and to others in the same rows and columns) and not there yet, with ``pieces``.

    Requests are none of them: nobody has sent them. Who registers supply (inventory/pipeline.py) adds these to it.
    """
    return (
        TransferLine.objects.filter(
            product__in={product for product, _warehouse in places},
            transfer__destination__in={warehouse for _product, warehouse in places},
            transfer__status__in=Transfer.IN_TRANSIT,
            sent__gt=F("received") + F("lost"),
        )
        .annotate(pieces=F("sent") - F("received") - F("lost"))
        .order_by()
    )


def transfers_with_lines() -> QuerySet[Transfer]:
    """Transfers as the API shows them."""
    lines = Prefetch("lines", TransferLine.objects.select_related("product").order_by("pk"))
    return Transfer.objects.select_related("source", "destination").prefetch_related(lines)


def transfer_addresses(numbers: Collection[str]) -> dict[str, str]:
    """The page of each transfer, by its number."""
    found = Transfer.objects.filter(number__in=numbers).values_list("number", "pk")
    return {number: reverse("inventory:transfer", args=[pk]) for number, pk in found}


def lots_of_product(product_id: int) -> list[Lot]:
    """Lots of a product that are here, in the order in which they leave; one query."""
    lots = Lot.objects.filter(stock_level__product=product_id, on_hand__gt=0).select_related("stock_level__warehouse")
    return list(lots.order_by("stock_level__warehouse__code", *FIRST_EXPIRED))
