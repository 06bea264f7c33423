"""The demand calendar: events that people enter and the holidays that customers keep."""

from decimal import Decimal

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from inventory.models import Category, Product


class DemandEvent(models.Model):
    """Days on which more or less is wanted than usual: of some products, of a category or of everything.

    Events of one name are occurrences of the same thing: what the past ones did is what the next one is expected to do.
    """

    class Kind(models.TextChoices):
        PROMOTION = "promotion", _("Promotion")
        EVENT = "event", _("Event")
        CLOSED = "closed", _("Closed")

    name = models.CharField(_("name"), max_length=100)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.PROMOTION)
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    category = models.ForeignKey(
        Category,
        verbose_name=_("category"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        help_text=_("Empty, and no products named: everything."),
    )
    products = models.ManyToManyField(Product, verbose_name=_("products"), blank=True, related_name="+")
    price_cut = models.DecimalField(
        _("price cut (%)"),
        max_digits=4,
        decimal_places=1,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(90)],
    )
    planned_uplift = models.DecimalField(
        _("expected uplift"),
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.05")), MaxValueValidator(20)],
        help_text=_("2.5 means 2.5 times the usual. Empty: as measured on earlier days of the same name."),
    )
    # Pieces wanted on the days that have passed, and what is usual on such days; measured by every run.
    measured_pieces = models.FloatField(null=True, editable=False)
    measured_usual = models.FloatField(null=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    created_at = models.DateTimeField(_("created"), db_default=Now())

    class Meta:
        verbose_name = _("demand event")
        verbose_name_plural = _("demand events")
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="demandevent_days_in_order"),
            models.CheckConstraint(
                condition=Q(planned_uplift=None) | Q(planned_uplift__gt=0), name="demandevent_uplift_positive"
            ),
        ]
        indexes = [models.Index(fields=["-starts_on", "id"], name="demandevent_by_day")]

    def __str__(self) -> str:
        return f"{self.name} {self.starts_on}"

    @property
    def measured_uplift(self) -> float | None:
        """How many times the usual demand was wanted on its days."""
        if self.measured_pieces is None or not self.measured_usual:
            return None
        return self.measured_pieces / self.measured_usual


class HolidayCalendar(models.Model):
    """The public holidays of a country, which customers keep; what they do to demand is measured."""

    class Country(models.TextChoices):
        CHINA = "CN", _("China")
        HONG_KONG = "HK", _("Hong Kong")
        TAIWAN = "TW", _("Taiwan")
        JAPAN = "JP", _("Japan")
        UNITED_STATES = "US", _("United States")
        UNITED_KINGDOM = "GB", _("United Kingdom")
        GERMANY = "DE", _("Germany")
        FRANCE = "FR", _("France")
        SPAIN = "ES", _("Spain")

    country = models.CharField(_("country"), max_length=2, choices=Country, unique=True)
    is_closed = models.BooleanField(_("closed on these days"), default=False)
    # {holiday and part: [pieces wanted on such days, what is usual on them]}; measured by every run.
    measured = models.JSONField(default=dict, editable=False)

    class Meta:
        verbose_name = _("holiday calendar")
        verbose_name_plural = _("holiday calendars")
        ordering = ["country"]

    def __str__(self) -> str:
        return self.get_country_display()
