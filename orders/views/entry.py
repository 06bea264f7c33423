"""Entering an order. The page sends the finished order to the API (``api:order-list``), whose Idempotency-Key makes a
repeated send answer with the same order; here is only what the page needs while it is typed."""

from datetime import timedelta
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.db.models import Case, When
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.parsers import json_body
from core.templatetags.tandem import amount, percent, quantity
from inventory.models import Product, Warehouse
from inventory.selectors import availability
from inventory.services import MAX_QUANTITY
from orders.entry import first_lines, first_of_template, match_codes, quoted_lines, suggested_products
from orders.forms import QuoteForm, QuoteLineForm
from orders.models import Channel, Customer, Order
from orders.quotes import TypedLine, quote
from orders.selectors import search_customers
from orders.services.quotations import MAX_HOLD_DAYS
from orders.sources import Alternative, alternatives

MAX_SUGGESTIONS = 8
MAX_QUOTED_LINES = 500
MAX_CODE = 100
MOST_LOOKED_AT = 5_000  # orders, for the last one of a user
MAX_OFFERS = 3
VALID_DAYS = 14  # of a quotation, unless somebody types another day


@require_safe
@permission_required("orders.confirm_order", raise_exception=True)
def order_new(request: HttpRequest) -> HttpResponse:
    """The empty form; channel and warehouse as in this user's last order, if that is not long ago."""
    # Nobody looks through a million orders for somebody who never took one.
    newest = Order.objects.order_by("-pk").values("pk")[:MOST_LOOKED_AT]
    last = Order.objects.filter(pk__in=newest, created_by=request.user.pk).order_by("-pk").first()
    customer = request.GET.get("customer", "")
    today = timezone.localdate()
    context = {
        "channels": Channel.objects.all(),
        "warehouses": Warehouse.objects.filter(is_active=True),
        "last": last,
        "customer": Customer.objects.filter(pk=customer).first() if customer.isdecimal() else None,
        "max_quantity": MAX_QUANTITY,
        "texts": _texts(),
        "start": _start(request),
        "quotation_days": {
            "today": today,
            "valid": today + timedelta(days=VALID_DAYS),
            "hold": today + timedelta(days=MAX_HOLD_DAYS),
        },
    }
    return render(request, "orders/new.html", context)


def _start(request: HttpRequest) -> dict[str, Any] | None:
    """What the page begins with: the lines of a former order, a quotation or a template."""
    if "repeat" in request.GET and request.user.has_perm("orders.view_order"):
        return first_lines(request.GET["repeat"])
    if "quotation" in request.GET and request.user.has_perm("orders.view_quotation"):
        return quoted_lines(request.GET["quotation"])
    if "template" in request.GET and request.user.has_perm("orders.view_ordertemplate"):
        return first_of_template(request.GET["template"])
    return None


def _texts() -> dict[str, str]:
    """Sentences that the page's script shows."""
    return {
        "no_match": _("Nothing found."),
        "choose_customer": _("Choose a customer from the list."),
        "no_customer": _("No customer fits: check the spelling, or add the customer first."),
        "customer_blocked": _("This customer is blocked for new orders."),
        "other_address": _("Another address …"),
        "no_address": _("Type the address that the goods go to, or choose one."),
        "choose_product": _("Choose a product from the list."),
        "no_product": _("No product fits: check the SKU, or type a part of the name."),
        "date": _("Enter a whole date, or leave it empty."),
        "quantity": _("Enter a whole number from 1 to %s.") % quantity(MAX_QUANTITY),
        "price": _("Enter a price, with at most two decimal places."),
        "percent": _("Enter a percentage from 0 to 100, or leave it empty."),
        "below_cost": _("below cost"),
        "taxed": _("net {net} + tax {tax}"),
        "no_template": _("No template fits: check the name."),
        "template_refused": _("The template was not saved: please correct the fields named."),
        "template_offline": _("The server could not be reached: the template was not saved. Try again."),
        "no_lines": _("An order needs at least one line."),
        "refused": _("The order was not saved. Everything you typed is still here."),
        "line": _("Line {line}:"),
        "short": _("Only {available} of {wanted} available."),
        "blocked": _("blocked"),
        "available": _("{available} available"),
        "offline": _("The server could not be reached. Try again: the order will be saved only once."),
        "unknown_attempt": _("An earlier attempt did reach the server. Look in the order list before sending again."),
        "denied": _("You may not do this. Everything you typed is still here."),
        "session": _("Your session has ended; everything you typed is still here. Sign in, then go on here."),
    }


@require_safe
@permission_required("orders.confirm_order", raise_exception=True)
def customer_suggestions(request: HttpRequest) -> JsonResponse:
    """Customers for the type-ahead."""
    text = request.GET.get("q", "").strip()
    found = search_customers(text)[:MAX_SUGGESTIONS] if text else []
    rows = [
        {
            "id": customer.pk,
            "label": customer.name,
            "code": customer.code,
            "hint": customer.phone,
            "exact": customer.is_exact,  # type: ignore[attr-defined]
            "blocked": customer.is_blocked,
        }
        for customer in found
    ]
    return JsonResponse({"results": rows})


@require_safe
@permission_required("orders.confirm_order", raise_exception=True)
def customer_delivery(request: HttpRequest, pk: int) -> JsonResponse:
    """A customer's delivery addresses and contacts, and the own address."""
    customer = get_object_or_404(Customer.objects.only("address"), pk=pk)
    person = Case(When(contact__is_active=True, then="contact"))
    addresses = customer.delivery_addresses.filter(is_active=True).annotate(person=person)
    found = {
        "own": customer.address,
        "addresses": [
            {
                "id": row.pk,
                "label": row.label,
                "address": row.address,
                "is_default": row.is_default,
                "contact": row.person,
            }
            for row in addresses
        ],
        "contacts": list(customer.contacts.filter(is_active=True).values("id", "name", "role")),
    }
    return JsonResponse({"results": found})


@require_safe
@permission_required("orders.confirm_order", raise_exception=True)
def product_suggestions(request: HttpRequest) -> JsonResponse:
    """Products for the type-ahead, with what the chosen warehouse has available; a customer's own codes count too."""
    text, warehouse = request.GET.get("q", "").strip(), request.GET.get("warehouse", "")
    found = suggested_products(text, request.GET.get("customer", ""))[:MAX_SUGGESTIONS] if text else []
    places = {(product.pk, int(warehouse)) for product in found} if warehouse.isdecimal() else set()
    stock = availability(places) if places else {}
    rows = [_product_row(product, stock.get((product.pk, int(warehouse or 0)))) for product in found]
    return JsonResponse({"results": rows})


def _product_row(product: Product, level: Any) -> dict[str, object]:
    return {
        "id": product.pk,
        "label": product.name,
        "code": product.sku,
        "price": str(product.price),
        "unit": product.unit,
        "exact": getattr(product, "is_exact", True),
        "available": level.available if level else None,
    }


@require_POST
@permission_required("orders.confirm_order", raise_exception=True)
def product_match(request: HttpRequest) -> JsonResponse:
    """The product that each pasted code names exactly, null where there is none."""
    try:
        body = json_body(request)
        codes = [str(code)[:MAX_CODE] for code in list(body["codes"])[:MAX_QUOTED_LINES]]
        customer = str(body.get("customer") or "")
    except (ValueError, TypeError, KeyError, AttributeError):
        return JsonResponse({"results": []}, status=422)
    found = match_codes(codes, customer)
    return JsonResponse({"results": [_product_row(product, None) if product else None for product in found]})


@require_POST
@permission_required("orders.confirm_order", raise_exception=True)
def order_quote(request: HttpRequest) -> JsonResponse:
    """What can ship now and when the rest, for all lines of the page at once; lines not finished yet are left out."""
    try:
        body = json_body(request)
        rows = list(body["lines"])[:MAX_QUOTED_LINES]
        form = QuoteForm(body)
    except (ValueError, TypeError, KeyError):
        return JsonResponse({"lines": [], "total": None}, status=422)
    charges = form.charges()
    if "warehouse" not in form.cleaned_data:
        return JsonResponse({"lines": [], "total": None}, status=422)
    typed: dict[int, TypedLine] = {}
    for index, row in enumerate(rows):
        line = QuoteLineForm(row if isinstance(row, dict) else {})
        if line.is_valid():
            typed[index] = line.line()
    with_margin = request.user.has_perm("inventory.view_margin")
    warehouse = form.cleaned_data["warehouse"]
    quotes, total = quote(list(typed.values()), warehouse, charges, with_margin=with_margin)
    short = {line.product_id for line, answer in zip(typed.values(), quotes, strict=True) if answer.is_short}
    instead = alternatives(short, [warehouse]) if short else {}
    answers: list[dict[str, object] | None] = [None] * len(rows)
    for index, answer in zip(typed, quotes, strict=True):
        answers[index] = {
            "now": answer.now,
            "short": answer.is_short,
            "text": answer.sentence,
            "unit_price": str(answer.price.unit_price),
            "price_name": answer.price.name,
            "below_cost": answer.is_below_cost,
            "amount": amount(answer.amount),
            "margin": amount(answer.margin),
            "margin_share": percent(answer.margin_share),
            "instead": [
                _product_row(other.product, other) | {"text": _offer(other)}
                for other in instead.get(typed[index].product_id, [])[:MAX_OFFERS]
                if answer.is_short and other.available
            ],
        }
    sums = {"net": amount(total.net), "tax": amount(total.tax), "total": amount(total.gross)}
    return JsonResponse({"lines": answers} | sums)


def _offer(other: Alternative) -> str:
    """The words on the button that takes another product instead of one that is short."""
    words = {"sku": other.product.sku, "name": other.product.name, "available": quantity(other.available)}
    if other.is_successor:
        return _("Take the successor %(sku)s %(name)s (%(available)s available)") % words
    return _("Take %(sku)s %(name)s instead (%(available)s available)") % words
