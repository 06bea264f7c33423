"""What customers call our products: added, changed and taken away, on record with the customer."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core import audit
from core.errors import InvalidInput, Outdated
from orders.locks import lock_customer_item
from orders.models import CustomerItem


def add_customer_item(item: CustomerItem) -> CustomerItem:
    """Insert a customer's own code for a product. Raises: InvalidInput when the customer uses the code already."""
    try:
        return _add(item)
    except IntegrityError as exc:
        raise _refusal(exc) from exc


def change_customer_item(item_id: int, *, code: str | None = None, product_id: int | None = None) -> CustomerItem:
    """Give a code another spelling or another product; what is None stays.

    Locks: CustomerItem. Raises: InvalidInput when the customer uses the code already, Outdated when it is gone.
    """
    try:
        return _change(item_id, code, product_id)
    except IntegrityError as exc:
        raise _refusal(exc) from exc


def _refusal(exc: IntegrityError) -> Exception:
    """What a user is told of a constraint that refused; other errors as they are."""
    if "customeritem_code_once" not in str(exc):
        return exc
    text = _("This customer uses this code for a product already: remove that one first.")
    return InvalidInput(text, field_errors={"code": text})


@transaction.atomic(durable=True)
def _add(item: CustomerItem) -> CustomerItem:
    item.save(force_insert=True)
    audit.record("customer", item.customer_id, "item_added", sku=item.product.sku, code=item.code)
    return item


@transaction.atomic(durable=True)
def _change(item_id: int, code: str | None, product_id: int | None) -> CustomerItem:
    item = _locked(item_id)
    old_sku, old_code = item.product.sku, item.code
    item.code = item.code if code is None else code
    item.product_id = item.product_id if product_id is None else product_id
    item.save(update_fields=["code", "product"])
    item.refresh_from_db(fields=["product"])
    new_sku, new_code = item.product.sku, item.code
    audit.record(
        "customer", item.customer_id, "item_changed", old_sku=old_sku, old_code=old_code, sku=new_sku, code=new_code
    )
    return item


@transaction.atomic(durable=True)
def remove_customer_item(item_id: int) -> CustomerItem:
    """Forget a code; the product and its orders stay as they are.

    Locks: CustomerItem. Raises: Outdated when it is gone.
    """
    item = _locked(item_id)
    audit.record("customer", item.customer_id, "item_removed", sku=item.product.sku, code=item.code)
    CustomerItem.objects.filter(pk=item_id).delete()
    return item


def _locked(item_id: int) -> CustomerItem:
    item = lock_customer_item(item_id)
    if item is None:
        raise Outdated(_("Somebody has removed this code meanwhile."))
    return item
