"""What customers complain of."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from orders.models.documents import Customer, Order, OrderLine


class Complaint(models.Model):
    """A customer's complaint about an order or one line of it, with its cause and what it cost us."""

    class Cause(models.TextChoices):
        LATE = "late", _("Delivered late")
        SHORT = "short", _("Pieces missing")
        WRONG = "wrong", _("Wrong goods")
        DAMAGED = "damaged", _("Damaged on the way")
        QUALITY = "quality", _("Poor quality")
        PRICE = "price", _("Wrong price or invoice")
        OTHER = "other", _("Other")

    order = models.ForeignKey(Order, verbose_name=_("order"), on_delete=models.PROTECT, related_name="complaints")
    line = models.ForeignKey(
        OrderLine, verbose_name=_("line"), null=True, blank=True, on_delete=models.PROTECT, related_name="complaints"
    )
    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.PROTECT, related_name="complaints"
    )
    cause = models.CharField(_("cause"), max_length=10, choices=Cause)
    text = models.CharField(_("what happened"), max_length=500)
    cost = models.DecimalField(_("cost to us"), max_digits=14, decimal_places=2, default=0)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(_("date"), db_default=Now())
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)

    class Meta:
        verbose_name = _("complaint")
        verbose_name_plural = _("complaints")
        constraints = [
            models.CheckConstraint(condition=Q(cost__gte=0), name="complaint_cost_not_negative"),
            models.CheckConstraint(
                condition=Q(cause__in=["late", "short", "wrong", "damaged", "quality", "price", "other"]),
                name="complaint_cause",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_id}: {self.cause}"
