"""Blanket orders: what a supplier has agreed to sell us at a price in a period."""

from datetime import date
from decimal import Decimal

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.errors import IllegalTransition
from purchasing.models.supply import Supplier, SupplierItem

ENDS_SOON_DAYS = 30


class BlanketOrder(models.Model):
    """An agreement with a supplier over products at a price; it is no supply until purchase orders draw on it."""

    class Status(models.TextChoices):
        OPEN = "open", pgettext_lazy("blanket order", "Open")
        CLOSED = "closed", pgettext_lazy("blanket order", "Closed")

    class State(models.TextChoices):
        """Where it stands on a day."""

        UPCOMING = "upcoming", _("Not yet valid")
        VALID = "valid", pgettext_lazy("blanket order", "Valid")
        ENDING = "ending", _("Ends soon")
        ENDED = "ended", pgettext_lazy("blanket order", "Ended")
        CLOSED = "closed", pgettext_lazy("blanket order", "Closed")

    number = models.CharField(_("number"), max_length=20, unique=True)
    supplier = models.ForeignKey(
        Supplier, verbose_name=_("supplier"), on_delete=models.PROTECT, related_name="blanket_orders"
    )
    # The supplier's own number of the agreement.
    reference = models.CharField(_("supplier's reference"), max_length=60, blank=True, default="")
    # The supplier's when it was agreed (empty: the company's); with another one its prices count no more.
    currency = models.CharField(_("currency"), max_length=3, blank=True, default="")
    starts_on = models.DateField(_("valid from"))
    ends_on = models.DateField(_("valid until"))
    # In its currency, over all lines; empty: only their quantities limit it.
    value_limit = models.DecimalField(
        _("up to a value of"),
        max_digits=16,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.01"))],
    )
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.OPEN)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(_("created"), db_default=Now())

    class Meta:
        verbose_name = _("blanket order")
        verbose_name_plural = _("blanket orders")
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="blanketorder_period"),
            models.CheckConstraint(
                condition=Q(value_limit=None) | Q(value_limit__gt=0), name="blanketorder_value_positive"
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def state(self, day: date) -> State:
        """Where it stands on a day."""
        if self.status == self.Status.CLOSED:
            return self.State.CLOSED
        if day < self.starts_on:
            return self.State.UPCOMING
        if day > self.ends_on:
            return self.State.ENDED
        return self.State.ENDING if (self.ends_on - day).days < ENDS_SOON_DAYS else self.State.VALID

    def refuse_unless_open(self) -> None:
        """Raises: IllegalTransition when it is closed."""
        if self.status != self.Status.OPEN:
            raise IllegalTransition(_("Blanket order %s is closed: it can no longer change.") % self.number)


class BlanketOrderLine(models.Model):
    """One product of an agreement: its price, and up to how many pieces."""

    blanket_order = models.ForeignKey(BlanketOrder, on_delete=models.PROTECT, related_name="lines")
    supplier_item = models.ForeignKey(SupplierItem, on_delete=models.PROTECT, related_name="blanket_lines")
    # Empty: the agreement's value alone limits it.
    quantity = models.BigIntegerField(_("quantity"), null=True, blank=True)
    # In the company's currency at today's rate, and the price agreed where that is another, as a supplier item's.
    unit_cost = models.DecimalField(_("unit cost"), max_digits=14, decimal_places=4)
    price = models.DecimalField(_("supplier's price"), max_digits=14, decimal_places=4, null=True, blank=True)

    class Meta:
        verbose_name = _("blanket order line")
        verbose_name_plural = _("blanket order lines")
        constraints = [
            models.UniqueConstraint(fields=["blanket_order", "supplier_item"], name="blanketorderline_once"),
            models.CheckConstraint(condition=Q(quantity=None) | Q(quantity__gt=0), name="blanketorderline_quantity"),
            models.CheckConstraint(
                condition=Q(price=None, unit_cost__gt=0) | Q(price__gt=0, unit_cost__gte=0),
                name="blanketorderline_price",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.blanket_order_id}: {self.supplier_item_id}"

    @property
    def asked(self) -> Decimal:
        """The price agreed for a piece, in the agreement's currency."""
        return self.unit_cost if self.price is None else self.price
