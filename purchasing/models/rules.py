"""Who may buy for how much, and what is bought without anybody."""

from django.contrib.auth.models import Group
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from purchasing.models.supply import Supplier


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


class AutoApprovalRule(models.Model):
    """Suggestions that are ordered without a hand: of one supplier or of all, up to an amount, when sure enough."""

    supplier = models.ForeignKey(
        Supplier, verbose_name=_("supplier"), null=True, blank=True, on_delete=models.CASCADE, related_name="rules"
    )
    max_value = models.DecimalField(
        _("order value up to"), max_digits=16, decimal_places=2, validators=[MinValueValidator(0)]
    )
    min_confidence = models.PositiveSmallIntegerField(
        _("confidence from (%)"), default=50, validators=[MaxValueValidator(100)]
    )

    class Meta:
        verbose_name = _("auto-approval rule")
        verbose_name_plural = _("auto-approval rules")
        constraints = [
            models.UniqueConstraint(
                fields=["supplier"], nulls_distinct=False, name="autoapprovalrule_one_per_supplier"
            ),
            models.CheckConstraint(
                condition=Q(max_value__gte=0, min_confidence__lte=100), name="autoapprovalrule_bounds"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.supplier_id or '*'}: {self.max_value}"
