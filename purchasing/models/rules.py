"""Who may buy for how much."""

from django.contrib.auth.models import Group
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class ApprovalLimit(models.Model):
    """Up to which amount members of a role place purchase orders by themselves; a role without one has no limit."""

    group = models.OneToOneField(Group, verbose_name=_("role"), on_delete=models.CASCADE, related_name="approval_limit")
    amount = models.DecimalField(_("limit"), max_digits=16, decimal_places=2, validators=[MinValueValidator(0)])

    class Meta:
        verbose_name = _("approval limit")
        verbose_name_plural = _("approval limits")
        constraints = [models.CheckConstraint(condition=Q(amount__gte=0), name="approvallimit_not_negative")]

    def __str__(self) -> str:
        return f"{self.group_id}: {self.amount}"
