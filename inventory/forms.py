"""What people type into the pages of stock and products."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.db.models.functions import Upper
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.forms import Dressed, dress
from inventory.models import Category, Lot, Product, Warehouse
from inventory.selectors import StockWish
from inventory.services import MAX_QUANTITY

MAX_PRICE = Decimal("999999999999.99")


STOCK_SORTS = [
    ("", gettext_lazy("SKU")),
    ("available", gettext_lazy("Fewest available")),
    ("on_hand", gettext_lazy("Most on hand")),
    ("value", gettext_lazy("Highest value")),
]


class StockFilterForm(forms.Form):
    """What the stock list shows; ``wish()`` leaves out what is not valid."""

    q = forms.CharField(label=gettext_lazy("Search"), required=False, max_length=100)
    warehouse = forms.ModelChoiceField(
        Warehouse.objects.all(), label=gettext_lazy("Warehouse"), required=False, empty_label=gettext_lazy("All")
    )
    category = forms.ModelChoiceField(
        Category.objects.all(), label=gettext_lazy("Category"), required=False, empty_label=gettext_lazy("All")
    )
    sort = forms.ChoiceField(
        label=gettext_lazy("Sort by"),
        required=False,
        choices=STOCK_SORTS,
    )

    def __init__(self, *args: Any, with_costs: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not with_costs:
            by = self.fields["sort"]
            assert isinstance(by, forms.ChoiceField)
            by.choices = [choice for choice in STOCK_SORTS if choice[0] != "value"]
        dress(self)

    def wish(self) -> StockWish:
        """What to ask the selector for."""
        self.is_valid()
        warehouse, category = self.cleaned_data.get("warehouse"), self.cleaned_data.get("category")
        return StockWish(
            search=self.cleaned_data.get("q", ""),
            warehouse_id=warehouse.pk if warehouse else None,
            category_id=category.pk if category else None,
            sort=self.cleaned_data.get("sort", ""),
        )


class ProductFilterForm(Dressed, forms.Form):
    """What the product list shows."""

    q = forms.CharField(label=gettext_lazy("Search"), required=False, max_length=100)
    archived = forms.BooleanField(label=gettext_lazy("Archived products"), required=False)
    sort = forms.ChoiceField(
        label=gettext_lazy("Sort by"),
        required=False,
        choices=[
            ("", gettext_lazy("SKU")),
            ("name", gettext_lazy("Name")),
            ("price", gettext_lazy("Highest price")),
        ],
    )


class AdjustForm(forms.Form):
    """How many pieces there are, or how many more or fewer, and why.

    ``seen`` and ``cut`` are what the page showed: pieces on hand, and reserved pieces that would be cut.
    """

    # No minus sign to type: the number pad of a phone has none.
    KINDS: dict[str, tuple[Any, Callable[[int, int], int]]] = {
        "counted": (gettext_lazy("Counted"), lambda pieces, on_hand: pieces - on_hand),
        "missing": (gettext_lazy("Missing"), lambda pieces, on_hand: -pieces),
        "found": (gettext_lazy("Found"), lambda pieces, on_hand: pieces),
    }

    kind = forms.ChoiceField(
        label=gettext_lazy("What do you know?"),
        choices=[(code, label) for code, (label, _difference) in KINDS.items()],
        widget=forms.RadioSelect(attrs={"class": "form-selectgroup-input"}),
        initial="counted",
    )
    quantity = forms.IntegerField(
        label=gettext_lazy("Pieces"),
        min_value=0,
        max_value=MAX_QUANTITY,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)
    unit_cost = forms.DecimalField(
        label=gettext_lazy("Cost of a found piece"),
        help_text=gettext_lazy("Empty: what the pieces there cost on average."),
        required=False,
        min_value=0,
        max_digits=14,
        decimal_places=4,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )
    lot = forms.ChoiceField(
        label=gettext_lazy("Lot of the pieces"),
        required=False,
        help_text=gettext_lazy("Chosen, “counted” is what there is of this lot."),
    )
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)
    cut = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, with_cost: bool, lots: Sequence[Lot], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lots = {lot.pk: lot for lot in lots}
        if not with_cost:
            del self.fields["unit_cost"]
        if lots:
            names = [(str(lot.pk), _lot_label(lot)) for lot in lots]
            self.fields["lot"].choices = [("", _("Not known: as they would leave")), *names]  # type: ignore[attr-defined]
        else:
            del self.fields["lot"]
        self.fields["reason"].widget.attrs["list"] = "reasons"
        dress(self)

    def seen_on_hand(self) -> int:
        """Pieces on hand that the page showed."""
        seen: int | None = self.cleaned_data["seen"]
        return -1 if seen is None else seen

    def chosen_lot(self) -> Lot | None:
        """The lot whose pieces are counted, found or missing; call it on a valid form only."""
        chosen = self.cleaned_data.get("lot")
        return self.lots[int(chosen)] if chosen else None

    def difference(self, on_hand: int) -> int:
        """Pieces more (+) or fewer (-) than ``on_hand``, or than the lot has; what cannot be is the field's error."""
        if lot := self.chosen_lot():
            on_hand = lot.on_hand
        _label, difference = self.KINDS[self.cleaned_data["kind"]]
        change = difference(self.cleaned_data["quantity"], on_hand)
        if not change:
            text = _("%s on hand already: nothing would change.") % on_hand
            self.add_error("quantity", text if self.cleaned_data["kind"] == "counted" else _("Enter a number from 1."))
        elif on_hand + change < 0:
            self.add_error("quantity", _("Only %s on hand; no more can be missing.") % on_hand)
        return change


def _lot_label(lot: Lot) -> str:
    words = {"number": lot.number, "pieces": lot.on_hand, "day": lot.expires_on}
    if lot.expires_on:
        return _("%(number)s: %(pieces)s, expires %(day)s") % words
    return f"{lot.number}: {lot.on_hand}"


class ProductForm(forms.ModelForm):  # type: ignore[type-arg]
    """What is stocked and sold."""

    price = forms.DecimalField(
        label=gettext_lazy("List price"),
        min_value=0,
        max_value=MAX_PRICE,
        decimal_places=2,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )

    class Meta:
        model = Product
        fields = ["sku", "name", "barcode", "category", "unit", "price", "tax_rate", "tracks_lots", "is_active"]
        labels = {"is_active": gettext_lazy("Can be ordered")}
        help_texts = {
            "unit": gettext_lazy("What one piece is: pcs, box, g."),
            "tracks_lots": gettext_lazy(
                "Each receipt names a lot number and, where there is one, the expiry date. What expires first leaves "
                "first; what has expired never ships: it is held back, and written off when you say so."
            ),
            "is_active": gettext_lazy("An archived product cannot be ordered; its stock and open orders stay."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)

    def clean_sku(self) -> str:
        """No other product has this SKU, in any case."""
        sku: str = self.cleaned_data["sku"]
        if self._others().alias(sku_upper=Upper("sku")).filter(sku_upper=sku.upper()).exists():
            raise forms.ValidationError(_("This SKU is already used by another product."))
        return sku

    def clean_barcode(self) -> str:
        """No other product has this barcode."""
        barcode: str = self.cleaned_data["barcode"]
        if barcode and self._others().filter(barcode=barcode).exists():
            raise forms.ValidationError(_("This barcode is already used by another product."))
        return barcode

    def validate_constraints(self) -> None:
        """Left to the checks above, which name the field, and to the database."""

    def _others(self) -> "QuerySet[Product]":
        return Product.objects.exclude(pk=self.instance.pk)
