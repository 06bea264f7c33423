"""Reads of quotations, as the pages and the API show them. (What the desk says while lines are typed: quotes.py.)"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import BigIntegerField, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, Round, Upper
from django.utils import timezone
from django.utils.translation import gettext as _

from core.history import Data, Event, Words, events
from core.templatetags.tandem import in_words
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


# ---- its history in sentences


def _quoted(data: Data) -> str:
    words = in_words(data)
    if not data["held_until"]:
        return _("Offered until %(valid_until)s; no stock is held.") % words
    if data["missing"]:
        return _("Offered until %(valid_until)s; %(held)s held until %(held_until)s, %(missing)s not there.") % words
    return _("Offered until %(valid_until)s; all of it held until %(held_until)s (%(held)s).") % words


def _held(data: Data) -> str:
    if data["missing"]:
        return _("Held until %(until)s: %(held)s; %(missing)s not there.") % in_words(data)
    return _("All of it held until %(until)s (%(held)s).") % in_words(data)


def _reason(sentence: str, data: Data) -> str:
    return _("%(sentence)s Reason: %(reason)s") % {"sentence": sentence, "reason": data["reason"]}


WORDS: Words = {
    "quoted": ("file-text", _quoted),
    "held": ("lock", _held),
    "let_go": ("lock-open", lambda data: _("Let go of the stock: %(released)s free again.") % in_words(data)),
    "lapsed": ("clock", lambda data: _("The hold ended by itself: %(released)s free again.") % in_words(data)),
    "hold_cut": (
        "alert-triangle",
        lambda data: _reason(_("Missing in stock: %(pieces)s are held no longer.") % in_words(data), data),
    ),
    "declined": ("x", lambda data: _reason(_("Declined; %(released)s free again.") % in_words(data), data)),
    "expired": ("clock-x", lambda data: _("Expired; %(released)s free again.") % in_words(data)),
    "replaced": ("replace", lambda data: _("Replaced by quotation %(number)s; its hold went there.") % data),
    "ordered": ("check", lambda data: _("Became order %(number)s; %(held)s passed over to it.") % in_words(data)),
}


def quotation_events(quotation_id: int) -> list[Event]:
    """Every step of a quotation, oldest first; one query."""
    return events("quotation", quotation_id, WORDS)
