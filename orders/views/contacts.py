"""A customer's contacts and delivery addresses: add, edit, archive."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from core.errors import InvalidInput
from orders import services
from orders.contact_forms import AddressForm, ContactForm
from orders.models import Contact, Customer, DeliveryAddress

MAY = "orders.change_customer"


@require_http_methods(["GET", "POST"])
@permission_required(MAY, raise_exception=True)
def contact_new(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Add a contact."""
    customer = get_object_or_404(Customer, pk=pk)
    return _page(request, customer, ContactForm(request.POST or None), _("Add contact"), services.save_contact)


@require_http_methods(["GET", "POST"])
@permission_required(MAY, raise_exception=True)
def contact_edit(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Change a contact; orders keep what they say."""
    contact = get_object_or_404(Contact.objects.select_related("customer"), pk=pk)
    form = ContactForm(request.POST or None, instance=contact)
    return _page(request, contact.customer, form, _("Contact"), services.save_contact, pk)


@require_http_methods(["GET", "POST"])
@permission_required(MAY, raise_exception=True)
def address_new(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Add a delivery address; the first one is where orders go, unless that is unticked."""
    customer = get_object_or_404(Customer, pk=pk)
    first = not customer.delivery_addresses.filter(is_active=True).exists()
    form = AddressForm(customer, request.POST or None, initial={"is_default": first})
    return _page(request, customer, form, _("Add delivery address"), services.save_address)


@require_http_methods(["GET", "POST"])
@permission_required(MAY, raise_exception=True)
def address_edit(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Change a delivery address; orders keep what they say."""
    address = get_object_or_404(DeliveryAddress.objects.select_related("customer"), pk=pk)
    form = AddressForm(address.customer, request.POST or None, instance=address)
    return _page(request, address.customer, form, _("Delivery address"), services.save_address, pk)


def _page(
    request: HttpRequest,
    customer: Customer,
    form: forms.ModelForm,  # type: ignore[type-arg]
    title: str,
    save: Callable[..., Any],
    *key: int,
) -> HttpResponseBase:
    if request.method == "POST" and form.is_valid():
        try:
            save(customer.pk, form.cleaned_data, *key)
        except InvalidInput as refusal:
            for name, text in refusal.field_errors.items():
                form.add_error(name, text)
        else:
            messages.success(request, _("The changes were saved."))
            return redirect("orders:customer", customer.pk)
    context = {"form": form, "customer": customer, "title": title}
    return render(request, "orders/contact_form.html", context, status=422 if form.errors else 200)


@require_POST
@permission_required(MAY, raise_exception=True)
def contact_archive(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Offer a contact no more, or again."""
    return _archive(request, get_object_or_404(Contact, pk=pk), services.save_contact)


@require_POST
@permission_required(MAY, raise_exception=True)
def address_archive(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Offer a delivery address no more, or again."""
    return _archive(request, get_object_or_404(DeliveryAddress, pk=pk), services.save_address)


def _archive(request: HttpRequest, row: Contact | DeliveryAddress, save: Callable[..., Any]) -> HttpResponseBase:
    is_active = request.POST.get("active") == "1"
    try:
        save(row.customer_id, {"is_active": is_active}, row.pk)
    except InvalidInput as refusal:
        messages.error(request, refusal.detail)
    else:
        words = _("%s is offered again.") if is_active else _("%s is archived; orders keep what they say.")
        messages.success(request, words % row)
    return redirect("orders:customer", row.customer_id)
