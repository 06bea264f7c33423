"""Forecast runs and, per product and warehouse, the newest forecast with the policy it led to."""

from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from inventory.models import Product, Warehouse


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
