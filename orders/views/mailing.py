"""E-mailing a document, after a look at recipient, subject and text."""

from uuid import uuid4

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from core.errors import DomainError
from core.forms import MailForm, dress
from core.mail import send_again
from core.models import Mail
from orders.mailing import KINDS, SEND, send_document, suggested


@require_http_methods(["GET", "POST"])
@permission_required(SEND, raise_exception=True)
def document_mail(request: HttpRequest, kind: str, pk: int) -> HttpResponseBase:
    """Show the e-mail as it will go, to be changed and sent."""
    if kind not in KINDS:
        raise Http404
    found = KINDS[kind]
    if not request.user.has_perm(found.permission):
        raise PermissionDenied
    row = get_object_or_404(found.rows, pk=pk)
    order = found.order_of(row)
    form = MailForm(request.POST or None, initial={"key": uuid4()} | suggested(found, row))
    can_mail = settings.HAS_MAIL_SERVER or not settings.PRODUCTION
    if request.method == "POST" and can_mail and form.is_valid():
        data = form.cleaned_data
        send_document(kind, row, key=str(data["key"]), to=data["to"], title=data["title"], text=data["text"])
        messages.success(request, _("The e-mail to %s will go in a moment; the history will say so.") % data["to"])
        return redirect("orders:detail", order.pk)
    dress(form)
    context = {
        "form": form,
        "order": order,
        "row": row,
        "label": found.label,
        "pdf": reverse(found.pdf, args=[pk]),
        "can_mail": can_mail,
        "is_real": settings.HAS_MAIL_SERVER,
    }
    return render(request, "orders/mail.html", context, status=422 if form.errors else 200)


@require_POST
@permission_required(SEND, raise_exception=True)
def mail_again(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Try an e-mail again that did not go, or perhaps did not."""
    mail = get_object_or_404(Mail.objects.defer("file"), pk=pk, subject_type="order")
    try:
        send_again(pk)
    except DomainError as refusal:
        messages.error(request, refusal.detail)
    else:
        messages.success(request, _("The e-mail to %s will go in a moment; the history will say so.") % mail.to)
    return redirect("orders:detail", mail.subject_id)
