"""Products, warehouses, stock, the stock ledger and reservations.

Two facts are kept true by the database itself (see migration 0002_guards): ``on_hand`` and ``value`` change only by
inserting ledger rows, ``reserved`` only by changing reservations. Triggers apply the difference in the same statement
and refuse every other way, so there is no second copy that could drift.
"""

from decimal import Decimal
from typing import NoReturn

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex, GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now, Upper
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.errors import IllegalTransition


class Category(models.Model):
    """A group of products that managers compare and whose season is learned together."""

    name = models.CharField(_("name"), max_length=100, unique=True)

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Product(models.Model):
    """Something that is stocked and sold, counted in integers of its base unit."""

    sku = models.CharField(_("SKU"), max_length=60)
    name = models.CharField(_("name"), max_length=200)
    barcode = models.CharField(_("barcode"), max_length=60, blank=True, default="")
    category = models.ForeignKey(Category, verbose_name=_("category"), null=True, blank=True, on_delete=models.PROTECT)
    unit = models.CharField(_("unit"), max_length=20, default="pcs")
    price = models.DecimalField(_("list price"), max_digits=14, decimal_places=2, default=Decimal("0.00"))
    tax_rate = models.DecimalField(
        _("tax rate (%)"), max_digits=5, decimal_places=2, default=Decimal("0.00"), db_default=Decimal("0.00")
    )
    is_active = models.BooleanField(_("active"), default=True)
    tracks_lots = models.BooleanField(_("received by lot"), default=False, db_default=False)
    created_at = models.DateTimeField(_("created"), db_default=Now())

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        constraints = [
            models.UniqueConstraint(Upper("sku"), name="product_sku_any_case"),
            models.UniqueConstraint(fields=["barcode"], condition=~Q(barcode=""), name="product_barcode"),
            models.CheckConstraint(condition=Q(price__gte=0), name="product_price_not_negative"),
            models.CheckConstraint(condition=Q(tax_rate__gte=0, tax_rate__lte=100), name="product_tax_rate"),
        ]
        indexes = [
            GinIndex(OpClass(Upper("sku"), "gin_trgm_ops"), name="product_sku_trgm"),
            GinIndex(OpClass(Upper("name"), "gin_trgm_ops"), name="product_name_trgm"),
        ]
        permissions = [("view_margin", _("Can see cost and margin"))]

    def __str__(self) -> str:
        return f"{self.sku} {self.name}"


class Warehouse(models.Model):
    """A place that holds stock and ships."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=100)
    address = models.CharField(_("address"), max_length=300, blank=True, default="")
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("warehouse")
        verbose_name_plural = _("warehouses")
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class StockLevel(models.Model):
    """The stock of one product in one warehouse; written by the ledger's and the reservations' triggers only."""

    product = models.ForeignKey(Product, verbose_name=_("product"), on_delete=models.PROTECT, db_index=False)
    warehouse = models.ForeignKey(Warehouse, verbose_name=_("warehouse"), on_delete=models.PROTECT)
    on_hand = models.BigIntegerField(_("on hand"), default=0)
    reserved = models.BigIntegerField(_("reserved"), default=0)
    value = models.DecimalField(_("stock value"), max_digits=16, decimal_places=2, default=Decimal("0.00"))
    # Ordered by customers and not shipped yet, reserved or not; written by a trigger on the order lines.
    demanded = models.BigIntegerField(_("demanded"), db_default=0)
    # Reserved for nobody, because its lot has expired (inventory.blocks).
    held_back = models.BigIntegerField(_("held back"), db_default=0)
    available = models.GeneratedField(
        expression=F("on_hand") - F("reserved"),
        output_field=models.BigIntegerField(_("available")),
        db_persist=True,
    )
    waiting = models.GeneratedField(
        expression=F("demanded") + F("held_back") - F("reserved"),
        output_field=models.BigIntegerField(_("waiting")),
        db_persist=True,
    )

    class Meta:
        verbose_name = _("stock level")
        verbose_name_plural = _("stock levels")
        constraints = [
            models.UniqueConstraint(fields=["product", "warehouse"], name="stocklevel_one_per_place"),
            models.CheckConstraint(
                condition=Q(reserved__gte=0, on_hand__gte=F("reserved")), name="stocklevel_not_oversold"
            ),
            models.CheckConstraint(
                condition=Q(value__gte=0) & (Q(on_hand__gt=0) | Q(value=0)), name="stocklevel_value_follows_stock"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product_id}@{self.warehouse_id}: {self.on_hand}"


class StockMove(models.Model):
    """One row of the append-only stock ledger: what came (+) or went (-), and what it was worth.

    ``effective_at`` is when it happened, ``recorded_at`` when we were told; a correction is a new row.
    """

    class Kind(models.TextChoices):
        OPENING = "opening", _("Opening balance")
        RECEIPT = "receipt", _("Goods receipt")
        SHIPMENT = "shipment", _("Shipment")
        RETURN = "return", _("Sales return")
        ADJUSTMENT = "adjustment", _("Adjustment")
        TRANSFER = "transfer", _("Transfer")

    stock_level = models.ForeignKey(StockLevel, on_delete=models.PROTECT, related_name="moves", db_index=False)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    quantity = models.BigIntegerField(_("quantity"))
    value = models.DecimalField(_("value"), max_digits=16, decimal_places=2)
    document = models.CharField(_("document"), max_length=40, blank=True, default="")
    reason = models.CharField(_("reason"), max_length=200, blank=True, default="")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    effective_at = models.DateTimeField(_("date"))
    recorded_at = models.DateTimeField(_("recorded"), db_default=Now())

    class Meta:
        verbose_name = _("stock move")
        verbose_name_plural = _("stock ledger")
        constraints = [
            models.CheckConstraint(condition=~Q(quantity=0), name="stockmove_moves_something"),
            models.CheckConstraint(
                condition=Q(quantity__gt=0, value__gte=0) | Q(quantity__lt=0, value__lte=0), name="stockmove_value_sign"
            ),
        ]
        indexes = [
            # The ledger of one place, newest first (stock card), and days of one place (stockouts, history).
            models.Index(fields=["stock_level", "effective_at", "id"], name="stockmove_place_time"),
            # Reports over a period read a narrow slice of an append-only table.
            BrinIndex(fields=["effective_at"], name="stockmove_time_brin"),
        ]
        permissions = [("adjust_stock", _("Can adjust stock"))]

    def __str__(self) -> str:
        return f"{self.kind} {self.quantity:+d}"


class Lot(models.Model):
    """Pieces of one place that were made together; ``on_hand`` is the sum of its moves.

    A place may hold pieces of no lot beside: what its lots do not hold of ``StockLevel.on_hand``. Nobody's reservation
    names a lot; which one leaves is chosen when it leaves (``inventory.lots``).
    """

    stock_level = models.ForeignKey(StockLevel, on_delete=models.PROTECT, related_name="lots", db_index=False)
    number = models.CharField(_("lot number"), max_length=60)
    # The last day on which it may leave; empty: it keeps.
    expires_on = models.DateField(_("expires"), null=True, blank=True)
    on_hand = models.BigIntegerField(_("on hand"), default=0)
    # Holds its pieces back once it has expired: nobody else can reserve them (inventory/expiry.py).
    block = models.OneToOneField(
        "Reservation", null=True, blank=True, on_delete=models.PROTECT, related_name="blocked_lot"
    )

    class Meta:
        verbose_name = _("lot")
        verbose_name_plural = _("lots")
        constraints = [
            models.UniqueConstraint(fields=["stock_level", "number"], name="lot_once"),
            models.CheckConstraint(condition=Q(on_hand__gte=0) & ~Q(number=""), name="lot_not_negative"),
        ]
        indexes = [models.Index(fields=["expires_on"], condition=Q(on_hand__gt=0), name="lot_expiry")]

    def __str__(self) -> str:
        return self.number


class LotMove(models.Model):
    """The part of a row of the stock ledger that one lot brought in (+) or lost (-); append-only as the ledger is."""

    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="moves")
    move = models.ForeignKey(StockMove, on_delete=models.PROTECT, related_name="lots")
    quantity = models.BigIntegerField(_("quantity"))

    class Meta:
        verbose_name = _("lot move")
        verbose_name_plural = _("lot moves")
        constraints = [models.CheckConstraint(condition=~Q(quantity=0), name="lotmove_moves_something")]

    def __str__(self) -> str:
        return f"{self.lot_id} {self.quantity:+d}"


class Reservation(models.Model):
    """Pieces of one stock level promised to somebody; ``quantity`` is what is still held, 0 when used or released.

    Never deleted: who held what stays traceable, and a trigger keeps ``StockLevel.reserved`` equal to the sum.
    """

    # The trigger that counts what is reserved checks it (migration 0013): a foreign key would, row by row.
    stock_level = models.ForeignKey(
        StockLevel, on_delete=models.PROTECT, related_name="reservations", db_index=False, db_constraint=False
    )
    quantity = models.BigIntegerField(_("quantity"))
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("reservation")
        verbose_name_plural = _("reservations")
        constraints = [models.CheckConstraint(condition=Q(quantity__gte=0), name="reservation_not_negative")]
        indexes = [
            models.Index(fields=["stock_level"], condition=Q(quantity__gt=0), name="reservation_open"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of level {self.stock_level_id}"


class Transfer(models.Model):
    """Pieces that go from one warehouse to another: asked for, sent, on the way, received in parts."""

    class Status(models.TextChoices):
        REQUESTED = "requested", pgettext_lazy("transfer", "Requested")
        SENT = "sent", pgettext_lazy("transfer", "In transit")
        PARTLY_RECEIVED = "partly_received", pgettext_lazy("transfer", "Partly received")
        RECEIVED = "received", pgettext_lazy("transfer", "Received")
        CLOSED = "closed", pgettext_lazy("transfer", "Closed with differences")
        CANCELLED = "cancelled", pgettext_lazy("transfer", "Cancelled")

    NEXT: dict[str, set[str]] = {
        Status.REQUESTED: {Status.SENT, Status.CANCELLED},
        Status.SENT: {Status.PARTLY_RECEIVED, Status.RECEIVED, Status.CLOSED},
        Status.PARTLY_RECEIVED: {Status.PARTLY_RECEIVED, Status.RECEIVED, Status.CLOSED},
    }

    IN_TRANSIT = (Status.SENT, Status.PARTLY_RECEIVED)
    ENDED = (Status.RECEIVED, Status.CLOSED)

    number = models.CharField(_("number"), max_length=20, unique=True)
    source = models.ForeignKey(
        Warehouse, verbose_name=_("from warehouse"), on_delete=models.PROTECT, related_name="transfers_out"
    )
    destination = models.ForeignKey(
        Warehouse, verbose_name=_("to warehouse"), on_delete=models.PROTECT, related_name="transfers_in"
    )
    status = models.CharField(_("status"), max_length=16, choices=Status, default=Status.REQUESTED)
    expected_on = models.DateField(_("expected"))
    # Nobody named a day before it was sent: it is reckoned from how long such transfers took (inventory.transit).
    is_estimated = models.BooleanField(_("day estimated"), default=False, db_default=False)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    # The day that counted when it was sent: one moved later on the way makes it late.
    promised_on = models.DateField(_("promised"), null=True, blank=True)
    # When the last pieces came so far.
    arrived_at = models.DateTimeField(_("arrived"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True, default="")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(_("created"), db_default=Now())

    class Meta:
        verbose_name = _("transfer")
        verbose_name_plural = _("transfers")
        constraints = [
            models.CheckConstraint(condition=~Q(source=F("destination")), name="transfer_goes_somewhere"),
            models.CheckConstraint(
                condition=Q(status__in=["requested", "cancelled"]) | Q(sent_at__isnull=False), name="transfer_sent_at"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["partly_received", "received"]) | Q(arrived_at__isnull=False),
                name="transfer_arrived_at",
            ),
        ]
        indexes = [
            models.Index(
                fields=["destination", "expected_on"],
                condition=Q(status__in=["requested", "sent", "partly_received"]),
                name="transfer_coming",
            ),
            # What taught how long a lane takes.
            models.Index(
                fields=["source", "destination", "sent_at"],
                condition=Q(sent_at__isnull=False),
                name="transfer_lane",
            ),
        ]
        permissions = [
            ("request_transfer", _("Can request and cancel transfers")),
            ("move_transfer", _("Can send and receive transfers")),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_reckoned(self) -> bool:
        """Whether the day that counts now was estimated; one named on the way was not."""
        return self.is_estimated and self.promised_on in (None, self.expected_on)

    def move_to(self, status: str) -> None:
        """Check and set the status in memory; the caller holds the row lock and saves."""
        if status not in self.NEXT.get(self.status, set()):
            self.refuse_step()
        self.status = status

    def refuse_step(self) -> NoReturn:
        """Say that the transfer's state does not allow what is asked. Raises: IllegalTransition."""
        raise IllegalTransition(
            _("Transfer %(number)s is %(status)s; this step is no longer possible.")
            % {"number": self.number, "status": self.get_status_display()},
            status=self.status,
        )


class TransferLine(models.Model):
    """One product of a transfer. What was sent is received or lost in the end; the rest is in transit.

    ``cost`` is what the pieces sent were worth at the source; ``cost_in`` the part of it that has come in (lost
    pieces come in, too, and are written off at once), so that no money is made or lost on the way.
    """

    transfer = models.ForeignKey(Transfer, on_delete=models.PROTECT, related_name="lines")
    product = models.ForeignKey(Product, verbose_name=_("product"), on_delete=models.PROTECT)
    requested = models.BigIntegerField(_("requested"))
    sent = models.BigIntegerField(_("sent"), default=0)
    received = models.BigIntegerField(_("received"), default=0)
    lost = models.BigIntegerField(_("missing"), default=0)
    cost = models.DecimalField(_("value"), max_digits=16, decimal_places=2, default=Decimal("0.00"))
    cost_in = models.DecimalField(_("value received"), max_digits=16, decimal_places=2, default=Decimal("0.00"))

    class Meta:
        verbose_name = _("transfer line")
        verbose_name_plural = _("transfer lines")
        constraints = [
            models.UniqueConstraint(fields=["transfer", "product"], name="transferline_product_once"),
            models.CheckConstraint(
                condition=Q(requested__gt=0, sent__gte=0, sent__lte=F("requested")), name="transferline_sent"
            ),
            models.CheckConstraint(
                condition=Q(received__gte=0, lost__gte=0, sent__gte=F("received") + F("lost")),
                name="transferline_conserved",
            ),
            models.CheckConstraint(
                condition=Q(cost_in__gte=0, cost__gte=F("cost_in")), name="transferline_cost_conserved"
            ),
        ]
        indexes = [
            models.Index(
                fields=["product"],
                condition=Q(sent__gt=F("received") + F("lost")) | Q(sent=0),
                name="transferline_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.transfer_id}: {self.requested}"

    @property
    def open(self) -> int:
        """Pieces on the way."""
        return self.sent - self.received - self.lost
