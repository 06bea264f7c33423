"""Backtests: a stretch of the company's own past replayed under several policies."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Backtest(models.Model):
    """What was asked, how far it is, and what came out."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    # {"category": pk, "products": [pk, …], "service": share, "lead_time": factor, "holding_rate": share}; absent: none.
    question = models.JSONField(default=dict)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.QUEUED)
    done = models.PositiveIntegerField(default=0)  # weeks
    total = models.PositiveIntegerField(default=0)
    touched_at = models.DateTimeField(db_default=Now())  # the worker was alive then
    # What the page shows (see forecasting/backtesting.py); empty until done.
    result = models.JSONField(default=dict)
    error = models.CharField(max_length=300, blank=True, default="")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(_("created"), db_default=Now())

    class Meta:
        verbose_name = _("backtest")
        verbose_name_plural = _("backtests")
        constraints = [models.CheckConstraint(condition=Q(last_day__gt=F("first_day")), name="backtest_days_in_order")]

    def __str__(self) -> str:
        return f"{self.first_day} – {self.last_day}"
