"""Reads of blanket orders: which count on a day, what is drawn, what is left.

Whatever stands on a purchase order is drawn, in a draft too: two drafts must not count on the same pieces. A cancelled
order draws nothing, one that is complete or closed what came.
"""

from collections.abc import Collection
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import (
    BigIntegerField,
    Case,
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
    When,
)
from django.db.models.functions import Cast, Coalesce, Floor, Greatest, Least, Round

from purchasing.lots import Agreed
from purchasing.models import BlanketOrder, BlanketOrderLine, PurchaseOrder, PurchaseOrderLine, SupplierItem
from purchasing.models.agreements import ENDS_SOON_DAYS

Status = PurchaseOrder.Status
MONEY = DecimalField(max_digits=20, decimal_places=2)
PIECES = BigIntegerField()
DRAWN = Case(
    When(purchase_order__status=Status.CANCELLED, then=Value(0)),
    When(purchase_order__status__in=[Status.RECEIVED, Status.CLOSED], then=F("received")),
    default=Greatest("quantity", "received"),
    output_field=PIECES,
)
ASKED = Coalesce(F("price"), F("unit_cost"))


def _drawn(of: str, outer: str) -> Coalesce:
    """Pieces that purchase orders draw on what ``of`` names; ``outer`` is its key in the row outside."""
    releases = PurchaseOrderLine.objects.filter(**{of: OuterRef(outer)}).order_by().values(of)
    return Coalesce(Subquery(releases.annotate(n=Sum(DRAWN)).values("n"), output_field=PIECES), 0)


def _spent(outer: str) -> Coalesce:
    """Money of what purchase orders draw on an agreement, in its currency."""
    of = "blanket_line__blanket_order"
    releases = PurchaseOrderLine.objects.filter(**{of: OuterRef(outer)}).order_by().values(of)
    amount = Round(ExpressionWrapper(DRAWN * ASKED, MONEY), 2)
    return Coalesce(Subquery(releases.annotate(n=Sum(amount)).values("n"), output_field=MONEY), Decimal("0.00"))


def lines_with_figures() -> QuerySet[Any]:
    """Lines of agreements with the pieces ``drawn`` and ``left`` (below 0: overdrawn), and the agreement's ``spent``.

    What is left is what the line's quantity and the agreement's value both allow.
    """
    lines = BlanketOrderLine.objects.annotate(drawn=_drawn("blanket_line", "pk"), spent=_spent("blanket_order"))
    affordable = Cast(Floor((F("blanket_order__value_limit") - F("spent")) / ASKED), PIECES)
    # PostgreSQL's LEAST passes over nulls, and one of the two limits always stands.
    return lines.annotate(left=Least(F("quantity") - F("drawn"), affordable, output_field=PIECES))


def lines_in_force(day: date) -> QuerySet[Any]:
    """Lines whose price counts for orders of a day, with their figures; at most one of a supplier item."""
    return lines_with_figures().filter(
        blanket_order__status=BlanketOrder.Status.OPEN,
        blanket_order__starts_on__lte=day,
        blanket_order__ends_on__gte=day,
        blanket_order__currency=F("blanket_order__supplier__currency"),
    )


def in_force(day: date, through: str = "") -> Prefetch:  # type: ignore[type-arg]
    """Gives supplier items, reached ``through`` a path, what ``agreed_of`` reads."""
    lines = lines_in_force(day).filter(left__gt=0).select_related("blanket_order")
    return Prefetch(f"{through}blanket_lines", lines, to_attr="in_force")


def agreed_of(item: SupplierItem) -> Agreed | None:
    """What is agreed on an item that was loaded with ``in_force``, in the company's currency."""
    return next((_agreed(line) for line in item.in_force), None)  # type: ignore[attr-defined]


def _agreed(line: Any) -> Agreed:
    return Agreed(line.left, line.unit_cost, line.blanket_order.number)


def agreed_with(products: Collection[int], day: date) -> dict[int, Agreed]:
    """What is agreed on and left on a day, by supplier item; one query."""
    lines = lines_in_force(day).filter(supplier_item__product__in=products, left__gt=0).select_related("blanket_order")
    return {line.supplier_item_id: _agreed(line) for line in lines}


# ---- what pages show


def blanket_orders(
    today: date, *, search: str = "", supplier_id: int | None = None, state: str = ""
) -> QuerySet[BlanketOrder]:
    """Agreements, the last to end first, each with ``pieces``, ``drawn``, ``spent`` and ``line_count``."""
    own = BlanketOrderLine.objects.filter(blanket_order=OuterRef("pk")).order_by().values("blanket_order")
    orders = BlanketOrder.objects.select_related("supplier").annotate(
        pieces=Subquery(own.annotate(n=Sum("quantity")).values("n"), output_field=PIECES),
        line_count=Coalesce(Subquery(own.annotate(n=Count("pk")).values("n")), 0),
        drawn=_drawn("blanket_line__blanket_order", "pk"),
        spent=_spent("pk"),
    )
    if search:
        of_product = BlanketOrderLine.objects.filter(supplier_item__product__sku__istartswith=search)
        orders = orders.filter(
            Q(number__icontains=search)
            | Q(reference__icontains=search)
            | Q(supplier__name__icontains=search)
            | Q(supplier__code__iexact=search)
            | Q(pk__in=of_product.values("blanket_order"))
        )
    if supplier_id:
        orders = orders.filter(supplier=supplier_id)
    if state:
        orders = orders.filter(_in_state(state, today))
    return orders.order_by("-ends_on", "-pk")


def _in_state(state: str, today: date) -> Q:
    if state == BlanketOrder.State.CLOSED:
        return Q(status=BlanketOrder.Status.CLOSED)
    still_open = Q(status=BlanketOrder.Status.OPEN)
    if state == BlanketOrder.State.UPCOMING:
        return still_open & Q(starts_on__gt=today)
    if state == BlanketOrder.State.ENDED:
        return still_open & Q(ends_on__lt=today)
    counts = still_open & Q(starts_on__lte=today, ends_on__gte=today)
    # Those that end soon are valid, too.
    return counts & Q(ends_on__lt=today + timedelta(days=ENDS_SOON_DAYS)) if state == "ending" else counts


def blanket_order_lines(blanket_order_id: int) -> list[Any]:
    """The lines of an agreement with product and figures, by SKU; one query."""
    lines = lines_with_figures().filter(blanket_order=blanket_order_id).select_related("supplier_item__product")
    return list(lines.order_by("supplier_item__product__sku"))


def releases(blanket_order_id: int) -> QuerySet[PurchaseOrderLine]:
    """The lines of purchase orders that draw on an agreement, newest first, each with what it has ``drawn``."""
    lines = PurchaseOrderLine.objects.filter(blanket_line__blanket_order=blanket_order_id).annotate(drawn=DRAWN)
    return lines.select_related("purchase_order__warehouse", "product").order_by("-pk")
