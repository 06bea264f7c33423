"""Customers: list, page, add and edit."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db.models import QuerySet
from django.db.models.functions import TruncDate
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from core.errors import InvalidInput
from core.exports import EXCEL_LIMIT, FORMATS, columns_response
from core.pages import following_page
from core.saved_views import saves_views
from orders import selectors, services
from orders.buying import bought_by, earned_from, repurchase_rate
from orders.credit import credit_used
from orders.forms import CustomerFilterForm, CustomerForm
from orders.models import Customer, Order, Return
from orders.promise import OPEN_ORDERS

PAGE_SIZE = 50
ORDERS_SHOWN = 20
BOUGHT_SHOWN = 50


@require_safe
@permission_required("orders.view_customer", raise_exception=True)
@saves_views(CustomerFilterForm)
def customer_list(request: HttpRequest) -> HttpResponseBase:
    """Customers by name or sorted, found by code, name or phone."""
    form = CustomerFilterForm(request.GET)
    form.is_valid()
    search, sort = form.cleaned_data.get("q", ""), form.cleaned_data.get("sort", "")
    customers = selectors.customer_list(search, sort)
    if request.GET.get("format") in FORMATS:
        return _export(request.GET["format"], customers)
    page = following_page(customers, request.GET.get("after"), PAGE_SIZE)
    context = {
        "page": page,
        "form": form,
        "search": search,
        "loyalty": repurchase_rate(),
        "excel_limit": EXCEL_LIMIT,
    }
    return render(request, "orders/customers.html", context)


def _export(kind: str, customers: QuerySet[Customer]) -> HttpResponseBase:
    """Every row as CSV, as many as a spreadsheet opens well as Excel."""
    columns = {
        "code": _("Code"),
        "name": _("Name"),
        "phone": _("Phone"),
        "email": _("E-mail"),
        "address": _("Address"),
        "open_orders": _("Open orders"),
        "last_day": _("Last order"),
    }
    return columns_response(kind, "customers", columns, customers.annotate(last_day=TruncDate("last_order")))


@require_safe
@permission_required("orders.view_customer", raise_exception=True)
def customer_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One customer with what is open, what was ordered last and what they bought."""
    customer = get_object_or_404(Customer.objects.select_related("price_list"), pk=pk)
    context: dict[str, object] = {
        "customer": customer,
        "contacts": customer.contacts.order_by("-is_active", "name", "pk"),
        "addresses": customer.delivery_addresses.select_related("contact").order_by(
            "-is_active", "-is_default", "label"
        ),
    }
    if request.user.has_perm("orders.view_order"):
        orders = selectors.with_figures(
            Order.objects.filter(customer=customer).select_related("channel", "warehouse")
        ).order_by("-pk")
        context |= {
            "open_orders": orders.filter(status__in=OPEN_ORDERS)[:ORDERS_SHOWN],
            "closed_orders": orders.exclude(status__in=OPEN_ORDERS)[:ORDERS_SHOWN],
            "revenue": selectors.revenue_shipped(customer),
            "complaints": customer.complaints.select_related("order", "line__product", "created_by").order_by("-pk")[
                :ORDERS_SHOWN
            ],
            "credit_used": credit_used([pk])[pk],
            "bought": bought_by(customer, BOUGHT_SHOWN),
            "returns": Return.objects.filter(order__customer=customer)
            .select_related("order")
            .order_by("-pk")[:ORDERS_SHOWN],
        }
        if request.user.has_perm("inventory.view_margin"):
            context["earned"] = earned_from(customer)
    return render(request, "orders/customer.html", context)


@require_http_methods(["GET", "POST"])
@permission_required("orders.add_customer", raise_exception=True)
def customer_new(request: HttpRequest) -> HttpResponseBase:
    """Add a customer."""
    form = CustomerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            customer = services.add_customer(form.cleaned_data)
        except InvalidInput as refusal:
            form.add_error("code", refusal.field_errors["code"])
        else:
            messages.success(request, _("%s was added.") % customer.name)
            return redirect("orders:customer", customer.pk)
    return render(request, "orders/customer_form.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@permission_required("orders.change_customer", raise_exception=True)
def customer_edit(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Change a customer."""
    customer = get_object_or_404(Customer, pk=pk)
    form = CustomerForm(request.POST or None, instance=customer)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_customer(pk, form.cleaned_data)
        except InvalidInput as refusal:
            form.add_error("code", refusal.field_errors["code"])
        else:
            messages.success(request, _("The changes were saved."))
            return redirect("orders:customer", pk)
    context = {"form": form, "customer": get_object_or_404(Customer, pk=pk)}
    return render(request, "orders/customer_form.html", context, status=422 if form.errors else 200)
