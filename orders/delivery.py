"""Where the goods of new orders go: what was chosen among a customer's addresses and contacts, or typed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from django.utils.translation import gettext as _

from core.checks import text_error
from orders.models import Contact, DeliveryAddress
from orders.values import NewOrder

MAX_ADDRESS = 300


class Delivery(NamedTuple):
    """A delivery address and the contact there, in the order of ``models.DELIVERY``; null as the database has it."""

    address: str | None = ""
    name: str | None = ""
    phone: str | None = ""
    email: str | None = ""


@dataclass(frozen=True, slots=True)
class DeliveryChoices:
    """The addresses and contacts that new orders name, by key."""

    addresses: dict[int, DeliveryAddress] = field(default_factory=dict)
    contacts: dict[int, Contact] = field(default_factory=dict)

    def delivery(self, new: NewOrder, usual: Sequence[str | None]) -> Delivery:
        """What a checked order chose; for what it left open, the customer's usual place."""
        address, *contact = usual
        if isinstance(new.delivery_address, int):
            chosen = self.addresses[new.delivery_address]
            address, contact = chosen.address, _reached(chosen.contact)
        elif new.delivery_address is not None:
            address, contact = new.delivery_address, _reached(None)
        return Delivery(address, *(contact if new.contact is None else _reached(self.contacts[new.contact])))


def _reached(contact: Contact | None) -> list[str | None]:
    return [contact.name, contact.phone, contact.email] if contact and contact.is_active else ["", "", ""]


def load_choices(news: Sequence[NewOrder]) -> DeliveryChoices:
    """What the orders name by key; no query where they name nothing."""
    addresses = {new.delivery_address for new in news if isinstance(new.delivery_address, int)}
    contacts = {new.contact for new in news if new.contact is not None}
    return DeliveryChoices(
        DeliveryAddress.objects.filter(is_active=True).select_related("contact").in_bulk(addresses)
        if addresses
        else {},
        Contact.objects.filter(is_active=True).in_bulk(contacts) if contacts else {},
    )


def check_delivery(new: NewOrder, choices: DeliveryChoices, errors: dict[str, str]) -> None:
    """Note an address or a contact that is none of the customer's, or a text that cannot be stored."""
    if isinstance(new.delivery_address, int):
        address = choices.addresses.get(new.delivery_address)
        if address is None or address.customer_id != new.customer_id:
            errors["delivery_address"] = _("Choose one of this customer's delivery addresses, or type one.")
    elif new.delivery_address is not None and (
        wrong := text_error(new.delivery_address, MAX_ADDRESS, is_required=True)
    ):
        errors["delivery_address"] = wrong
    if new.contact is not None:
        contact = choices.contacts.get(new.contact)
        if contact is None or contact.customer_id != new.customer_id:
            errors["contact"] = _("Choose one of this customer's contacts.")
