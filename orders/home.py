"""What a sales person has to see to today, most urgent first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from core.models import Mail, User
from core.templatetags.tandem import percent
from orders.mailing import SUBJECTS
from orders.models import Complaint, LinePromise, Order, Quotation
from orders.promise import OPEN_ORDERS
from orders.quotations import ENDING_DAYS

UNSAFE = 0.7  # odds below which a promise is at risk
LINES = 500


@dataclass(frozen=True, slots=True)
class AtRisk:
    """An order that is likely to miss what it was promised: the lines in question with the reason of each."""

    order: Order
    lines: Sequence[tuple[LinePromise, str]]


def orders_at_risk(today: date, user: User | None = None) -> list[AtRisk]:
    """Orders whose promise is over, has no day or poor odds: priority first, then by day; of one user, or of all."""
    rows = LinePromise.objects.filter(replaced_at=None, line__order__status__in=OPEN_ORDERS)
    rows = rows.filter(Q(date=None) | Q(date__lt=today) | Q(chance__lt=UNSAFE))
    if user:
        rows = rows.filter(line__order__created_by=user)
    rows = rows.select_related("line__order__customer", "line__product").order_by(
        "-line__order__is_priority", F("date").asc(nulls_first=True), "line__order", "line__position"
    )
    found: dict[int, AtRisk] = {}
    for order, promises in groupby(rows[:LINES], key=lambda row: row.line.order):
        lines = [(row, _risk(row, today)) for row in promises]
        found[order.pk] = AtRisk(order, [*(found[order.pk].lines if order.pk in found else ()), *lines])
    return list(found.values())


def _risk(row: LinePromise, today: date) -> str:
    if row.date is None:
        return _("nobody supplies it: no day is promised")
    if row.date < today:
        return _("promised for %(day)s, which is over") % {"day": f"{row.date:%Y-%m-%d}"}
    return _("promised for %(day)s, odds %(odds)s") % {"day": f"{row.date:%Y-%m-%d}", "odds": percent(row.chance, 0)}


def open_complaints(user: User | None = None) -> QuerySet[Complaint]:
    """Complaints that nobody has settled, oldest first."""
    rows = Complaint.objects.filter(settled_at=None).select_related("order", "customer")
    return (rows.filter(Q(created_by=user) | Q(order__created_by=user)) if user else rows).order_by("pk")


def undecided_mails(user: User | None = None) -> QuerySet[Mail]:
    """E-mails of orders and quotations that did not go, or perhaps did not."""
    rows = Mail.objects.filter(subject_type__in=SUBJECTS, status__in=[Mail.Status.FAILED, Mail.Status.UNCLEAR])
    return (rows.filter(created_by=user) if user else rows).defer("file").order_by("pk")


def expiring_quotations(today: date, user: User | None = None) -> QuerySet[Quotation]:
    """Open quotations whose last day is over or comes within a week, the first to end first."""
    rows = Quotation.objects.filter(status=Quotation.Status.OPEN, valid_until__lte=today + timedelta(days=ENDING_DAYS))
    return (rows.filter(created_by=user) if user else rows).select_related("customer").order_by("valid_until", "pk")
