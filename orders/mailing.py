"""Which documents of the order desk can be e-mailed, to whom, and with what words."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.mail import NewMail, queue_mail
from core.models import Company, Mail
from core.pdf import Paper, in_language, render
from orders import papers
from orders.models import Invoice, Order, Return, Shipment

SEND = "orders.send_document"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of document: what it is called, who may see it, its rows, its order, how it reads, where its PDF is."""

    label: Promise | str
    permission: str
    rows: QuerySet[Any]
    order_of: Callable[[Any], Order]
    paper: Callable[[Any], Paper]
    pdf: str


KINDS = {
    "confirmation": Kind(
        gettext_lazy("Order confirmation"),
        "orders.view_order",
        Order.objects.select_related("customer"),
        lambda order: order,
        papers.order_confirmation,
        "orders:confirmation-pdf",
    ),
    "delivery-note": Kind(
        gettext_lazy("Delivery note"),
        "orders.view_shipment",
        Shipment.objects.select_related("order__customer", "warehouse"),
        lambda shipment: shipment.order,
        papers.delivery_note,
        "orders:delivery-note-pdf",
    ),
    "invoice": Kind(
        gettext_lazy("Invoice"),
        "orders.view_invoice",
        Invoice.objects.select_related("order__customer"),
        lambda invoice: invoice.order,
        papers.invoice,
        "orders:invoice-pdf",
    ),
    "credit-note": Kind(
        gettext_lazy("Credit note"),
        "orders.view_return",
        Return.objects.select_related("order__customer"),
        lambda returned: returned.order,
        papers.credit_note,
        "orders:credit-note-pdf",
    ),
}


def recipient(order: Order) -> str:
    """Where e-mails about an order go: to its contact, else to the customer."""
    return order.contact_email or order.customer.email


def suggested(kind: Kind, row: Any) -> dict[str, str]:
    """Recipient, subject and text as the page offers them, in the customer's language."""
    order, company = kind.order_of(row), Company.objects.first()
    name = company.name if company else "Tandem"
    with in_language(order.customer.language):
        words = {"document": kind.label, "number": row.number, "order": order.number, "company": name}
        return {
            "to": recipient(order),
            "title": _("%(document)s %(number)s · %(company)s") % words,
            "text": _(
                "Dear Sir or Madam,\n\nplease find attached our %(document)s %(number)s for your order %(order)s.\n\n"
                "Kind regards\n%(company)s"
            )
            % words,
        }


def send_document(name: str, row: Any, *, key: str, to: str, title: str, text: str) -> Mail:
    """Keep the document, as it reads now, to be e-mailed after the commit; one ``key`` makes one e-mail."""
    kind = KINDS[name]
    order = kind.order_of(row)
    with in_language(order.customer.language):
        paper = kind.paper(row)
        file = render(paper)
    return queue_mail(NewMail(key, "order", order.pk, name, row.number, to, title, text, paper.name, file))
