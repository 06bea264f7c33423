"""Promises to customers with what they rest on, and what was learned of how long things take."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from inventory.models import Product, Warehouse


class LinePromise(models.Model):
    """When the waiting pieces of an order line can ship, and why. Never rewritten: a new promise replaces it.

    ``date`` is what stock, supply and other promises allow; ``safe_date`` the day by which the pieces leave with odds
    nearest to nine in ten, ``chance`` the odds of ``date`` and ``safe_chance`` those of ``safe_date`` (all three null
    until something was learned, see orders/odds.py). ``evidence`` is what the odds were computed from.
    A line that is all reserved or shipped has no promise in force.
    """

    class Basis(models.TextChoices):
        STOCK = "stock", _("In stock")
        INCOMING = "incoming", _("On the way")
        LEAD_TIME = "lead_time", _("To be ordered")
        NONE = "none", _("Nobody supplies it")

    class Reason(models.TextChoices):
        CONFIRMED = "confirmed", pgettext_lazy("promise", "Confirmed")
        CHANGED = "changed", _("The order was changed")
        ORDERED = "ordered", _("Ordered from the supplier")
        RESCHEDULED = "rescheduled", _("The supplier moved the date")
        RECEIVED = "received", _("Goods came in")
        CANCELLED = "cancelled", _("The purchase order was cancelled")
        CLOSED = "closed", _("The rest will not be delivered")
        MISSING = "missing", _("Stock was missing")
        OVERDUE = "overdue", _("The goods did not come in time")
        REALLOCATED = "reallocated", _("Scarce stock was given out anew")

    line = models.ForeignKey("orders.OrderLine", on_delete=models.PROTECT, related_name="promises")
    # Where the pieces wait, repeated here so that a place's promises are found by one index.
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+", db_index=False)
    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT, related_name="+", db_index=False)
    pieces = models.BigIntegerField(_("pieces"))
    date = models.DateField(_("promised date"), null=True)
    basis = models.CharField(_("rests on"), max_length=10, choices=Basis)
    document = models.CharField(_("document"), max_length=40, blank=True, default="")
    chance = models.FloatField(_("odds"), null=True)
    safe_date = models.DateField(_("safe date"), null=True)
    safe_chance = models.FloatField(_("odds of the safe date"), null=True)
    evidence = models.JSONField(default=dict)
    reason = models.CharField(_("reason"), max_length=12, choices=Reason)
    cause = models.CharField(_("caused by"), max_length=40, blank=True, default="")
    made_at = models.DateTimeField(_("made"))
    # When its odds were last looked at; null: they were not yet, since that is done after the order's commit.
    judged_at = models.DateTimeField(null=True, editable=False)
    replaced_at = models.DateTimeField(_("replaced"), null=True)

    class Meta:
        verbose_name = _("promise")
        verbose_name_plural = _("promises")
        constraints = [
            models.UniqueConstraint(fields=["line"], condition=Q(replaced_at=None), name="linepromise_one_in_force"),
            models.CheckConstraint(condition=Q(pieces__gt=0), name="linepromise_pieces_positive"),
        ]
        indexes = [
            models.Index(fields=["product", "warehouse"], condition=Q(replaced_at=None), name="linepromise_in_force"),
            models.Index(fields=["made_at"], name="linepromise_made_at"),
        ]
        permissions = [("reallocate_stock", _("Can give scarce stock to other orders"))]

    def __str__(self) -> str:
        return f"{self.line_id}: {self.date}"


UNSUPPLIED = Q(replaced_at=None, basis__in=[LinePromise.Basis.LEAD_TIME, LinePromise.Basis.NONE])
"""Promises in force that no purchase order stands behind yet."""


class Owed(models.Model):
    """Pieces of a place whose promises in force name a day: their sum, kept by triggers on ``LinePromise``.

    Pieces promised without a date stand under the first day there is.
    """

    product = models.ForeignKey(Product, on_delete=models.PROTECT, db_constraint=False, db_index=False)
    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT, db_constraint=False, db_index=False)
    due = models.DateField()
    pieces = models.BigIntegerField()

    class Meta:
        verbose_name = _("pieces owed")
        verbose_name_plural = _("pieces owed")
        constraints = [models.UniqueConstraint(fields=["product", "warehouse", "due"], name="owed_place_day")]

    def __str__(self) -> str:
        return f"{self.product_id}@{self.warehouse_id} {self.due}: {self.pieces}"


class PromiseMark(models.Model):
    """A place whose promises are to be checked, and why. Appended freely, drained by the check."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    warehouse = models.ForeignKey(Warehouse, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    reason = models.CharField(max_length=12, choices=LinePromise.Reason)
    cause = models.CharField(max_length=40, blank=True, default="")

    class Meta:
        verbose_name = _("promise mark")
        verbose_name_plural = _("promise marks")

    def __str__(self) -> str:
        return f"{self.product_id}@{self.warehouse_id}"


class LearnedDelay(models.Model):
    """How many days something took, as counted on one day. Never rewritten: evidence of a promise names its rows."""

    class Kind(models.TextChoices):
        SLIP = "slip", _("Days after the date the supplier named")
        LEAD = "lead", _("Days from ordering to receiving")
        PICKING = "picking", _("Days from being ready to shipping")

    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    # Code of the supplier or the warehouse; empty for all of them together.
    key = models.CharField(_("of"), max_length=40, blank=True, default="")
    # {"days": how often}; days may be negative (early).
    counts = models.JSONField(_("days"))
    learned_at = models.DateTimeField(_("learned"))

    class Meta:
        verbose_name = _("learned delay")
        verbose_name_plural = _("learned delays")
        indexes = [models.Index(fields=["kind", "key", "-learned_at"], name="learneddelay_newest")]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class DeliveryCosts(models.Model):
    """What deliveries and waiting cost this company; decisions about scarce stock and split deliveries share it."""

    delivery_cost = models.DecimalField(
        _("cost of one delivery"),
        max_digits=12,
        decimal_places=2,
        default=Decimal("15.00"),
        validators=[MinValueValidator(0)],
        help_text=_("Freight, packing and handling of one more parcel."),
    )
    late_share_per_day = models.DecimalField(
        _("cost of a late day"),
        max_digits=6,
        decimal_places=4,
        default=Decimal("0.0020"),
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text=_("Share of what the goods are sold for: penalties, discounts, goodwill."),
    )
    cancel_odds_per_day = models.DecimalField(
        _("odds of cancelling per late day"),
        max_digits=6,
        decimal_places=4,
        default=Decimal("0.0100"),
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text=_("The share of customers who give up on each day they wait beyond the wished date."),
    )

    class Meta:
        verbose_name = _("delivery costs")
        verbose_name_plural = _("delivery costs")
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="deliverycosts_only_one")]

    def __str__(self) -> str:
        return f"{self.delivery_cost}"


class ServiceMinimum(models.Model):
    """A customer who gets at least this share of what it ordered when stock is scarce."""

    customer = models.OneToOneField(
        "orders.Customer", verbose_name=_("customer"), on_delete=models.CASCADE, related_name="service_minimum"
    )
    percent = models.PositiveSmallIntegerField(
        _("at least (%)"), validators=[MinValueValidator(1), MaxValueValidator(100)]
    )

    class Meta:
        verbose_name = _("service minimum")
        verbose_name_plural = _("service minimums")
        constraints = [
            models.CheckConstraint(condition=Q(percent__gte=1, percent__lte=100), name="serviceminimum_percent")
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.percent} %"
