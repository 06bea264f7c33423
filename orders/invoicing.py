"""What can be invoiced of an order and what invoices come to; the list of invoices."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet, Sum
from django.db.models.functions import Upper

from core.money import ZERO
from orders.models import Invoice, InvoiceLine, Order, OrderLine, Shipment, ShipmentLine
from orders.pricing import Billed, PricedLine, Tax, Totals, due, freight_due, freight_rate
from orders.selectors import search_customers


class _Line(Protocol):
    """A line of an invoice, written or not."""

    @property
    def tax_rate(self) -> Decimal: ...
    @property
    def net(self) -> Decimal: ...
    @property
    def tax(self) -> Decimal: ...


@dataclass(frozen=True, slots=True)
class DraftLine:
    """What an invoice would say of one order line, and the shipment lines that it would be for."""

    line: OrderLine
    quantity: int
    net: Decimal
    tax: Decimal
    parts: Sequence[int]

    @property
    def tax_rate(self) -> Decimal:
        return self.line.tax_rate


@dataclass(frozen=True, slots=True)
class Draft:
    """What an invoice would say; ``freight_tax_rate`` in per cent."""

    lines: list[DraftLine]
    freight: Decimal
    freight_tax_rate: Decimal
    freight_tax: Decimal

    @property
    def is_empty(self) -> bool:
        return not (self.lines or self.freight or self.freight_tax)

    @property
    def totals(self) -> Totals:
        return totals_of(self.lines, self.freight, self.freight_tax_rate, self.freight_tax)


def totals_of(lines: Iterable[_Line], freight: Decimal, freight_rate: Decimal, freight_tax: Decimal) -> Totals:
    """From goods, whose discounts are taken off already, to what is to be paid."""
    parts = [(line.tax_rate, line.net, line.tax) for line in lines]
    goods = sum((net for _rate, net, _tax in parts), ZERO)
    if freight or freight_tax:
        parts.append((freight_rate, freight, freight_tax))
    nets, taxes = defaultdict[Decimal, Decimal](Decimal), defaultdict[Decimal, Decimal](Decimal)
    for rate, net, tax in parts:
        nets[rate] += net
        taxes[rate] += tax
    tax = sum(taxes.values(), ZERO)
    by_rate = [Tax(rate, nets[rate], taxes[rate]) for rate in sorted(nets) if rate]
    return Totals(goods, ZERO, freight, goods + freight, by_rate, tax, goods + freight + tax)


def invoice_totals(invoice: Invoice, lines: Iterable[InvoiceLine]) -> Totals:
    """What an issued invoice says, by rate of tax."""
    return totals_of(lines, invoice.freight, invoice.freight_tax_rate, invoice.freight_tax)


def invoiced_shipments(invoice: Invoice) -> list[str]:
    """Numbers of the shipments that an invoice is for."""
    shipments = Shipment.objects.filter(lines__invoiced__invoice_line__invoice=invoice)
    return list(shipments.order_by("shipped_at", "pk").values_list("number", flat=True).distinct())


def open_shipments(order: Order) -> list[Shipment]:
    """Shipments of an order that are on no invoice, oldest first, with their lines; two queries."""
    lines = ShipmentLine.objects.filter(invoiced=None)
    found = Shipment.objects.filter(Exists(lines.filter(shipment=OuterRef("pk"))), order=order)
    with_lines = Prefetch("lines", lines.select_related("line__product").order_by("line__position", "pk"))
    return list(found.prefetch_related(with_lines).order_by("shipped_at", "pk"))


def draft_invoice(order: Order, shipments: Collection[Shipment]) -> Draft:
    """What an invoice for these of its ``open_shipments`` would say; three queries."""
    parts: dict[int, list[ShipmentLine]] = defaultdict(list)
    for shipment in shipments:
        for part in shipment.lines.all():
            parts[part.line_id].append(part)
    billed = _billed(order)
    rows = list(OrderLine.objects.filter(order=order).select_related("product").order_by("position"))
    lines = []
    for row in rows:
        before, pieces = billed.get(row.pk, Billed()), sum(part.quantity for part in parts[row.pk])
        shipped = PricedLine(before.pieces + pieces, row.unit_price, row.discount, row.tax_rate)
        adds = due(shipped, order.discount, before)
        if adds != Billed():
            lines.append(DraftLine(row, pieces, adds.net, adds.tax, [part.pk for part in parts[row.pk]]))
    ordered = [PricedLine(row.quantity - row.cancelled, row.unit_price, row.discount, row.tax_rate) for row in rows]
    freight = freight_due(ordered, order.freight, _billed_freight(order))
    return Draft(lines, freight.net, freight_rate(ordered), freight.tax)


def _billed(order: Order) -> dict[int, Billed]:
    rows = InvoiceLine.objects.filter(line__order=order).order_by().values_list("line_id")
    sums = rows.annotate(pieces=Sum("quantity"), money=Sum("net"), taxes=Sum("tax"))
    return {line: Billed(pieces, net, tax) for line, pieces, net, tax in sums}


def _billed_freight(order: Order) -> Billed:
    found = Invoice.objects.filter(order=order).aggregate(
        net=Sum("freight", default=ZERO), tax=Sum("freight_tax", default=ZERO)
    )
    return Billed(0, found["net"], found["tax"])


def invoice_list(text: str = "", first: date | None = None, last: date | None = None) -> QuerySet[Invoice]:
    """Invoices issued from ``first`` to ``last`` whose number, order or customer fits the text, newest first."""
    invoices = Invoice.objects.select_related("order__customer")
    if first:
        invoices = invoices.filter(issued_on__gte=first)
    if last:
        invoices = invoices.filter(issued_on__lte=last)
    if text:
        wanted = text.strip().upper()
        invoices = invoices.alias(number_upper=Upper("number"), order_upper=Upper("order__number")).filter(
            Q(number_upper__contains=wanted)
            | Q(order_upper__contains=wanted)
            | Q(order__customer__in=search_customers(text).order_by().values("pk"))
        )
    return invoices.order_by("-pk")


def orders_to_invoice(text: str = "") -> QuerySet[Order]:
    """Orders of which something has shipped that is on no invoice, newest first."""
    orders = Order.objects.filter(has_uninvoiced=True).select_related("customer")
    if text:
        found = Q(number__icontains=text.strip()) | Q(customer__in=search_customers(text).order_by().values("pk"))
        orders = orders.filter(found)
    return orders.order_by("-pk")
