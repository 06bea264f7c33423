"""The question of which lot pieces are that come back, where the shipment does not answer it."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from inventory.places import LotPieces
from orders.return_lots import must_be_told

Lots = Mapping[int, Sequence[LotPieces]]
"""Lots that may come back, by the key that names a row in its form."""


class LotsOfRows(forms.BaseForm):
    """A form with a number for each lot of a row of which several lots left."""

    lots: Lots

    def add_lot_fields(self, lots: Lots) -> None:
        """Ask for the lots of those rows."""
        self.lots = lots
        for row, found in lots.items():
            for index, _lot in enumerate(found if len(found) > 1 else ()):
                self.fields[f"lot-{row}-{index}"] = forms.IntegerField(
                    label=_("Pieces"), required=False, min_value=0, max_value=found[index].quantity
                )

    def lot_fields(self, row: int) -> list[tuple[LotPieces, Any]]:
        """Each lot of a row with its field; None for the only one, about which nothing is asked."""
        found = self.lots.get(row, ())
        return [(lot, self[f"lot-{row}-{index}"] if len(found) > 1 else None) for index, lot in enumerate(found)]

    def told(self, row: int) -> dict[str, int]:
        """Pieces by lot as typed; empty where nothing was."""
        data, found = self.cleaned_data, self.lots.get(row, ())
        pieces = {lot.number: data.get(f"lot-{row}-{index}") or 0 for index, lot in enumerate(found)}
        return pieces if any(pieces.values()) else {}

    def check_lots(self, row: int, fit: int) -> None:
        """The lots of a row add up to the pieces that go into stock, where they must be told."""
        found, told = self.lots.get(row, ()), self.told(row)
        is_asked = bool(fit) and must_be_told(found, fit)
        if len(found) > 1 and (is_asked or told) and sum(told.values()) != fit:
            self.add_error(f"lot-{row}-0", _("Of several lots: say how many of each go into stock, %s in all.") % fit)
