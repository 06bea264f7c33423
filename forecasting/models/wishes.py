"""What people want or know better: service levels, adjustments of the forecast, and which product follows which."""

from decimal import Decimal

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from inventory.models import Product, Warehouse
from purchasing.models import Supplier


class PolicyRule(models.Model):
    """A service level that somebody wants instead of the one that earns most: for a product, a supplier or a class.

    The most specific rule counts (product, then supplier, then class), of equals the newest.
    """

    product = models.ForeignKey(
        Product, verbose_name=_("product"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    supplier = models.ForeignKey(
        Supplier, verbose_name=_("supplier"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    abc = models.CharField(
        _("ABC class"), max_length=1, blank=True, default="", choices=[(letter, letter) for letter in "ABC"]
    )
    xyz = models.CharField(
        _("XYZ class"), max_length=1, blank=True, default="", choices=[(letter, letter) for letter in "XYZ"]
    )
    service_level = models.DecimalField(
        _("service level (%)"),
        max_digits=4,
        decimal_places=1,
        validators=[MinValueValidator(50), MaxValueValidator(Decimal("99.9"))],
    )
    reason = models.CharField(_("reason"), max_length=200)
    expires_on = models.DateField(
        _("expires on"), null=True, blank=True, help_text=_("The first day on which it no longer counts.")
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    created_at = models.DateTimeField(_("created"), db_default=Now())

    class Meta:
        verbose_name = _("policy rule")
        verbose_name_plural = _("policy rules")
        constraints = [
            models.CheckConstraint(
                condition=(Q(product=None) | Q(supplier=None))
                & (Q(abc="", xyz="") | Q(product=None, supplier=None))
                & ~Q(product=None, supplier=None, abc="", xyz=""),
                name="policyrule_one_scope",
            ),
            models.CheckConstraint(
                condition=Q(service_level__gte=50, service_level__lt=100), name="policyrule_service_level"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scope}: {self.service_level} %"

    @property
    def scope(self) -> str:
        """What it is for, in words."""
        if self.product:
            return str(self.product)
        if self.supplier:
            return self.supplier.name
        return _("Class %(letters)s") % {"letters": f"{self.abc}{self.xyz}"}


class ForecastAdjustment(models.Model):
    """What somebody knows and the history does not: more or less than forecast of a product, on some days, and why.

    Afterwards its value is measured: how much closer it brought the forecast to what was wanted.
    """

    product = models.ForeignKey(Product, verbose_name=_("product"), on_delete=models.PROTECT, related_name="+")
    warehouse = models.ForeignKey(
        Warehouse, verbose_name=_("warehouse"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    percent = models.DecimalField(
        _("change (%)"),
        max_digits=5,
        decimal_places=1,
        help_text=_("20: a fifth more than forecast; −50: half of it."),
    )
    reason = models.CharField(_("reason"), max_length=200)
    is_withdrawn = models.BooleanField(_("withdrawn"), default=False, editable=False)
    # Pieces on its days: forecast when it was entered, and what was wanted; null until known.
    baseline = models.FloatField(null=True, editable=False)
    actual = models.FloatField(null=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    created_at = models.DateTimeField(_("created"), db_default=Now())

    class Meta:
        verbose_name = _("forecast adjustment")
        verbose_name_plural = _("forecast adjustments")
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="forecastadjustment_days_in_order"),
            models.CheckConstraint(condition=Q(percent__gte=-100, percent__lte=900), name="forecastadjustment_percent"),
        ]
        indexes = [models.Index(fields=["ends_on"], name="forecastadjustment_end")]

    def __str__(self) -> str:
        return f"{self.product_id} {self.percent:+} %"

    @property
    def factor(self) -> float:
        """What the forecast is multiplied by."""
        return 1 + float(self.percent) / 100

    @property
    def adjusted(self) -> float | None:
        """Pieces forecast with it."""
        return None if self.baseline is None else self.baseline * self.factor

    @property
    def value_added(self) -> float | None:
        """Pieces by which it brought the forecast closer to what was wanted (below 0: further away)."""
        if self.baseline is None or self.actual is None or self.adjusted is None:
            return None
        return abs(self.actual - self.baseline) - abs(self.actual - self.adjusted)


class Succession(models.Model):
    """A product takes another one's place: it inherits that one's demand, which fades."""

    predecessor = models.OneToOneField(
        Product, verbose_name=_("predecessor"), on_delete=models.PROTECT, related_name="succession"
    )
    successor = models.ForeignKey(
        Product, verbose_name=_("successor"), on_delete=models.PROTECT, related_name="successions"
    )
    starts_on = models.DateField(_("from"), help_text=_("From this day on customers buy the successor."))
    share = models.DecimalField(
        _("share (%)"),
        max_digits=4,
        decimal_places=1,
        default=Decimal(100),
        help_text=_("Of the predecessor's demand, that goes over to it."),
    )
    created_at = models.DateTimeField(_("created"), db_default=Now())

    class Meta:
        verbose_name = _("succession")
        verbose_name_plural = _("successions")
        constraints = [
            models.CheckConstraint(condition=~Q(predecessor=F("successor")), name="succession_of_another"),
            models.CheckConstraint(condition=Q(share__gt=0, share__lte=200), name="succession_share"),
        ]

    def __str__(self) -> str:
        return f"{self.predecessor_id} → {self.successor_id}"
