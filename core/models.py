"""What every room needs and no room owns: users, the company, outbox, audit log, idempotency keys."""

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.indexes import BrinIndex
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class User(AbstractUser):
    """Somebody who signs in; groups give the role (see config/roles.py)."""

    language = models.CharField(
        _("language"), max_length=10, blank=True, choices=settings.LANGUAGES, help_text=_("Empty: the browser's.")
    )

    def __str__(self) -> str:
        return self.get_full_name() or self.username


class Company(models.Model):
    """The one company of this installation and the rates that decisions share."""

    name = models.CharField(_("name"), max_length=200)
    currency = models.CharField(_("currency"), max_length=3, default="CNY")
    # What the head of a document says besides the name.
    address = models.CharField(_("address"), max_length=300, blank=True, default="", db_default="")
    phone = models.CharField(_("phone"), max_length=40, blank=True, default="", db_default="")
    email = models.EmailField(_("e-mail"), blank=True, default="", db_default="")
    tax_number = models.CharField(_("tax number"), max_length=40, blank=True, default="", db_default="")
    bank_account = models.CharField(_("bank account"), max_length=200, blank=True, default="", db_default="")
    holding_rate = models.DecimalField(
        _("holding cost rate"),
        max_digits=5,
        decimal_places=4,
        default="0.2500",
        validators=[MinValueValidator(0), MaxValueValidator(5)],
        help_text=_("Share of a product's cost that holding it for a year costs: capital, space, insurance."),
    )

    class Meta:
        verbose_name = _("company")
        verbose_name_plural = _("companies")
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="company_only_one")]

    def __str__(self) -> str:
        return self.name

    def letterhead(self) -> list[str]:
        """The lines below the name at the head of a document."""
        reached = " · ".join(text for text in (self.phone, self.email) if text)
        named = [(_("Tax number"), self.tax_number), (_("Bank account"), self.bank_account)]
        return [line for line in (self.address, reached) if line] + [f"{name}: {text}" for name, text in named if text]


class OutboxEvent(models.Model):
    """A fact for outsiders, written in the transaction that made it true."""

    topic = models.CharField(max_length=60)
    payload = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["id"], condition=models.Q(published_at=None), name="outbox_unpublished"),
            # What is new since a moment (reports) or older than one (retention).
            BrinIndex(fields=["created_at"], name="outbox_created_brin"),
        ]

    def __str__(self) -> str:
        return f"{self.topic} #{self.pk}"


class AuditEntry(models.Model):
    """Who did what to which document, when. Written by services, shown as the document's timeline."""

    subject_type = models.CharField(max_length=40)
    subject_id = models.BigIntegerField()
    verb = models.CharField(max_length=60)
    data = models.JSONField(default=dict)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, db_index=False)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(fields=["subject_type", "subject_id", "id"], name="audit_subject"),
            BrinIndex(fields=["at"], name="audit_at_brin"),
        ]

    def __str__(self) -> str:
        return f"{self.subject_type} {self.subject_id}: {self.verb}"


class Mail(models.Model):
    """An e-mail with a document, written with the step that wants it and sent after the commit (core/mail.py)."""

    class Status(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("e-mail", "Waits to be sent")
        SENDING = "sending", pgettext_lazy("e-mail", "On its way")
        SENT = "sent", pgettext_lazy("e-mail", "Sent")
        FAILED = "failed", pgettext_lazy("e-mail", "Not sent")
        UNCLEAR = "unclear", pgettext_lazy("e-mail", "Perhaps sent")

    key = models.CharField(max_length=64, unique=True, editable=False)
    subject_type = models.CharField(max_length=40)
    subject_id = models.BigIntegerField()
    document = models.CharField(_("document"), max_length=40)
    number = models.CharField(_("number"), max_length=40)
    to = models.EmailField(_("to"))
    title = models.CharField(_("subject"), max_length=200)
    text = models.TextField(_("text"), max_length=5000)
    file_name = models.CharField(max_length=100)
    file = models.BinaryField()
    # Stays the same through all attempts: receivers know a second copy by it.
    message_id = models.CharField(max_length=200, editable=False)
    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(db_default=Now())
    tried_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True, default="")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("e-mail")
        verbose_name_plural = _("e-mails")
        indexes = [
            models.Index(fields=["subject_type", "subject_id"], name="mail_subject"),
            models.Index(fields=["id"], condition=models.Q(status__in=["waiting", "sending"]), name="mail_not_done"),
        ]

    def __str__(self) -> str:
        return f"{self.number} → {self.to}"


class IdempotencyKey(models.Model):
    """The first answer to a repeatable request; ``status`` is null while the first one still runs."""

    # Without an index of its own: the one of the constraint begins with it.
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False)
    key = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="idempotencykey_once_per_user")]
        indexes = [models.Index(fields=["created_at"], name="idempotencykey_created")]

    def __str__(self) -> str:
        return self.key


class SavedView(models.Model):
    """A list as somebody likes to see it: the filters of one page under a name (core/saved_views.py)."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views")
    page = models.CharField(max_length=60)
    name = models.CharField(_("name"), max_length=60)
    # The filters as the page's address has them; what the page no longer knows is left out when the view is opened.
    query = models.CharField(max_length=2000, blank=True, default="")
    is_shared = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        default_permissions = ()
        permissions = [("share_savedview", _("Can share views of lists with everybody"))]
        constraints = [models.UniqueConstraint(fields=["owner", "page", "name"], name="savedview_one_per_name")]
        indexes = [models.Index(fields=["page"], condition=models.Q(is_shared=True), name="savedview_shared")]

    def __str__(self) -> str:
        return self.name


class DefaultView(models.Model):
    """The saved view, one's own or a shared one, that a list opens with for somebody."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    page = models.CharField(max_length=60)
    view = models.ForeignKey(SavedView, on_delete=models.CASCADE, related_name="defaults")

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["user", "page"], name="defaultview_one_per_page")]

    def __str__(self) -> str:
        return f"{self.page}: {self.view}"
