"""What people type about returns: what may come back, what came, and what it is fit for."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.forms import day_input, dress
from orders.authorizations import OPEN, ReturnWish
from orders.models import Order, ReturnAuthorization, ReturnAuthorizationLine
from orders.return_lot_forms import LotsOfRows
from orders.return_lots import returnable_lots
from orders.selectors import ReturnableLine
from orders.values import Inspection, NewAuthorization

DAYS = 30  # to send goods back, unless somebody types another day


class ReturnFilterForm(forms.Form):
    """What the list shows; ``wish()`` leaves out what is not valid."""

    q = forms.CharField(label=gettext_lazy("Search"), required=False, max_length=100)
    status = forms.ChoiceField(
        label=gettext_lazy("Status"),
        required=False,
        choices=[
            ("", gettext_lazy("All")),
            (OPEN, gettext_lazy("Not finished")),
            *ReturnAuthorization.Status.choices,
        ],
    )
    overdue = forms.BooleanField(label=gettext_lazy("Overdue only"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)

    def wish(self) -> ReturnWish:
        """What to ask the selector for."""
        self.is_valid()
        data = self.cleaned_data
        return ReturnWish(data.get("q", ""), data.get("status", ""), data.get("overdue", False))


class _PiecesForm(forms.Form):
    """Fields named after rows; ``show`` puts a service's refusal beside them."""

    names: dict[str, str]

    def show(self, errors: Mapping[str, str]) -> None:
        """Name each wrong field as the page does; what has no field goes above them."""
        for name, text in errors.items():
            field = self.names.get(name, name)
            self.add_error(field if field in self.fields else None, text)


class AuthorizeForm(_PiecesForm):
    """Pieces of each shipment line that may come back, until when and why."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)
    valid_until = forms.DateField(label=gettext_lazy("May come back until"), widget=day_input())

    def __init__(self, order: Order, rows: Sequence[ReturnableLine], data: Any = None) -> None:
        self.order, self.rows = order, rows
        super().__init__(data, initial={"valid_until": timezone.localdate() + timedelta(days=DAYS)})
        self.names = {f"lines.{row.line.pk}.quantity": f"pieces-{row.line.pk}" for row in rows}
        for row in rows:
            self.fields[f"pieces-{row.line.pk}"] = forms.IntegerField(
                label=_("Pieces"), required=False, min_value=0, max_value=row.left
            )
        dress(self)

    def lines(self) -> list[tuple[ReturnableLine, Any]]:
        """Each shipment line with its field."""
        return [(row, self[f"pieces-{row.line.pk}"]) for row in self.rows]

    def new_authorization(self) -> NewAuthorization:
        """What is agreed; call it on a valid form only."""
        data = self.cleaned_data
        pieces = {row.line.pk: data[f"pieces-{row.line.pk}"] or 0 for row in self.rows}
        return NewAuthorization(self.order.pk, pieces, data["valid_until"], data["reason"])


class ReceiveForm(_PiecesForm):
    """Pieces of each line that came. ``received_before``: what had come when the page was shown."""

    received_before = forms.IntegerField(widget=forms.HiddenInput, min_value=0, required=False)

    def __init__(self, rows: Sequence[ReturnAuthorizationLine], data: Any = None) -> None:
        self.rows = [row for row in rows if row.expected]
        super().__init__(data, initial={"received_before": sum(row.received for row in rows)})
        self.names = {f"lines.{row.position}.received": f"came-{row.position}" for row in rows}
        for row in self.rows:
            self.fields[f"came-{row.position}"] = forms.IntegerField(
                label=_("Came back"), required=False, min_value=0, max_value=row.expected, initial=row.expected
            )
        dress(self)

    def lines(self) -> list[tuple[ReturnAuthorizationLine, Any]]:
        """Each expected line with its field."""
        return [(row, self[f"came-{row.position}"]) for row in self.rows]

    def quantities(self) -> dict[int, int]:
        """What came, by line number; call it on a valid form only."""
        return {row.position: self.cleaned_data[f"came-{row.position}"] or 0 for row in self.rows}


class InspectForm(LotsOfRows, _PiecesForm):
    """Of each line's pieces that came: how many are fit, and how many are fit for nothing."""

    def __init__(self, rows: Sequence[ReturnAuthorizationLine], data: Any = None) -> None:
        self.rows = [row for row in rows if row.waiting]
        super().__init__(data)
        self.names = {f"lines.{row.position}.fit": f"fit-{row.position}" for row in rows}
        for row in self.rows:
            for name, label, initial in (("fit", _("Into stock"), row.waiting), ("scrap", _("Scrap"), 0)):
                self.fields[f"{name}-{row.position}"] = forms.IntegerField(
                    label=label, required=False, min_value=0, max_value=row.waiting, initial=initial
                )
        lots = returnable_lots([row.shipment_line for row in self.rows])
        self.add_lot_fields(
            {row.position: lots[row.shipment_line_id] for row in self.rows if row.shipment_line_id in lots}
        )
        dress(self)

    def lines(self) -> list[tuple[ReturnAuthorizationLine, Any, Any, Any]]:
        """Each line with its two fields, and its lots."""
        return [
            (row, self[f"fit-{row.position}"], self[f"scrap-{row.position}"], self.lot_fields(row.position))
            for row in self.rows
        ]

    def clean(self) -> dict[str, Any]:
        """The lots of each line add up to what goes into stock."""
        data = super().clean() or {}
        for row in self.rows:
            self.check_lots(row.position, data.get(f"fit-{row.position}") or 0)
        return data

    def inspections(self) -> dict[int, Inspection]:
        """What was found, by line number; call it on a valid form only."""
        data = self.cleaned_data
        return {
            row.position: Inspection(
                data[f"fit-{row.position}"] or 0, data[f"scrap-{row.position}"] or 0, self.told(row.position)
            )
            for row in self.rows
        }


class ExtendForm(forms.Form):
    """Until when goods may come."""

    valid_until = forms.DateField(label=gettext_lazy("May come back until"), widget=day_input())

    def __init__(self, authorization: ReturnAuthorization, data: Any = None) -> None:
        super().__init__(data, initial={"valid_until": authorization.valid_until})
        self.fields["valid_until"].widget.attrs["min"] = timezone.localdate().isoformat()
        dress(self)


class CloseForm(forms.Form):
    """Why nothing more will come."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)
