"""What a line and an order come to. Money is rounded half-up per line; nothing here reads a database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core.money import ZERO, to_cents

HUNDRED = Decimal(100)


def after_discount(amount: Decimal, percent: Decimal) -> Decimal:
    """``amount`` less a discount in per cent, rounded."""
    return to_cents(amount * (HUNDRED - percent) / HUNDRED)


def net_amount(pieces: int, unit_price: Decimal, discount: Decimal = ZERO, order_discount: Decimal = ZERO) -> Decimal:
    """Pieces of a line after its own discount, rounded, then after the order's, rounded."""
    return after_discount(after_discount(pieces * unit_price, discount), order_discount)


@dataclass(frozen=True, slots=True)
class Pricing:
    """How a line is priced; ``net`` of shipments adds up to that of the line, whatever the parts."""

    unit_price: Decimal
    discount: Decimal = ZERO
    order_discount: Decimal = ZERO

    def net(self, already: int, pieces: int) -> Decimal:
        """Money for ``pieces`` more after ``already``: the difference of two rounded running totals."""
        return self._until(already + pieces) - self._until(already)

    def _until(self, pieces: int) -> Decimal:
        return net_amount(pieces, self.unit_price, self.discount, self.order_discount)


@dataclass(frozen=True, slots=True)
class PricedLine:
    """Pieces that are to be paid, their price, discount and tax rate in per cent."""

    pieces: int
    unit_price: Decimal
    discount: Decimal = ZERO
    tax_rate: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Tax:
    """The tax at one rate and what it is reckoned on."""

    rate: Decimal
    net: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Totals:
    """An order from its goods (after line discounts) to what is to be paid."""

    goods: Decimal
    discount: Decimal
    freight: Decimal
    net: Decimal
    taxes: list[Tax]
    tax: Decimal
    gross: Decimal


def totals(lines: Sequence[PricedLine], order_discount: Decimal = ZERO, freight: Decimal = ZERO) -> Totals:
    """Goods less the order's discount, plus freight: net. Tax is rounded per line; freight bears the highest rate."""
    goods, nets, taxes = ZERO, dict[Decimal, Decimal](), dict[Decimal, Decimal]()
    parts = []
    for line in lines:
        if line.pieces:
            amount = after_discount(line.pieces * line.unit_price, line.discount)
            goods += amount
            parts.append((line.tax_rate, after_discount(amount, order_discount)))
    if freight:
        parts.append((freight_rate(lines), freight))
    for rate, net in parts:
        nets[rate] = nets.get(rate, ZERO) + net
        taxes[rate] = taxes.get(rate, ZERO) + tax_on(net, rate)
    net, tax = sum(nets.values(), ZERO), sum(taxes.values(), ZERO)
    by_rate = [Tax(rate, nets[rate], taxes[rate]) for rate in sorted(nets) if rate]
    return Totals(goods, goods + freight - net, freight, net, by_rate, tax, net + tax)


def tax_on(net: Decimal, rate: Decimal) -> Decimal:
    """The tax at a rate in per cent, rounded."""
    return to_cents(net * rate / HUNDRED)


def freight_rate(lines: Sequence[PricedLine]) -> Decimal:
    """The rate that an order's freight bears: the highest of what is to be paid."""
    return max((line.tax_rate for line in lines if line.pieces), default=ZERO)


@dataclass(frozen=True, slots=True)
class Billed:
    """What invoices say of a line or of freight: pieces, net and tax."""

    pieces: int = 0
    net: Decimal = ZERO
    tax: Decimal = ZERO


def due(line: PricedLine, order_discount: Decimal, billed: Billed) -> Billed:
    """What an invoice adds for a line when ``line.pieces`` of it have shipped by then and earlier ones said ``billed``.

    The difference of two rounded running totals: whatever the parts, invoices add up to what ``totals`` says. A change
    of the order's discount in between is made good by the next invoice.
    """
    net = net_amount(line.pieces, line.unit_price, line.discount, order_discount)
    return Billed(line.pieces - billed.pieces, net - billed.net, tax_on(net, line.tax_rate) - billed.tax)


def freight_due(lines: Sequence[PricedLine], freight: Decimal, billed: Billed) -> Billed:
    """What an invoice adds for freight, at ``freight_rate`` of all ordered lines: all that is not on one yet.

    So the first invoice bears it whole. Spread over parts, it would stay open when the rest is cancelled.
    """
    return Billed(0, freight - billed.net, tax_on(freight, freight_rate(lines)) - billed.tax)


@dataclass(frozen=True, slots=True)
class Break:
    """A price of a price list from ``min_quantity`` pieces on, and the first day it counts."""

    name: str
    min_quantity: int
    unit_price: Decimal
    first_day: date | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """A promotion: per cent off the list price from ``min_quantity`` pieces on."""

    name: str
    min_quantity: int
    discount: Decimal


@dataclass(frozen=True, slots=True)
class Price:
    """What a piece costs; ``name`` is the price list or promotion that says so, empty for the product's list price."""

    unit_price: Decimal
    list_price: Decimal
    name: str = ""


def price_of(list_price: Decimal, quantity: int, breaks: Sequence[Break], offers: Sequence[Offer]) -> Price:
    """The customer's price at this quantity, or the best promotion where that is lower; they do not add up.

    Among breaks the highest quantity reached counts, and of those the one that began last.
    """
    reached = [b for b in breaks if b.min_quantity <= quantity]
    agreed = max(reached, key=lambda b: (b.min_quantity, b.first_day or date.min), default=None)
    price = Price(agreed.unit_price, list_price, agreed.name) if agreed else Price(list_price, list_price)
    for offer in offers:
        promoted = after_discount(list_price, offer.discount)
        if offer.min_quantity <= quantity and promoted < price.unit_price:
            price = Price(promoted, list_price, offer.name)
    return price
