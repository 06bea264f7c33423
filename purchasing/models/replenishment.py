"""When to buy: policies, places to be checked, suggestions."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from inventory.models import Product, Transfer, Warehouse
from purchasing.models.orders import PurchaseOrderLine
from purchasing.models.supply import SupplierItem


class StockPolicy(models.Model):
    """When to reorder a product in a warehouse, and up to what; set by the nightly forecast or by hand."""

    class Source(models.TextChoices):
        FORECAST = "forecast", _("Forecast")
        MANUAL = "manual", _("By hand")

    product = models.ForeignKey(Product, verbose_name=_("product"), on_delete=models.PROTECT, related_name="policies")
    warehouse = models.ForeignKey(Warehouse, verbose_name=_("warehouse"), on_delete=models.PROTECT)
    safety_stock = models.PositiveBigIntegerField(_("safety stock"), default=0)
    reorder_point = models.PositiveBigIntegerField(_("reorder point"), default=0)
    order_up_to = models.PositiveBigIntegerField(_("order-up-to level"), default=0)
    service_level = models.FloatField(_("service level"), null=True, blank=True)
    source = models.CharField(_("source"), max_length=10, choices=Source, default=Source.FORECAST)
    # What the deciding side knew (mean lead-time demand, its spread, lead time …), for the suggestion's reason.
    basis = models.JSONField(default=dict)
    updated_at = models.DateTimeField(_("updated"))

    class Meta:
        verbose_name = _("stock policy")
        verbose_name_plural = _("stock policies")
        constraints = [
            models.UniqueConstraint(fields=["product", "warehouse"], name="stockpolicy_one_per_place"),
            models.CheckConstraint(
                condition=Q(order_up_to__gte=F("reorder_point"), reorder_point__gte=F("safety_stock")),
                name="stockpolicy_levels_ordered",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product_id}@{self.warehouse_id}: {self.reorder_point}/{self.order_up_to}"


class ReorderMark(models.Model):
    """A product in a warehouse whose stock changed and is to be checked. Appended freely, drained by the check."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    warehouse = models.ForeignKey(Warehouse, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("reorder mark")
        verbose_name_plural = _("reorder marks")

    def __str__(self) -> str:
        return f"{self.product_id}@{self.warehouse_id}"


class ReorderSuggestion(models.Model):
    """What the check proposes to buy, with the inputs its arithmetic used; at most one open per place."""

    class Status(models.TextChoices):
        OPEN = "open", pgettext_lazy("suggestion", "Open")
        APPROVED = "approved", pgettext_lazy("suggestion", "Approved")
        DISMISSED = "dismissed", pgettext_lazy("suggestion", "Dismissed")
        OBSOLETE = "obsolete", pgettext_lazy("suggestion", "No longer needed")
        TRANSFERRED = "transfer", pgettext_lazy("suggestion", "Transferred instead")

    product = models.ForeignKey(Product, verbose_name=_("product"), on_delete=models.PROTECT)
    warehouse = models.ForeignKey(Warehouse, verbose_name=_("warehouse"), on_delete=models.PROTECT)
    supplier_item = models.ForeignKey(SupplierItem, null=True, on_delete=models.PROTECT)
    quantity = models.BigIntegerField(_("quantity"))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.OPEN)
    # The need that the quantity was computed from, and can be again (purchasing/decision.py).
    inputs = models.JSONField(default=dict)
    # What the rules of auto-approval last found (services/rules.py).
    trace = models.JSONField(default=dict, blank=True)
    # What was bought instead, and why; empty while it is open or when it was followed.
    approved_quantity = models.BigIntegerField(_("approved quantity"), null=True, blank=True)
    override_reason = models.CharField(_("reason for another quantity"), max_length=200, blank=True, default="")
    purchase_order_line = models.OneToOneField(
        PurchaseOrderLine, null=True, blank=True, on_delete=models.PROTECT, related_name="suggestion"
    )
    # Another warehouse sends instead.
    transfer = models.ForeignKey(Transfer, null=True, blank=True, on_delete=models.PROTECT, related_name="suggestions")
    created_at = models.DateTimeField(_("created"), db_default=Now())
    updated_at = models.DateTimeField(_("updated"))

    class Meta:
        verbose_name = _("reorder suggestion")
        verbose_name_plural = _("reorder suggestions")
        constraints = [
            models.UniqueConstraint(
                fields=["product", "warehouse"], condition=Q(status="open"), name="reordersuggestion_one_open"
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="reordersuggestion_quantity_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.product_id}@{self.warehouse_id}: {self.quantity}"


class ReplenishmentRun(models.Model):
    """One check of every product in every warehouse, worked off chunk by chunk."""

    total = models.PositiveIntegerField(_("places"), default=0)
    done = models.PositiveIntegerField(_("checked"), default=0)
    suggested = models.PositiveIntegerField(_("suggestions"), default=0)
    started_at = models.DateTimeField(_("started"))
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("replenishment run")
        verbose_name_plural = _("replenishment runs")
        permissions = [("run_replenishment", _("Can check all products anew"))]

    def __str__(self) -> str:
        return f"#{self.pk}"


class ReplenishmentChunk(models.Model):
    """Places of a run that are still to be checked; the transaction that checks them deletes it.

    The products of a chunk have one remainder, so that chunks with another one share no lock of the check.
    """

    run = models.ForeignKey(ReplenishmentRun, on_delete=models.CASCADE, related_name="chunks")
    # Both of the same length: the products and warehouses of its places.
    products = ArrayField(models.BigIntegerField())
    warehouses = ArrayField(models.BigIntegerField())

    class Meta:
        verbose_name = _("replenishment chunk")
        verbose_name_plural = _("replenishment chunks")

    def __str__(self) -> str:
        return f"{self.run_id}/{self.pk}"
