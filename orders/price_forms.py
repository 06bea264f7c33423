"""What people type about prices: price lists, their prices, promotions."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from core.forms import day_input, dress
from orders.checks import MAX_PRICE
from orders.models import PriceList, PriceListItem, Promotion
from orders.product_field import ProductField


class _DatedForm(forms.ModelForm):  # type: ignore[type-arg]
    """A form whose days must stand in their order."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)

    def clean(self) -> dict[str, Any]:
        """The last day must not come before the first."""
        data = super().clean() or {}
        if data.get("first_day") and data.get("last_day") and data["first_day"] > data["last_day"]:
            self.add_error("last_day", _("This day must not come before the first one."))
        return data


class PriceListForm(forms.ModelForm):  # type: ignore[type-arg]
    """The name of a price list."""

    class Meta:
        model = PriceList
        fields = ["name", "note"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)


class PriceForm(_DatedForm):
    """One price of a list; the list is set by the page."""

    product = ProductField()

    class Meta:
        model = PriceListItem
        fields = ["product", "min_quantity", "unit_price", "first_day", "last_day"]
        widgets = {"first_day": day_input(), "last_day": day_input()}

    def __init__(self, *args: Any, price_list: PriceList, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.price_list = price_list
        self.fields["min_quantity"].min_value = 1  # type: ignore[attr-defined]
        self.fields["unit_price"].max_value = MAX_PRICE  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A quantity and first day may stand only once for a product; figures must make sense."""
        data = super().clean()
        if data.get("min_quantity") is not None and data["min_quantity"] < 1:
            self.add_error("min_quantity", _("Enter a whole number from 1 on."))
        if data.get("unit_price") is not None and not 0 <= data["unit_price"] <= MAX_PRICE:
            self.add_error("unit_price", _("Enter a price from 0 to %s.") % MAX_PRICE)
        if not self.errors:
            same = PriceListItem.objects.filter(
                price_list=self.instance.price_list,
                product=data["product"],
                min_quantity=data["min_quantity"],
                first_day=data.get("first_day"),
            )
            if same.exclude(pk=self.instance.pk).exists():
                self.add_error("product", _("The list already has a price for this product, quantity and first day."))
        return data


class PromotionForm(_DatedForm):
    """A promotion."""

    product = ProductField(required=False)

    class Meta:
        model = Promotion
        fields = ["name", "product", "category", "discount", "min_quantity", "first_day", "last_day"]
        widgets = {"first_day": day_input(), "last_day": day_input()}

    def clean(self) -> dict[str, Any]:
        """One product or one category, a discount above 0."""
        data = super().clean()
        if data.get("product") and data.get("category"):
            self.add_error("category", _("Choose a product or a category, not both; neither means everything."))
        if data.get("discount") is not None and not 0 < data["discount"] <= 100:
            self.add_error("discount", _("Enter a percentage above 0 and up to 100."))
        if data.get("min_quantity") is not None and data["min_quantity"] < 1:
            self.add_error("min_quantity", _("Enter a whole number from 1 on."))
        return data
