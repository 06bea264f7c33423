"""What people type into the pages of the order desk."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import dress
from inventory.models import Warehouse
from inventory.services import MAX_QUANTITY
from orders.checks import MAX_ID, MAX_PRICE
from orders.models import Channel, Customer, Order
from orders.selectors import OrderWish


class QuoteForm(forms.Form):
    """Where the typed lines are to ship from."""

    warehouse = forms.IntegerField(min_value=1, max_value=MAX_ID)


class QuoteLineForm(forms.Form):
    """One typed line; not valid while it is not finished."""

    product_id = forms.IntegerField(min_value=1, max_value=MAX_ID)
    quantity = forms.IntegerField(min_value=1, max_value=MAX_QUANTITY)
    unit_price = forms.DecimalField(min_value=0, max_value=MAX_PRICE, decimal_places=2)


class OrderFilterForm(forms.Form):
    """What the order list shows; ``wish()`` leaves out what is not valid."""

    q = forms.CharField(label=_("Search"), required=False, max_length=100)
    status = forms.ChoiceField(label=_("Status"), required=False, choices=[("", _("All")), *Order.Status.choices])
    channel = forms.ModelChoiceField(Channel.objects.all(), label=_("Channel"), required=False, empty_label=_("All"))
    warehouse = forms.ModelChoiceField(
        Warehouse.objects.all(), label=_("Warehouse"), required=False, empty_label=_("All")
    )
    first = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    waiting = forms.BooleanField(label=_("Waiting for stock only"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)

    def clean(self) -> dict[str, Any]:
        """The days must stand in their order."""
        data = super().clean() or {}
        if data.get("first") and data.get("last") and data["first"] > data["last"]:
            self.add_error("last", _("This day must not come before the first one."))
        return data

    def wish(self) -> OrderWish:
        """What to ask the selector for."""
        self.is_valid()
        data = self.cleaned_data
        channel, warehouse = data.get("channel"), data.get("warehouse")
        return OrderWish(
            search=data.get("q", ""),
            status=data.get("status", ""),
            channel_id=channel.pk if channel else None,
            warehouse_id=warehouse.pk if warehouse else None,
            waiting=data.get("waiting", False),
            first=data.get("first"),
            last=data.get("last"),
        )


class CancelForm(forms.Form):
    """Why an order is cancelled."""

    reason = forms.CharField(label=_("Reason"), max_length=200)


class CustomerForm(forms.ModelForm):  # type: ignore[type-arg]
    """Who buys."""

    class Meta:
        model = Customer
        fields = ["code", "name", "phone", "email", "address", "is_blocked"]
        help_texts = {"is_blocked": _("New orders of a blocked customer are refused; open ones stay as they are.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)
