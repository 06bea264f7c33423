"""What people type about quotations."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.forms import day_input, dress
from orders.models import Quotation
from orders.quotations import QuotationWish
from orders.services.quotations import MAX_HOLD_DAYS


class QuotationFilterForm(forms.Form):
    """What the list shows; ``wish()`` leaves out what is not valid."""

    q = forms.CharField(label=_("Search"), required=False, max_length=100)
    status = forms.ChoiceField(label=_("Status"), required=False, choices=[("", _("All")), *Quotation.Status.choices])
    ending = forms.BooleanField(label=_("Ending within a week only"), required=False)
    mine = forms.BooleanField(label=_("Mine only"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)

    def wish(self, user_id: int | None) -> QuotationWish:
        """What to ask the selector for."""
        self.is_valid()
        data = self.cleaned_data
        return QuotationWish(
            search=data.get("q", ""),
            status=data.get("status", ""),
            ending=data.get("ending", False),
            mine=user_id if data.get("mine") else None,
        )


class HoldForm(forms.Form):
    """Until when stock is held."""

    held_until = forms.DateField(label=_("Hold stock until"), widget=day_input())

    def __init__(self, quotation: Quotation, data: Any = None) -> None:
        super().__init__(data)
        self.fields["held_until"].initial = quotation.held_until or last_hold_day(quotation.valid_until)
        widget = self.fields["held_until"].widget
        widget.attrs |= {
            "min": timezone.localdate().isoformat(),
            "max": last_hold_day(quotation.valid_until).isoformat(),
        }
        dress(self)


def last_hold_day(valid_until: date) -> date:
    """The last day until which stock can be held today."""
    return min(valid_until, timezone.localdate() + timedelta(days=MAX_HOLD_DAYS))


class DeclineForm(forms.Form):
    """Why a customer does not want it."""

    reason = forms.CharField(label=_("Reason"), max_length=200)
