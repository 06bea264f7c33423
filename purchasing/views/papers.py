"""The purchase order for the supplier: as a PDF, and by e-mail after a look at recipient, subject and text."""

from uuid import uuid4

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.errors import DomainError
from core.forms import MailForm, dress
from core.mail import send_again
from core.models import Mail
from core.pdf import pdf_response
from purchasing import papers
from purchasing.models import PurchaseOrder
from purchasing.views.orders import PLACE, VIEW


@require_safe
@permission_required(VIEW, raise_exception=True)
def order_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """The purchase order in the supplier's language."""
    order = _order(pk)
    with papers.in_language_of(order.supplier):
        return pdf_response(papers.purchase_order_paper(order))


@require_http_methods(["GET", "POST"])
@permission_required(PLACE, raise_exception=True)
def order_mail(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Show the e-mail as it will go, to be changed and sent."""
    order = _order(pk)
    form = MailForm(request.POST or None, initial={"key": uuid4()} | papers.suggested_mail(order))
    can_mail = settings.HAS_MAIL_SERVER or not settings.PRODUCTION
    if request.method == "POST" and can_mail and form.is_valid():
        data = form.cleaned_data
        try:
            papers.mail_purchase_order(
                order, key=str(data["key"]), to=data["to"], title=data["title"], text=data["text"]
            )
        except DomainError as refusal:
            form.add_error(None, refusal.detail)
        else:
            messages.success(request, _("The e-mail to %s will go in a moment; the history will say so.") % data["to"])
            return redirect("purchasing:order", pk)
    dress(form)
    context = {"form": form, "order": order, "can_mail": can_mail, "is_real": settings.HAS_MAIL_SERVER}
    return render(request, "purchasing/mail.html", context, status=422 if form.errors else 200)


@require_POST
@permission_required(PLACE, raise_exception=True)
def mail_again(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Try an e-mail again that did not go, or perhaps did not."""
    mail = get_object_or_404(Mail.objects.defer("file"), pk=pk, subject_type=papers.SUBJECT)
    try:
        send_again(pk)
    except DomainError as refusal:
        messages.error(request, refusal.detail)
    else:
        messages.success(request, _("The e-mail to %s will go in a moment; the history will say so.") % mail.to)
    return redirect("purchasing:order", mail.subject_id)


def _order(pk: int) -> PurchaseOrder:
    return get_object_or_404(PurchaseOrder.objects.select_related("supplier", "warehouse"), pk=pk)
