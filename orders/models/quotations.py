"""Quotations: prices offered until a day, and stock held for them for a time. No demand until they become orders."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Round
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.errors import IllegalTransition
from core.money import ZERO
from inventory.models import Product, Reservation, Warehouse
from orders.models.documents import Channel, Customer, Order, _percentage


class Quotation(models.Model):
    """What a customer was offered. It becomes an order, is declined, or expires after ``valid_until``.

    Rows of their own rather than orders in another state: whatever asks for orders, demand or turnover finds none of
    these. Only the stock that one holds is shared with orders, as a reservation like theirs (see QuotationLine).
    """

    class Status(models.TextChoices):
        OPEN = "open", pgettext_lazy("quotation", "Open")
        ORDERED = "ordered", pgettext_lazy("quotation", "Ordered")
        DECLINED = "declined", _("Declined")
        EXPIRED = "expired", pgettext_lazy("quotation", "Expired")
        REPLACED = "replaced", pgettext_lazy("quotation", "Replaced")

    NEXT: dict[str, set[str]] = {Status.OPEN: {Status.ORDERED, Status.DECLINED, Status.EXPIRED, Status.REPLACED}}

    number = models.CharField(_("number"), max_length=20, unique=True)
    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.PROTECT, related_name="quotations"
    )
    channel = models.ForeignKey(Channel, verbose_name=_("channel"), on_delete=models.PROTECT, db_index=False)
    warehouse = models.ForeignKey(Warehouse, verbose_name=_("warehouse"), on_delete=models.PROTECT, db_index=False)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.OPEN)
    quoted_at = models.DateTimeField(_("quoted"))
    valid_until = models.DateField(_("valid until"))
    # The last day on which stock is held; none: nothing is, or no longer.
    held_until = models.DateField(_("stock held until"), null=True, blank=True)
    requested_date = models.DateField(_("requested date"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=500, blank=True, default="")
    discount = models.DecimalField(_("discount (%)"), max_digits=5, decimal_places=2, default=ZERO)
    freight = models.DecimalField(_("freight"), max_digits=14, decimal_places=2, default=ZERO)
    # None: as the customer wishes when it is ordered.
    ship_complete = models.BooleanField(_("ship complete only"), null=True, blank=True)
    is_priority = models.BooleanField(_("priority"), default=False)
    decline_reason = models.CharField(_("reason"), max_length=200, blank=True, default="")
    order = models.OneToOneField(
        Order, verbose_name=_("order"), null=True, blank=True, on_delete=models.PROTECT, related_name="quotation"
    )
    # A newer offer, to which the hold of this one passed over.
    replaced_by = models.OneToOneField(
        "self", verbose_name=_("replaced by"), null=True, blank=True, on_delete=models.PROTECT, related_name="replaces"
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("entered by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    class Meta:
        verbose_name = _("quotation")
        verbose_name_plural = _("quotations")
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["open", "ordered", "declined", "expired", "replaced"]), name="quotation_status"
            ),
            models.CheckConstraint(
                condition=Q(status="ordered", order__isnull=False) | (~Q(status="ordered") & Q(order=None)),
                name="quotation_ordered_has_order",
            ),
            models.CheckConstraint(
                condition=Q(status="replaced", replaced_by__isnull=False)
                | (~Q(status="replaced") & Q(replaced_by=None)),
                name="quotation_replaced_by_another",
            ),
            models.CheckConstraint(
                condition=~Q(status="declined") | ~Q(decline_reason=""), name="quotation_declined_has_reason"
            ),
            models.CheckConstraint(
                condition=Q(held_until=None) | Q(status="open", held_until__lte=F("valid_until")),
                name="quotation_holds_while_open",
            ),
            models.CheckConstraint(
                condition=_percentage("discount") & Q(freight__gte=0), name="quotation_discount_and_freight"
            ),
        ]
        indexes = [
            # What expires next, and whose stock is to be let go.
            models.Index(fields=["valid_until"], condition=Q(status="open"), name="quotation_open"),
            models.Index(
                fields=["held_until"], condition=Q(status="open", held_until__isnull=False), name="quotation_holding"
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def move_to(self, status: str) -> None:
        """Check and set the status in memory; the caller holds the row lock and saves."""
        if status not in self.NEXT.get(self.status, set()):
            raise IllegalTransition(
                _("Quotation %(number)s is %(status)s; this step is no longer possible.")
                % {"number": self.number, "status": self.get_status_display()},
                status=self.status,
            )
        self.status = status


class QuotationLine(models.Model):
    """One product offered. ``held`` pieces are reserved; like an order's open quantity they count as demanded.

    Lines never change but for ``held``, and that only while their stock row is locked.
    """

    quotation = models.ForeignKey(Quotation, on_delete=models.PROTECT, related_name="lines", db_index=False)
    position = models.PositiveIntegerField(_("line"))
    product = models.ForeignKey(Product, verbose_name=_("product"), on_delete=models.PROTECT)
    quantity = models.BigIntegerField(_("quantity"))
    unit_price = models.DecimalField(_("unit price"), max_digits=14, decimal_places=2)
    discount = models.DecimalField(_("discount (%)"), max_digits=5, decimal_places=2, default=ZERO)
    tax_rate = models.DecimalField(_("tax rate (%)"), max_digits=5, decimal_places=2, default=ZERO)
    held = models.BigIntegerField(_("held"), default=0)
    reservation = models.OneToOneField(Reservation, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    amount = models.GeneratedField(
        expression=Round(F("quantity") * F("unit_price") * (100 - F("discount")) / 100, 2),
        output_field=models.DecimalField(max_digits=18, decimal_places=2),
        db_persist=True,
    )

    class Meta:
        verbose_name = _("quotation line")
        verbose_name_plural = _("quotation lines")
        constraints = [
            models.UniqueConstraint(fields=["quotation", "position"], name="quotationline_position"),
            models.CheckConstraint(
                condition=Q(quantity__gt=0, unit_price__gte=0), name="quotationline_sensible_figures"
            ),
            models.CheckConstraint(
                condition=_percentage("discount") & _percentage("tax_rate"), name="quotationline_discount_and_tax"
            ),
            models.CheckConstraint(condition=Q(held__gte=0, held__lte=F("quantity")), name="quotationline_held"),
            models.CheckConstraint(condition=Q(held=0) | Q(reservation__isnull=False), name="quotationline_held_where"),
        ]

    def __str__(self) -> str:
        return f"{self.quotation_id}/{self.position}"
