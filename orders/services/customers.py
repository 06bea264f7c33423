"""Adding and changing customers; every change is on record with its old value."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core import audit
from core.errors import InvalidInput
from orders.locks import lock_customer
from orders.models import Customer


def add_customer(fields: Mapping[str, Any]) -> Customer:
    """Insert a customer. Raises: InvalidInput when the code is taken."""
    try:
        return _add_customer(fields)
    except IntegrityError as exc:
        raise _code_taken(exc) from exc


@transaction.atomic(durable=True)
def add_customers(rows: Sequence[Mapping[str, Any]]) -> list[Customer]:
    """Insert many customers; all or nothing, a taken code is an IntegrityError."""
    customers = Customer.objects.bulk_create(Customer(**fields) for fields in rows)
    audit.record_many(
        audit.entry("customer", customer.pk, "added", code=customer.code, name=customer.name) for customer in customers
    )
    return customers


def change_customer(customer_id: int, fields: Mapping[str, Any]) -> Customer:
    """Write the fields that differ. Locks: Customer. Raises: InvalidInput when the code is taken."""
    try:
        return _change_customer(customer_id, fields)
    except IntegrityError as exc:
        raise _code_taken(exc) from exc


@transaction.atomic(durable=True)
def _add_customer(fields: Mapping[str, Any]) -> Customer:
    customer = Customer.objects.create(**fields)
    audit.record("customer", customer.pk, "added", code=customer.code, name=customer.name)
    return customer


@transaction.atomic(durable=True)
def _change_customer(customer_id: int, fields: Mapping[str, Any]) -> Customer:
    customer = lock_customer(customer_id)
    changes = {
        name: [getattr(customer, name), value] for name, value in fields.items() if getattr(customer, name) != value
    }
    if changes:
        for name, (_old, new) in changes.items():
            setattr(customer, name, new)
        customer.save(update_fields=list(changes))
        audit.record("customer", customer.pk, "changed", changes=plain(changes))
    return customer


def plain(changes: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
    """[old, new] by field as the audit log keeps them: money and price lists by their names."""
    return {
        name: [value if value is None or isinstance(value, bool | int | str) else str(value) for value in pair]
        for name, pair in changes.items()
    }


def _code_taken(exc: IntegrityError) -> Exception:
    """A taken code as a refusal; any other broken constraint is our own mistake and stays what it is."""
    if "orders_customer_code" not in str(exc):
        return exc
    text = _("This code is already used by another customer.")
    return InvalidInput(text, field_errors={"code": text})
