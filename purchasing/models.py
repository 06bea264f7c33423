"""Suppliers, policies, reorder suggestions, purchase orders and goods receipts."""

from decimal import Decimal

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.errors import IllegalTransition
from inventory.models import Product, StockMove, Warehouse


class Supplier(models.Model):
    """Somebody we buy from."""

    code = models.CharField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=200)
    email = models.EmailField(_("e-mail"), blank=True, default="")
    phone = models.CharField(_("phone"), max_length=40, blank=True, default="")
    lead_time_days = models.PositiveIntegerField(_("lead time (days)"), default=14)
    order_cost = models.DecimalField(
        _("cost of placing an order"),
        max_digits=14,
        decimal_places=2,
        default=Decimal("0.00"),
        validators=[MinValueValidator(0)],
    )
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("supplier")
        verbose_name_plural = _("suppliers")
        ordering = ["code"]
        constraints = [models.CheckConstraint(condition=Q(order_cost__gte=0), name="supplier_order_cost")]

    def __str__(self) -> str:
        return self.name


class SupplierItem(models.Model):
    """What a supplier sells us: its code, cost and lot rules for one product."""

    supplier = models.ForeignKey(Supplier, verbose_name=_("supplier"), on_delete=models.PROTECT, related_name="items")
    product = models.ForeignKey(
        Product, verbose_name=_("product"), on_delete=models.PROTECT, related_name="supplier_items"
    )
    supplier_sku = models.CharField(_("supplier's code"), max_length=60, blank=True, default="")
    unit_cost = models.DecimalField(_("unit cost"), max_digits=14, decimal_places=4)
    moq = models.PositiveIntegerField(_("minimum order quantity"), default=1, validators=[MinValueValidator(1)])
    order_multiple = models.PositiveIntegerField(_("pack size"), default=1, validators=[MinValueValidator(1)])
    is_preferred = models.BooleanField(_("preferred"), default=True)

    class Meta:
        verbose_name = _("supplier item")
        verbose_name_plural = _("supplier items")
        constraints = [
            models.UniqueConstraint(fields=["supplier", "product"], name="supplieritem_once"),
            models.UniqueConstraint(
                fields=["product"], condition=Q(is_preferred=True), name="supplieritem_one_preferred"
            ),
            models.CheckConstraint(
                condition=Q(unit_cost__gte=0, moq__gte=1, order_multiple__gte=1), name="supplieritem_rules"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.supplier_id}: {self.product_id}"


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


class PurchaseOrder(models.Model):
    """An order to a supplier for one warehouse."""

    class Status(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("purchase order", "Draft")
        ORDERED = "ordered", pgettext_lazy("purchase order", "Ordered")
        PARTLY_RECEIVED = "partly_received", pgettext_lazy("purchase order", "Partly received")
        RECEIVED = "received", pgettext_lazy("purchase order", "Received")
        CANCELLED = "cancelled", pgettext_lazy("purchase order", "Cancelled")

    NEXT: dict[str, set[str]] = {
        Status.DRAFT: {Status.ORDERED, Status.CANCELLED},
        Status.ORDERED: {Status.PARTLY_RECEIVED, Status.RECEIVED, Status.CANCELLED},
        Status.PARTLY_RECEIVED: {Status.PARTLY_RECEIVED, Status.RECEIVED},
    }

    number = models.CharField(_("number"), max_length=20, unique=True)
    supplier = models.ForeignKey(Supplier, verbose_name=_("supplier"), on_delete=models.PROTECT)
    warehouse = models.ForeignKey(Warehouse, verbose_name=_("warehouse"), on_delete=models.PROTECT)
    status = models.CharField(_("status"), max_length=16, choices=Status, default=Status.DRAFT)
    ordered_at = models.DateTimeField(_("ordered"), null=True, blank=True)
    expected_on = models.DateField(_("expected"), null=True, blank=True)
    # The supplier's cost of placing an order when it was placed; reports charge it to the order's day.
    order_cost = models.DecimalField(
        _("cost of placing an order"), max_digits=14, decimal_places=2, default=Decimal("0.00")
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(_("created"), db_default=Now())

    class Meta:
        verbose_name = _("purchase order")
        verbose_name_plural = _("purchase orders")
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["draft", "cancelled"]) | Q(ordered_at__isnull=False, expected_on__isnull=False),
                name="purchaseorder_dates",
            )
        ]
        indexes = [
            models.Index(
                fields=["warehouse", "expected_on"],
                condition=Q(status__in=["ordered", "partly_received"]),
                name="purchaseorder_incoming",
            ),
            models.Index(fields=["ordered_at"], name="purchaseorder_ordered_at"),
        ]
        permissions = [
            ("place_purchaseorder", _("Can approve suggestions and place purchase orders")),
            ("receive_purchaseorder", _("Can receive goods")),
        ]

    def __str__(self) -> str:
        return self.number

    def move_to(self, status: str) -> None:
        """Check and set the status in memory; the caller holds the row lock and saves."""
        if status not in self.NEXT.get(self.status, set()):
            raise IllegalTransition(
                _("Purchase order %(number)s is %(status)s; this step is no longer possible.")
                % {"number": self.number, "status": self.get_status_display()},
                status=self.status,
            )
        self.status = status


class PurchaseOrderLine(models.Model):
    """One product of a purchase order."""

    purchase_order = models.ForeignKey(PurchaseOrder, on_delete=models.PROTECT, related_name="lines")
    product = models.ForeignKey(Product, verbose_name=_("product"), on_delete=models.PROTECT)
    quantity = models.BigIntegerField(_("quantity"))
    received = models.BigIntegerField(_("received"), default=0)
    unit_cost = models.DecimalField(_("unit cost"), max_digits=14, decimal_places=4)

    class Meta:
        verbose_name = _("purchase order line")
        verbose_name_plural = _("purchase order lines")
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="purchaseorderline_quantity_positive"),
            models.CheckConstraint(
                condition=Q(received__gte=0, quantity__gte=F("received")), name="purchaseorderline_not_overreceived"
            ),
            models.CheckConstraint(condition=Q(unit_cost__gte=0), name="purchaseorderline_cost_not_negative"),
            models.UniqueConstraint(fields=["purchase_order", "product"], name="purchaseorderline_product_once"),
        ]
        indexes = [
            models.Index(fields=["product"], condition=Q(quantity__gt=F("received")), name="purchaseorderline_open"),
        ]

    def __str__(self) -> str:
        return f"{self.purchase_order_id}: {self.quantity}"


class ReorderSuggestion(models.Model):
    """What the check proposes to buy, with the inputs its arithmetic used; at most one open per place."""

    class Status(models.TextChoices):
        OPEN = "open", pgettext_lazy("suggestion", "Open")
        APPROVED = "approved", pgettext_lazy("suggestion", "Approved")
        DISMISSED = "dismissed", pgettext_lazy("suggestion", "Dismissed")
        OBSOLETE = "obsolete", pgettext_lazy("suggestion", "No longer needed")

    product = models.ForeignKey(Product, verbose_name=_("product"), on_delete=models.PROTECT)
    warehouse = models.ForeignKey(Warehouse, verbose_name=_("warehouse"), on_delete=models.PROTECT)
    supplier_item = models.ForeignKey(SupplierItem, null=True, on_delete=models.PROTECT)
    quantity = models.BigIntegerField(_("quantity"))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.OPEN)
    # on_hand, on_order, backorders, position, reorder_point, order_up_to, moq, order_multiple … (purchasing/lots.py)
    inputs = models.JSONField(default=dict)
    purchase_order_line = models.OneToOneField(
        PurchaseOrderLine, null=True, blank=True, on_delete=models.PROTECT, related_name="suggestion"
    )
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


class GoodsReceipt(models.Model):
    """Goods that arrived for one purchase order; an order may have many."""

    number = models.CharField(_("number"), max_length=20, unique=True)
    purchase_order = models.ForeignKey(
        PurchaseOrder, verbose_name=_("purchase order"), on_delete=models.PROTECT, related_name="receipts"
    )
    received_at = models.DateTimeField(_("received"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = _("goods receipt")
        verbose_name_plural = _("goods receipts")

    def __str__(self) -> str:
        return self.number


class GoodsReceiptLine(models.Model):
    """Pieces of one purchase order line that arrived."""

    receipt = models.ForeignKey(GoodsReceipt, on_delete=models.PROTECT, related_name="lines")
    line = models.ForeignKey(PurchaseOrderLine, on_delete=models.PROTECT, related_name="receipt_lines")
    quantity = models.BigIntegerField(_("quantity"))
    move = models.OneToOneField(StockMove, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("goods receipt line")
        verbose_name_plural = _("goods receipt lines")
        constraints = [models.CheckConstraint(condition=Q(quantity__gt=0), name="goodsreceiptline_quantity_positive")]

    def __str__(self) -> str:
        return f"{self.receipt_id}: {self.quantity}"
