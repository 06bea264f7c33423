"""What the order desk says about lines, typed or confirmed: what ships now, what can be promised when, the margin."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from django.utils import timezone
from django.utils.translation import gettext as _

from core.money import ZERO, to_cents
from core.templatetags.tandem import quantity as pieces
from orders.price_lists import Asked, prices, tax_rates
from orders.pricing import Price, PricedLine, Totals, net_amount, totals
from orders.promise import Promise, promise
from orders.selectors import DeskLine, average_costs


@dataclass(frozen=True, slots=True)
class TypedLine:
    """One line as far as it is typed; without a price the customer's counts."""

    product_id: int
    quantity: int
    unit_price: Decimal | None
    discount: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class LineQuote:
    """The answer to one typed line; ``margin`` is None where it is unknown or not for this user."""

    now: int
    is_short: bool
    sentence: str
    price: Price
    amount: Decimal
    is_below_cost: bool
    margin: Decimal | None
    margin_share: Decimal | None


@dataclass(frozen=True, slots=True)
class Charges:
    """Who orders, and what counts for the whole order."""

    customer_id: int | None = None
    discount: Decimal = ZERO
    freight: Decimal = ZERO


def quote(
    lines: Sequence[TypedLine], warehouse_id: int, charges: Charges, *, with_margin: bool
) -> tuple[list[LineQuote], Totals]:
    """Answer every line, each product's lines served in turn, and what all come to; a constant number of queries."""
    places = [(line.product_id, warehouse_id) for line in lines]
    promises = promise([(place, line.quantity) for place, line in zip(places, lines, strict=True)])
    costs, found = average_costs(places), _prices(lines, charges)
    answers, priced = [], []
    for place, line, answer, price in zip(places, lines, promises, found, strict=True):
        unit_price = price.unit_price if line.unit_price is None else line.unit_price
        net = net_amount(line.quantity, unit_price, line.discount, charges.discount)
        cost = costs.get(place)
        margin = to_cents(net - line.quantity * cost) if cost is not None else None
        priced.append(PricedLine(line.quantity, unit_price, line.discount, price.tax_rate))
        answers.append(
            LineQuote(
                now=answer.now,
                is_short=answer.now < line.quantity,
                sentence=promise_sentence(answer, line.quantity),
                price=Price(unit_price, price.list_price, price.name if unit_price == price.unit_price else ""),
                amount=net_amount(line.quantity, unit_price, line.discount),
                is_below_cost=margin is not None and margin < 0,
                margin=margin if with_margin else None,
                margin_share=margin / net if with_margin and margin is not None and net else None,
            )
        )
    return answers, totals(priced, charges.discount, charges.freight)


class _Priced(NamedTuple):
    """A price with the tax rate that goes with it."""

    unit_price: Decimal
    list_price: Decimal
    name: str
    tax_rate: Decimal


def _prices(lines: Sequence[TypedLine], charges: Charges) -> list[_Priced]:
    """The customer's price and tax rate for each line; zeros for a product that does not exist."""
    today, customer = timezone.localdate(), charges.customer_id or 0
    asked = [Asked(customer, line.product_id, line.quantity, today) for line in lines]
    found, rates = prices(asked), tax_rates(customer, {line.product_id for line in lines})
    nothing = Price(ZERO, ZERO)
    return [
        _Priced(price.unit_price, price.list_price, price.name, rates.get(ask.product_id, ZERO))
        for ask in asked
        for price in [found.get(ask, nothing)]
    ]


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
    if row.moved:
        parts.append(_("%s moved to another order") % pieces(row.moved))
    if row.cancelled:
        parts.append(_("%s cancelled") % pieces(row.cancelled))
    return " · ".join(parts)
