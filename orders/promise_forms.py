"""Forms of the pages about promises."""

from django import forms
from django.utils.translation import gettext_lazy as _

from inventory.services import MAX_QUANTITY


class AvailabilityForm(forms.Form):
    """Which product, and how many pieces of it."""

    nothing_found = _("No product fits: check the SKU, or type a part of the name.")

    q = forms.CharField(
        label=_("Product"), max_length=100, widget=forms.TextInput(attrs={"class": "form-control", "type": "search"})
    )
    quantity = forms.IntegerField(
        label=_("Quantity"),
        min_value=1,
        max_value=MAX_QUANTITY,
        initial=1,
        widget=forms.NumberInput(attrs={"class": "form-control"}),
    )
