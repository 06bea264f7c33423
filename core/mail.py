"""E-mails to people outside: written as a row with the step that wants them, sent by a task after the commit.

Lost is none: the row waits until it is sent, and a sweep finds what a lost kick left. Twice goes none: an e-mail is
marked as on its way, and that is committed, before the mail server hears of it. Where the server's answer is then
missing (a killed worker, a cut line) nobody knows whether it went; such an e-mail waits for a person to decide.
"""

import logging
import smtplib
from dataclasses import dataclass
from datetime import timedelta
from email.utils import make_msgid

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from core import audit
from core.actor import acting_as, current_actor_id
from core.errors import IllegalTransition
from core.locks import lock_mail, take_waiting_mail
from core.models import Mail
from core.queue import kick

logger = logging.getLogger(__name__)

MOST_ATTEMPTS = 8
PAUSE = timedelta(minutes=1)  # before the second attempt; doubled before each further one
LOST_AFTER = timedelta(minutes=15)  # whatever is on its way longer has lost its worker


@dataclass(frozen=True, slots=True)
class NewMail:
    """An e-mail with one document; ``subject_type`` and ``subject_id`` say whose timeline tells of it.

    ``key`` names the request: sent again, it finds the e-mail that is there.
    """

    key: str
    subject_type: str
    subject_id: int
    document: str
    number: str
    to: str
    title: str
    text: str
    file_name: str
    file: bytes


@transaction.atomic(durable=True)
def queue_mail(new: NewMail) -> Mail:
    """Keep an e-mail to be sent after the commit; the same request again changes nothing."""
    mail, is_new = Mail.objects.get_or_create(
        key=new.key,
        defaults={
            "subject_type": new.subject_type,
            "subject_id": new.subject_id,
            "document": new.document,
            "number": new.number,
            "to": new.to,
            "title": " ".join(new.title.split()),
            "text": new.text,
            "file_name": new.file_name,
            "file": new.file,
            "message_id": make_msgid(domain=settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("> ") or "tandem"),
            "created_by_id": current_actor_id(),
        },
    )
    if is_new:
        _kick()
    return mail


def unsent_mails(subject_type: str, subject_id: int) -> QuerySet[Mail]:
    """E-mails of one document that are not sent (yet), oldest first, without their files."""
    mails = Mail.objects.filter(subject_type=subject_type, subject_id=subject_id).exclude(status=Mail.Status.SENT)
    return mails.defer("file").order_by("pk")


@transaction.atomic(durable=True)
def send_again(mail_id: int) -> Mail:
    """Try an e-mail again that failed, or of which nobody knows whether it went. Locks: Mail."""
    mail = lock_mail(mail_id)
    if mail.status not in (Mail.Status.FAILED, Mail.Status.UNCLEAR):
        raise IllegalTransition(_("This e-mail is sent already or still waits to be sent."), status=mail.status)
    mail.status, mail.attempts, mail.due_at = Mail.Status.WAITING, 0, timezone.now()
    mail.save(update_fields=["status", "attempts", "due_at"])
    _kick()
    return mail


def send_waiting_mails() -> int:
    """Send what is due, one by one; returns how many went."""
    _give_up_lost()
    sent = 0
    while (mail := _take()) is not None:
        sent += _send(mail)
    return sent


def _kick() -> None:
    from core.tasks import send_mails  # the task calls this module

    kick(send_mails)


@transaction.atomic(durable=True)
def _take() -> Mail | None:
    """Mark the next e-mail that is due as on its way."""
    mail = take_waiting_mail()
    if mail is not None:
        mail.status, mail.attempts, mail.tried_at = Mail.Status.SENDING, mail.attempts + 1, timezone.now()
        mail.save(update_fields=["status", "attempts", "tried_at"])
    return mail


def _send(mail: Mail) -> bool:
    """Hand a marked e-mail to the mail server and note how that went. Outside of any transaction."""
    message = EmailMessage(mail.title, mail.text, to=[mail.to], headers={"Message-ID": mail.message_id})
    message.attach(mail.file_name, bytes(mail.file), "application/pdf")
    connection = get_connection()
    try:
        connection.open()
    except Exception as exc:  # whatever it is, the server has nothing of it yet
        _note_refusal(mail, exc)
        return False
    try:
        connection.send_messages([message])
    except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused, ValueError) as exc:
        _note_refusal(mail, exc)
        return False
    except Exception as exc:
        logger.warning("Nobody knows whether the e-mail %s went: %s", mail.pk, exc)
        _note(mail, Mail.Status.UNCLEAR, error=_words(exc))
        return False
    finally:
        connection.close()
    _note(mail, Mail.Status.SENT)
    return True


def _note_refusal(mail: Mail, exc: Exception) -> None:
    """It did not go, that is known: try later, or give up after the last attempt."""
    if mail.attempts >= MOST_ATTEMPTS:
        _note(mail, Mail.Status.FAILED, error=_words(exc))
    else:
        pause = PAUSE * 2 ** (mail.attempts - 1)
        Mail.objects.filter(pk=mail.pk).update(
            status=Mail.Status.WAITING, due_at=timezone.now() + pause, error=_words(exc)
        )


@transaction.atomic(durable=True)
def _note(mail: Mail, status: Mail.Status, *, error: str = "") -> None:
    """Write how an e-mail ended, and tell the timeline of its document in the name of whoever sent it."""
    sent_at = timezone.now() if status == Mail.Status.SENT else None
    found = Mail.objects.filter(pk=mail.pk, status=Mail.Status.SENDING, attempts=mail.attempts)
    if found.update(status=status, error=error, sent_at=sent_at):
        with acting_as(mail.created_by_id):
            verb = {Mail.Status.SENT: "mailed", Mail.Status.FAILED: "mail_failed"}.get(status, "mail_unclear")
            audit.record(
                mail.subject_type, mail.subject_id, verb, document=mail.document, number=mail.number, to=mail.to
            )


def _give_up_lost() -> None:
    """E-mails whose worker died on the way: nobody knows whether they went."""
    lost = Mail.objects.filter(status=Mail.Status.SENDING, tried_at__lt=timezone.now() - LOST_AFTER)
    for mail in lost:
        _note(mail, Mail.Status.UNCLEAR, error="The worker stopped while it was sending.")


def _words(exc: Exception) -> str:
    return f"{type(exc).__name__}: {exc}"[:300]
