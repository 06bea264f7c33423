"""What people type into the pages of standing orders."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import Dressed, day_input
from inventory.models import Warehouse
from inventory.services import MAX_QUANTITY
from purchasing.models import StandingOrder, Supplier
from purchasing.models.standing import MAX_EVERY


class StandingHeadForm(Dressed, forms.Form):
    """With whom, where to and when; supplier and warehouse stay as they are."""

    supplier = forms.ModelChoiceField(Supplier.objects.filter(is_active=True), label=_("Supplier"), empty_label="")
    warehouse = forms.ModelChoiceField(Warehouse.objects.filter(is_active=True), label=_("Warehouse"), empty_label=None)
    every = forms.IntegerField(
        label=_("Every"),
        min_value=1,
        max_value=MAX_EVERY,
        initial=1,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    unit = forms.ChoiceField(label=_("Weeks or months"), choices=StandingOrder.Unit.choices)
    starts_on = forms.DateField(
        label=_("First order on"),
        widget=day_input(),
        help_text=_("The others fall on the same day of the week, or of the month."),
    )
    ends_on = forms.DateField(label=_("No order after"), widget=day_input(), required=False)
    approval = forms.ChoiceField(label=_("Each order is"), choices=StandingOrder.Approval.choices)

    def __init__(self, *args: Any, is_new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_new:
            del self.fields["supplier"], self.fields["warehouse"]


class StandingLineForm(forms.Form):
    """Pieces of one product in every order."""

    product = forms.IntegerField(min_value=1, error_messages={"required": _("Choose a product from the list.")})
    quantity = forms.IntegerField(min_value=1, max_value=MAX_QUANTITY)
