"""The filter above every dashboard. It is read from the address, so that a view can be kept and shared."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from inventory.models import Category, Warehouse
from reports.periods import Period, natural_step, preset
from reports.selectors import Slice

LONGEST = timedelta(days=366 * 20)
PERIODS = [
    ("recent", _("Last 90 days")),
    ("this_month", _("This month")),
    ("last_month", _("Last month")),
    ("quarter", _("This quarter")),
    ("12_months", _("Last 12 months")),
    ("custom", _("From … to …")),
]
STEPS = [("", _("Automatic")), ("day", _("Day")), ("week", _("Week")), ("month", _("Month"))]
SPLITS = [("category", _("Category")), ("warehouse", _("Warehouse"))]


class FilterForm(forms.Form):
    """Which days, warehouse and category; how the series is cut and what the split is by."""

    period = forms.ChoiceField(label=_("Period"), choices=PERIODS, required=False)
    first = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    last = forms.DateField(label=_("To"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"))
    warehouse = forms.ModelChoiceField(
        label=_("Warehouse"), queryset=Warehouse.objects.all(), required=False, empty_label=_("All warehouses")
    )
    category = forms.ModelChoiceField(
        label=_("Category"), queryset=Category.objects.all(), required=False, empty_label=_("All categories")
    )
    step = forms.ChoiceField(label=_("Chart by"), choices=STEPS, required=False)
    split = forms.ChoiceField(label=_("Compare by"), choices=SPLITS, required=False)

    def __init__(self, data: Any, *, today: date, recent: Period) -> None:
        super().__init__(data)
        self.today, self.recent = today, recent
        for field in self.fields.values():
            is_choice = isinstance(field, forms.ChoiceField)
            field.widget.attrs["class"] = "form-select" if is_choice else "form-control"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("period") == "custom" and "first" in cleaned and "last" in cleaned:
            first, last = cleaned["first"], cleaned["last"]
            if not (first and last):
                self.add_error("last" if first else "first", _("Enter both days."))
            elif last < first:
                self.add_error("last", _("The last day lies before the first."))
            elif last - first > LONGEST:
                self.add_error("last", _("Choose at most 20 years."))
        return cleaned

    def chosen_period(self) -> Period:
        """The period asked for; the default where the input is wrong."""
        name = self.cleaned_data.get("period") or "recent"
        if name == "custom" and self.is_valid():
            return Period(self.cleaned_data["first"], self.cleaned_data["last"])
        return self.recent if name in ("recent", "custom") else preset(name, self.today)

    def chosen_slice(self) -> Slice:
        """The slice asked for; all warehouses or categories where the input is wrong."""
        warehouse, category = self.cleaned_data.get("warehouse"), self.cleaned_data.get("category")
        return Slice(self.chosen_period(), warehouse and warehouse.pk, category and category.pk)

    def chosen_step(self) -> str:
        """Day, week or month."""
        return self.cleaned_data.get("step") or natural_step(self.chosen_period())

    def chosen_split(self) -> str:
        """Category or warehouse."""
        return self.cleaned_data.get("split") or "category"
