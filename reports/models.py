"""Daily KPI rows, recomputed from the ledger for the days that changed."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from inventory.models import Category, Warehouse


class KpiSnapshot(models.Model):
    """What happened on one day in one warehouse and category: additive measures only, ratios are made when reading."""

    day = models.DateField(_("day"))
    warehouse = models.ForeignKey(Warehouse, on_delete=models.CASCADE, db_index=False)
    category = models.ForeignKey(Category, null=True, on_delete=models.CASCADE, db_index=False)
    revenue = models.DecimalField(max_digits=18, decimal_places=2, default=0)
    cogs = models.DecimalField(max_digits=18, decimal_places=2, default=0)
    holding_cost = models.DecimalField(max_digits=24, decimal_places=10, default=0)
    ordering_cost = models.DecimalField(max_digits=18, decimal_places=6, default=0)
    # Freight and duty that were invoiced late, for pieces that had left.
    landed_expense = models.DecimalField(max_digits=18, decimal_places=2, default=0)
    inventory_value = models.DecimalField(max_digits=18, decimal_places=2, default=0)
    stocked_products = models.PositiveIntegerField(default=0)
    stockout_products = models.PositiveIntegerField(default=0)
    demanded = models.BigIntegerField(default=0)
    filled_at_once = models.BigIntegerField(default=0)
    lines_due = models.PositiveIntegerField(default=0)
    lines_on_time = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("KPI row")
        verbose_name_plural = _("KPI rows")
        constraints = [
            models.UniqueConstraint(
                fields=["day", "warehouse", "category"], name="kpisnapshot_once", nulls_distinct=False
            )
        ]
        permissions = [("view_dashboard", _("Can see the dashboards"))]

    def __str__(self) -> str:
        return f"{self.day} {self.warehouse_id}"


class KpiRefresh(models.Model):
    """How far the KPI rows reach: one row, locked while they are rewritten, so that refreshes follow each other."""

    last_day = models.DateField(_("last day"), null=True)
    # Whatever was recorded at or after this moment may not be in the rows yet.
    seen_until = models.DateTimeField(null=True)
    refreshed_at = models.DateTimeField(_("refreshed"), null=True)

    class Meta:
        verbose_name = _("KPI refresh")
        verbose_name_plural = _("KPI refreshes")
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="kpirefresh_only_one")]

    def __str__(self) -> str:
        return f"KPI rows up to {self.last_day}"
