"""What forms of all rooms share."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy, pgettext_lazy


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


class Dressed(forms.BaseForm):
    """Has the frame's look."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)


def spread_errors(errors: Mapping[str, str], head: forms.BaseForm, lines: Sequence[dict[str, Any]]) -> list[str]:
    """Put a service's words (``lines.0.quantity``, or a field of the head) where they belong; returns the others."""
    other = []
    for name, text in errors.items():
        part, _dot, rest = name.partition(".")
        index, _dot, column = rest.partition(".")
        if part == "lines" and index.isdecimal():
            lines[int(index)]["errors"][column] = text
        elif name in head.fields:
            head.add_error(name, text)
        else:
            other.append(text)
    return other


class MailForm(forms.Form):
    """What an e-mail says; ``key`` makes the same form sent twice one e-mail."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    to = forms.EmailField(label=pgettext_lazy("e-mail", "To"), max_length=254)
    title = forms.CharField(label=gettext_lazy("Subject"), max_length=200)
    text = forms.CharField(label=gettext_lazy("Text"), max_length=5000, widget=forms.Textarea(attrs={"rows": 9}))
