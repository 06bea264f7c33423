"""Forms of the pages about promises."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import dress
from inventory.services import MAX_QUANTITY
from orders.models import Customer
from orders.models.promises import DeliveryCosts


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


class DeliveryCostsForm(forms.ModelForm):
    """What a delivery and a late day cost."""

    class Meta:
        model = DeliveryCosts
        fields = ["delivery_cost", "late_share_per_day", "cancel_odds_per_day"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)


class MinimumForm(forms.Form):
    """What share of its order a customer gets at least; 0 takes the guarantee back."""

    customer = forms.CharField(label=_("Customer code"), max_length=40)
    percent = forms.IntegerField(label=_("At least (%)"), min_value=0, max_value=100)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)

    def clean_customer(self) -> Customer:
        code = self.cleaned_data["customer"].strip()
        customer = Customer.objects.filter(code__iexact=code).first()
        if customer is None:
            raise forms.ValidationError(_("No customer has the code %(code)s."), params={"code": code})
        return customer
