"""What people type into the pages of the warehouse desk."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.errors import InvalidInput
from core.forms import dress
from inventory.models import Warehouse
from inventory.services import MAX_QUANTITY
from orders.selectors import DeskLine


class QueueForm(forms.Form):
    """Which warehouse's queue, and what to find in it."""

    q = forms.CharField(label=gettext_lazy("Search"), required=False, max_length=100)
    warehouse = forms.ModelChoiceField(
        Warehouse.objects.all(), label=gettext_lazy("Warehouse"), required=False, empty_label=None
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)


class ShipmentForm(forms.Form):
    """Pieces that leave of each line, the tracking number, and what the page knew.

    ``before``: the shipments of the order when the page was made. ``counting``: whether the scanner counts.
    """

    tracking = forms.CharField(
        label=gettext_lazy("Tracking number"),
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    before = forms.IntegerField(min_value=0)
    counting = forms.BooleanField(required=False)

    def __init__(self, *args: Any, rows: Sequence[DeskLine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows = rows
        for row in self.rows:
            sku = row.line.product.sku
            attrs = {"inputmode": "numeric", "autocomplete": "off", "data-quantity": "", "aria-label": sku}
            self.fields[self.name_of(row)] = forms.IntegerField(
                label=sku,
                required=False,
                min_value=0,
                max_value=MAX_QUANTITY,
                initial=row.reserved,
                widget=forms.TextInput(attrs=attrs),
            )
        dress(self)

    @staticmethod
    def name_of(row: DeskLine) -> str:
        """The name of a line's field."""
        return f"quantity_{row.line.pk}"

    def clean(self) -> dict[str, Any]:
        """Something must leave."""
        data = super().clean() or {}
        if not self.errors and not any(self.quantities().values()):
            raise forms.ValidationError(_("Enter how many pieces leave, on at least one line."))
        return data

    def quantities(self) -> dict[int, int]:
        """Pieces by line."""
        return {row.line.pk: self.cleaned_data.get(self.name_of(row)) or 0 for row in self.rows}

    def show(self, refusal: InvalidInput) -> None:
        """Put the service's errors at their lines."""
        names: Mapping[str, str] = {f"lines.{row.line.position}.quantity": self.name_of(row) for row in self.rows}
        for field, text in refusal.field_errors.items():
            self.add_error(names.get(field), text)
        if not refusal.field_errors:
            self.add_error(None, refusal.detail)
