"""Celery tasks of orders: thin, repeatable."""

from celery import shared_task

from core.queue import kick_taken
from orders.buying import refresh_repeat_purchases
from orders.learning import learn_delays
from orders.services import backorders, quotations
from orders.services.promising import check_marked_promises, mark_overdue


@shared_task
def check_promises() -> int:
    """Check the promises of marked places; also run by beat, for what a lost kick left. Returns the marks drained."""
    kick_taken(check_promises)
    total = 0
    while drained := check_marked_promises():
        total += drained
    return total


@shared_task
def settle_filled_orders() -> int:
    """Note on orders that they got stock; also run by beat, for what a lost kick left. Returns the rows cleared."""
    kick_taken(settle_filled_orders)
    total = 0
    while cleared := backorders.settle_filled_orders():
        total += cleared
    return total


@shared_task
def let_go_of_quotations() -> int:
    """Close quotations that are valid no longer and give back stock held long enough; run by beat. Returns how many."""
    total = 0
    while ended := quotations.let_go_of_lapsed():
        total += ended
    return total


@shared_task
def check_all_promises() -> None:
    """Every morning: learn from what came and left, then look at every promise in force."""
    learn_delays()
    mark_overdue()
    check_promises()


@shared_task
def count_repeat_purchases() -> int:
    """Every night: what each customer buys regularly and when it is due again. Returns the rows written."""
    return refresh_repeat_purchases()
