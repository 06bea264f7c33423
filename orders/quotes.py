"""What the order desk says about lines, typed or confirmed: what ships now, what can be promised when, the margin."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from core.money import to_cents
from core.templatetags.tandem import quantity as pieces
from orders.promise import Promise, promise
from orders.selectors import DeskLine, average_costs


@dataclass(frozen=True, slots=True)
class TypedLine:
    """One line as far as it is typed."""

    product_id: int
    quantity: int
    unit_price: Decimal


@dataclass(frozen=True, slots=True)
class LineQuote:
    """The answer to one typed line; ``margin`` is None where it is unknown or not for this user."""

    now: int
    is_short: bool
    sentence: str
    amount: Decimal
    margin: Decimal | None
    margin_share: Decimal | None


def quote(lines: Sequence[TypedLine], warehouse_id: int, *, with_margin: bool) -> list[LineQuote]:
    """Answer every line, each product's lines served in turn; a constant number of queries."""
    places = [(line.product_id, warehouse_id) for line in lines]
    promises = promise([(place, line.quantity) for place, line in zip(places, lines, strict=True)])
    costs = average_costs(places) if with_margin else {}
    answers = []
    for place, line, answer in zip(places, lines, promises, strict=True):
        amount, cost = line.quantity * line.unit_price, costs.get(place)
        margin = to_cents(amount - line.quantity * cost) if cost is not None else None
        answers.append(
            LineQuote(
                now=answer.now,
                is_short=answer.now < line.quantity,
                sentence=promise_sentence(answer, line.quantity),
                amount=to_cents(amount),
                margin=margin,
                margin_share=margin / amount if margin is not None and amount else None,
            )
        )
    return answers


def promise_sentence(answer: Promise, quantity: int) -> str:
    """The promise in words, with what its date rests on."""
    if answer.basis == "stock":
        return _("All of it can ship now.")
    now = _("%s can ship now.") % pieces(answer.now) if answer.now else ""
    words = {
        "short": pieces(quantity - answer.now),
        "date": answer.date.isoformat() if answer.date else "",
        "document": answer.document,
    }
    if answer.date is None:
        rest = _("%(short)s without a date: nobody supplies it.") % words
    elif answer.basis == "incoming":
        rest = _("%(short)s by %(date)s: on the way with %(document)s.") % words
    else:
        rest = _("%(short)s by %(date)s: to be ordered, supplier's lead time.") % words
    return f"{now} {rest}".strip()


def line_state(row: DeskLine) -> str:
    """What a confirmed line has and what it waits for."""
    line, parts = row.line, []
    if row.reserved:
        parts.append(_("%s reserved") % pieces(row.reserved))
    if row.waiting and line.promised_date:
        words = {"waiting": pieces(row.waiting), "date": line.promised_date.isoformat()}
        parts.append(_("%(waiting)s wait until %(date)s") % words)
    elif row.waiting:
        parts.append(_("%s wait; nobody supplies them, so there is no date") % pieces(row.waiting))
    if line.shipped:
        parts.append(_("%s shipped") % pieces(line.shipped))
    if line.cancelled:
        parts.append(_("%s cancelled") % pieces(line.cancelled))
    return " · ".join(parts)
