"""What people type to find and to issue invoices."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import day_input, dress
from orders.models import Shipment


class InvoiceFilterForm(forms.Form):
    """Which invoices the list shows."""

    q = forms.CharField(label=_("Search"), required=False, max_length=100)
    first = forms.DateField(label=_("From"), required=False, widget=day_input())
    last = forms.DateField(label=_("To"), required=False, widget=day_input())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)


class IssueForm(forms.Form):
    """The shipments to invoice, and what that came to on the page."""

    shipment = forms.TypedMultipleChoiceField(coerce=int, required=False)
    expected = forms.DecimalField(max_digits=20, decimal_places=2, required=False)

    def __init__(self, shipments: Sequence[Shipment], data: Any = None) -> None:
        super().__init__(data)
        field = self.fields["shipment"]
        assert isinstance(field, forms.TypedMultipleChoiceField)
        field.choices = [(shipment.pk, shipment.number) for shipment in shipments]
        field.error_messages["invalid_choice"] = _("Choose shipments of this order that are not invoiced yet.")

    def chosen(self) -> list[int]:
        """Keys of the shipments."""
        return list(self.cleaned_data["shipment"])

    def seen(self) -> Decimal | None:
        """What the page said that it comes to."""
        return self.cleaned_data["expected"]  # type: ignore[no-any-return]
