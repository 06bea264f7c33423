"""Reads of quotations, as the pages and the API show them. (What the desk says while lines are typed: quotes.py.)"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import BigIntegerField, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, Round, Upper
from django.utils import timezone

from inventory.models import Product
from orders.models import Quotation, QuotationLine
from orders.pricing import PricedLine, Totals, totals
from orders.selectors import MONEY, ZERO, search_customers

ENDING_DAYS = 7


@dataclass(frozen=True, slots=True)
class QuotationWish:
    """What the list of quotations is asked for; empty fields leave nothing out.

    ``ending``: open ones whose last day, or whose hold's last day, is near.
    """

    search: str = ""
    status: str = ""
    ending: bool = False
    mine: int | None = None


def quotation_list(wish: QuotationWish) -> QuerySet[Quotation]:
    """Quotations of a wish, newest first, each with ``total`` (net) and ``held`` pieces."""
    quotations = Quotation.objects.select_related("customer", "warehouse", "created_by", "order")
    if wish.status:
        quotations = quotations.filter(status=wish.status)
    if wish.ending:
        quotations = quotations.filter(_ending(timezone.localdate()), status=Quotation.Status.OPEN)
    if wish.mine:
        quotations = quotations.filter(created_by=wish.mine)
    if wish.search:
        quotations = _searched(quotations, wish.search)
    return with_figures(quotations).order_by("-pk")


def _ending(today: date) -> Q:
    last = today + timedelta(days=ENDING_DAYS)
    return Q(valid_until__lte=last) | Q(held_until__lte=last)


def _searched(quotations: QuerySet[Quotation], text: str) -> QuerySet[Quotation]:
    """Quotations whose number, note, customer or a line's SKU fits the text."""
    wanted = text.strip().upper()
    products = Product.objects.alias(sku_upper=Upper("sku")).filter(sku_upper__startswith=wanted)
    of_product = QuotationLine.objects.filter(product__in=products.values("pk"))
    return quotations.alias(number_upper=Upper("number"), note_upper=Upper("note")).filter(
        Q(number_upper__contains=wanted)
        | Q(note_upper__contains=wanted)
        | Q(customer__in=search_customers(text).order_by().values("pk"))
        | Q(pk__in=of_product.values("quotation"))
    )


def with_figures(quotations: QuerySet[Quotation]) -> QuerySet[Quotation]:
    """Each with ``total`` (net, as ``selectors.with_figures``) and ``held`` pieces."""
    lines = QuotationLine.objects.filter(quotation=OuterRef("pk")).order_by().values("quotation")
    net = Round(F("amount") * (100 - F("quotation__discount")) / 100, 2)
    total = Subquery(lines.annotate(total=Sum(net)).values("total"), output_field=MONEY)
    held = Subquery(lines.annotate(pieces=Sum("held")).values("pieces"), output_field=BigIntegerField())
    return quotations.annotate(total=Coalesce(total, ZERO) + F("freight"), held=Coalesce(held, 0))


def quotation_totals(quotation: Quotation, lines: Iterable[QuotationLine]) -> Totals:
    """From goods to gross."""
    priced = [PricedLine(ln.quantity, ln.unit_price, ln.discount, ln.tax_rate) for ln in lines]
    return totals(priced, quotation.discount, quotation.freight)
