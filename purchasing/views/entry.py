"""Purchase orders written by hand, and drafts changed."""

from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from core.errors import DomainError
from core.forms import spread_errors
from core.idempotency import do_once, new_key
from core.templatetags.tandem import quantity as number
from purchasing import selectors, services
from purchasing.agreements import in_force
from purchasing.forms import ExpectedDateForm, PurchaseHeadForm, PurchaseLineForm
from purchasing.lots import round_up_to_lot
from purchasing.models import PurchaseOrder, SupplierItem
from purchasing.typed import sought, whole
from purchasing.values import NewPurchaseLine, NewPurchaseOrder

MAX_SUGGESTIONS = 8
FIELDS = ("product", "label", "quantity", "unit_cost")
PLACE = "purchasing.place_purchaseorder"

Typed = dict[str, Any]
"""A line as typed: the FIELDS as text, and ``errors`` by field."""


@require_safe
@permission_required(PLACE, raise_exception=True)
def item_suggestions(request: HttpRequest) -> JsonResponse:
    """What the chosen supplier sells us, for the type-ahead."""
    text, supplier = sought(request.GET.get("q", "")), whole(request.GET.get("supplier", ""))
    found = _items(supplier, text) if text and supplier else []
    return JsonResponse({"results": [_item_row(item, text) for item in found]})


def _items(supplier_id: int, text: str) -> list[SupplierItem]:
    items = (
        selectors.supplier_items(supplier_id, search=text)
        .filter(product__is_active=True)
        .select_related("supplier")
        .prefetch_related(in_force(timezone.localdate()))
    )
    return sorted(items[: 5 * MAX_SUGGESTIONS], key=lambda item: not _is_exact(item, text))[:MAX_SUGGESTIONS]


def _is_exact(item: SupplierItem, text: str) -> bool:
    codes = (item.product.sku, item.product.barcode, item.supplier_sku)
    return text.upper() in (code.upper() for code in codes if code)


def _item_row(item: SupplierItem, text: str) -> dict[str, object]:
    rules = {"moq": item.moq, "size": item.order_multiple}
    hints = [_("from %(moq)s, packs of %(size)s") % rules] if item.moq > 1 or item.order_multiple > 1 else []
    if item.pallet_quantity:
        hints.append(_("pallets of %(pieces)s") % {"pieces": number(item.pallet_quantity)})
    price = item.asked
    for line in item.in_force:  # type: ignore[attr-defined]
        price = min(price, line.asked)
        words = {"number": line.blanket_order.number, "left": number(line.left)}
        hints.append(_("%(number)s: %(left)s left") % words)
    return {
        "id": item.product_id,
        "label": item.product.name,
        "code": item.product.sku,
        "hint": " · ".join(hints),
        "exact": _is_exact(item, text),
        "quantity": round_up_to_lot(1, item.moq, item.order_multiple),
        "unit_cost": str(price),
        "currency": item.supplier.currency,
    }


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(PLACE, raise_exception=True)
def order_new(request: HttpRequest) -> HttpResponseBase:
    """Write a purchase order; sent twice, the form makes one."""
    if request.method != "POST":
        head = PurchaseHeadForm(initial={"supplier": request.GET.get("supplier")})
        return _form_page(request, head, [blank_line()], key=new_key())
    head, lines, key = PurchaseHeadForm(request.POST), typed_lines(request), request.POST.get("key", "")
    wanted = _wanted(lines)
    if not head.is_valid() or wanted is None:
        return _form_page(request, head, lines, key=key, status=422)

    def create() -> int:
        new = NewPurchaseOrder(
            head.cleaned_data["supplier"].pk,
            head.cleaned_data["warehouse"].pk,
            wanted,
            place=request.POST.get("place") == "yes",
            expected_on=head.cleaned_data["expected_on"],
        )
        return services.create_purchase_orders([new])[0].pk

    try:
        pk = do_once(request.user.pk or 0, key, request.POST, create)
    except DomainError as error:
        return _form_page(request, head, lines, key=key, error=error, status=422)
    messages.success(request, _("The purchase order was saved."))
    return redirect("purchasing:order", pk)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(PLACE, raise_exception=True)
def order_edit(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Change lines and date of a draft."""
    order = get_object_or_404(PurchaseOrder.objects.select_related("supplier", "warehouse"), pk=pk)
    if request.method != "POST":
        if order.status != PurchaseOrder.Status.DRAFT:
            messages.error(request, _("%s is no longer a draft: its lines are fixed.") % order.number)
            return redirect("purchasing:order", pk)
        head = ExpectedDateForm(initial={"expected_on": order.expected_on}, required=False)
        return _form_page(request, head, _known_lines(order), order=order)
    head, lines = ExpectedDateForm(request.POST, required=False), typed_lines(request)
    wanted = _wanted(lines)
    if not head.is_valid() or wanted is None:
        return _form_page(request, head, lines, order=order, status=422)
    try:
        services.change_draft(pk, wanted, expected_on=head.cleaned_data["expected_on"])
    except DomainError as error:
        return _form_page(request, head, lines, order=order, error=error, status=422)
    messages.success(request, _("The changes were saved."))
    return redirect("purchasing:order", pk)


def blank_line() -> Typed:
    return dict.fromkeys(FIELDS, "") | {"errors": {}}


def _known_lines(order: PurchaseOrder) -> list[Typed]:
    return [
        {
            "product": line.product_id,
            "label": f"{line.product.sku} {line.product.name}",
            "quantity": line.quantity,
            "unit_cost": line.asked,
            "errors": {},
        }
        for line in selectors.purchase_order_lines(order)
    ]


def typed_lines(request: HttpRequest) -> list[Typed]:
    """The lines in which anything was typed; a code typed and never chosen is looked up."""
    columns = [request.POST.getlist(name) for name in FIELDS]
    lines = [dict(zip(FIELDS, (text.strip() for text in row), strict=True)) for row in zip(*columns, strict=False)]
    supplier = whole(request.POST.get("supplier", ""))
    typed: list[Typed] = []
    for line in lines:
        if not any(line[name] for name in ("product", "label", "quantity")):
            continue
        if line["label"] and not line["product"] and supplier:
            text = sought(line["label"])
            exact = [item for item in _items(supplier, text) if _is_exact(item, text)]
            line["product"] = str(exact[0].product_id) if len(exact) == 1 else ""
        typed.append(line | {"errors": {}})
    return typed or [blank_line()]


def _wanted(lines: list[Typed]) -> list[NewPurchaseLine] | None:
    found = valid_lines(lines, PurchaseLineForm)
    if found is None:
        return None
    return [NewPurchaseLine(line["product"], line["quantity"], line["unit_cost"]) for line in found]


def valid_lines(lines: list[Typed], kind: type[forms.Form]) -> list[dict[str, Any]] | None:
    """The lines as a form of this kind reads them, or None after noting in each what is wrong."""
    wanted = []
    for line in lines:
        form = kind(line)
        if form.is_valid():
            wanted.append(form.cleaned_data)
        else:
            line["errors"] = {name: " ".join(map(str, errors)) for name, errors in form.errors.items()}
    return wanted if len(wanted) == len(lines) else None


def form_page(
    request: HttpRequest,
    head: forms.Form,
    lines: list[Typed],
    *,
    template: str,
    order: Model | None = None,
    key: str = "",
    error: DomainError | None = None,
    status: int = 200,
) -> HttpResponse:
    """A document's head and lines with everything that was typed, each error at its field."""
    context = {
        "head": head,
        "lines": lines,
        "blank": blank_line(),
        "order": order,
        "key": key,
        "error": error.detail if error else _("Please correct the fields named.") if status != 200 else "",
        "other_errors": spread_errors(getattr(error, "field_errors", {}), head, lines),
        "texts": {"no_match": _("This supplier sells us no such product."), "choose_supplier": _("Choose a supplier.")},
    }
    return render(request, template, context, status=status)


_form_page = partial(form_page, template="purchasing/form.html")
