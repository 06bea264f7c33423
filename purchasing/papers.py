"""What suppliers get: the purchase order, in their language, on paper and by e-mail."""

from django.utils import timezone
from django.utils.translation import gettext as _

from core.checks import refuse_text
from core.errors import IllegalTransition
from core.mail import NewMail, queue_mail
from core.models import Company, Mail
from core.money import ZERO, to_cents
from core.pdf import Block, Column, Paper, in_language, render
from core.templatetags.tandem import amount, quantity
from purchasing.currencies import own_currency
from purchasing.models import PurchaseOrder, PurchaseOrderLine
from purchasing.selectors import purchase_order_lines
from purchasing.templatetags.costs import unit_cost

SUBJECT = "purchase_order"
# Those that the supplier may know of; a draft is our own business.
PLACED = (PurchaseOrder.Status.ORDERED, PurchaseOrder.Status.PARTLY_RECEIVED, PurchaseOrder.Status.RECEIVED)


def purchase_order_paper(order: PurchaseOrder) -> Paper:
    """What we order, at which cost, where to and by when."""
    supplier, lines = order.supplier, purchase_order_lines(order)
    currency = order.currency or own_currency()
    total = sum((to_cents(line.quantity * line.asked) for line in lines), ZERO)
    days = {line.expected_on for line in lines if line.expected_on}
    notes = {
        "draft": _("Draft: not ordered yet."),
        "waiting": _("Draft: not ordered yet."),
        "cancelled": _("Cancelled."),
    }
    return Paper(
        title=_("Purchase order"),
        number=order.number,
        blocks=[
            Block(_("Supplier"), [line for line in (supplier.name, supplier.email, supplier.phone) if line]),
            Block(_("Deliver to"), [line for line in (order.warehouse.name, order.warehouse.address) if line]),
        ],
        facts=[
            (_("Order date"), f"{timezone.localtime(order.ordered_at):%Y-%m-%d}" if order.ordered_at else "–"),
            (_("Delivery wanted by"), f"{order.expected_on:%Y-%m-%d}" if order.expected_on else "–"),
            *([(_("Your number"), order.supplier_reference)] if order.supplier_reference else []),
        ],
        columns=[
            Column("#", 8),
            Column(_("Your code"), 24),
            Column(_("Our SKU"), 26),
            Column(_("Product")),
            *([Column(_("Expected"), 21)] if days else []),
            Column(_("Quantity"), 22, is_number=True),
            Column(_("Unit cost"), 22, is_number=True),
            Column(_("Amount"), 25, is_number=True),
        ],
        rows=[
            [
                str(number),
                line.supplier_sku or "–",  # type: ignore[attr-defined]
                line.product.sku,
                f"{line.product.name} · {agreement_of(line)}" if line.blanket_line else line.product.name,
                *([f"{line.expected_on or order.expected_on or ''}"] if days else []),
                f"{quantity(line.quantity)} {line.product.unit}",
                unit_cost(line.asked),
                amount(to_cents(line.quantity * line.asked)),
            ]
            for number, line in enumerate(lines, 1)
        ],
        totals=[(_("Total") + (f" ({currency})" if currency else ""), amount(total))],
        notes=[notes[order.status]] if order.status in notes else [],
    )


def agreement_of(line: PurchaseOrderLine) -> str:
    """The agreement whose price the line has, by the number the supplier knows it by."""
    if line.blanket_line is None:
        return ""
    agreement = line.blanket_line.blanket_order
    return _("agreement %s") % (agreement.reference or agreement.number)


def suggested_mail(order: PurchaseOrder) -> dict[str, str]:
    """Recipient, subject and text as the page offers them, in the supplier's language."""
    company = Company.objects.first()
    with in_language(order.supplier.language):
        words = {"number": order.number, "company": company.name if company else "Tandem"}
        return {
            "to": order.supplier.email,
            "title": _("Purchase order %(number)s · %(company)s") % words,
            "text": _(
                "Dear Sir or Madam,\n\nplease find attached our purchase order %(number)s. Please confirm it with the "
                "days on which you deliver.\n\nKind regards\n%(company)s"
            )
            % words,
        }


def mail_purchase_order(order: PurchaseOrder, *, key: str, to: str, title: str, text: str) -> Mail:
    """Keep the order, as it reads now, to be e-mailed after the commit; one ``key`` makes one e-mail.

    Raises: IllegalTransition when it is not placed.
    """
    if order.status not in PLACED:
        raise IllegalTransition(_("Only a placed order goes to the supplier: place it first."), status=order.status)
    refuse_text("title", title, 200)
    with in_language(order.supplier.language):
        paper = purchase_order_paper(order)
        file = render(paper)
    return queue_mail(NewMail(key, SUBJECT, order.pk, SUBJECT, order.number, to, title, text, paper.name, file))
