"""The page on which somebody looks at an e-mail before it goes, and the second try of one that did not."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from core.errors import DomainError
from core.forms import MailForm, dress
from core.mail import send_again
from core.models import Mail


@dataclass(frozen=True, slots=True)
class MailPage:
    """Whose e-mail: the document's name and its PDF's address, and the page it belongs to.

    ``no_address`` is said where the recipient is not known; empty when it is.
    """

    document: str
    pdf: str
    of: str
    recipient: str
    back: str
    no_address: str = ""


def mail_page(
    request: HttpRequest, page: MailPage, suggested: Mapping[str, str], send: Callable[..., object]
) -> HttpResponseBase:
    """Show the e-mail as it will go, to be changed; posted, ``send(key=, to=, title=, text=)`` is called."""
    form = MailForm(request.POST or None, initial={"key": uuid4()} | dict(suggested))
    can_mail = settings.HAS_MAIL_SERVER or not settings.PRODUCTION
    if request.method == "POST" and can_mail and form.is_valid():
        data: dict[str, Any] = form.cleaned_data
        try:
            send(key=str(data["key"]), to=data["to"], title=data["title"], text=data["text"])
        except DomainError as refusal:
            form.add_error(None, refusal.detail)
        else:
            _say_it_will_go(request, data["to"])
            return redirect(page.back)
    dress(form)
    context = {"form": form, "page": page, "can_mail": can_mail, "is_real": settings.HAS_MAIL_SERVER}
    return render(request, "core/mail.html", context, status=422 if form.errors else 200)


def try_again(request: HttpRequest, pk: int, *subject_types: str) -> Mail:
    """Try an e-mail of such documents again that did not go, or perhaps did not, and say so; 404 without one."""
    mail = get_object_or_404(Mail.objects.defer("file"), pk=pk, subject_type__in=subject_types)
    try:
        send_again(pk)
    except DomainError as refusal:
        messages.error(request, refusal.detail)
    else:
        _say_it_will_go(request, mail.to)
    return mail


def _say_it_will_go(request: HttpRequest, to: str) -> None:
    messages.success(request, _("The e-mail to %s will go in a moment; the history will say so.") % to)
