"""What customers wait for, as the rooms beside this one ask for it through inventory.pipeline."""

from collections.abc import Collection, Iterator

from django.db.models import F, Sum
from django.db.models.functions import Coalesce
from django.urls import reverse

from core.money import to_cents
from inventory.places import Place, Waiting
from orders.models import OrderLine


def waiting_lines(places: Collection[Place]) -> Iterator[Waiting]:
    """Open pieces of order lines at these places that no reservation holds, in the order they are served; one query."""
    lines = (
        OrderLine.objects.filter(
            product__in={product for product, _warehouse in places},
            order__warehouse__in={warehouse for _product, warehouse in places},
            quantity__gt=F("shipped") + F("cancelled"),
        )
        .annotate(held=Coalesce(Sum("allocations__reservation__quantity"), 0))
        .annotate(open=F("quantity") - F("shipped") - F("cancelled") - F("held"))
        .filter(open__gt=0)
        .select_related("order__customer")
        .order_by("pk")
    )
    for line in lines:
        order = line.order
        yield Waiting(
            place=(line.product_id, order.warehouse_id),
            quantity=line.open,
            document=order.number,
            url=reverse("orders:detail", args=[order.pk]),
            customer=order.customer.name,
            due_on=line.promised_date or order.requested_date,
            revenue=to_cents(line.open * line.unit_price),
        )
