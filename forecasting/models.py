"""Forecast runs, per product and warehouse the newest forecast with the policy it led to, and the demand calendar."""

from decimal import Decimal

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from inventory.models import Category, Product, Warehouse
from purchasing.models import Supplier


class Pattern(models.TextChoices):
    """What kind of demand a series is (engine/patterns.py decides)."""

    SMOOTH = "smooth", _("Smooth")
    SEASONAL = "seasonal", _("Seasonal")
    INTERMITTENT = "intermittent", _("Intermittent")
    NEW = "new", _("New")
    DYING = "dying", _("Dying")
    NONE = "none", _("No demand")


class DemandModel(models.TextChoices):
    """Which model forecast a series (engine/choice.py)."""

    BLENDED_LEVEL = "blended_level", _("Blend of a slow and a fast average")
    RECENT_LEVEL = "recent_level", _("Recent average")
    DAMPED_TREND = "damped_trend", _("Exponential smoothing with damped trend")
    NAIVE = "naive", _("Naive: the last weeks again")
    NONE = "none", _("No demand")


class ForecastRun(models.Model):
    """One nightly (or manual) computation of all forecasts and policies."""

    class Status(models.TextChoices):
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    as_of = models.DateField(_("as of"))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.RUNNING)
    total = models.PositiveIntegerField(_("series"), default=0)
    done = models.PositiveIntegerField(_("computed"), default=0)
    # [{"product": sku, "warehouse": code, "error": sentence}]: one bad series never stops the run.
    failures = models.JSONField(default=list)
    # Learned once over all series before the first chunk: seasons and usual rates by category, lost share.
    shared = models.JSONField(default=dict, editable=False)
    # CPU seconds over all chunks: {"read": …, "fit": …, "write": …}.
    timing = models.JSONField(default=dict, editable=False)
    started_at = models.DateTimeField(_("started"))
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("forecast run")
        verbose_name_plural = _("forecast runs")
        permissions = [("run_forecast", _("Can run the forecast"))]

    def __str__(self) -> str:
        return f"{self.as_of} #{self.pk}"

    @property
    def elapsed_seconds(self) -> float | None:
        """How long the run took, once it has ended."""
        return (self.finished_at - self.started_at).total_seconds() if self.finished_at else None


class ForecastChunk(models.Model):
    """Work of a run that is still to be done; the transaction that writes its forecasts deletes it."""

    run = models.ForeignKey(ForecastRun, on_delete=models.CASCADE, related_name="chunks")
    places = models.JSONField(default=list)  # [[product id, warehouse id], …]

    class Meta:
        verbose_name = _("forecast chunk")
        verbose_name_plural = _("forecast chunks")

    def __str__(self) -> str:
        return f"{self.run_id}/{self.pk}"


class DemandForecast(models.Model):
    """The newest forecast of one product in one warehouse; replaced by the next run, history stays in the ledger."""

    run = models.ForeignKey(ForecastRun, on_delete=models.PROTECT, related_name="forecasts")
    product = models.ForeignKey(Product, verbose_name=_("product"), on_delete=models.PROTECT)
    warehouse = models.ForeignKey(Warehouse, verbose_name=_("warehouse"), on_delete=models.PROTECT)
    model = models.CharField(_("model"), max_length=40, choices=DemandModel)
    pattern = models.CharField(_("pattern"), max_length=12, choices=Pattern, default=Pattern.NONE)
    # ABC by expected sales of the product over all warehouses, XYZ by how much its weeks vary; empty until known.
    abc = models.CharField(_("ABC class"), max_length=1, blank=True, default="")
    xyz = models.CharField(_("XYZ class"), max_length=1, blank=True, default="")
    yearly_value = models.DecimalField(
        _("expected sales a year"), max_digits=16, decimal_places=2, default=Decimal("0.00")
    )
    # Weekly buckets: {"start": ISO date of the first week, "mean": [...], "low": [...], "high": [...]}, pieces a week.
    horizon = models.JSONField(default=dict)
    # Weekly demand that the model saw, lost demand put back: {"start": ISO date, "demand": [...], "lost": [...]}.
    history = models.JSONField(default=dict)
    lead_time_days = models.FloatField(_("lead time (days)"))
    lead_time_sd = models.FloatField(_("lead time deviation (days)"))
    lead_time_demand = models.FloatField(_("lead-time demand"))
    lead_time_demand_sd = models.FloatField(_("lead-time demand deviation"))
    service_level = models.FloatField(_("service level"))
    safety_stock = models.PositiveBigIntegerField(_("safety stock"))
    reorder_point = models.PositiveBigIntegerField(_("reorder point"))
    order_up_to = models.PositiveBigIntegerField(_("order-up-to level"))
    # Every number of the arithmetic from forecast to order-up-to level (see plan_numbers in services.py).
    basis = models.JSONField(default=dict)
    # Money per piece that the service level was chosen by: margin, unit cost, holding, underage, overage, order cost …
    economics = models.JSONField(default=dict)
    # Rolling-origin errors of the chosen model and the naive one: {"wape": …, "naive_wape": …, "bias": …}.
    accuracy = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("demand forecast")
        verbose_name_plural = _("demand forecasts")
        constraints = [
            models.UniqueConstraint(fields=["product", "warehouse"], name="demandforecast_one_per_place"),
            models.CheckConstraint(
                condition=Q(service_level__gte=0, service_level__lte=1), name="demandforecast_level"
            ),
        ]
        indexes = [models.Index(fields=["-yearly_value", "id"], name="demandforecast_by_value")]

    def __str__(self) -> str:
        return f"{self.product_id}@{self.warehouse_id} {self.model}"


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
