"""What people type into the pages of blanket orders."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import Dressed, day_input
from inventory.models import Warehouse
from inventory.services import MAX_QUANTITY
from purchasing.forms import ExpectedDateForm, FilterForm
from purchasing.models import BlanketOrder, Supplier


class BlanketFilterForm(FilterForm):
    """Which agreements are shown."""

    state = forms.ChoiceField(label=_("Status"), required=False, choices=[("", _("All")), *BlanketOrder.State.choices])
    supplier = forms.ModelChoiceField(Supplier.objects.all(), label=_("Supplier"), required=False, empty_label=_("All"))


class BlanketHeadForm(Dressed, forms.Form):
    """The head of an agreement; its supplier stays as it is."""

    supplier = forms.ModelChoiceField(Supplier.objects.filter(is_active=True), label=_("Supplier"), empty_label="")
    reference = forms.CharField(
        label=_("Supplier's reference"),
        max_length=60,
        required=False,
        help_text=_("The supplier's own number of the agreement."),
    )
    starts_on = forms.DateField(label=_("Valid from"), widget=day_input())
    ends_on = forms.DateField(label=_("Valid until"), widget=day_input())
    value_limit = forms.DecimalField(
        label=_("Up to a value of"),
        min_value=Decimal("0.01"),
        max_digits=16,
        decimal_places=2,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
        help_text=_("In the supplier's currency, over all lines. Empty: the quantities of the lines are the limit."),
    )

    def __init__(self, *args: Any, is_new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_new:
            del self.fields["supplier"]


class BlanketLineForm(forms.Form):
    """One product of an agreement; without a quantity the agreement's value is its limit."""

    product = forms.IntegerField(min_value=1, error_messages={"required": _("Choose a product from the list.")})
    quantity = forms.IntegerField(min_value=1, max_value=MAX_QUANTITY, required=False)
    unit_cost = forms.DecimalField(min_value=0, max_digits=14, decimal_places=4)


class ReleaseForm(ExpectedDateForm):
    """Where pieces of an agreement are ordered to, and for when."""

    warehouse = forms.ModelChoiceField(Warehouse.objects.filter(is_active=True), label=_("Warehouse"), empty_label=None)
    may_overdraw = forms.BooleanField(label=_("Order more than is left: the supplier has agreed to it"), required=False)
    field_order = ["warehouse", "expected_on", "may_overdraw"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, required=False, **kwargs)
