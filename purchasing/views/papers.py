"""The purchase order for the supplier: as a PDF, and by e-mail after a look at recipient, subject and text."""

from functools import partial

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.mailing import MailPage, mail_page, try_again
from core.pdf import in_language, pdf_response
from purchasing import papers
from purchasing.models import PurchaseOrder
from purchasing.views.orders import PLACE, VIEW


@require_safe
@permission_required(VIEW, raise_exception=True)
def order_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """The purchase order in the supplier's language."""
    order = _order(pk)
    with in_language(order.supplier.language):
        return pdf_response(papers.purchase_order_paper(order))


@require_http_methods(["GET", "POST"])
@permission_required(PLACE, raise_exception=True)
def order_mail(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Show the e-mail as it will go, to be changed and sent."""
    order = _order(pk)
    page = MailPage(
        document=order.number,
        pdf=reverse("purchasing:order-pdf", args=[pk]),
        of=order.number,
        recipient=order.supplier.name,
        back=reverse("purchasing:order", args=[pk]),
        no_address=""
        if order.supplier.email
        else _("The supplier has no e-mail address: type one here, and note it with the supplier."),
    )
    return mail_page(request, page, papers.suggested_mail(order), partial(papers.mail_purchase_order, order))


@require_POST
@permission_required(PLACE, raise_exception=True)
def mail_again(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Try an e-mail again that did not go, or perhaps did not."""
    return redirect("purchasing:order", try_again(request, pk, papers.SUBJECT).subject_id)


def _order(pk: int) -> PurchaseOrder:
    return get_object_or_404(PurchaseOrder.objects.select_related("supplier", "warehouse"), pk=pk)
