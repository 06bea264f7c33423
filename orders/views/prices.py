"""Price lists and promotions."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from orders.models import PriceList, PriceListItem, Promotion
from orders.price_forms import PriceForm, PriceListForm, PromotionForm
from orders.services import price_lists as services


@require_safe
@permission_required("orders.view_pricelist", raise_exception=True)
def prices(request: HttpRequest) -> HttpResponse:
    """Every price list and promotion; promotions that are over come last."""
    lists = PriceList.objects.annotate(
        prices=Count("items", distinct=True), buyers=Count("customers", distinct=True)
    ).order_by("name")
    today = timezone.localdate()
    promotions = sorted(
        Promotion.objects.select_related("product", "category"), key=lambda p: (p.last_day < today, p.first_day, p.pk)
    )
    return render(request, "orders/prices.html", {"lists": lists, "promotions": promotions, "today": today})


@require_http_methods(["GET", "POST"])
@permission_required("orders.change_pricelist", raise_exception=True)
def price_list_new(request: HttpRequest) -> HttpResponseBase:
    """Add a price list."""
    form = PriceListForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        return redirect("orders:price-list", services.save_price_list(form.save(commit=False)).pk)
    context = {"form": form, "title": _("Add price list")}
    return render(request, "orders/price_form.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@permission_required("orders.view_pricelist", raise_exception=True)
def price_list(request: HttpRequest, pk: int) -> HttpResponseBase:
    """One list with its prices; a POST adds a price."""
    found = get_object_or_404(PriceList, pk=pk)
    form = PriceForm(request.POST if request.method == "POST" else None, price_list=found)
    if request.method == "POST":
        if not request.user.has_perm("orders.change_pricelist"):
            return render(request, "403.html", status=403)
        if form.is_valid():
            services.save_price(form.save(commit=False))
            messages.success(request, _("The price was saved."))
            return redirect("orders:price-list", pk)
    context = {
        "price_list": found,
        "form": form,
        "items": found.items.select_related("product").order_by("product__sku", "min_quantity", "first_day"),
        "customers": found.customers.order_by("name")[:50],
        "today": timezone.localdate(),
    }
    return render(request, "orders/price_list.html", context, status=422 if form.errors else 200)


@require_POST
@permission_required("orders.change_pricelist", raise_exception=True)
def price_remove(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Take a price off its list."""
    item = get_object_or_404(PriceListItem.objects.select_related("product"), pk=pk)
    services.remove_price(item)
    messages.success(request, _("The price was removed; orders that exist keep it."))
    return redirect("orders:price-list", item.price_list_id)


@require_http_methods(["GET", "POST"])
@permission_required("orders.change_promotion", raise_exception=True)
def promotion(request: HttpRequest, pk: int | None = None) -> HttpResponseBase:
    """Add or change a promotion."""
    found = get_object_or_404(Promotion, pk=pk) if pk is not None else None
    form = PromotionForm(request.POST if request.method == "POST" else None, instance=found)
    if request.method == "POST" and form.is_valid():
        services.save_promotion(form.save(commit=False))
        messages.success(request, _("The promotion was saved."))
        return redirect("orders:prices")
    title = found.name if found else _("Add promotion")
    context = {"form": form, "title": title, "promotion": found}
    return render(request, "orders/price_form.html", context, status=422 if form.errors else 200)


@require_POST
@permission_required("orders.change_promotion", raise_exception=True)
def promotion_remove(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Delete a promotion."""
    services.remove_promotion(get_object_or_404(Promotion, pk=pk))
    messages.success(request, _("The promotion was removed; orders that exist keep their prices."))
    return redirect("orders:prices")
