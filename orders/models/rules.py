"""Rules of the order desk: what goes instead of what, how far warehouses are, and how much each may have."""

from datetime import date, timedelta
from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from inventory.models import Product, Warehouse


class Substitute(models.Model):
    """A product that may be offered when another is short, or that has taken its place."""

    class Kind(models.TextChoices):
        SUBSTITUTE = "substitute", _("Substitute")
        SUCCESSOR = "successor", _("Successor")

    product = models.ForeignKey(
        Product, verbose_name=_("product"), on_delete=models.CASCADE, related_name="substitutes"
    )
    other = models.ForeignKey(Product, verbose_name=_("offered instead"), on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.SUBSTITUTE)

    class Meta:
        verbose_name = _("substitute")
        verbose_name_plural = _("substitutes")
        constraints = [
            models.UniqueConstraint(fields=["product", "other"], name="substitute_once"),
            models.CheckConstraint(condition=~Q(product=F("other")), name="substitute_is_another"),
        ]

    def __str__(self) -> str:
        return f"{self.product_id}: {self.other_id}"


class ShippingLane(models.Model):
    """How far an area is from a warehouse and what a delivery there costs; without an area: anywhere else."""

    warehouse = models.ForeignKey(
        Warehouse, verbose_name=_("warehouse"), on_delete=models.CASCADE, related_name="lanes"
    )
    area = models.CharField(
        _("area"),
        max_length=60,
        blank=True,
        default="",
        help_text=_("Words of the customer's address, such as the city; empty: everywhere else."),
    )
    distance_km = models.PositiveIntegerField(_("distance (km)"))
    cost = models.DecimalField(
        _("cost of one delivery"),
        max_digits=12,
        decimal_places=2,
        default=Decimal("15.00"),
        validators=[MinValueValidator(0)],
    )

    class Meta:
        verbose_name = _("shipping lane")
        verbose_name_plural = _("shipping lanes")
        constraints = [
            models.UniqueConstraint(fields=["warehouse", "area"], name="shippinglane_once"),
            models.CheckConstraint(condition=Q(cost__gte=0), name="shippinglane_cost_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.warehouse_id}: {self.area}"


class Quota(models.Model):
    """The most that a channel or a customer may order of a product from one moment until another.

    ``used`` counts what was ordered and not cancelled; a trigger on the order lines keeps it, and the constraint
    refuses an order that would exceed it, whoever confirms it.
    """

    product = models.ForeignKey(Product, verbose_name=_("product"), on_delete=models.CASCADE, related_name="quotas")
    channel = models.ForeignKey(
        "orders.Channel", verbose_name=_("channel"), null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    customer = models.ForeignKey(
        "orders.Customer", verbose_name=_("customer"), null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    quantity = models.BigIntegerField(pgettext_lazy("quota", "at most"))
    used = models.BigIntegerField(_("ordered so far"), default=0)
    # Moments, not days, so that the database needs not know the company's time zone.
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("until"))

    class Meta:
        verbose_name = _("quota")
        verbose_name_plural = _("quotas")
        constraints = [
            models.CheckConstraint(condition=Q(used__lte=F("quantity")), name="quota_not_exceeded"),
            models.CheckConstraint(
                condition=Q(channel=None, customer__isnull=False) | Q(channel__isnull=False, customer=None),
                name="quota_of_one",
            ),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="quota_days"),
        ]

    def __str__(self) -> str:
        return f"{self.product_id}: {self.used}/{self.quantity}"

    @property
    def last_day(self) -> date:
        """The last day it holds for, in the company's time zone."""
        return timezone.localdate(self.ends_at - timedelta(seconds=1))
