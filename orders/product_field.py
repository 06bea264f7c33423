"""A product typed as SKU, barcode or part of its name."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory.models import Product
from inventory.selectors import search_products


class ProductField(forms.CharField):
    """Cleans to the product that the text names exactly, or alone."""

    widget = forms.TextInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(label=gettext_lazy("Product"), max_length=300, **kwargs)
        self.widget.attrs |= {"placeholder": gettext_lazy("SKU, name or barcode"), "autocomplete": "off"}

    def prepare_value(self, value: Any) -> Any:
        """The SKU of a product given by its key."""
        if isinstance(value, int):
            return Product.objects.filter(pk=value).values_list("sku", flat=True).first() or ""
        return value.sku if isinstance(value, Product) else value

    def clean(self, value: Any) -> Any:
        """The product, None for an empty field that is not required."""
        text = super().clean(value)
        if not text:
            return None
        found: list[Any] = list(search_products(text, only_active=False)[:2])
        if found and (found[0].is_exact or len(found) == 1):
            return found[0]
        raise forms.ValidationError(_("No product, or more than one, fits: enter its SKU or barcode."))
