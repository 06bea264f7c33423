"""The product as it would be if somebody took the lock out: two requests read before either writes."""

from threading import Barrier

from config.wsgi import application
from inventory import services
from inventory.models import StockLevel

__all__ = ["application"]
both_have_read = Barrier(2)


def read_without_lock(places, *, create=False):
    rows = StockLevel.objects.filter(product__in={p for p, _ in places}, warehouse__in={w for _, w in places})
    found = {(row.product_id, row.warehouse_id): row for row in rows}
    both_have_read.wait(timeout=60)
    return found


services.lock_stock_levels = read_without_lock
