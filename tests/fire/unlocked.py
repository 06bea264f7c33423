"""The product without the lock and the second look: two requests look before either writes."""

from threading import Barrier

from config.wsgi import application
from inventory import services
from orders.services import intake

__all__ = ["application"]
both_have_looked = Barrier(2)
plan_reservations = services.plan_reservations


def plan_after_both_looked(baskets, keys, *, seen=None):
    both_have_looked.wait(timeout=60)
    return plan_reservations(baskets, keys, seen=seen)


services.lock_with_writes = lambda places: None
intake.plan_reservations = plan_after_both_looked
intake.OVERSOLD = "no second look"
