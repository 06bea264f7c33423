"""Purchase orders made from blanket orders."""

from collections.abc import Mapping
from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import IllegalTransition, InvalidInput
from core.transactions import retry_on_conflict
from purchasing.agreements import lines_in_force
from purchasing.models import BlanketOrder, PurchaseOrder
from purchasing.services.ordering import create
from purchasing.values import NewPurchaseLine, NewPurchaseOrder


@retry_on_conflict
@transaction.atomic(durable=True)
def release(
    blanket_order_id: int,
    quantities: Mapping[int, int],
    *,
    warehouse_id: int,
    expected_on: date | None = None,
    place: bool = True,
    may_overdraw: bool = False,
) -> PurchaseOrder:
    """Order pieces (by product) at the prices of an agreement; more than is left only if ``may_overdraw``.

    Locks: BlanketOrder. Raises: IllegalTransition when it does not count today, AgreementOverdrawn, InvalidInput.
    """
    if not quantities:
        raise InvalidInput(_("Say how many pieces are to be ordered."))
    agreement = BlanketOrder.objects.get(pk=blanket_order_id)
    today = timezone.localdate()
    lines = lines_in_force(today).filter(blanket_order=agreement).select_related("supplier_item")
    known = {line.supplier_item.product_id: line for line in lines}
    if not known:
        raise IllegalTransition(_("%s does not count today: nothing can be ordered from it.") % agreement.number)
    errors = {
        f"lines.{index}.product": _("This product does not stand on the agreement.")
        for index, product in enumerate(quantities)
        if product not in known
    }
    if errors:
        raise InvalidInput(_("The purchase order was not saved: please correct the fields named."), field_errors=errors)
    wanted = [
        NewPurchaseLine(product, pieces, known[product].asked, known[product].pk)
        for product, pieces in quantities.items()
    ]
    new = NewPurchaseOrder(
        agreement.supplier_id,
        warehouse_id,
        wanted,
        place=place,
        expected_on=expected_on,
        may_overdraw=may_overdraw,
    )
    return create([new])[0]
