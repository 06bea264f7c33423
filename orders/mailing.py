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
from orders.models import Invoice, Order, Quotation, Return, Shipment

SEND = "orders.send_document"
# What an e-mail can be about, as its row says it, and the page that shows what became of it.
SUBJECTS = {"order": "orders:detail", "quotation": "orders:quotation"}
OF_AN_ORDER = gettext_lazy(
    "Dear Sir or Madam,\n\nplease find attached our %(document)s %(number)s for your order %(order)s.\n\n"
    "Kind regards\n%(company)s"
)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of document: what it is called, who may see it, its rows, whose timeline tells of it, how it reads.

    ``pdf`` is where its file is, ``subject`` one of SUBJECTS; ``text`` is the e-mail's, where it has one of its own.
    """

    label: Promise | str
    permission: str
    rows: QuerySet[Any]
    subject_of: Callable[[Any], Order | Quotation]
    paper: Callable[[Any], Paper]
    pdf: str
    subject: str = "order"
    text: Promise | str = OF_AN_ORDER


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
    "quotation": Kind(
        gettext_lazy("Quotation"),
        "orders.view_quotation",
        Quotation.objects.select_related("customer"),
        lambda quotation: quotation,
        papers.quotation,
        "orders:quotation-pdf",
        subject="quotation",
        text=gettext_lazy(
            "Dear Sir or Madam,\n\nplease find attached our %(document)s %(number)s. It is valid until %(until)s.\n\n"
            "Kind regards\n%(company)s"
        ),
    ),
}


def recipient(subject: Order | Quotation) -> str:
    """Where e-mails about it go: to an order's contact, else to the customer."""
    return getattr(subject, "contact_email", "") or subject.customer.email


def suggested(kind: Kind, row: Any) -> dict[str, str]:
    """Recipient, subject and text as the page offers them, in the customer's language."""
    subject, company = kind.subject_of(row), Company.objects.first()
    name = company.name if company else "Tandem"
    with in_language(subject.customer.language):
        words = {"document": kind.label, "number": row.number, "order": subject.number, "company": name}
        if isinstance(subject, Quotation):
            words["until"] = f"{subject.valid_until:%Y-%m-%d}"
        return {
            "to": recipient(subject),
            "title": _("%(document)s %(number)s · %(company)s") % words,
            "text": str(kind.text) % words,
        }


def send_document(name: str, row: Any, *, key: str, to: str, title: str, text: str) -> Mail:
    """Keep the document, as it reads now, to be e-mailed after the commit; one ``key`` makes one e-mail."""
    kind = KINDS[name]
    subject = kind.subject_of(row)
    with in_language(subject.customer.language):
        paper = kind.paper(row)
        file = render(paper)
    return queue_mail(NewMail(key, kind.subject, subject.pk, name, row.number, to, title, text, paper.name, file))
