"""What people type into the pages of purchasing."""

from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.checks import cost_error
from core.forms import Dressed, day_input
from inventory.models import Warehouse
from inventory.services import MAX_QUANTITY
from inventory.transfer_forms import DAY_HINT
from purchasing.models import (
    AutoApprovalRule,
    LandedCost,
    PurchaseOrder,
    StockPolicy,
    Supplier,
    SupplierItem,
)
from purchasing.models.supply import MAX_LEAD_TIME, MAX_SHELF_LIFE
from purchasing.selectors import PurchaseWish
from purchasing.typed import whole

NO_SUPPLIER = "none"


class FilterForm(Dressed, forms.Form):
    """A list's filters, all optional; ``wanted()`` leaves out what is not valid."""

    q = forms.CharField(label=_("Search"), required=False, max_length=100)

    def wanted(self) -> dict[str, Any]:
        """The valid values; empty ones too, so that every field has its entry."""
        self.is_valid()
        return {name: self.cleaned_data.get(name) for name in self.fields}

    def is_used(self) -> bool:
        """Whether anything is filtered."""
        return any(self.wanted().values())


def _warehouses() -> forms.ModelChoiceField:
    return forms.ModelChoiceField(Warehouse.objects.all(), label=_("Warehouse"), required=False, empty_label=_("All"))


class DeskFilterForm(FilterForm):
    """What the replenishment desk shows."""

    supplier = forms.ChoiceField(label=_("Supplier"), required=False)
    warehouse = _warehouses()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [(str(s.pk), f"{s.code} {s.name}") for s in Supplier.objects.filter(is_active=True)]
        self.fields["supplier"].choices = [  # type: ignore[attr-defined]
            ("", _("All")),
            (NO_SUPPLIER, _("Without a supplier")),
            *names,
        ]


class PurchaseFilterForm(FilterForm):
    """What the list of purchase orders shows."""

    status = forms.ChoiceField(
        label=_("Status"),
        required=False,
        choices=[
            ("", _("All")),
            ("incoming", _("On the way")),
            ("overdue", _("Overdue")),
            ("unconfirmed", _("Not confirmed by the supplier")),
            *PurchaseOrder.Status.choices,
        ],
    )
    supplier = forms.ModelChoiceField(Supplier.objects.all(), label=_("Supplier"), required=False, empty_label=_("All"))
    warehouse = _warehouses()
    sort = forms.ChoiceField(
        label=_("Sort by"),
        required=False,
        choices=[("", _("Newest first")), ("expected", _("Expected")), ("supplier", _("Supplier"))],
    )

    def wish(self) -> PurchaseWish:
        """What to ask the selector for."""
        wanted = self.wanted()
        return PurchaseWish(
            search=wanted["q"] or "",
            status=wanted["status"] or "",
            supplier_id=wanted["supplier"].pk if wanted["supplier"] else None,
            warehouse_id=wanted["warehouse"].pk if wanted["warehouse"] else None,
            sort=wanted["sort"] or "",
        )


class ReceivingFilterForm(FilterForm):
    """Which purchase orders are expected."""

    warehouse = _warehouses()


class PolicyFilterForm(FilterForm):
    """Which stock policies are shown."""

    warehouse = _warehouses()
    source = forms.ChoiceField(label=_("Source"), required=False, choices=[("", _("All")), *StockPolicy.Source.choices])


class ReasonForm(Dressed, forms.Form):
    """Why something is cancelled or dismissed."""

    reason = forms.CharField(label=_("Reason"), max_length=200)


class ExpectedDateForm(Dressed, forms.Form):
    """When goods are expected; not in the past."""

    expected_on = forms.DateField(
        label=_("Expected"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args: Any, required: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["expected_on"].required = required

    def clean_expected_on(self) -> Any:
        """Today at the earliest."""
        day = self.cleaned_data["expected_on"]
        if day and day < timezone.localdate():
            raise forms.ValidationError(_("Choose today or a later day."))
        return day


class TransferInsteadForm(ExpectedDateForm):
    """How many pieces another warehouse is to send instead of buying them, and for when."""

    source = forms.ModelChoiceField(
        Warehouse.objects.filter(is_active=True), label=_("From warehouse"), empty_label=None
    )
    quantity = forms.IntegerField(
        label=_("Pieces"), min_value=1, max_value=MAX_QUANTITY, widget=forms.TextInput(attrs={"inputmode": "numeric"})
    )
    field_order = ["source", "quantity", "expected_on"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, required=False, **kwargs)
        self.fields["expected_on"].help_text = DAY_HINT


class PurchaseHeadForm(ExpectedDateForm):
    """The head of a purchase order made by hand."""

    supplier = forms.ModelChoiceField(Supplier.objects.filter(is_active=True), label=_("Supplier"), empty_label="")
    warehouse = forms.ModelChoiceField(Warehouse.objects.filter(is_active=True), label=_("Warehouse"), empty_label=None)
    field_order = ["supplier", "warehouse", "expected_on"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, required=False, **kwargs)


class PurchaseLineForm(forms.Form):
    """One line of a purchase order made by hand; without a cost the one agreed with the supplier counts."""

    product = forms.IntegerField(min_value=1, error_messages={"required": _("Choose a product from the list.")})
    quantity = forms.IntegerField(min_value=1, max_value=MAX_QUANTITY)
    unit_cost = forms.DecimalField(min_value=0, max_digits=14, decimal_places=4, required=False)


class SupplierForm(Dressed, forms.ModelForm):  # type: ignore[type-arg]
    """Who we buy from."""

    lead_time_days = forms.IntegerField(label=_("Lead time (days)"), min_value=0, max_value=MAX_LEAD_TIME, initial=14)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("min_order_value", "receipt_tolerance", "express_cost"):
            self.fields[name].required = False

    def clean_currency(self) -> str:
        """In capital letters."""
        return str(self.cleaned_data["currency"]).strip().upper()

    def clean_min_order_value(self) -> Decimal:
        """Nothing typed is none."""
        return self.cleaned_data["min_order_value"] or Decimal("0.00")

    def clean_express_cost(self) -> Decimal:
        """Nothing typed is none."""
        return self.cleaned_data["express_cost"] or Decimal("0.00")

    def clean_receipt_tolerance(self) -> int:
        """Nothing typed is none."""
        return self.cleaned_data["receipt_tolerance"] or 0

    class Meta:
        model = Supplier
        fields = [
            "code",
            "name",
            "email",
            "phone",
            "language",
            "currency",
            "lead_time_days",
            "order_cost",
            "min_order_value",
            "receipt_tolerance",
            "express_days",
            "express_cost",
            "is_active",
        ]
        help_texts = {
            "language": _("What purchase orders are written in. Empty: the language of whoever makes them."),
            "currency": _("Three letters, as USD, when its prices are not in your own currency. Their numbers stay."),
            "lead_time_days": _("What the supplier says; measured from its receipts as they come."),
            "min_order_value": _("The supplier takes no order below it; 0 for none."),
            "express_days": _("Days when paid to hurry; empty when it cannot."),
            "receipt_tolerance": _(
                "So much more or less than ordered is taken without a word: a delivery that far short is complete."
            ),
            "order_cost": _(
                "What one order costs us, whatever its size: work, freight. Larger lots are the answer to it."
            ),
            "is_active": _("Nothing is suggested or ordered from a supplier that is not active."),
        }


class SupplierItemForm(Dressed, forms.ModelForm):  # type: ignore[type-arg]
    """What a supplier sells us, and by which rules."""

    unit_cost = forms.DecimalField(label=_("Unit cost"), min_value=0, max_digits=14, decimal_places=4)
    moq = forms.IntegerField(label=_("Minimum order quantity"), min_value=1, max_value=MAX_QUANTITY, initial=1)
    order_multiple = forms.IntegerField(label=_("Pack size"), min_value=1, max_value=MAX_QUANTITY, initial=1)
    pallet_quantity = forms.IntegerField(
        label=_("Pieces on a pallet"),
        min_value=1,
        max_value=MAX_QUANTITY,
        required=False,
        help_text=_("A multiple of the pack; empty when it does not come on pallets."),
    )
    broken_pallet_cost = forms.DecimalField(
        label=_("Cost of a broken pallet"),
        min_value=0,
        max_digits=14,
        decimal_places=2,
        required=False,
        help_text=_("What a line that is not whole pallets costs us once, in our own currency: work or a surcharge."),
    )
    shelf_life_days = forms.IntegerField(
        label=_("Shelf life on delivery (days)"),
        min_value=1,
        max_value=MAX_SHELF_LIFE,
        required=False,
        help_text=_("What would not sell in it is not bought; empty when it keeps."),
    )
    price_breaks = forms.CharField(
        label=_("Price breaks"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": "100: 2.30\n500: 2.10"}),
        help_text=_("One a line: from quantity, colon, unit cost."),
    )
    field_order = [
        "supplier_sku",
        "unit_cost",
        "price_breaks",
        "moq",
        "order_multiple",
        "pallet_quantity",
        "broken_pallet_cost",
        "shelf_life_days",
    ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            steps = [f"{step.quantity}: {step.asked}" for step in self.instance.price_breaks.all()]
            self.initial.update(price_breaks="\n".join(steps), unit_cost=self.instance.asked)
            if currency := self.instance.supplier.currency:
                self.fields["unit_cost"].help_text = _("In %s, the supplier's currency.") % currency

    def clean_price_breaks(self) -> dict[int, Decimal]:
        """Cost of a piece by quantity from which it counts; it falls as the quantity rises."""
        last, steps = self.cleaned_data.get("unit_cost"), {}
        for text in self.cleaned_data["price_breaks"].splitlines():
            if text.strip():
                quantity, cost = _price_break(text)
                if quantity in steps:
                    raise forms.ValidationError(_("%s stands there twice.") % quantity)
                steps[quantity] = cost
        for quantity, cost in sorted(steps.items()):
            if last is not None and cost >= last:
                raise forms.ValidationError(
                    _("From %(quantity)s the cost must be below %(cost)s: a larger order costs less a piece.")
                    % {"quantity": quantity, "cost": last}
                )
            last = cost
        return dict(sorted(steps.items()))

    class Meta:
        model = SupplierItem
        fields = [
            "supplier_sku",
            "unit_cost",
            "moq",
            "order_multiple",
            "pallet_quantity",
            "broken_pallet_cost",
            "shelf_life_days",
            "is_preferred",
        ]
        help_texts = {
            "is_preferred": _("Suggestions go to the preferred supplier. A product has one; the one before steps back.")
        }


def _price_break(text: str) -> tuple[int, Decimal]:
    """``100: 2.30`` as (100, 2.30)."""
    quantity, _colon, cost = text.replace("：", ":").partition(":")
    wanted = whole(quantity.strip())
    try:
        amount = Decimal(cost.strip())
    except InvalidOperation:
        wanted, amount = None, Decimal(0)
    if not wanted or not 2 <= wanted <= MAX_QUANTITY or cost_error(amount):
        raise forms.ValidationError(_("“%s”: write it like 100: 2.30.") % text.strip()[:40])
    return wanted, amount


class RateForm(Dressed, forms.Form):
    """What one unit of another currency is worth, from a day on."""

    currency = forms.CharField(
        label=_("Currency"), max_length=3, widget=forms.TextInput(attrs={"placeholder": "USD", "autocomplete": "off"})
    )
    valid_from = forms.DateField(label=_("Valid from"), widget=day_input())
    rate = forms.DecimalField(
        label=_("Exchange rate"),
        max_digits=16,
        decimal_places=8,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
        help_text=_("Units of your own currency for one."),
    )

    def clean_currency(self) -> str:
        """In capital letters."""
        return str(self.cleaned_data["currency"]).strip().upper()


class LimitForm(Dressed, forms.Form):
    """Up to which amount a role places purchase orders alone; empty: any amount."""

    amount = forms.DecimalField(label=_("Limit"), min_value=0, max_digits=16, decimal_places=2, required=False)


class RuleForm(Dressed, forms.ModelForm):  # type: ignore[type-arg]
    """What is ordered without a hand."""

    class Meta:
        model = AutoApprovalRule
        fields = ["supplier", "max_value", "min_confidence"]
        help_texts = {
            "supplier": _("Empty: every supplier without a rule of its own."),
            "min_confidence": _("100 less the deviation of lead-time demand as a share of its mean."),
        }


class LandedForm(Dressed, forms.Form):
    """Freight, duty or the like of a goods receipt."""

    kind = forms.ChoiceField(label=_("Kind"), choices=LandedCost.Kind.choices)
    amount = forms.DecimalField(label=_("Amount"), min_value=Decimal("0.01"), max_digits=16, decimal_places=2)
    document = forms.CharField(label=_("Invoice number"), max_length=40, required=False)


class ReceiptCostsForm(Dressed, forms.Form):
    """Freight and duty that came with the goods."""

    freight = forms.DecimalField(
        label=_("Freight"), min_value=Decimal("0.01"), max_digits=16, decimal_places=2, required=False
    )
    duty = forms.DecimalField(
        label=_("Duty"), min_value=Decimal("0.01"), max_digits=16, decimal_places=2, required=False
    )

    def landed(self) -> dict[str, Decimal]:
        """What was entered, by kind."""
        return {name: amount for name, amount in self.cleaned_data.items() if amount}


class SheetForm(Dressed, forms.Form):
    """A list that was edited in a spreadsheet."""

    file = forms.FileField(label=_("Excel or CSV file"))


class BudgetForm(Dressed, forms.Form):
    """How much cash there is to buy with; empty: enough for everything."""

    budget = forms.DecimalField(label=_("Cash budget"), min_value=0, max_digits=16, decimal_places=2, required=False)
    warehouse = _warehouses()


class PolicyForm(Dressed, forms.Form):
    """Levels set by hand, in pieces, and why."""

    safety_stock = forms.IntegerField(label=_("Safety stock"), min_value=0, max_value=MAX_QUANTITY)
    reorder_point = forms.IntegerField(label=_("Reorder point"), min_value=0, max_value=MAX_QUANTITY)
    order_up_to = forms.IntegerField(label=_("Order-up-to level"), min_value=0, max_value=MAX_QUANTITY)
    reason = forms.CharField(label=_("Reason"), max_length=200)
