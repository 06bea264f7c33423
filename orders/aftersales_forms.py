"""What people type about goods that come back and about complaints."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.forms import dress
from orders.models import Complaint, Order
from orders.return_lot_forms import LotsOfRows
from orders.return_lots import returnable_lots
from orders.selectors import ReturnableLine
from orders.values import NewReturn


class ReturnForm(LotsOfRows, forms.Form):
    """Pieces of each shipment line that came back, how many of them are fit for nothing, and why they came."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)
    # The returns of the order that the page knew of.
    before = forms.IntegerField(min_value=0, required=False)

    def __init__(self, order: Order, rows: Sequence[ReturnableLine], data: Any = None) -> None:
        self.order, self.rows = order, rows
        super().__init__(data)
        for row in rows:
            pk = row.line.pk
            self.fields[f"back-{pk}"] = forms.IntegerField(
                label=_("Came back"), required=False, min_value=0, max_value=row.left
            )
            self.fields[f"scrap-{pk}"] = forms.IntegerField(
                label=_("Of these scrap"), required=False, min_value=0, max_value=row.left
            )
        self.add_lot_fields(returnable_lots([row.line for row in rows]))
        dress(self)

    def lines(self) -> list[tuple[ReturnableLine, Any, Any, Any]]:
        """Each shipment line with its two fields, and its lots."""
        return [
            (row, self[f"back-{row.line.pk}"], self[f"scrap-{row.line.pk}"], self.lot_fields(row.line.pk))
            for row in self.rows
        ]

    def clean(self) -> dict[str, Any]:
        """Something must have come back, and no more can be scrapped than did."""
        data = super().clean() or {}
        for row in self.rows:
            if (data.get(f"scrap-{row.line.pk}") or 0) > (data.get(f"back-{row.line.pk}") or 0):
                self.add_error(f"scrap-{row.line.pk}", _("At most the pieces that came back can be scrapped."))
            else:
                fit = (data.get(f"back-{row.line.pk}") or 0) - (data.get(f"scrap-{row.line.pk}") or 0)
                self.check_lots(row.line.pk, fit)
        if not self.errors and not any(data.get(f"back-{row.line.pk}") for row in self.rows):
            raise forms.ValidationError(_("Say which pieces came back."))
        return data

    def new_return(self) -> NewReturn:
        """What came back; call it on a valid form only."""
        data = self.cleaned_data
        back = {row.line.pk: data[f"back-{row.line.pk}"] or 0 for row in self.rows}
        scrap = {row.line.pk: data[f"scrap-{row.line.pk}"] or 0 for row in self.rows}
        return NewReturn(
            self.order.pk,
            {pk: pieces for pk, pieces in back.items() if pieces},
            reason=data["reason"],
            scrapped={pk: pieces for pk, pieces in scrap.items() if pieces},
            lots={pk: told for pk in back if (told := self.told(pk))},
            returns_before=data["before"],
        )


class ComplaintForm(forms.ModelForm):  # type: ignore[type-arg]
    """A complaint about an order or one of its lines."""

    class Meta:
        model = Complaint
        fields = ["line", "cause", "text", "cost"]

    def __init__(self, order: Order, data: Any = None) -> None:
        super().__init__(data)
        self.instance.order = order
        line: Any = self.fields["line"]
        line.queryset = order.lines.select_related("product").order_by("position")
        line.label_from_instance = lambda found: f"{found.position} · {found.product.sku}"
        line.empty_label = _("The whole order")
        self.fields["cost"].required = False
        self.fields["cost"].min_value = 0  # type: ignore[attr-defined]
        dress(self)

    def clean_cost(self) -> Any:
        """Left empty, it cost nothing (yet)."""
        cost = self.cleaned_data.get("cost") or 0
        if cost < 0:
            raise forms.ValidationError(_("Enter what it cost, 0 if nothing."))
        return cost
