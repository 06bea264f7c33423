"""A customer's contacts and delivery addresses: added, changed, archived, each on record with the customer."""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core import audit
from core.errors import InvalidInput
from orders.locks import lock_customer
from orders.models import Contact, DeliveryAddress
from orders.services.customers import plain


@transaction.atomic(durable=True)
def save_contact(customer_id: int, fields: Mapping[str, Any], contact_id: int | None = None) -> Contact:
    """Add a contact, or write the fields of one that differ. Locks: Customer."""
    lock_customer(customer_id)
    contact = Contact.objects.get(pk=contact_id, customer=customer_id) if contact_id else Contact()
    _write(contact, customer_id, fields, "contact")
    return contact


def save_address(customer_id: int, fields: Mapping[str, Any], address_id: int | None = None) -> DeliveryAddress:
    """Add a delivery address, or write the fields of one that differ; a new default takes the place of the former.

    An archived address is no default. Locks: Customer. Raises: InvalidInput.
    """
    try:
        return _save_address(customer_id, fields, address_id)
    except IntegrityError as exc:
        if "deliveryaddress_label_once" not in str(exc):
            raise
        text = _("This customer has another address of this name: choose another name.")
        raise InvalidInput(text, field_errors={"label": text}) from exc


@transaction.atomic(durable=True)
def _save_address(customer_id: int, fields: Mapping[str, Any], address_id: int | None) -> DeliveryAddress:
    lock_customer(customer_id)
    mine = DeliveryAddress.objects.filter(customer=customer_id)
    address = mine.get(pk=address_id) if address_id else DeliveryAddress()
    contact = fields.get("contact")
    if contact is not None and contact.customer_id != customer_id:
        text = _("Choose one of this customer's contacts.")
        raise InvalidInput(text, field_errors={"contact": text})
    wanted = dict(fields)
    if not wanted.get("is_active", address.is_active):
        wanted["is_default"] = False
    if wanted.get("is_default"):
        mine.filter(is_default=True).exclude(pk=address.pk).update(is_default=False)
    _write(address, customer_id, wanted, "address")
    return address


def _write(row: Contact | DeliveryAddress, customer_id: int, fields: Mapping[str, Any], noun: str) -> None:
    """Insert a new row, or write what differs; either way the customer's record says so."""
    is_new = row.pk is None
    changes = {name: [getattr(row, name), value] for name, value in fields.items() if getattr(row, name) != value}
    for name, (_old, value) in changes.items():
        setattr(row, name, value)
    if is_new:
        row.customer_id = customer_id
        row.save(force_insert=True)
        audit.record("customer", customer_id, f"{noun}_added", name=str(row))
    elif changes:
        row.save(update_fields=list(changes))
        audit.record("customer", customer_id, f"{noun}_changed", name=str(row), changes=plain(changes))
