"""What the documents of the order desk say: quotation, order confirmation, delivery note, invoice, credit note.

Each is written in the customer's language, whoever asks for it. ``core.pdf`` lays them out.
"""

from collections.abc import Collection, Sequence
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from core.models import Company
from core.money import ZERO, to_cents
from core.pdf import Block, Column, Paper
from core.templatetags.tandem import amount, money_text, quantity
from inventory.places import LotPieces
from orders import quotations, selectors
from orders.invoicing import invoice_totals, invoiced_shipments
from orders.models import Customer, CustomerItem, Invoice, Order, Quotation, Return, ReturnLine, Shipment
from orders.picking import delivery_lines
from orders.pricing import Totals


def quotation(quoted: Quotation) -> Paper:
    """What is offered at which prices, and until when."""
    lines = list(quoted.lines.select_related("product").order_by("position"))
    codes = own_codes(quoted.customer, [line.product_id for line in lines])
    return Paper(
        title=_("Quotation"),
        number=quoted.number,
        blocks=[customer_block(quoted.customer)],
        facts=[
            (_("Date"), f"{timezone.localdate(quoted.quoted_at):%Y-%m-%d}"),
            (_("Valid until"), f"{quoted.valid_until:%Y-%m-%d}"),
            *([(_("Stock held until"), f"{quoted.held_until:%Y-%m-%d}")] if quoted.held_until else []),
            *([(_("Requested date"), f"{quoted.requested_date:%Y-%m-%d}")] if quoted.requested_date else []),
            (_("Payment"), payment_terms(quoted.customer)),
        ],
        columns=[
            Column("#", 9),
            Column(_("SKU"), 30),
            Column(_("Product")),
            Column(_("Quantity"), 20, is_number=True),
            Column(_("Unit price"), 24, is_number=True),
            Column(_("Amount"), 26, is_number=True),
        ],
        rows=[
            [
                str(line.position),
                line.product.sku,
                product_text(line.product.name, codes.get(line.product_id)),
                quantity(line.quantity),
                price_text(line.unit_price, line.discount),
                amount(line.amount),
            ]
            for line in lines
        ],
        totals=total_rows(quotations.quotation_totals(quoted, lines), quoted.discount),
        notes=[quoted.note] if quoted.note else [],
        signature=_("Accepted (date, signature):"),
    )


def order_confirmation(order: Order) -> Paper:
    """What was ordered and is not cancelled, by when, and what it comes to."""
    rows = [row for row in selectors.order_lines(order) if row.line.quantity > row.line.cancelled]
    codes = own_codes(order.customer, [row.line.product_id for row in rows])
    return Paper(
        title=_("Order confirmation"),
        number=order.number,
        blocks=[customer_block(order.customer), *delivery_block(order)],
        facts=[
            (_("Date"), f"{timezone.localdate(order.ordered_at):%Y-%m-%d}"),
            *_reference(order),
            (_("Requested date"), f"{order.requested_date:%Y-%m-%d}"),
            (_("Shipping"), _("Complete only") if order.ship_complete else _("What is there; the rest follows")),
            (_("Payment"), payment_terms(order.customer)),
        ],
        columns=[
            Column("#", 9),
            Column(_("SKU"), 27),
            Column(_("Product")),
            Column(_("Quantity"), 18, is_number=True),
            Column(_("Promised date"), 23),
            Column(_("Unit price"), 21, is_number=True),
            Column(_("Amount"), 24, is_number=True),
        ],
        rows=[
            [
                str(row.line.position),
                row.line.product.sku,
                product_text(row.line.product.name, codes.get(row.line.product_id)),
                quantity(row.line.quantity - row.line.cancelled),
                _promised(row),
                price_text(row.line.unit_price, row.line.discount),
                amount(row.line.amount),
            ]
            for row in rows
        ],
        totals=total_rows(selectors.order_totals(order, [row.line for row in rows]), order.discount),
        notes=[order.note] if order.note else [],
    )


def _promised(row: selectors.DeskLine) -> str:
    if not row.waiting:
        return _("shipped") if not row.line.open_quantity else _("in stock")
    return f"{row.line.promised_date:%Y-%m-%d}" if row.line.promised_date else _("not known yet")


def delivery_note(shipment: Shipment) -> Paper:
    """What left with one shipment, without prices."""
    order, lines = shipment.order, delivery_lines(shipment)
    codes = own_codes(order.customer, [row.line.product_id for row in lines])
    follows = any(row.to_follow for row in lines)
    sender = [str(shipment.warehouse), shipment.warehouse.address]
    return Paper(
        title=_("Delivery note"),
        number=shipment.number,
        blocks=[*(delivery_block(order) or [customer_block(order.customer)]), Block(_("Ships from"), sender)],
        facts=[
            (_("Date"), f"{timezone.localtime(shipment.shipped_at):%Y-%m-%d}"),
            (_("Order"), order.number),
            *_reference(order),
            *([(_("Tracking number"), shipment.tracking)] if shipment.tracking else []),
        ],
        columns=[
            Column("#", 9),
            Column(_("SKU"), 30),
            Column(_("Product")),
            Column(_("Ordered quantity"), 24, is_number=True),
            Column(_("Delivered"), 24, is_number=True),
            *([Column(_("To follow"), 24, is_number=True)] if follows else []),
        ],
        rows=[
            [
                str(row.line.position),
                row.line.product.sku,
                with_lots(product_text(row.line.product.name, codes.get(row.line.product_id)), row.lots),
                quantity(row.line.quantity),
                quantity(row.pieces),
                *([quantity(row.to_follow)] if follows else []),
            ]
            for row in lines
        ],
        totals=[(_("Total"), quantity(sum(row.pieces for row in lines)))],
        signature=_("Received in good order (date, signature):"),
    )


def invoice(invoice: Invoice) -> Paper:
    """What is to be paid for shipments of one order, and until when."""
    order, lines = invoice.order, list(invoice.lines.select_related("line").order_by("position"))
    codes = own_codes(order.customer, [row.line.product_id for row in lines])
    bill_to = [invoice.customer_name, invoice.customer_address, order.customer.code]
    percent = {"percent": invoice.order_discount}
    return Paper(
        title=_("Invoice"),
        number=invoice.number,
        blocks=[Block(_("Customer"), bill_to)],
        facts=[
            (_("Date"), f"{invoice.issued_on:%Y-%m-%d}"),
            (_("Order"), order.number),
            *_reference(order),
            (_("Delivery notes"), ", ".join(invoiced_shipments(invoice))),
            (_("To be paid by"), f"{invoice.due_on:%Y-%m-%d}"),
        ],
        columns=[
            Column("#", 9),
            Column(_("SKU"), 27),
            Column(_("Product")),
            Column(_("Quantity"), 18, is_number=True),
            Column(_("Unit price"), 21, is_number=True),
            Column(_("Tax rate"), 18, is_number=True),
            Column(_("Net"), 26, is_number=True),
        ],
        rows=[
            [
                str(row.position),
                row.sku,
                product_text(row.name, codes.get(row.line.product_id)),
                quantity(row.quantity),
                price_text(row.unit_price, row.discount),
                f"{row.tax_rate} %",
                amount(row.net),
            ]
            for row in lines
        ],
        totals=total_rows(invoice_totals(invoice, lines), ZERO),
        notes=[_("The order discount of %(percent)s %% is taken off already.") % percent]
        if invoice.order_discount
        else [],
    )


def credit_note(returned: Return) -> Paper:
    """What a customer gets back for a return."""
    company, order = Company.objects.first(), returned.order
    lines = list(returned.lines.select_related("shipment_line__line__product").order_by("pk"))
    codes = own_codes(order.customer, [row.shipment_line.line.product_id for row in lines])
    net, tax = refund(lines)
    parts = [(_("Net"), money_text(company, net)), (_("Tax"), money_text(company, tax))] if tax else []
    return Paper(
        title=_("Credit note"),
        number=returned.number,
        blocks=[customer_block(order.customer)],
        facts=[
            (_("Date"), f"{timezone.localdate(returned.returned_at):%Y-%m-%d}"),
            (_("Order"), order.number),
            *_reference(order),
            *([(_("Reason"), returned.reason)] if returned.reason else []),
        ],
        columns=[
            Column(_("SKU"), 34),
            Column(_("Product")),
            Column(_("Quantity"), 24, is_number=True),
            Column(_("Refund"), 30, is_number=True),
        ],
        rows=[
            [
                row.shipment_line.line.product.sku,
                product_text(row.shipment_line.line.product.name, codes.get(row.shipment_line.line.product_id)),
                quantity(row.quantity),
                amount(row.refund),
            ]
            for row in lines
        ],
        totals=[*parts, (_("Total"), money_text(company, net + tax))],
    )


def refund(lines: Collection[ReturnLine]) -> tuple[Decimal, Decimal]:
    """Net and tax of what comes back; tax is rounded per line, as it was when it was sold."""
    net = sum((line.refund for line in lines), ZERO)
    return net, sum((to_cents(line.refund * line.shipment_line.line.tax_rate / 100) for line in lines), ZERO)


def customer_block(customer: Customer) -> Block:
    """Whom a document goes to."""
    return Block(_("Customer"), [customer.name, customer.address, customer.phone, customer.code])


def delivery_block(order: Order) -> list[Block]:
    """Where the goods go and whom to ask there; nothing where that is the customer's own address."""
    if not order.contact_name and order.delivery_address in ("", order.customer.address):
        return []
    address = order.delivery_address or order.customer.address
    phone = order.contact_phone or order.customer.phone
    return [Block(_("Deliver to"), [order.customer.name, address, order.contact_name, phone])]


def payment_terms(customer: Customer) -> str:
    """When the customer pays."""
    if not customer.payment_days:
        return _("at once")
    return ngettext("within %(days)s day", "within %(days)s days", customer.payment_days) % {
        "days": customer.payment_days
    }


def own_codes(customer: Customer, product_ids: Collection[int]) -> dict[int, str]:
    """What the customer calls each product; the last code given, where there are several."""
    items = CustomerItem.objects.filter(customer=customer, product__in=product_ids).order_by("pk")
    return dict(items.values_list("product_id", "code"))


def product_text(name: str, code: str | None) -> str:
    """A product's name and below it what the customer calls it."""
    return name + "\n" + _("Your code: %s") % code if code else name


def with_lots(text: str, lots: Sequence[LotPieces]) -> str:
    """What a line says, and the lots of its pieces, so that the customer can find them again."""
    return "\n".join([text, *map(_lot_text, lots)])


def _lot_text(lot: LotPieces) -> str:
    words = {"pieces": quantity(lot.quantity), "number": lot.number, "day": lot.expires_on}
    if lot.expires_on:
        return _("%(pieces)s × lot %(number)s, expires %(day)s") % words
    return _("%(pieces)s × lot %(number)s") % words


def price_text(unit_price: Decimal, discount: Decimal) -> str:
    """A price and below it the line's discount."""
    return f"{amount(unit_price)}\n−{discount} %" if discount else amount(unit_price)


def total_rows(totals: Totals, discount: Decimal) -> list[tuple[str, str]]:
    """From goods to what is to be paid, as far as there is something between the two."""
    company, rows = Company.objects.first(), []
    if totals.discount or totals.freight or totals.tax:
        rows.append((_("Goods"), money_text(company, totals.goods)))
    if totals.discount:
        rows.append((_("Order discount %(percent)s %%") % {"percent": discount}, money_text(company, -totals.discount)))
    if totals.freight:
        rows.append((_("Freight"), money_text(company, totals.freight)))
    if totals.tax:
        rows.append((_("Net"), money_text(company, totals.net)))
        rows += [(_("Tax %(rate)s %%") % {"rate": tax.rate}, money_text(company, tax.amount)) for tax in totals.taxes]
    return [*rows, (_("Total"), money_text(company, totals.gross))]


def _reference(order: Order) -> list[tuple[str, str]]:
    return [(pgettext("document", "Your reference"), order.external_reference)] if order.external_reference else []
