"""A customer's own item codes."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from core.errors import InvalidInput, Outdated
from core.forms import dress
from orders import services
from orders.models import Customer, CustomerItem
from orders.product_field import ProductField


class ItemForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a customer calls a product; the customer is set by the page."""

    product = ProductField()

    class Meta:
        model = CustomerItem
        fields = ["product", "code"]

    def __init__(self, customer: Customer, *args: Any) -> None:
        super().__init__(*args)
        self.instance.customer = customer
        dress(self)


@require_http_methods(["GET", "POST"])
@permission_required("orders.view_customer", raise_exception=True)
def customer_items(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The codes of one customer; a POST adds one."""
    customer = get_object_or_404(Customer, pk=pk)
    form = ItemForm(customer, request.POST if request.method == "POST" else None)
    if request.method == "POST":
        if not request.user.has_perm("orders.change_customer"):
            raise PermissionDenied
        if form.is_valid():
            try:
                services.add_customer_item(form.save(commit=False))
            except InvalidInput as refusal:
                form.add_error("code", refusal.field_errors["code"])
            else:
                messages.success(request, _("The code was added."))
                return redirect("orders:customer-items", pk)
    items = customer.items.select_related("product").order_by("code")
    context = {"customer": customer, "form": form, "items": items}
    return render(request, "orders/customer_items.html", context, status=422 if form.errors else 200)


@require_POST
@permission_required("orders.change_customer", raise_exception=True)
def customer_item_remove(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Forget one code."""
    customer = get_object_or_404(CustomerItem, pk=pk).customer_id
    try:
        services.remove_customer_item(pk)
    except Outdated as refusal:
        messages.error(request, refusal.detail)
    else:
        messages.success(request, _("The code was removed; the product and its orders stay as they are."))
    return redirect("orders:customer-items", customer)
