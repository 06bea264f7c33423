"""E-mailing a document, after a look at recipient, subject and text."""

from functools import partial

from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from core.mailing import MailPage, mail_page, try_again
from orders.mailing import KINDS, SEND, SUBJECTS, recipient, send_document, suggested


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
    subject = found.subject_of(row)
    page = MailPage(
        document=f"{found.label} {row.number}",
        pdf=reverse(found.pdf, args=[pk]),
        of=subject.number,
        recipient=" · ".join(part for part in (str(subject.customer), getattr(subject, "contact_name", "")) if part),
        back=reverse(SUBJECTS[found.subject], args=[subject.pk]),
        no_address=""
        if recipient(subject)
        else _("The customer has no e-mail address: type one here, and note it with the customer."),
    )
    return mail_page(request, page, suggested(found, row), partial(send_document, kind, row))


@require_POST
@permission_required(SEND, raise_exception=True)
def mail_again(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Try an e-mail again that did not go, or perhaps did not."""
    mail = try_again(request, pk, *SUBJECTS)
    return redirect(SUBJECTS[mail.subject_type], mail.subject_id)
