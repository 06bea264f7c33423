"""What a buyer bought instead of what was suggested, why, and what that turned out to be worth."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from purchasing.models.replenishment import ReorderSuggestion


class BuyingOverride(models.Model):
    """Another quantity than suggested, and all that its measuring needs, fixed when it was decided.

    ``underage`` is money per piece that is missing, ``holding_a_day`` per piece that is left, for each day.
    """

    class Cause(models.TextChoices):
        PROMOTION = "promotion", _("A promotion or an event")
        CUSTOMER = "customer", _("What a customer said")
        PRICE = "price", _("A price or its change")
        SUPPLIER = "supplier", _("What the supplier can deliver")
        MONEY = "money", _("Cash or space")
        STOCK = "stock", _("The stock is not what it says")
        OTHER = "other", pgettext_lazy("override", "Other")

    suggestion = models.OneToOneField(ReorderSuggestion, on_delete=models.PROTECT, related_name="override")
    cause = models.CharField(_("cause"), max_length=10, choices=Cause, default=Cause.OTHER)
    reason = models.CharField(_("reason"), max_length=200, blank=True, default="")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    suggested = models.BigIntegerField(_("suggested"))
    bought = models.BigIntegerField(_("bought"))
    suggested_cost = models.DecimalField(_("unit cost as suggested"), max_digits=14, decimal_places=4)
    bought_cost = models.DecimalField(_("unit cost as bought"), max_digits=14, decimal_places=4)
    position = models.BigIntegerField(_("inventory position"))
    underage = models.DecimalField(_("cost of a piece missing"), max_digits=14, decimal_places=4)
    holding_a_day = models.DecimalField(_("holding cost of a piece for a day"), max_digits=16, decimal_places=6)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"))
    # What was wanted on these days, and the money of what was bought less that of what was suggested.
    demand = models.BigIntegerField(_("demand"), null=True, blank=True)
    gain = models.DecimalField(_("gain"), max_digits=16, decimal_places=2, null=True, blank=True)

    class Meta:
        verbose_name = _("buying override")
        verbose_name_plural = _("buying overrides")
        constraints = [
            models.CheckConstraint(
                condition=Q(suggested__gt=0, bought__gt=0, ends_on__gte=F("starts_on")), name="buyingoverride_sane"
            ),
            models.CheckConstraint(condition=Q(gain=None) | Q(demand__isnull=False), name="buyingoverride_measured"),
        ]
        indexes = [
            models.Index(fields=["ends_on"], condition=Q(demand=None), name="buyingoverride_due"),
        ]

    def __str__(self) -> str:
        return f"{self.suggestion_id}: {self.bought} for {self.suggested}"

    @property
    def days(self) -> int:
        """Days from the decision until the suggested lot would be used up."""
        return (self.ends_on - self.starts_on).days + 1
