"""Products: list, page, add and edit."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from core.errors import InvalidInput
from core.exports import EXCEL_LIMIT, FORMATS, columns_response
from core.pages import following_page
from core.saved_views import saves_views
from inventory import products, selectors
from inventory.forms import ProductFilterForm, ProductForm
from inventory.models import Product

PAGE_SIZE = 50


@require_safe
@permission_required("inventory.view_product", raise_exception=True)
@saves_views(ProductFilterForm)
def product_list(request: HttpRequest) -> HttpResponseBase:
    """Products by SKU or sorted; ``?after=`` the last one shown gives the next page."""
    form = ProductFilterForm(request.GET)
    form.is_valid()
    search, archived = form.cleaned_data.get("q", ""), form.cleaned_data.get("archived", False)
    products = selectors.product_list(search, archived=archived, sort=form.cleaned_data.get("sort", ""))
    if request.GET.get("format") in FORMATS:
        return _export(request.GET["format"], products)
    page = following_page(products, request.GET.get("after"), PAGE_SIZE)
    totals = selectors.stock_totals([product.pk for product in page])
    context = {
        "form": form,
        "rows": [(product, totals[product.pk]) for product in page],
        "next": page.next,
        "is_first": page.is_first,
        "is_filtered": bool(search or archived),
        "excel_limit": EXCEL_LIMIT,
    }
    return render(request, "inventory/products.html", context)


def _export(kind: str, products: QuerySet[Product]) -> HttpResponseBase:
    """Every row as CSV, as many as a spreadsheet opens well as Excel."""
    columns = {
        "sku": _("SKU"),
        "name": _("Name"),
        "barcode": _("Barcode"),
        "category__name": _("Category"),
        "unit": _("Unit"),
        "price": _("List price"),
        "tax_rate": _("Tax rate (%)"),
    }
    return columns_response(kind, "products", columns, products)


@require_safe
@permission_required("inventory.view_product", raise_exception=True)
def product_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One product, its stock in every warehouse and what was changed."""
    product = get_object_or_404(Product.objects.select_related("category"), pk=pk)
    context = {
        "product": product,
        "places": selectors.stock_by_warehouse(product),
        "total": selectors.stock_totals([pk])[pk],
        "lots": selectors.lots_of_product(pk),
        "today": timezone.localdate(),
        "events": products.product_events(pk),
    }
    return render(request, "inventory/product.html", context)


@require_http_methods(["GET", "POST"])
@permission_required("inventory.add_product", raise_exception=True)
def product_new(request: HttpRequest) -> HttpResponseBase:
    """Add a product."""
    form = ProductForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            product = products.add_product(form.cleaned_data)
        except InvalidInput as refusal:
            form.add_error(None, refusal.detail)
        else:
            messages.success(request, _("%s was added.") % product.name)
            return redirect("inventory:product", product.pk)
    return render(request, "inventory/product_form.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@permission_required("inventory.change_product", raise_exception=True)
def product_edit(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Change a product, or archive it."""
    form = ProductForm(request.POST or None, instance=get_object_or_404(Product, pk=pk))
    if request.method == "POST" and form.is_valid():
        try:
            products.change_product(pk, form.cleaned_data)
        except InvalidInput as refusal:
            form.add_error(None, refusal.detail)
        else:
            messages.success(request, _("The changes were saved."))
            return redirect("inventory:product", pk)
    context = {"form": form, "product": get_object_or_404(Product, pk=pk)}
    return render(request, "inventory/product_form.html", context, status=422 if form.errors else 200)
