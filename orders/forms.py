"""What people type into the pages of the order desk."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import Dressed, dress
from core.money import ZERO
from inventory.models import Warehouse
from inventory.services import MAX_QUANTITY
from orders.checks import MAX_ID, MAX_PRICE
from orders.models import Channel, Customer, Order
from orders.quotes import Charges, TypedLine
from orders.selectors import OrderWish


class QuoteForm(forms.Form):
    """Where the typed lines are to ship from, for whom, and what counts for all; a half-typed figure is none."""

    warehouse = forms.IntegerField(min_value=1, max_value=MAX_ID)
    customer = forms.IntegerField(min_value=1, max_value=MAX_ID, required=False)
    discount = forms.DecimalField(min_value=0, max_value=100, decimal_places=2, required=False)
    freight = forms.DecimalField(min_value=0, max_value=MAX_PRICE, decimal_places=2, required=False)

    def charges(self) -> Charges:
        """What is valid of it."""
        self.is_valid()
        data = self.cleaned_data
        return Charges(data.get("customer"), data.get("discount") or ZERO, data.get("freight") or ZERO)


class QuoteLineForm(forms.Form):
    """One typed line; not valid while it is not finished."""

    product_id = forms.IntegerField(min_value=1, max_value=MAX_ID)
    quantity = forms.IntegerField(min_value=1, max_value=MAX_QUANTITY)
    unit_price = forms.DecimalField(min_value=0, max_value=MAX_PRICE, decimal_places=2, required=False)
    discount = forms.DecimalField(min_value=0, max_value=100, decimal_places=2, required=False)

    def line(self) -> TypedLine:
        """The line; call it on a valid form only."""
        data = self.cleaned_data
        return TypedLine(data["product_id"], data["quantity"], data["unit_price"], data["discount"] or ZERO)


class CustomerFilterForm(Dressed, forms.Form):
    """What the customer list shows."""

    q = forms.CharField(label=_("Search"), required=False, max_length=100)
    sort = forms.ChoiceField(
        label=_("Sort by"),
        required=False,
        choices=[("", _("Name")), ("recent", _("Last order")), ("open", _("Most open orders"))],
    )


class OrderFilterForm(Dressed, forms.Form):
    """What the order list shows; ``wish()`` leaves out what is not valid."""

    q = forms.CharField(label=_("Search"), required=False, max_length=100)
    status = forms.ChoiceField(label=_("Status"), required=False, choices=[("", _("All")), *Order.Status.choices])
    channel = forms.ModelChoiceField(Channel.objects.all(), label=_("Channel"), required=False, empty_label=_("All"))
    warehouse = forms.ModelChoiceField(
        Warehouse.objects.all(), label=_("Warehouse"), required=False, empty_label=_("All")
    )
    first = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    waiting = forms.BooleanField(label=_("Waiting for stock only"), required=False)
    sort = forms.ChoiceField(
        label=_("Sort by"),
        required=False,
        choices=[
            ("", _("Newest first")),
            ("due", _("Requested date")),
            ("customer", _("Customer")),
        ],
    )

    def clean(self) -> dict[str, Any]:
        """The days must stand in their order."""
        data = super().clean() or {}
        if data.get("first") and data.get("last") and data["first"] > data["last"]:
            self.add_error("last", _("This day must not come before the first one."))
        return data

    def wish(self) -> OrderWish:
        """What to ask the selector for."""
        self.is_valid()
        data = self.cleaned_data
        channel, warehouse = data.get("channel"), data.get("warehouse")
        return OrderWish(
            search=data.get("q", ""),
            status=data.get("status", ""),
            channel_id=channel.pk if channel else None,
            warehouse_id=warehouse.pk if warehouse else None,
            waiting=data.get("waiting", False),
            first=data.get("first"),
            last=data.get("last"),
            sort=data.get("sort", ""),
        )


class CancelForm(forms.Form):
    """Why an order is cancelled; ``seen`` is its last step that the page showed."""

    reason = forms.CharField(label=_("Reason"), max_length=200)
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0, max_value=MAX_ID)


class CustomerForm(forms.ModelForm):  # type: ignore[type-arg]
    """Who buys."""

    class Meta:
        model = Customer
        fields = [
            "code",
            "name",
            "phone",
            "email",
            "address",
            "language",
            "price_list",
            "tax_rate",
            "payment_days",
            "credit_limit",
            "ship_complete",
            "is_blocked",
        ]
        help_texts = {
            "language": _(
                "What documents for this customer are written in. Empty: the language of whoever makes them."
            ),
            "tax_rate": _(
                "Instead of the products' rates; 0 for a customer who pays no tax. Empty: the products' rates."
            ),
            "payment_days": _("What has shipped counts as owed for so many days; 0: paid at once."),
            "credit_limit": _("Open orders and what is owed, tax included, may not go beyond it. Empty: no limit."),
            "ship_complete": _("For new orders: nothing ships before all of it is there. Otherwise the rest follows."),
            "is_blocked": _("New orders of a blocked customer are refused; open ones stay as they are."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)
        self.fields["payment_days"].required = False

    def clean_payment_days(self) -> int:
        """Left empty, it is paid at once."""
        return self.cleaned_data["payment_days"] or 0
