"""What people type to change or split an order. A field counts only where it differs from what the page showed."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.forms import day_input, dress
from inventory.models import Product
from inventory.selectors import search_products
from inventory.services import MAX_QUANTITY
from orders.checks import MAX_ID, MAX_PRICE
from orders.models import DELIVERY, Order
from orders.selectors import DeskLine
from orders.values import NewDetails, NewLine, NewQuantity, NewSplit, OrderChange, ShortClose

HEADER = ("requested_date", "discount", "freight", "is_priority", "ship_complete", "note", *DELIVERY)


class ChangeForm(forms.Form):
    """An order's header and lines. ``rows`` are the open order's lines; ``seen`` is its last step when shown."""

    requested_date = forms.DateField(label=gettext_lazy("Requested date"), widget=day_input())
    discount = forms.DecimalField(
        label=gettext_lazy("Order discount (%)"), min_value=0, max_value=100, max_digits=5, decimal_places=2
    )
    freight = forms.DecimalField(label=gettext_lazy("Freight"), min_value=0, max_value=MAX_PRICE, decimal_places=2)
    release_credit = forms.BooleanField(label=gettext_lazy("Save even over the credit limit"), required=False)
    is_priority = forms.BooleanField(label=gettext_lazy("Priority: pick it first"), required=False)
    ship_complete = forms.BooleanField(label=gettext_lazy("Ship complete only"), required=False)
    note = forms.CharField(label=gettext_lazy("Note"), required=False, max_length=500)
    delivery_address = forms.CharField(label=gettext_lazy("Deliver to"), required=False, max_length=300)
    contact_name = forms.CharField(label=gettext_lazy("Contact"), required=False, max_length=100)
    contact_phone = forms.CharField(label=gettext_lazy("Contact's phone"), required=False, max_length=40)
    contact_email = forms.EmailField(label=gettext_lazy("Contact's e-mail"), required=False, max_length=254)
    allow_backorder = forms.BooleanField(
        label=gettext_lazy("Accept backorder: what is short waits"), required=False, initial=True
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=MAX_ID)

    def __init__(self, order: Order, rows: Sequence[DeskLine], data: Any = None, *, seen: int) -> None:
        shown = {name: getattr(order, name) for name in HEADER} | {"seen": seen}
        self.order, self.rows = order, [row for row in rows if row.line.product.is_active or row.line.open_quantity]
        super().__init__(data, initial=shown)
        for row in self.rows:
            position = row.line.position
            self.fields[f"quantity-{position}"] = forms.IntegerField(
                label=_("Quantity"), min_value=1, max_value=MAX_QUANTITY, initial=row.line.quantity
            )
            if row.line.open_quantity:
                self.fields[f"close-{position}"] = forms.BooleanField(label=_("Close short"), required=False)
                self.fields[f"reason-{position}"] = forms.CharField(
                    label=_("Reason"),
                    required=False,
                    max_length=200,
                    widget=forms.TextInput({"placeholder": _("Reason")}),
                )
        for name, field in self.fields.items():
            field.show_hidden_initial = name not in ("seen", "allow_backorder", "release_credit")
        dress(self)
        for field in self.fields.values():
            if isinstance(field, forms.BooleanField):
                field.widget.attrs["class"] = "form-check-input"  # each stands in a label of its own

    def lines(self) -> list[tuple[Any, ...]]:
        """Each line with its fields for quantity, closing and reason; the last two are None where nothing is open."""
        return [(row, *(self._field(name, row) for name in ("quantity", "close", "reason"))) for row in self.rows]

    def _field(self, name: str, row: DeskLine) -> Any:
        field = f"{name}-{row.line.position}"
        return self[field] if field in self.fields else None

    def change(self, added: Sequence[NewLine]) -> OrderChange:
        """What was changed; call it on valid forms only."""
        data, touched = self.cleaned_data, set(self.changed_data)
        details = {name: data[name] for name in HEADER if name in touched}
        closed = [row.line.position for row in self.rows if data.get(f"close-{row.line.position}")]
        quantities = [
            NewQuantity(row.line.position, data[f"quantity-{row.line.position}"])
            for row in self.rows
            if f"quantity-{row.line.position}" in touched and row.line.position not in closed
        ]
        return OrderChange(
            self.order.pk,
            quantities=quantities,
            added=added,
            closed=[ShortClose(position, data[f"reason-{position}"]) for position in closed],
            allow_backorder=data["allow_backorder"],
            seen=data["seen"],
            details=NewDetails(**details) if details else None,
            release_credit=data["release_credit"],
        )

    def show(self, change: OrderChange, errors: Mapping[str, str]) -> None:
        """Put the service's words at the fields that it names by their place in ``change``."""
        for name, text in errors.items():
            kind, _dot, rest = name.partition(".")
            index, _dot, field = rest.partition(".")
            if kind == "lines" and index.isdecimal():
                self.add_error(f"quantity-{change.quantities[int(index)].position}", text)
            elif kind == "close":
                position = change.closed[int(index)].position
                self.add_error(f"{'reason' if field == 'reason' else 'close'}-{position}", text)
            elif kind in self.fields:
                self.add_error(kind, text)
            elif kind != "add":
                self.add_error(None, text)

    def rebased(self, order: Order, rows: Sequence[DeskLine], *, seen: int) -> "ChangeForm":
        """The same typing on the order as it is now: what was not touched follows it, what was touched stays typed."""
        fresh = ChangeForm(order, rows, seen=seen)
        data, touched = {"seen": str(seen)}, set(self.changed_data) | {"allow_backorder", "release_credit"}
        for name, field in fresh.fields.items():
            if name == "seen":
                continue
            shown = field.widget.format_value(fresh.get_initial_for_field(field, name))
            shown = fresh[name].initial if isinstance(field, forms.BooleanField) else shown
            data[fresh.add_initial_prefix(name)] = "" if shown is None or shown is False else str(shown)
            typed = self.data.get(name, "") if name in touched else data[fresh.add_initial_prefix(name)]
            if typed or not isinstance(field, forms.BooleanField):
                data[name] = typed
        return ChangeForm(order, rows, data, seen=seen)


class AddedLineForm(forms.Form):
    """A line to be added; one that was left empty says nothing."""

    product = forms.CharField(
        label=gettext_lazy("Product"),
        max_length=300,
        widget=forms.TextInput({"placeholder": gettext_lazy("SKU, name or barcode")}),
    )
    product_id = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1, max_value=MAX_ID)
    quantity = forms.IntegerField(label=gettext_lazy("Quantity"), min_value=1, max_value=MAX_QUANTITY)
    unit_price = forms.DecimalField(
        label=gettext_lazy("Unit price"), required=False, min_value=0, max_value=MAX_PRICE, decimal_places=2
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)
        for name in ("quantity", "unit_price"):
            self.fields[name].widget.attrs["placeholder"] = self.fields[name].label

    def clean(self) -> dict[str, Any]:
        """Without the script, an exact SKU or barcode is enough."""
        data = super().clean() or {}
        if data.get("product") and not data.get("product_id"):
            found: list[Product] = list(search_products(data["product"])[:2])
            if found and (found[0].is_exact or len(found) == 1):  # type: ignore[attr-defined]
                data["product_id"] = found[0].pk
            else:
                self.add_error("product", _("Choose a product from the list."))
        return data

    def line(self) -> NewLine:
        """What is to be added."""
        data = self.cleaned_data
        return NewLine(data["product_id"], data["quantity"], data["unit_price"])


class BaseAddedLines(forms.BaseFormSet):  # type: ignore[type-arg]
    """The lines to be added."""

    def new_lines(self) -> list[NewLine]:
        """Those that were filled in; call it on a valid formset only."""
        return [form.line() for form in self.forms if form.has_changed()]

    def show(self, errors: Mapping[str, str]) -> None:
        """Put the service's words (``add.0.product``) at their fields."""
        filled = [form for form in self.forms if form.has_changed()]
        for name, text in errors.items():
            kind, _dot, rest = name.partition(".")
            index, _dot, field = rest.partition(".")
            if kind == "add" and index.isdecimal():
                filled[int(index)].add_error(field if field in filled[int(index)].fields else None, text)


AddedLines: type[BaseAddedLines] = forms.formset_factory(  # type: ignore[assignment]
    AddedLineForm, formset=BaseAddedLines, extra=1, max_num=500, absolute_max=500
)


class SplitForm(forms.Form):
    """How many open pieces of each line go to an order of their own, and for when."""

    requested_date = forms.DateField(
        label=gettext_lazy("Requested date of the new order"),
        required=False,
        widget=day_input(),
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=MAX_ID)

    def __init__(self, order: Order, rows: Sequence[DeskLine], data: Any = None, *, seen: int) -> None:
        self.order, self.rows = order, [row for row in rows if row.line.open_quantity]
        super().__init__(data, initial={"requested_date": order.requested_date, "seen": seen})
        for row in self.rows:
            self.fields[f"quantity-{row.line.position}"] = forms.IntegerField(
                label=_("To the new order"),
                required=False,
                min_value=0,
                max_value=row.line.open_quantity,
                error_messages={
                    "max_value": _("%(open)s of %(sku)s are open; enter 0 to %(open)s.")
                    % {"open": row.line.open_quantity, "sku": row.line.product.sku}
                },
            )
        dress(self)

    def lines(self) -> list[tuple[DeskLine, Any]]:
        """Each open line with its field."""
        return [(row, self[f"quantity-{row.line.position}"]) for row in self.rows]

    def split(self) -> NewSplit:
        """What moves; call it on a valid form only."""
        data = self.cleaned_data
        quantities = {row.line.position: data[f"quantity-{row.line.position}"] or 0 for row in self.rows}
        return NewSplit(self.order.pk, quantities, data["requested_date"], data["seen"])

    def show(self, errors: Mapping[str, str]) -> None:
        """Put the service's words at the lines that it names by their number."""
        for name, text in errors.items():
            field = f"quantity-{name.split('.')[1]}" if name.count(".") == 2 else ""
            self.add_error(field if field in self.fields else None, text)
