"""Suppliers and what they sell us: list, page, add and edit."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from core.errors import InvalidInput
from core.pages import following_page
from core.queue import kick
from core.saved_views import saves_views
from purchasing import selectors, services
from purchasing.forms import SupplierForm, SupplierItemForm
from purchasing.models import Supplier, SupplierItem
from purchasing.performance import scorecard
from purchasing.tasks import check_reorder_points
from purchasing.typed import sought, whole
from purchasing.views.products import chosen_product

PAGE_SIZE = 50
ORDERS_SHOWN = 10


@require_safe
@permission_required("purchasing.view_supplier", raise_exception=True)
@saves_views(["q"])
def supplier_list(request: HttpRequest) -> HttpResponse:
    """Suppliers by code."""
    search = sought(request.GET.get("q", ""))
    page = following_page(selectors.supplier_list(search=search), request.GET.get("after"), PAGE_SIZE)
    return render(request, "purchasing/suppliers.html", {"page": page, "search": search})


@require_safe
@permission_required("purchasing.view_supplier", raise_exception=True)
def supplier_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One supplier: what it sells us and by which rules, how it did, its last orders."""
    supplier = get_object_or_404(Supplier, pk=pk)
    search = sought(request.GET.get("q", ""))
    context: dict[str, Any] = {
        "supplier": supplier,
        "search": search,
        "score": scorecard(pk, supplier.lead_time_days),
    }
    if request.user.has_perm("purchasing.view_supplieritem"):
        items = selectors.supplier_items(pk, search=search)
        context["page"] = following_page(items, request.GET.get("after"), PAGE_SIZE)
    if request.user.has_perm("purchasing.view_purchaseorder"):
        context["orders"] = selectors.purchase_order_list(selectors.PurchaseWish(supplier_id=pk))[:ORDERS_SHOWN]
    return render(request, "purchasing/supplier.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("purchasing.add_supplier", raise_exception=True)
def supplier_new(request: HttpRequest) -> HttpResponseBase:
    """Add a supplier."""
    form = SupplierForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            supplier = services.add_supplier(form.cleaned_data)
        except InvalidInput as refusal:
            _name_errors(form, refusal)
        else:
            messages.success(request, _("%s was added.") % supplier.name)
            return redirect("purchasing:supplier", supplier.pk)
    return render(request, "purchasing/supplier_form.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("purchasing.change_supplier", raise_exception=True)
def supplier_edit(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Change a supplier."""
    supplier = get_object_or_404(Supplier, pk=pk)
    form = SupplierForm(request.POST if request.method == "POST" else None, instance=supplier)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_supplier(pk, form.cleaned_data)
        except InvalidInput as refusal:
            _name_errors(form, refusal)
        else:
            kick(check_reorder_points)
            messages.success(request, _("The changes were saved."))
            return redirect("purchasing:supplier", pk)
    context = {"form": form, "supplier": get_object_or_404(Supplier, pk=pk)}
    return render(request, "purchasing/supplier_form.html", context, status=422 if form.errors else 200)


def _name_errors(form: BaseForm, refusal: InvalidInput) -> None:
    for field, text in refusal.field_errors.items():
        form.add_error(field if field in form.fields else None, text)


# ---- what they sell us


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("purchasing.add_supplieritem", raise_exception=True)
def item_new(request: HttpRequest) -> HttpResponseBase:
    """Say that a supplier sells us a product; ``?supplier=`` and ``?product=`` fill in what is known."""
    asked = request.POST if request.method == "POST" else request.GET
    supplier = Supplier.objects.filter(pk=whole(asked.get("supplier", "")) or 0).first()
    product = chosen_product(asked)
    is_first = product is None or not SupplierItem.objects.filter(product=product, is_preferred=True).exists()
    form = SupplierItemForm(request.POST if request.method == "POST" else None, initial={"is_preferred": is_first})
    errors = {}
    if request.method == "POST":
        if supplier is None:
            errors["supplier"] = _("Choose a supplier.")
        if product is None:
            errors["product"] = _("Choose a product from the list.")
        if form.is_valid() and supplier and product:
            try:
                services.add_supplier_item(supplier.pk, product.pk, form.cleaned_data)
            except InvalidInput as refusal:
                errors |= {name: text for name, text in refusal.field_errors.items() if name == "product"}
                _name_errors(form, refusal)
            else:
                return _item_saved(request, supplier)
    context = {
        "form": form,
        "suppliers": Supplier.objects.filter(is_active=True),
        "supplier": supplier,
        "product": product,
        "label": asked.get("label", ""),
        "named_errors": errors,
        "texts": {"no_match": _("Nothing found.")},
    }
    return render(request, "purchasing/item_form.html", context, status=422 if errors or form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("purchasing.change_supplieritem", raise_exception=True)
def item_edit(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Change cost, lot rules or preference of what a supplier sells us."""
    item = get_object_or_404(SupplierItem.objects.select_related("supplier", "product"), pk=pk)
    supplier, product = item.supplier, item.product
    form = SupplierItemForm(request.POST if request.method == "POST" else None, instance=item)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_supplier_item(pk, form.cleaned_data)
        except InvalidInput as refusal:
            _name_errors(form, refusal)
        else:
            return _item_saved(request, supplier)
    context = {"form": form, "supplier": supplier, "product": product, "item": item}
    return render(request, "purchasing/item_form.html", context, status=422 if form.errors else 200)


def _item_saved(request: HttpRequest, supplier: Supplier) -> HttpResponseBase:
    kick(check_reorder_points)
    messages.success(request, _("The changes were saved. Suggestions of this product are computed anew."))
    return redirect("purchasing:supplier", supplier.pk)
