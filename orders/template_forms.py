"""A template as the desk sends it: JSON, since its lines stand on the page of the order."""

from typing import Any

from django import forms

from core.money import ZERO
from inventory.services import MAX_QUANTITY
from orders.checks import MAX_ID
from orders.services.templates import NewTemplate
from orders.values import NewLine


class TemplateForm(forms.Form):
    """Name and customer; the service checks what they say."""

    name = forms.CharField(max_length=200, required=False)
    customer = forms.IntegerField(min_value=1, max_value=MAX_ID, required=False)
    replace = forms.BooleanField(required=False)


class TemplateLineForm(forms.Form):
    """One line."""

    product = forms.IntegerField(min_value=1, max_value=MAX_ID)
    quantity = forms.IntegerField(min_value=1, max_value=MAX_QUANTITY)
    discount = forms.DecimalField(min_value=0, max_value=100, decimal_places=2, required=False)


def new_template(body: Any) -> tuple[NewTemplate | None, dict[str, str]]:
    """The template that a request's body asks for, or what is wrong by field (``lines.0.quantity``)."""
    rows = body.get("lines") if isinstance(body, dict) else None
    if not isinstance(rows, list):
        rows = []
    form = TemplateForm(body if isinstance(body, dict) else {})
    errors = {name: str(texts[0]) for name, texts in form.errors.items()}
    lines = []
    for index, row in enumerate(rows):
        line = TemplateLineForm(row if isinstance(row, dict) else {})
        if line.is_valid():
            data = line.cleaned_data
            lines.append(NewLine(data["product"], data["quantity"], discount=data["discount"] or ZERO))
        errors |= {f"lines.{index}.{name}": str(texts[0]) for name, texts in line.errors.items()}
    if errors:
        return None, errors
    data = form.cleaned_data
    return NewTemplate(data["name"], lines, data["customer"], data["replace"]), {}
