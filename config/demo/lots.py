"""Goods of the demo company that are received by lot: fresh, soon to expire, and expired."""

from datetime import timedelta

from django.utils import timezone

from config.demo.history import World
from inventory.expiry import set_aside_expired
from inventory.models import Lot, Product, StockLevel
from inventory.places import LotPieces, Receipt
from inventory.services import open_balance
from orders.services import create_order, ship_order
from orders.values import NewLine, NewOrder, NewShipment

LOTS = 5  # products
AHEAD = (-3, 9, 26, 150, 240)  # days until the first lot of each expires; the second keeps 300 days


def receive_lots(world: World) -> None:
    """A handful of groceries come by lot from now on; of the one with least stock a few pieces leave with their lot."""
    products = list(Product.objects.filter(category__name__contains="食品").order_by("sku")[:LOTS])
    products = products or list(Product.objects.order_by("-sku")[:LOTS])
    Product.objects.filter(pk__in=[product.pk for product in products]).update(tracks_lots=True)
    today = timezone.localdate()
    for number, (product, days) in enumerate(zip(products, AHEAD, strict=False)):
        # The warehouse that has least of it: pieces of no lot leave first, and the lots shall be seen to leave.
        level = StockLevel.objects.filter(product=product).order_by("on_hand", "pk").select_related("warehouse")[0]
        lots = [
            LotPieces(f"L{today:%y%m}-{number + 1}A", today + timedelta(days=days), 18),
            LotPieces(f"L{today:%y%m}-{number + 1}B", today + timedelta(days=300), 30),
        ]
        pieces = sum(lot.quantity for lot in lots)
        cost = level.value / level.on_hand if level.on_hand else product.price / 2
        receipt = Receipt((product.pk, level.warehouse_id), pieces, round(cost * pieces, 2), "OPENING", lots=lots)
        open_balance([receipt], at=timezone.now(), reason="开账 · opening balance")
    set_aside_expired(today)
    _ship_one(world)


def _ship_one(world: World) -> None:
    """An order that takes what is of no lot and a few pieces of one; its delivery note names it."""
    lots = Lot.objects.filter(on_hand__gt=0, block=None).select_related("stock_level").order_by("stock_level__on_hand")
    level = lots[0].stock_level
    of_lots = sum(level.lots.values_list("on_hand", flat=True))
    pieces = level.on_hand - of_lots + 4
    if pieces <= level.available:
        order = create_order(
            NewOrder(
                customer_id=world.customers[0],
                channel_id=world.channels[0],
                warehouse_id=level.warehouse_id,
                lines=[NewLine(level.product_id, pieces)],
            )
        )
        ship_order(NewShipment(order.pk))
