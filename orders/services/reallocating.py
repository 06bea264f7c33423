"""Scarce stock given out anew: what holders give up and others get, in one transaction."""

from collections import defaultdict

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core import audit, outbox
from core.errors import InvalidInput, Outdated
from core.transactions import retry_on_conflict
from inventory.locks import lock_stock_levels
from inventory.places import Place
from inventory.services import move_reservations
from orders.allocation import Plan
from orders.locks import lock_orders
from orders.models import Allocation, Customer, Order, OrderLine
from orders.models.promises import LinePromise, ServiceMinimum
from orders.promise import OPEN_ORDERS
from orders.scarcity import RULES, Case, case_of, fingerprint, moves, plan_of
from orders.services.lines import held_by_line, wake
from orders.services.promising import Cause, mark_places
from orders.signals import orders_changed


@transaction.atomic(durable=True)
def set_service_minimum(customer: Customer, percent: int) -> None:
    """Guarantee a customer this share of what it orders when stock is scarce; 0 takes the guarantee back."""
    if percent:
        ServiceMinimum.objects.update_or_create(customer=customer, defaults={"percent": percent})
    else:
        ServiceMinimum.objects.filter(customer=customer).delete()
    audit.record("customer", customer.pk, "service_minimum", percent=percent)


@retry_on_conflict
@transaction.atomic(durable=True)
def reallocate_stock(place: Place, rule: str, *, seen: str) -> int:
    """Give out the stock of a place by a rule, as previewed (``seen``: its fingerprint); returns the pieces moved.

    Locks: Order, StockLevel. Sends: stock_changed, orders_changed. Raises: InvalidInput, Outdated.
    """
    if rule not in RULES:
        raise InvalidInput(_("Nothing was moved."), field_errors={"rule": _("Choose a rule.")})
    contending = OrderLine.objects.filter(
        product=place[0], order__warehouse=place[1], order__status__in=OPEN_ORDERS
    ).values_list("order_id", flat=True)
    lock_orders(set(contending))
    lock_stock_levels([place])
    # Read again now that nothing moves any more; an order that came in meanwhile makes it outdated.
    case = case_of(place)
    plan = plan_of(case, rule)
    if fingerprint(case, plan) != seen:
        raise Outdated(_("Stock or orders changed in the meantime. Nothing was moved: look at the new preview."))
    return _apply(case, plan, rule)


def _apply(case: Case, plan: Plan, rule: str) -> int:
    now = timezone.now()
    changed = [move for move in moves(case, plan, rule) if move.given != move.held]
    if not changed:
        return 0
    losers = {move.line.pk: move.held - move.given for move in changed if move.given < move.held}
    winners = [(move.line, move.given - move.held) for move in changed if move.given > move.held]
    taken: dict[int, int] = {}
    for line, reservations in held_by_line(losers).items():
        left = losers[line]
        for reservation, quantity in reversed(reservations):  # newest first, as everywhere
            taken[reservation] = min(quantity, left)
            left -= taken[reservation]
    given = move_reservations(case.place, taken, [pieces for _line, pieces in winners], at=now)
    Allocation.objects.bulk_create(
        [
            Allocation(line=line, reservation_id=reservation)
            for (line, _pieces), reservation in zip(winners, given, strict=True)
        ]
    )
    wake({line.order_id for line, _pieces in winners})
    steps = defaultdict(list)
    for move in changed:
        steps[move.line.order_id].append([move.line.position, move.line.product.sku, move.held, move.given])
    audit.record_many(
        audit.entry("order", order, "reallocated", at=now, rule=rule, lines=lines) for order, lines in steps.items()
    )
    outbox.publish_many("order.reallocated", ({"order": order} for order in steps))
    mark_places([case.place], Cause(LinePromise.Reason.REALLOCATED))
    orders_changed.send(Order, order_ids=set(steps))
    return sum(pieces for _line, pieces in winners)
