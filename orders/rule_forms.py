"""Forms of quotas, substitutes, shipping lanes and orders from several warehouses."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import Dressed
from inventory.models import Product, Warehouse
from inventory.services import MAX_QUANTITY
from orders.models import Channel, Customer
from orders.models.rules import ShippingLane, Substitute
from orders.sourcing import CHEAPEST, FEWEST, NEAREST
from orders.values import NewLine

SOURCING_RULES = [(NEAREST, _("Nearest warehouse first")), (FEWEST, _("Fewest shipments")), (CHEAPEST, _("Cheapest"))]
MAX_SOURCED_LINES = 200


def product_of(sku: str) -> Product:
    """The active product with this SKU or barcode. Raises: ValidationError."""
    found = Product.objects.filter(sku__iexact=sku.strip()).first() or (
        Product.objects.filter(barcode=sku.strip()).first() if sku.strip() else None
    )
    if found is None or not found.is_active:
        raise forms.ValidationError(_("There is no product %(sku)s."), params={"sku": sku.strip()})
    return found


def customer_of(code: str) -> Customer:
    """The customer with this code. Raises: ValidationError."""
    found = Customer.objects.filter(code__iexact=code.strip()).first()
    if found is None:
        raise forms.ValidationError(_("No customer has the code %(code)s."), params={"code": code.strip()})
    return found


class QuotaForm(Dressed, forms.Form):
    """How much of a product a channel or a customer may order, from which day to which."""

    product = forms.CharField(label=_("SKU"), max_length=60)
    channel = forms.ModelChoiceField(Channel.objects.all(), label=_("Channel"), required=False, empty_label="–")
    customer = forms.CharField(label=_("or customer code"), max_length=40, required=False)
    quantity = forms.IntegerField(label=_("At most"), min_value=0, max_value=MAX_QUANTITY)
    first = forms.DateField(label=_("First day"), widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(label=_("Last day"), widget=forms.DateInput(attrs={"type": "date"}))

    def clean_product(self) -> Product:
        return product_of(self.cleaned_data["product"])

    def clean_customer(self) -> Customer | None:
        code = self.cleaned_data["customer"]
        return customer_of(code) if code else None

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if not self.errors and (data.get("channel") is None) == (data.get("customer") is None):
            self.add_error("channel", _("Choose either a channel or a customer."))
        return data


class SubstituteForm(Dressed, forms.Form):
    """What may be offered instead of what."""

    product = forms.CharField(label=_("When this is short (SKU)"), max_length=60)
    other = forms.CharField(label=_("offer this (SKU)"), max_length=60)
    kind = forms.ChoiceField(label=_("as its"), choices=Substitute.Kind.choices)

    def clean_product(self) -> Product:
        return product_of(self.cleaned_data["product"])

    def clean_other(self) -> Product:
        return product_of(self.cleaned_data["other"])


class LaneForm(Dressed, forms.Form):
    """How far an area is from a warehouse and what a delivery there costs."""

    warehouse = forms.ModelChoiceField(Warehouse.objects.filter(is_active=True), label=_("Warehouse"))
    area = forms.CharField(
        label=_("Area"), max_length=60, required=False, help_text=ShippingLane._meta.get_field("area").help_text
    )
    distance_km = forms.IntegerField(label=_("Distance (km)"), min_value=0, max_value=20_000)
    cost = forms.DecimalField(label=_("Cost of one delivery"), min_value=0, max_digits=12, decimal_places=2)


class SourcingForm(Dressed, forms.Form):
    """An order whose warehouses a rule chooses; ``wanted()`` are its lines."""

    customer = forms.CharField(label=_("Customer code"), max_length=40)
    channel = forms.ModelChoiceField(Channel.objects.all(), label=_("Channel"), empty_label=None)
    rule = forms.ChoiceField(label=_("Rule"), choices=SOURCING_RULES)
    lines = forms.CharField(
        label=_("Order lines"),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("One line each: SKU, a space or tab, and the pieces; as copied from a sheet."),
    )

    def clean_customer(self) -> Customer:
        return customer_of(self.cleaned_data["customer"])

    def clean_lines(self) -> list[tuple[Product, int]]:
        rows = [row.replace("\t", " ").strip() for row in self.cleaned_data["lines"].splitlines()]
        found, errors = [], []
        for number, row in enumerate((row for row in rows if row), 1):
            sku, _space, pieces = row.rpartition(" ")
            if not pieces.isdecimal() or not 0 < int(pieces[:12]) <= MAX_QUANTITY or not sku:
                errors.append(_("Line %(line)s: write the SKU, a space and the pieces.") % {"line": number})
                continue
            try:
                found.append((product_of(sku), int(pieces)))
            except forms.ValidationError as error:
                errors.append(_("Line %(line)s: %(error)s") % {"line": number, "error": error.messages[0]})
        if len(found) > MAX_SOURCED_LINES:
            errors.append(_("At most %s lines at a time.") % MAX_SOURCED_LINES)
        if errors:
            raise forms.ValidationError(errors)
        return found

    def new_lines(self) -> list[NewLine]:
        """The lines as an order takes them."""
        return [NewLine(product.pk, pieces) for product, pieces in self.cleaned_data["lines"]]
