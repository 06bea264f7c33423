"""Invoices: what was shipped of an order, once, at what it comes to. Issued, they never change."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from core.money import ZERO
from orders.models.documents import Order, OrderLine, ShipmentLine


class InvoiceCounter(models.Model):
    """The last number given to an invoice: a row, not a sequence, so that what is undone leaves no gap."""

    last = models.BigIntegerField()

    class Meta:
        verbose_name = _("invoice counter")
        verbose_name_plural = _("invoice counters")

    def __str__(self) -> str:
        return str(self.last)


class Invoice(models.Model):
    """What a customer is to pay for shipments of one order, and until when."""

    number = models.CharField(_("number"), max_length=20, unique=True)
    order = models.ForeignKey(Order, verbose_name=_("order"), on_delete=models.PROTECT, related_name="invoices")
    issued_on = models.DateField(_("issued"))
    due_on = models.DateField(_("due"))
    # Whom it is for, as text: later edits of the customer change no invoice.
    customer_name = models.CharField(_("customer"), max_length=200)
    customer_address = models.CharField(_("address"), max_length=300, blank=True, default="")
    order_discount = models.DecimalField(_("discount (%)"), max_digits=5, decimal_places=2, default=ZERO)
    freight = models.DecimalField(_("freight"), max_digits=14, decimal_places=2, default=ZERO)
    freight_tax_rate = models.DecimalField(_("tax rate (%)"), max_digits=5, decimal_places=2, default=ZERO)
    freight_tax = models.DecimalField(_("tax"), max_digits=14, decimal_places=2, default=ZERO)
    net = models.DecimalField(_("net"), max_digits=20, decimal_places=2)
    tax = models.DecimalField(_("tax"), max_digits=20, decimal_places=2)
    gross = models.DecimalField(_("total"), max_digits=20, decimal_places=2)
    created_at = models.DateTimeField(_("created"), db_default=Now())
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = _("invoice")
        verbose_name_plural = _("invoices")
        constraints = [
            models.CheckConstraint(condition=Q(gross=F("net") + F("tax")), name="invoice_gross"),
            models.CheckConstraint(condition=Q(due_on__gte=F("issued_on")), name="invoice_due_after_issue"),
        ]
        indexes = [models.Index(fields=["issued_on"], name="invoice_issued_on")]

    def __str__(self) -> str:
        return self.number


class InvoiceLine(models.Model):
    """Pieces of one order line on an invoice. None, where only the order's discount was changed since the last one."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="lines", db_index=False)
    line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="invoice_lines")
    position = models.PositiveIntegerField(_("line"))
    sku = models.CharField(_("SKU"), max_length=60)
    name = models.CharField(_("product"), max_length=200)
    quantity = models.BigIntegerField(_("quantity"))
    unit_price = models.DecimalField(_("unit price"), max_digits=14, decimal_places=2)
    discount = models.DecimalField(_("discount (%)"), max_digits=5, decimal_places=2, default=ZERO)
    tax_rate = models.DecimalField(_("tax rate (%)"), max_digits=5, decimal_places=2, default=ZERO)
    # After both discounts; see pricing.due.
    net = models.DecimalField(_("net"), max_digits=18, decimal_places=2)
    tax = models.DecimalField(_("tax"), max_digits=18, decimal_places=2)

    class Meta:
        verbose_name = _("invoice line")
        verbose_name_plural = _("invoice lines")
        constraints = [
            models.UniqueConstraint(fields=["invoice", "line"], name="invoiceline_once"),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="invoiceline_quantity"),
        ]

    def __str__(self) -> str:
        return f"{self.invoice_id}/{self.position}"


class InvoicedShipmentLine(models.Model):
    """A shipment line that is on an invoice; the key sees to it that it is on no second one."""

    shipment_line = models.OneToOneField(ShipmentLine, on_delete=models.PROTECT, related_name="invoiced")
    invoice_line = models.ForeignKey(InvoiceLine, on_delete=models.PROTECT, related_name="parts")

    class Meta:
        verbose_name = _("invoiced shipment line")
        verbose_name_plural = _("invoiced shipment lines")

    def __str__(self) -> str:
        return f"shipment line {self.shipment_line_id}"
