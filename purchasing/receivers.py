"""What purchasing does when stock changes."""

from typing import Any

from django.dispatch import receiver

from core.live import publish_after_commit
from core.queue import kick
from inventory.places import Place
from inventory.signals import stock_changed, transfer_changed
from purchasing.services import mark_for_check
from purchasing.tasks import check_reorder_points


@receiver(stock_changed)
def mark_and_queue_reorder_check(sender: Any, *, places: set[Place], **kwargs: Any) -> None:
    """The places stand as rows to be checked; the kick after the commit only makes it quick."""
    mark_for_check(places)
    kick(check_reorder_points)
    publish_after_commit("stock-changed", {"places": sorted(places)[:200]})


@receiver(transfer_changed)
def mark_ends_of_transfer(sender: Any, *, places: set[Place], **kwargs: Any) -> None:
    """What comes to one end, and what the other can spare, changed."""
    mark_for_check(places)
    kick(check_reorder_points)
