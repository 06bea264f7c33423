"""Row locks of the core."""

from django.db.models import Q
from django.utils import timezone

from core.models import Mail, OutboxEvent, SavedView


def take_unpublished(limit: int) -> list[OutboxEvent]:
    """Lock the oldest unpublished outbox rows that no other publisher holds."""
    rows = OutboxEvent.objects.filter(published_at=None).order_by("pk")
    return list(rows.select_for_update(skip_locked=True)[:limit])


def take_waiting_mail() -> Mail | None:
    """Lock the oldest e-mail that is due and that no other sender holds."""
    due = Mail.objects.filter(status=Mail.Status.WAITING, due_at__lte=timezone.now()).order_by("pk")
    return due.select_for_update(skip_locked=True, of=("self",)).first()


def lock_mail(mail_id: int) -> Mail:
    """Lock one e-mail."""
    return Mail.objects.select_for_update(of=("self",), no_key=True).get(pk=mail_id)


def lock_saved_view(view_id: int, user_id: int) -> SavedView | None:
    """Lock one saved view, if it is this user's or shared."""
    rows = SavedView.objects.filter(Q(owner=user_id) | Q(is_shared=True), pk=view_id).select_related("owner")
    return rows.select_for_update(of=("self",), no_key=True).first()
