"""What people type about a customer's contacts and delivery addresses."""

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.forms import dress
from orders.models import Contact, Customer, DeliveryAddress


class ContactForm(forms.ModelForm):  # type: ignore[type-arg]
    """A person at a customer."""

    class Meta:
        model = Contact
        fields = ["name", "role", "phone", "email"]
        help_texts = {"email": _("E-mails about orders of this contact go here.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)


class AddressForm(forms.ModelForm):  # type: ignore[type-arg]
    """A place that the customer's goods go to."""

    class Meta:
        model = DeliveryAddress
        fields = ["label", "address", "contact", "is_default"]
        labels = {"is_default": _("Orders go here unless they say otherwise")}
        help_texts = {"label": _("What the order desk calls it, for example Warehouse or Shop 2.")}

    def __init__(self, customer: Customer, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        contact = self.fields["contact"]
        assert isinstance(contact, forms.ModelChoiceField)
        contact.queryset = customer.contacts.filter(Q(is_active=True) | Q(pk=self.instance.contact_id))
        contact.empty_label = _("nobody")
        dress(self)
