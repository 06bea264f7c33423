"""Standing orders: the same goods from a supplier, again and again."""

from typing import NoReturn

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.errors import IllegalTransition
from inventory.models import Warehouse
from purchasing.models.orders import PurchaseOrder
from purchasing.models.supply import Supplier, SupplierItem

MAX_EVERY = 52


class StandingOrder(models.Model):
    """Fixed lines that become a purchase order on every due day; until then they are no supply."""

    class Unit(models.TextChoices):
        WEEK = "week", _("Weeks")
        MONTH = "month", _("Months")

    class Status(models.TextChoices):
        ACTIVE = "active", pgettext_lazy("standing order", "Active")
        PAUSED = "paused", pgettext_lazy("standing order", "Paused")
        ENDED = "ended", pgettext_lazy("standing order", "Ended")

    class Approval(models.TextChoices):
        DRAFT = "draft", _("A draft that a buyer places")
        RULE = "rule", _("Placed at once where the buying rules allow the amount, else a draft")

    NEXT: dict[str, set[str]] = {
        Status.ACTIVE: {Status.PAUSED, Status.ENDED},
        Status.PAUSED: {Status.ACTIVE, Status.ENDED},
    }

    number = models.CharField(_("number"), max_length=20, unique=True)
    supplier = models.ForeignKey(Supplier, verbose_name=_("supplier"), on_delete=models.PROTECT)
    warehouse = models.ForeignKey(Warehouse, verbose_name=_("warehouse"), on_delete=models.PROTECT)
    # Every so many weeks or months from the first day on; a month that is too short has its last day.
    every = models.PositiveSmallIntegerField(
        _("every"), default=1, validators=[MinValueValidator(1), MaxValueValidator(MAX_EVERY)]
    )
    unit = models.CharField(_("weeks or months"), max_length=5, choices=Unit, default=Unit.WEEK)
    starts_on = models.DateField(_("first order on"))
    ends_on = models.DateField(_("no order after"), null=True, blank=True)
    approval = models.CharField(_("each order is"), max_length=5, choices=Approval, default=Approval.DRAFT)
    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.ACTIVE)
    # The next day on which an order is due; empty: none any more.
    next_on = models.DateField(_("next order"), null=True, blank=True)
    # Why the order that is due could not be made; empty: all is well.
    problem = models.TextField(_("problem"), blank=True, default="")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(_("created"), db_default=Now())

    class Meta:
        verbose_name = _("standing order")
        verbose_name_plural = _("standing orders")
        constraints = [
            models.CheckConstraint(
                condition=Q(every__gte=1, every__lte=MAX_EVERY)
                & (Q(ends_on=None) | Q(ends_on__gte=F("starts_on")))
                & (Q(next_on=None) | Q(next_on__gte=F("starts_on"))),
                name="standingorder_schedule",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def move_to(self, status: str) -> None:
        """Check and set the status in memory; the caller holds the row lock and saves."""
        if status not in self.NEXT.get(self.status, set()):
            self.refuse_step()
        self.status = status

    def refuse_step(self) -> NoReturn:
        """Say that its state does not allow what is asked. Raises: IllegalTransition."""
        words = {"number": self.number, "status": self.get_status_display()}
        raise IllegalTransition(
            _("Standing order %(number)s is %(status)s; this step is no longer possible.") % words, status=self.status
        )


class StandingOrderLine(models.Model):
    """Pieces of one product in every order; their price is that of the day."""

    standing_order = models.ForeignKey(StandingOrder, on_delete=models.CASCADE, related_name="lines")
    supplier_item = models.ForeignKey(SupplierItem, on_delete=models.PROTECT, related_name="+")
    quantity = models.BigIntegerField(_("quantity"))

    class Meta:
        verbose_name = _("standing order line")
        verbose_name_plural = _("standing order lines")
        constraints = [
            models.UniqueConstraint(fields=["standing_order", "supplier_item"], name="standingorderline_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="standingorderline_quantity_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.standing_order_id}: {self.quantity}"


class StandingOrderRun(models.Model):
    """The purchase order of one due day; a day has one, whoever makes it and however often."""

    standing_order = models.ForeignKey(StandingOrder, on_delete=models.PROTECT, related_name="runs")
    due_on = models.DateField(_("due"))
    purchase_order = models.OneToOneField(PurchaseOrder, on_delete=models.PROTECT, related_name="standing_run")

    class Meta:
        verbose_name = _("order of a standing order")
        verbose_name_plural = _("orders of standing orders")
        constraints = [models.UniqueConstraint(fields=["standing_order", "due_on"], name="standingorderrun_once_a_day")]

    def __str__(self) -> str:
        return f"{self.standing_order_id}: {self.due_on}"
