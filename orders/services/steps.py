"""Two people on one order: whoever acts on an order that somebody else changed meanwhile must look again."""

from collections import Counter
from collections.abc import Iterable

from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _

from core.errors import Outdated
from core.models import AuditEntry
from orders.models import Order, Return, Shipment

# What people do to an order. Stock that comes in or is missing changes no order that somebody is looking at.
STEPS = ("confirmed", "changed", "split", "split_off", "shipped", "returned", "cancelled")


def newest_step() -> Subquery:
    """For ``annotate`` on orders: what ``last_step`` says, null before the first."""
    steps = AuditEntry.objects.filter(subject_type="order", subject_id=OuterRef("pk"), verb__in=STEPS)
    return Subquery(steps.order_by("-pk").values("pk")[:1])


def last_step(order_id: int) -> int:
    """The key of the newest step that somebody did to the order, 0 before the first; one query.

    Steps are written under the order's lock, so their keys ascend as they happened.
    """
    steps = AuditEntry.objects.filter(subject_type="order", subject_id=order_id, verb__in=STEPS)
    return steps.order_by("-pk").values_list("pk", flat=True).first() or 0


def refuse_unseen(order: Order, seen: int | None) -> None:
    """Refuse what was sent without knowing the newest step of a locked order. Raises: Outdated."""
    if seen is None:
        return
    newest = last_step(order.pk)
    if newest > seen:
        raise Outdated(
            _("Order %s was changed by somebody else in the meantime. Nothing of yours was saved: see what changed.")
            % order.number,
            order=order.pk,
            seen=seen,
            step=newest,
        )


def refuse_newer(
    documents: type[Shipment] | type[Return], known: Iterable[tuple[int, int | None]], refusal: str
) -> None:
    """Refuse what was sent without knowing the newest shipment, or return, of a locked order. Raises: Outdated.

    ``known``: each order and how many documents of it the sender knew of; None: they do not say.
    """
    told = {order_id: before for order_id, before in known if before is not None}
    if not told:
        return
    there = Counter(documents.objects.filter(order__in=told).values_list("order_id", flat=True))
    for order_id, before in told.items():
        if there[order_id] != before:
            raise Outdated(refusal, order=order_id)
