"""What people type into the pages of forecasting."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.errors import InvalidInput
from core.forms import Dressed
from forecasting.models import DemandEvent, ForecastAdjustment, PolicyRule, Succession
from forecasting.services.adjustments import check_adjustment
from forecasting.services.backtests import check_days
from forecasting.services.calendar import check_event
from forecasting.services.policies import check_rule
from forecasting.services.successions import check_succession
from inventory.filters import named_products
from inventory.models import Category, Product

MAX_SKUS = 500


class SkuListField(forms.CharField):
    """Products by SKU or barcode, separated by commas or lines; cleaned to a list of products."""

    widget = forms.Textarea(attrs={"rows": 2})

    def clean(self, value: Any) -> list[Product]:
        typed = super().clean(value).replace("，", ",").replace("\n", ",").split(",")
        names = [name for name in dict.fromkeys(name.strip() for name in typed) if name]
        if len(names) > MAX_SKUS:
            raise forms.ValidationError(_("Name at most %s products, or choose a category.") % MAX_SKUS)
        found = list(Product.objects.filter(pk__in=named_products(",".join(names)))) if names else []
        known = {product.sku.upper() for product in found} | {product.barcode for product in found}
        missing = [name for name in names if name.upper() not in known]
        if missing:
            raise forms.ValidationError(_("There is no product with this SKU or barcode: %s.") % ", ".join(missing[:5]))
        return found


def _day(label: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))


class Checked(Dressed, forms.ModelForm):
    """Has a model's fields; a service makes the row and, through ``check``, says what is wrong at which field."""

    def check(self) -> None:
        """Refuse what the service would. Raises: InvalidInput."""

    def clean(self) -> None:
        """What the service would refuse, at the fields it names."""
        if self.errors:
            return
        try:
            self.check()
        except InvalidInput as refusal:
            for field, text in refusal.field_errors.items():
                self.add_error(field, text)

    def _post_clean(self) -> None:
        """Fill no instance: it would be checked against constraints whose words help nobody."""


class DemandEventForm(Checked):
    """An event of the demand calendar."""

    starts_on = _day(gettext_lazy("First day"))
    ends_on = _day(gettext_lazy("Last day"))
    products = SkuListField(
        label=gettext_lazy("Products"),
        required=False,
        max_length=20_000,
        help_text=gettext_lazy("SKUs or barcodes, separated by commas. Empty: the category, or everything."),
    )

    class Meta:
        model = DemandEvent
        fields = ["name", "kind", "starts_on", "ends_on", "category", "products", "price_cut", "planned_uplift"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        category = self.fields["category"]
        assert isinstance(category, forms.ModelChoiceField)
        category.queryset, category.empty_label = Category.objects.all(), _("All")
        if self.instance.pk:
            self.initial["products"] = ", ".join(self.instance.products.order_by("sku").values_list("sku", flat=True))

    def check(self) -> None:
        """Refuse what the service would. Raises: InvalidInput."""
        check_event(self.cleaned_data, self.cleaned_data["products"])


def _one_product(**options: Any) -> SkuListField:
    widget = forms.TextInput(attrs={"autocomplete": "off"})
    return SkuListField(
        label=gettext_lazy("Product"),
        max_length=100,
        help_text=gettext_lazy("SKU or barcode"),
        widget=widget,
        **options,
    )


class PolicyRuleForm(Checked):
    """A service level wanted for a product, a supplier or a class."""

    product = _one_product(required=False)
    expires_on = _day(gettext_lazy("Expires on"))

    class Meta:
        model = PolicyRule
        fields = ["product", "supplier", "abc", "xyz", "service_level", "reason", "expires_on"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["expires_on"].required = False
        supplier = self.fields["supplier"]
        assert isinstance(supplier, forms.ModelChoiceField)
        supplier.empty_label = _("None")
        for name, letters in (("abc", "ABC"), ("xyz", "XYZ")):
            field = self.fields[name]
            assert isinstance(field, forms.TypedChoiceField)
            field.choices = [("", _("None")), *((letter, letter) for letter in letters)]

    def clean_product(self) -> Product | None:
        """One product, or none."""
        return _only(self.cleaned_data["product"])

    def check(self) -> None:
        """Refuse what the service would. Raises: InvalidInput."""
        check_rule(self.cleaned_data)


class ForecastAdjustmentForm(Checked):
    """What somebody expects beyond the forecast."""

    product = _one_product()
    starts_on = _day(gettext_lazy("First day"))
    ends_on = _day(gettext_lazy("Last day"))

    class Meta:
        model = ForecastAdjustment
        fields = ["product", "warehouse", "starts_on", "ends_on", "percent", "reason"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        warehouse = self.fields["warehouse"]
        assert isinstance(warehouse, forms.ModelChoiceField)
        warehouse.empty_label = _("All")

    def clean_product(self) -> Product | None:
        """One product."""
        return _only(self.cleaned_data["product"])

    def check(self) -> None:
        """Refuse what the service would. Raises: InvalidInput."""
        check_adjustment(self.cleaned_data)


class SuccessionForm(Checked):
    """Which product takes which one's place."""

    predecessor = _one_product()
    successor = _one_product()
    starts_on = _day(gettext_lazy("From"))

    class Meta:
        model = Succession
        fields = ["predecessor", "successor", "starts_on", "share"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["predecessor"].label, self.fields["successor"].label = _("Predecessor"), _("Successor")

    def clean_predecessor(self) -> Product | None:
        """One product."""
        return _only(self.cleaned_data["predecessor"])

    def clean_successor(self) -> Product | None:
        """One product."""
        return _only(self.cleaned_data["successor"])

    def check(self) -> None:
        """Refuse what the service would. Raises: InvalidInput."""
        check_succession(self.cleaned_data)


class BacktestForm(Dressed, forms.Form):
    """Which stretch of the past to replay for which products, and under which terms."""

    first_day = _day(gettext_lazy("First day"))
    last_day = _day(gettext_lazy("Last day"))
    category = forms.ModelChoiceField(Category.objects.all(), label=gettext_lazy("Category"), required=False)
    products = SkuListField(
        label=gettext_lazy("Products"),
        required=False,
        max_length=20_000,
        help_text=gettext_lazy("SKUs or barcodes, separated by commas. Empty: the category, or everything."),
    )
    service_level = forms.DecimalField(
        label=gettext_lazy("What if: service level (%)"),
        required=False,
        min_value=50,
        max_value=Decimal("99.9"),
        help_text=gettext_lazy("Empty: the level that earns most, product by product."),
    )
    lead_time = forms.DecimalField(
        label=gettext_lazy("What if: lead times (% of today's)"), required=False, min_value=10, max_value=500
    )
    holding_rate = forms.DecimalField(
        label=gettext_lazy("What if: holding cost (% of cost a year)"), required=False, min_value=0, max_value=500
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        category = self.fields["category"]
        assert isinstance(category, forms.ModelChoiceField)
        category.empty_label = _("All")

    def clean(self) -> None:
        """What the service would refuse, at the fields it names."""
        if not self.errors:
            try:
                check_days(self.cleaned_data["first_day"], self.cleaned_data["last_day"])
            except InvalidInput as refusal:
                for field, text in refusal.field_errors.items():
                    self.add_error(field, text)

    def question(self) -> dict[str, Any]:
        """What is asked, as plain values."""
        typed = self.cleaned_data
        shares = {"service": "service_level", "lead_time": "lead_time", "holding_rate": "holding_rate"}
        asked: dict[str, Any] = {
            name: float(typed[field]) / 100 for name, field in shares.items() if typed[field] is not None
        }
        if typed["category"]:
            asked["category"] = typed["category"].pk
        if typed["products"]:
            asked["products"] = [product.pk for product in typed["products"]]
        return asked


def _only(products: list[Product]) -> Product | None:
    if len(products) > 1:
        raise forms.ValidationError(_("Name one product."))
    return products[0] if products else None
