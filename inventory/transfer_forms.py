"""What people type into the pages of transfers."""

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.forms import Dressed, day_input
from inventory.models import Transfer, Warehouse
from inventory.selectors import TransferWish, search_products
from inventory.services import MAX_QUANTITY

FIELDS = ("product", "label", "quantity")


def whole(text: str) -> int | None:
    """The number that ``text`` is, if it is one from 0 that PostgreSQL can hold."""
    return int(text) if text.isdecimal() and len(text) < 19 else None


class TransferFilterForm(Dressed, forms.Form):
    """What the list of transfers shows; ``wish()`` leaves out what is not valid."""

    q = forms.CharField(label=_("Search"), required=False, max_length=100)
    status = forms.ChoiceField(
        label=_("Status"),
        required=False,
        choices=[
            ("", _("All")),
            ("transit", _("On the way")),
            ("overdue", _("Overdue")),
            *Transfer.Status.choices,
        ],
    )
    warehouse = forms.ModelChoiceField(
        Warehouse.objects.all(), label=_("Warehouse"), required=False, empty_label=_("All")
    )

    def wish(self) -> TransferWish:
        """What to ask the selector for."""
        self.is_valid()
        warehouse = self.cleaned_data.get("warehouse")
        return TransferWish(
            search=self.cleaned_data.get("q", ""),
            status=self.cleaned_data.get("status", ""),
            warehouse_id=warehouse.pk if warehouse else None,
        )


# Also of the form that asks for a transfer instead of a purchase.
DAY_HINT = _("Left empty: as many days as transfers on this way take.")


class DayForm(Dressed, forms.Form):
    """When the destination counts on the pieces; not in the past."""

    expected_on = forms.DateField(label=_("Expected"), widget=day_input())

    def clean_expected_on(self) -> Any:
        """Today at the earliest."""
        day = self.cleaned_data["expected_on"]
        if day and day < timezone.localdate():
            raise forms.ValidationError(_("Choose today or a later day."))
        return day


class TransferHeadForm(DayForm):
    """From where to where, for when, and why."""

    expected_on = forms.DateField(label=_("Expected"), widget=day_input(), required=False, help_text=DAY_HINT)
    source = forms.ModelChoiceField(Warehouse.objects.filter(is_active=True), label=_("From warehouse"), empty_label="")
    destination = forms.ModelChoiceField(
        Warehouse.objects.filter(is_active=True), label=_("To warehouse"), empty_label=""
    )
    reason = forms.CharField(label=_("Reason"), required=False, max_length=200)
    field_order = ["source", "destination", "expected_on", "reason"]


class WhyForm(Dressed, forms.Form):
    """Why a transfer is cancelled or closed."""

    reason = forms.CharField(label=_("Reason"), max_length=200)


class _LineForm(forms.Form):
    product = forms.IntegerField(min_value=1, error_messages={"required": _("Choose a product from the list.")})
    quantity = forms.IntegerField(min_value=1, max_value=MAX_QUANTITY)


def blank_line() -> dict[str, Any]:
    """A line in which nothing was typed."""
    return dict.fromkeys(FIELDS, "") | {"errors": {}}


def typed_lines(data: QueryDict) -> list[dict[str, Any]]:
    """The lines in which anything was typed; a code typed and never chosen is looked up."""
    columns = [data.getlist(name) for name in FIELDS]
    found = []
    for row in zip(*columns, strict=False):
        line: dict[str, Any] = dict(zip(FIELDS, (text.strip() for text in row), strict=True)) | {"errors": {}}
        if not any(line[name] for name in FIELDS):
            continue
        if line["label"] and not line["product"]:
            text = line["label"].replace("\x00", "")[:100]
            exact = [p for p in search_products(text)[:2] if p.is_exact]  # type: ignore[attr-defined]
            line["product"] = str(exact[0].pk) if len(exact) == 1 else ""
        found.append(line)
    return found or [blank_line()]


def valid_lines(lines: list[dict[str, Any]]) -> list[tuple[int, int]] | None:
    """Product and pieces of each line, or None after noting in each what is wrong."""
    wanted = []
    for line in lines:
        form = _LineForm(line)
        if form.is_valid():
            wanted.append((form.cleaned_data["product"], form.cleaned_data["quantity"]))
        else:
            line["errors"] = {name: " ".join(map(str, errors)) for name, errors in form.errors.items()}
    return wanted if len(wanted) == len(lines) else None
