"""What a new order asked for and did not get: lost demand, and the refusal that names each short line."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from core.bulk import append_columns
from core.errors import InsufficientStock
from inventory.places import Grant, Shortage
from orders.checks import References
from orders.models import LostDemand
from orders.values import NewOrder, TakenLine


def record_backorders(short: list[TakenLine]) -> None:
    """What waits for stock is lost demand of its line."""
    append_columns(
        LostDemand,
        kind=LostDemand.Kind.BACKORDERED.value,
        request="",
        line_id=[line.pk for line in short],
        product_id=[line.wanted.product_id for line in short],
        warehouse_id=[line.order.warehouse_id for line in short],
        customer_id=[line.order.customer_id for line in short],
        channel_id=[line.order.channel_id for line in short],
        quantity=[line.grant.wanted - line.grant.granted for line in short],
        at=[line.order.ordered_at for line in short],
    )


def record_refusals(news: list[NewOrder], results: Sequence[list[Grant] | Shortage], now: datetime) -> None:
    """The whole of a refused order is lost demand: none of it will be delivered. Once per request."""
    rows = []
    for new, result in zip(news, results, strict=True):
        if not isinstance(result, Shortage):
            continue
        request = f"{new.channel_id}:{new.external_reference}" if new.external_reference else new.request
        wanted: Counter[int] = Counter()
        for line in new.lines:
            wanted[line.product_id] += line.quantity
        rows += [
            LostDemand(
                product_id=product,
                warehouse_id=new.warehouse_id,
                customer_id=new.customer_id,
                channel_id=new.channel_id,
                kind=LostDemand.Kind.REFUSED,
                quantity=quantity,
                request=request,
                at=new.ordered_at or now,
            )
            for product, quantity in wanted.items()
        ]
    if rows:
        LostDemand.objects.bulk_create(rows, batch_size=5000, ignore_conflicts=True)


def shortage_error(new: NewOrder, shortage: Shortage, references: References) -> InsufficientStock:
    """Names every short line with what could be had."""
    short = [
        {"line": i, "sku": references.products[line.product_id].name, "wanted": line.quantity, "available": available}
        for i, (line, available) in enumerate(zip(new.lines, shortage.available, strict=True), 1)
        if available < line.quantity
    ]
    first = short[0]
    return InsufficientStock(
        _("Line %(line)s: only %(available)s of %(wanted)s %(sku)s available.") % first, lines=short
    )
