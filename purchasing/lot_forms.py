"""What people type into the receiving page about lots."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import Dressed
from purchasing.models import PurchaseOrderLine
from purchasing.services.receiving import MAX_LOT


class LotForm(Dressed, forms.Form):
    """The lot of the pieces that arrived of one line."""

    number = forms.CharField(label=_("Lot number"), max_length=MAX_LOT, required=False)
    expires_on = forms.DateField(
        label=_("Expires"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


class LotForms:
    """A lot form for each line of a product that is received by lot."""

    def __init__(self, lines: Iterable[PurchaseOrderLine], data: Mapping[str, Any] | None = None) -> None:
        self.forms = {
            line.pk: LotForm(data, prefix=f"lot-{line.pk}") for line in lines if line.product.tracks_lots and line.most
        }

    def are_valid(self) -> bool:
        """Whether everything typed can be read; nothing typed can."""
        return all(form.is_valid() for form in self.forms.values() if form.is_bound)

    def values(self) -> dict[int, tuple[str, date | None]]:
        """Lot number and expiry date by line."""
        return {pk: (form.cleaned_data["number"], form.cleaned_data["expires_on"]) for pk, form in self.forms.items()}

    def refuse(self, named: Mapping[str, str]) -> None:
        """Show what the service found wrong (``lines.<id>.lot``) beside what was typed."""
        for pk, form in self.forms.items():
            if text := named.get(f"lines.{pk}.lot"):
                form.add_error("number", text)
