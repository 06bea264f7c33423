"""What forms of all rooms share."""

from django import forms


def day_input() -> forms.DateInput:
    """A day as the browser's own field for days takes it, whatever the language."""
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


def dress(form: forms.BaseForm) -> None:
    """Give each field the frame's look."""
    for field in form.fields.values():
        kind = "form-control"
        if isinstance(field.widget, forms.HiddenInput | forms.RadioSelect):
            continue
        if isinstance(field, forms.BooleanField):
            kind = "form-check-input ms-2"
        elif isinstance(field, forms.ChoiceField):
            kind = "form-select"
        field.widget.attrs["class"] = kind
