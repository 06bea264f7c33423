"""What customers call our products: added and taken away, on record with the customer."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core import audit
from core.errors import InvalidInput
from orders.models import CustomerItem


def add_customer_item(item: CustomerItem) -> CustomerItem:
    """Insert a customer's own code for a product. Raises: InvalidInput when the customer uses the code already."""
    try:
        return _add(item)
    except IntegrityError as exc:
        if "customeritem_code_once" not in str(exc):
            raise
        text = _("This customer uses this code for a product already: remove that one first.")
        raise InvalidInput(text, field_errors={"code": text}) from exc


@transaction.atomic(durable=True)
def _add(item: CustomerItem) -> CustomerItem:
    item.save(force_insert=True)
    audit.record("customer", item.customer_id, "item_added", sku=item.product.sku, code=item.code)
    return item


@transaction.atomic(durable=True)
def remove_customer_item(item: CustomerItem) -> None:
    """Forget a code; the product and its orders stay as they are."""
    audit.record("customer", item.customer_id, "item_removed", sku=item.product.sku, code=item.code)
    item.delete()
