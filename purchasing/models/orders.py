"""Purchase orders and what arrived for them."""

from decimal import Decimal
from typing import NoReturn

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.errors import IllegalTransition
from inventory.models import Product, StockMove, Warehouse
from purchasing.models.agreements import BlanketOrderLine
from purchasing.models.supply import Supplier


class PurchaseOrder(models.Model):
    """An order to a supplier for one warehouse."""

    class Status(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("purchase order", "Draft")
        WAITING = "waiting", pgettext_lazy("purchase order", "Waiting for approval")
        ORDERED = "ordered", pgettext_lazy("purchase order", "Ordered")
        PARTLY_RECEIVED = "partly_received", pgettext_lazy("purchase order", "Partly received")
        RECEIVED = "received", pgettext_lazy("purchase order", "Received")
        CLOSED = "closed", pgettext_lazy("purchase order", "Closed short")
        CANCELLED = "cancelled", pgettext_lazy("purchase order", "Cancelled")

    NEXT: dict[str, set[str]] = {
        Status.DRAFT: {Status.WAITING, Status.ORDERED, Status.CANCELLED},
        Status.WAITING: {Status.DRAFT, Status.ORDERED, Status.CANCELLED},
        Status.ORDERED: {Status.PARTLY_RECEIVED, Status.RECEIVED, Status.CANCELLED},
        Status.PARTLY_RECEIVED: {Status.PARTLY_RECEIVED, Status.RECEIVED, Status.CLOSED},
    }

    INCOMING = (Status.ORDERED, Status.PARTLY_RECEIVED)

    number = models.CharField(_("number"), max_length=20, unique=True)
    supplier = models.ForeignKey(Supplier, verbose_name=_("supplier"), on_delete=models.PROTECT)
    warehouse = models.ForeignKey(Warehouse, verbose_name=_("warehouse"), on_delete=models.PROTECT)
    status = models.CharField(_("status"), max_length=16, choices=Status, default=Status.DRAFT)
    ordered_at = models.DateTimeField(_("ordered"), null=True, blank=True)
    expected_on = models.DateField(_("expected"), null=True, blank=True)
    # The day the order was placed for; other than ``expected_on`` it stays when the supplier names another day.
    promised_on = models.DateField(_("promised"), null=True, blank=True)
    # When the supplier said yes, and its own number for the order.
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)
    supplier_reference = models.CharField(_("supplier's reference"), max_length=60, blank=True, default="")
    # The supplier's cost of placing an order when it was placed; reports charge it to the order's day.
    order_cost = models.DecimalField(
        _("cost of placing an order"), max_digits=14, decimal_places=2, default=Decimal("0.00")
    )
    # The supplier's currency (empty: the company's), and what one of it was worth when the order was placed.
    currency = models.CharField(_("currency"), max_length=3, blank=True, default="", db_default="")
    rate = models.DecimalField(
        _("exchange rate"), max_digits=16, decimal_places=8, default=Decimal(1), db_default=Decimal(1)
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
                condition=Q(status__in=["draft", "waiting", "cancelled"])
                | Q(ordered_at__isnull=False, expected_on__isnull=False),
                name="purchaseorder_dates",
            ),
            models.CheckConstraint(condition=Q(rate__gt=0) & (~Q(currency="") | Q(rate=1)), name="purchaseorder_rate"),
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
            self.refuse_step()
        self.status = status

    def refuse_step(self) -> NoReturn:
        """Say that the order's state does not allow what is asked. Raises: IllegalTransition."""
        raise IllegalTransition(
            _("Purchase order %(number)s is %(status)s; this step is no longer possible.")
            % {"number": self.number, "status": self.get_status_display()},
            status=self.status,
        )


class PurchaseOrderLine(models.Model):
    """One product of a purchase order."""

    purchase_order = models.ForeignKey(PurchaseOrder, on_delete=models.PROTECT, related_name="lines")
    product = models.ForeignKey(Product, verbose_name=_("product"), on_delete=models.PROTECT)
    quantity = models.BigIntegerField(_("quantity"))
    received = models.BigIntegerField(_("received"), default=0)
    # In the company's currency, at the order's rate.
    unit_cost = models.DecimalField(_("unit cost"), max_digits=14, decimal_places=4)
    # In the supplier's currency; empty when that is the company's.
    price = models.DecimalField(_("supplier's price"), max_digits=14, decimal_places=4, null=True, blank=True)
    # The agreement whose price it has, and which it draws on.
    blanket_line = models.ForeignKey(
        BlanketOrderLine, null=True, blank=True, on_delete=models.PROTECT, related_name="releases"
    )
    # Pieces that may come more or fewer without a word, by the supplier's percentage when the line was written.
    tolerance = models.BigIntegerField(_("tolerance"), default=0)
    # What the supplier confirmed for this line, now and first; empty: the order's date counts.
    expected_on = models.DateField(_("expected"), null=True, blank=True)
    promised_on = models.DateField(_("promised"), null=True, blank=True)

    class Meta:
        verbose_name = _("purchase order line")
        verbose_name_plural = _("purchase order lines")
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="purchaseorderline_quantity_positive"),
            models.CheckConstraint(
                condition=Q(received__gte=0, received__lte=F("quantity") + F("tolerance")),
                name="purchaseorderline_not_overreceived",
            ),
            models.CheckConstraint(
                condition=Q(tolerance__gte=0, tolerance__lte=F("quantity")), name="purchaseorderline_tolerance"
            ),
            models.CheckConstraint(condition=Q(unit_cost__gte=0), name="purchaseorderline_cost_not_negative"),
            models.UniqueConstraint(fields=["purchase_order", "product"], name="purchaseorderline_product_once"),
        ]
        indexes = [
            models.Index(fields=["product"], condition=Q(quantity__gt=F("received")), name="purchaseorderline_open"),
        ]

    def __str__(self) -> str:
        return f"{self.purchase_order_id}: {self.quantity}"

    @property
    def asked(self) -> Decimal:
        """What the supplier asks for a piece, in its own currency."""
        return self.unit_cost if self.price is None else self.price

    @property
    def open(self) -> int:
        """Pieces still to come."""
        return max(self.quantity - self.received, 0)

    @property
    def most(self) -> int:
        """Pieces that may still come in, the tolerance included."""
        return max(self.quantity + self.tolerance - self.received, 0)


class GoodsReceipt(models.Model):
    """Goods that arrived for one purchase order; an order may have many."""

    number = models.CharField(_("number"), max_length=20, unique=True)
    purchase_order = models.ForeignKey(
        PurchaseOrder, verbose_name=_("purchase order"), on_delete=models.PROTECT, related_name="receipts"
    )
    received_at = models.DateTimeField(_("received"))
    # What one unit of the order's currency was worth that day, and by how much that makes the goods dearer (+) or
    # cheaper (-) than at the order's rate; empty for orders in the company's currency.
    rate = models.DecimalField(_("exchange rate"), max_digits=16, decimal_places=8, null=True, blank=True)
    exchange_difference = models.DecimalField(
        _("exchange difference"), max_digits=16, decimal_places=2, default=Decimal("0.00"), db_default=Decimal("0.00")
    )
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


class LandedCost(models.Model):
    """Freight, duty or another cost of bringing goods in.

    ``into_stock`` of it is in the value of pieces; the rest is an expense of its day, for those pieces had left.
    """

    class Kind(models.TextChoices):
        FREIGHT = "freight", _("Freight")
        DUTY = "duty", _("Duty")
        OTHER = "other", pgettext_lazy("landed cost", "Other")

    receipt = models.ForeignKey(GoodsReceipt, on_delete=models.PROTECT, related_name="landed_costs")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    amount = models.DecimalField(_("amount"), max_digits=16, decimal_places=2)
    into_stock = models.DecimalField(_("into stock value"), max_digits=16, decimal_places=2)
    document = models.CharField(_("invoice number"), max_length=40, blank=True, default="")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(_("date"))

    class Meta:
        verbose_name = _("landed cost")
        verbose_name_plural = _("landed costs")
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0, into_stock__gte=0, into_stock__lte=F("amount")), name="landedcost_amounts"
            )
        ]

    def __str__(self) -> str:
        return f"{self.receipt_id}: {self.kind} {self.amount}"

    @property
    def expensed(self) -> Decimal:
        """What did not go into stock."""
        return self.amount - self.into_stock


class LandedCostPart(models.Model):
    """What a late landed cost comes to for one line of its receipt; what did not go into stock is an expense."""

    cost = models.ForeignKey(LandedCost, on_delete=models.PROTECT, related_name="parts")
    line = models.ForeignKey(GoodsReceiptLine, on_delete=models.PROTECT, related_name="+")
    amount = models.DecimalField(_("amount"), max_digits=16, decimal_places=2)
    into_stock = models.DecimalField(_("into stock value"), max_digits=16, decimal_places=2)

    class Meta:
        verbose_name = _("part of a landed cost")
        verbose_name_plural = _("parts of landed costs")
        constraints = [
            models.UniqueConstraint(fields=["cost", "line"], name="landedcostpart_once"),
            models.CheckConstraint(
                condition=Q(amount__gte=0, into_stock__gte=0, into_stock__lte=F("amount")),
                name="landedcostpart_amounts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cost_id}: {self.amount}"
