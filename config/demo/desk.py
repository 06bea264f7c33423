"""What lies on the sales desk today: quotations in every state, invoices, returns on their way, and templates."""

from datetime import timedelta

from django.utils import timezone

from config.demo.history import World
from core.actor import acting_as
from core.models import User
from inventory.models import StockLevel, Warehouse
from orders.models import Order, Quotation, ShipmentLine, Substitute
from orders.services import (
    authorize_return,
    decline_quotation,
    issue_invoice,
    make_quotation,
    order_quotation,
    receive_return,
)
from orders.services.rules import set_substitute
from orders.services.templates import NewTemplate, save_template
from orders.values import NewAuthorization, NewLine, NewOrder, NewQuotation


def lay_out_desk(world: World) -> None:
    """A few quotations of the sales person: held, ending soon, short of stock, declined, ordered."""
    with acting_as(User.objects.get(username="sales").pk):
        # The one that the desk offers first.
        warehouse = Warehouse.objects.filter(is_active=True)[0]
        _quotations(world, warehouse)
        _returns()
        _invoices()
        _substitutes(warehouse)
        for number, name in enumerate(["便利店补货", "食堂每周", "酒店客房"]):
            lines = [NewLine(product, 6 * (number + 1)) for product in world.products[number * 3 : number * 3 + 4]]
            save_template(NewTemplate(name, lines, world.customers[0] if number == 2 else None))


def _substitutes(warehouse: Warehouse) -> None:
    """What is short has something to offer instead of it: what there is most of."""
    levels = StockLevel.objects.filter(warehouse=warehouse).order_by("available", "pk")
    plenty = levels.reverse().select_related("product")[:3]
    for short, other in zip(levels.select_related("product")[:3], plenty, strict=True):
        set_substitute(short.product, other.product, Substitute.Kind.SUBSTITUTE)


def _invoices() -> None:
    """What shipped last week is invoiced, but for the last orders, which wait for it."""
    shipped = Order.objects.filter(status=Order.Status.SHIPPED).order_by("-pk")
    for order in reversed(shipped[3:23]):
        issue_invoice(order.pk)


def _returns() -> None:
    """One return is expected; of another a part has come and waits to be inspected."""
    shipped = ShipmentLine.objects.filter(quantity__gte=2, return_lines=None).order_by("-pk")
    until = timezone.localdate() + timedelta(days=20)
    for line, reason, came in zip(
        shipped.select_related("shipment")[:2], ["包装破损", "发错规格"], [0, 1], strict=False
    ):
        new = NewAuthorization(line.shipment.order_id, {line.pk: line.quantity}, until, reason)
        authorization = authorize_return(new)
        if came:
            receive_return(authorization.pk, {1: came})


def _quotations(world: World, warehouse: Warehouse) -> None:
    today = timezone.localdate()
    levels = StockLevel.objects.filter(warehouse=warehouse).order_by("-available", "pk")
    products = list(levels.values_list("product_id", flat=True))
    plenty, few = products[:6], products[-2:]

    def offer(customer: int, products: list[int], quantity: int, valid: int, hold: int | None, note: str) -> Quotation:
        order = NewOrder(
            customer_id=world.customers[customer % len(world.customers)],
            channel_id=world.channels[0],
            warehouse_id=warehouse.pk,
            lines=[NewLine(product, quantity + n) for n, product in enumerate(products)],
            note=note,
        )
        held_until = None if hold is None else today + timedelta(days=hold)
        return make_quotation(NewQuotation(order, today + timedelta(days=valid), held_until))

    offer(0, plenty[:3], 6, 14, 5, "年会采购")
    offer(1, plenty[1:4], 4, 1, 1, "请送到三楼前台")
    offer(2, [plenty[4], *few], 5, 10, 7, "")
    offer(3, plenty[2:5], 3, 30, None, "")
    decline_quotation(offer(4, plenty[:2], 8, 14, None, "").pk, "对方预算不够")
    order_quotation(offer(5, plenty[3:6], 2, 7, 2, "").pk)
