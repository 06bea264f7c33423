"""Customers, channels, orders, what they hold in stock, shipments, returns and unmet demand."""

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now, Round, Upper
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.errors import IllegalTransition
from core.money import ZERO
from inventory.models import Product, Reservation, StockMove, Warehouse
from orders.models.delivery import DeliveredTo
from orders.models.prices import PriceList


def _percentage(field: str) -> Q:
    return Q(**{f"{field}__gte": 0, f"{field}__lte": 100})


class Channel(models.Model):
    """Where orders come from; all channels sell from one pool of stock."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=100)

    class Meta:
        verbose_name = _("channel")
        verbose_name_plural = _("channels")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class Customer(models.Model):
    """Somebody who buys."""

    code = models.CharField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=200)
    phone = models.CharField(_("phone"), max_length=40, blank=True, default="")
    email = models.EmailField(_("e-mail"), blank=True, default="")
    address = models.CharField(_("address"), max_length=300, blank=True, default="")
    # What documents for them are written in; empty: the language of whoever makes them.
    language = models.CharField(
        _("language"), max_length=10, blank=True, default="", db_default="", choices=settings.LANGUAGES
    )
    is_blocked = models.BooleanField(_("blocked"), default=False)
    ship_complete = models.BooleanField(_("ship complete only"), default=False, db_default=False)
    price_list = models.ForeignKey(
        PriceList,
        verbose_name=_("price list"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="customers",
    )
    # Instead of the products' rates, where it is given: 0 for customers who pay no tax.
    tax_rate = models.DecimalField(_("tax rate (%)"), max_digits=5, decimal_places=2, null=True, blank=True)
    credit_limit = models.DecimalField(_("credit limit"), max_digits=14, decimal_places=2, null=True, blank=True)
    payment_days = models.PositiveIntegerField(_("days to pay"), default=0, db_default=0)
    created_at = models.DateTimeField(_("created"), db_default=Now())

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        indexes = [
            GinIndex(OpClass(Upper("name"), "gin_trgm_ops"), name="customer_name_trgm"),
            GinIndex(OpClass(Upper("code"), "gin_trgm_ops"), name="customer_code_trgm"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(tax_rate=None) | _percentage("tax_rate"), name="customer_tax_rate"),
            models.CheckConstraint(
                condition=Q(credit_limit=None) | Q(credit_limit__gte=0), name="customer_credit_limit"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Order(DeliveredTo):
    """A sales order. It is open until every piece is shipped or cancelled."""

    class Status(models.TextChoices):
        OPEN = "open", pgettext_lazy("sales order", "Open")
        PARTLY_SHIPPED = "partly_shipped", _("Partly shipped")
        SHIPPED = "shipped", _("Shipped")
        CANCELLED = "cancelled", _("Cancelled")

    NEXT: dict[str, set[str]] = {
        Status.OPEN: {Status.PARTLY_SHIPPED, Status.SHIPPED, Status.CANCELLED},
        Status.PARTLY_SHIPPED: {Status.PARTLY_SHIPPED, Status.SHIPPED},
    }

    # Every index of this table is paid for by every order: none on columns of few values, which no query looks up.
    number = models.CharField(_("number"), max_length=20)
    customer = models.ForeignKey(Customer, verbose_name=_("customer"), on_delete=models.PROTECT, related_name="orders")
    channel = models.ForeignKey(Channel, verbose_name=_("channel"), on_delete=models.PROTECT, db_index=False)
    warehouse = models.ForeignKey(Warehouse, verbose_name=_("warehouse"), on_delete=models.PROTECT, db_index=False)
    status = models.CharField(_("status"), max_length=16, choices=Status, default=Status.OPEN)
    external_reference = models.CharField(_("external reference"), max_length=80, blank=True, default="")
    # Hash of what the channel sent under this reference: the same again gets this order, other content a refusal.
    external_fingerprint = models.CharField(max_length=64, blank=True, default="", editable=False)
    ordered_at = models.DateTimeField(_("ordered"))
    requested_date = models.DateField(_("requested date"))
    note = models.CharField(_("note"), max_length=500, blank=True, default="")
    discount = models.DecimalField(_("discount (%)"), max_digits=5, decimal_places=2, default=ZERO, db_default=ZERO)
    freight = models.DecimalField(_("freight"), max_digits=14, decimal_places=2, default=ZERO, db_default=ZERO)
    # Ship when all of it is there; otherwise what is there ships and the rest follows.
    ship_complete = models.BooleanField(_("ship complete only"), default=False, db_default=False)
    is_priority = models.BooleanField(_("priority"), default=False, db_default=False)
    # Nothing is reserved for it: the pick queue passes it over. False may also mean that nobody has looked yet; stock
    # that came since stands in ``FilledOrder``.
    is_idle = models.BooleanField(default=False, db_default=False, editable=False)
    # The order that a part of was split off into this one.
    split_from = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="splits", db_index=False
    )
    # Kept by triggers: whether something of it has shipped that is on no invoice.
    has_uninvoiced = models.BooleanField(default=False, db_default=False, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("entered by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        constraints = [
            models.UniqueConstraint(fields=["number"], name="order_number"),
            models.UniqueConstraint(
                fields=["channel", "external_reference"],
                condition=~Q(external_reference=""),
                name="order_external_once",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["open", "partly_shipped", "shipped", "cancelled"]), name="order_status"
            ),
            models.CheckConstraint(
                condition=_percentage("discount") & Q(freight__gte=0), name="order_discount_and_freight"
            ),
        ]
        indexes = [
            # The pick queue looks only at open orders that hold stock: priority first, then the oldest wish.
            models.Index(
                fields=["warehouse", "is_idle", "-is_priority", "requested_date", "id"],
                condition=Q(status__in=["open", "partly_shipped"]),
                name="order_open_queue",
            ),
            models.Index(fields=["ordered_at"], name="order_ordered_at"),
            models.Index(fields=["split_from"], condition=Q(split_from__isnull=False), name="order_split_from"),
            models.Index(fields=["id"], condition=Q(has_uninvoiced=True), name="order_uninvoiced"),
            GinIndex(OpClass(Upper("number"), "gin_trgm_ops"), name="order_number_trgm"),
        ]
        permissions = [
            ("confirm_order", _("Can enter and confirm orders")),
            ("cancel_order", _("Can cancel orders")),
            ("ship_order", _("Can ship orders")),
            ("release_credit", _("Can confirm orders over the credit limit")),
            ("send_document", _("Can e-mail documents to customers")),
        ]

    def __str__(self) -> str:
        return self.number

    def move_to(self, status: str) -> None:
        """Check and set the status in memory; the caller holds the row lock and saves."""
        if status not in self.NEXT.get(self.status, set()):
            raise IllegalTransition(
                _("Order %(number)s is %(status)s; this step is no longer possible.")
                % {"number": self.number, "status": self.get_status_display()},
                status=self.status,
            )
        self.status = status


class OrderLine(models.Model):
    """One product of an order. Open quantity = quantity - shipped - cancelled; short = open - reserved."""

    # Order, product and what ties a line to its stock are checked by the triggers that count (migration 0030): foreign
    # keys would check them row by row, which was a fifth of what an order cost the server.
    order = models.ForeignKey(
        Order, on_delete=models.PROTECT, related_name="lines", db_index=False, db_constraint=False
    )
    position = models.PositiveIntegerField(_("line"))
    product = models.ForeignKey(Product, verbose_name=_("product"), on_delete=models.PROTECT, db_constraint=False)
    quantity = models.BigIntegerField(_("quantity"))
    unit_price = models.DecimalField(_("unit price"), max_digits=14, decimal_places=2)
    shipped = models.BigIntegerField(_("shipped"), default=0)
    cancelled = models.BigIntegerField(_("cancelled"), default=0)
    returned = models.BigIntegerField(_("returned"), default=0)
    promised_date = models.DateField(_("promised date"), null=True, blank=True)
    discount = models.DecimalField(_("discount (%)"), max_digits=5, decimal_places=2, default=ZERO, db_default=ZERO)
    # Fixed when the line is ordered: later changes of rates touch no order.
    tax_rate = models.DecimalField(_("tax rate (%)"), max_digits=5, decimal_places=2, default=ZERO, db_default=ZERO)
    # What is not cancelled, after the line's discount and before the order's (see pricing.py).
    amount = models.GeneratedField(
        expression=Round((F("quantity") - F("cancelled")) * F("unit_price") * (100 - F("discount")) / 100, 2),
        output_field=models.DecimalField(max_digits=18, decimal_places=2),
        db_persist=True,
    )

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="orderline_position"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="orderline_quantity_positive"),
            models.CheckConstraint(condition=Q(unit_price__gte=0), name="orderline_price_not_negative"),
            models.CheckConstraint(
                condition=_percentage("discount") & _percentage("tax_rate"), name="orderline_discount_and_tax"
            ),
            models.CheckConstraint(
                condition=Q(shipped__gte=0, cancelled__gte=0, quantity__gte=F("shipped") + F("cancelled")),
                name="orderline_not_overshipped",
            ),
            models.CheckConstraint(
                condition=Q(returned__gte=0, shipped__gte=F("returned")), name="orderline_not_overreturned"
            ),
        ]
        indexes = [
            # Waiting lines of a product, for backorders and available-to-promise.
            models.Index(
                fields=["product", "id"],
                condition=Q(quantity__gt=F("shipped") + F("cancelled")),
                name="orderline_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_id}/{self.position}"

    @property
    def open_quantity(self) -> int:
        """Pieces still to be shipped."""
        return self.quantity - self.shipped - self.cancelled


class Allocation(models.Model):
    """Ties an order line to the reservation that holds its stock."""

    line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="allocations", db_constraint=False)
    reservation = models.OneToOneField(Reservation, on_delete=models.PROTECT, related_name="+", db_constraint=False)

    class Meta:
        verbose_name = _("allocation")
        verbose_name_plural = _("allocations")

    def __str__(self) -> str:
        return f"line {self.line_id}"


class FilledOrder(models.Model):
    """An order that got stock while nobody held its lock: it is not idle any more, whatever its row says.

    Only ever appended to, so that stock need not wait for an order; ``settle_filled_orders`` clears it.
    """

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="+", db_index=False)

    class Meta:
        verbose_name = _("filled order")
        verbose_name_plural = _("filled orders")

    def __str__(self) -> str:
        return f"order {self.order_id}"


class Shipment(models.Model):
    """Goods that left for one order; an order may have many."""

    number = models.CharField(_("number"), max_length=20, unique=True)
    order = models.ForeignKey(Order, verbose_name=_("order"), on_delete=models.PROTECT, related_name="shipments")
    warehouse = models.ForeignKey(Warehouse, verbose_name=_("warehouse"), on_delete=models.PROTECT)
    shipped_at = models.DateTimeField(_("shipped"))
    tracking = models.CharField(_("tracking number"), max_length=80, blank=True, default="")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, db_index=False, related_name="+"
    )

    class Meta:
        verbose_name = _("shipment")
        verbose_name_plural = _("shipments")
        indexes = [models.Index(fields=["shipped_at"], name="shipment_shipped_at")]

    def __str__(self) -> str:
        return self.number


class ShipmentLine(models.Model):
    """Pieces of one order line that left, with their revenue and the cost fixed when they left."""

    shipment = models.ForeignKey(Shipment, on_delete=models.PROTECT, related_name="lines")
    line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="shipment_lines")
    quantity = models.BigIntegerField(_("quantity"))
    revenue = models.DecimalField(_("revenue"), max_digits=16, decimal_places=2)
    cost = models.DecimalField(_("cost of goods sold"), max_digits=16, decimal_places=2)
    move = models.OneToOneField(StockMove, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("shipment line")
        verbose_name_plural = _("shipment lines")
        constraints = [models.CheckConstraint(condition=Q(quantity__gt=0), name="shipmentline_quantity_positive")]

    def __str__(self) -> str:
        return f"{self.shipment_id}: {self.quantity}"


class Return(models.Model):
    """Goods that came back from a customer."""

    number = models.CharField(_("number"), max_length=20, unique=True)
    order = models.ForeignKey(Order, verbose_name=_("order"), on_delete=models.PROTECT, related_name="returns")
    # What was agreed before it came, if it was.
    authorization = models.ForeignKey(
        "orders.ReturnAuthorization", null=True, blank=True, on_delete=models.PROTECT, related_name="returns"
    )
    returned_at = models.DateTimeField(_("returned"))
    reason = models.CharField(_("reason"), max_length=200, blank=True, default="")
    external_reference = models.CharField(_("external reference"), max_length=80, blank=True, default="")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, db_index=False, related_name="+"
    )

    class Meta:
        verbose_name = _("return")
        verbose_name_plural = _("returns")
        constraints = [
            models.UniqueConstraint(
                fields=["order", "external_reference"], condition=~Q(external_reference=""), name="return_external_once"
            )
        ]
        indexes = [models.Index(fields=["returned_at"], name="return_returned_at")]

    def __str__(self) -> str:
        return self.number


class ReturnLine(models.Model):
    """Pieces of one shipment line that came back: refund at the price sold, cost at the original cost."""

    returned = models.ForeignKey(Return, on_delete=models.PROTECT, related_name="lines")
    shipment_line = models.ForeignKey(ShipmentLine, on_delete=models.PROTECT, related_name="return_lines")
    quantity = models.BigIntegerField(_("quantity"))
    refund = models.DecimalField(_("refund"), max_digits=16, decimal_places=2)
    cost = models.DecimalField(_("cost returned"), max_digits=16, decimal_places=2)
    # Fit for nothing: it came in and went out again at once.
    is_scrapped = models.BooleanField(_("scrapped"), default=False, db_default=False)
    move = models.OneToOneField(StockMove, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("return line")
        verbose_name_plural = _("return lines")
        constraints = [models.CheckConstraint(condition=Q(quantity__gt=0), name="returnline_quantity_positive")]

    def __str__(self) -> str:
        return f"{self.returned_id}: {self.quantity}"


class Reversal(models.Model):
    """A line of a channel's cancellation that took effect: it cancelled or took back pieces of one order line, once."""

    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="+", db_index=False)
    reference = models.CharField(_("external reference"), max_length=80)
    # Names the line within its document, so that a document sent again finds what it did.
    key = models.CharField(max_length=80)
    line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="reversals")
    quantity = models.BigIntegerField(_("quantity"))
    at = models.DateTimeField(_("date"))

    class Meta:
        verbose_name = _("reversal")
        verbose_name_plural = _("reversals")
        constraints = [
            models.UniqueConstraint(fields=["channel", "reference", "key"], name="reversal_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="reversal_quantity_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.reference}/{self.key}"


class LostDemand(models.Model):
    """Demand that could not be served when it was asked for: kept waiting (backorder) or refused. Written once."""

    class Kind(models.TextChoices):
        BACKORDERED = "backordered", _("Backordered")
        REFUSED = "refused", _("Refused")

    product = models.ForeignKey(Product, verbose_name=_("product"), on_delete=models.PROTECT, db_index=False)
    warehouse = models.ForeignKey(Warehouse, verbose_name=_("warehouse"), on_delete=models.PROTECT, db_index=False)
    customer = models.ForeignKey(Customer, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    channel = models.ForeignKey(Channel, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    line = models.OneToOneField(OrderLine, null=True, on_delete=models.PROTECT, related_name="lost_demand")
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    quantity = models.BigIntegerField(_("quantity"))
    # Names a refused request (channel and reference, or key), so that its repetition is not counted again.
    request = models.CharField(max_length=200, blank=True, default="", editable=False)
    at = models.DateTimeField(_("date"))

    class Meta:
        verbose_name = _("lost demand")
        verbose_name_plural = _("lost demand")
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="lostdemand_quantity_positive"),
            models.UniqueConstraint(
                fields=["request", "product", "warehouse"], condition=~Q(request=""), name="lostdemand_once_per_request"
            ),
        ]
        indexes = [models.Index(fields=["product", "warehouse", "at"], name="lostdemand_place_time")]

    def __str__(self) -> str:
        return f"{self.kind} {self.quantity}"
