"""Who we buy from, what they sell us, and at which prices."""

from decimal import Decimal

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from inventory.models import Product

# Days. More is a typing error, and the day it leads to may not exist.
MAX_LEAD_TIME = 730
MAX_SHELF_LIFE = 36_500


class Supplier(models.Model):
    """Somebody we buy from."""

    code = models.CharField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=200)
    email = models.EmailField(_("e-mail"), blank=True, default="")
    phone = models.CharField(_("phone"), max_length=40, blank=True, default="")
    # What purchase orders to them are written in; empty: the language of whoever makes them.
    language = models.CharField(
        _("language"), max_length=10, blank=True, default="", db_default="", choices=settings.LANGUAGES
    )
    # Empty: the company's. Its prices are in it.
    currency = models.CharField(_("currency"), max_length=3, blank=True, default="")
    lead_time_days = models.PositiveIntegerField(
        _("lead time (days)"), default=14, validators=[MaxValueValidator(MAX_LEAD_TIME)]
    )
    order_cost = models.DecimalField(
        _("cost of placing an order"),
        max_digits=14,
        decimal_places=2,
        default=Decimal("0.00"),
        validators=[MinValueValidator(0)],
    )
    min_order_value = models.DecimalField(
        _("minimum order value"),
        max_digits=14,
        decimal_places=2,
        default=Decimal("0.00"),
        validators=[MinValueValidator(0)],
    )
    receipt_tolerance = models.PositiveSmallIntegerField(
        _("receipt tolerance (%)"), default=0, validators=[MaxValueValidator(100)]
    )
    # What it takes and asks to deliver faster; without days it cannot.
    express_days = models.PositiveIntegerField(
        _("express lead time (days)"), null=True, blank=True, validators=[MaxValueValidator(MAX_LEAD_TIME)]
    )
    express_cost = models.DecimalField(
        _("cost of express delivery"),
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
        constraints = [
            models.CheckConstraint(
                condition=Q(currency="") | Q(currency__regex="^[A-Z]{3}$"), name="supplier_currency"
            ),
            models.CheckConstraint(condition=Q(order_cost__gte=0), name="supplier_order_cost"),
            models.CheckConstraint(condition=Q(express_cost__gte=0), name="supplier_express_cost"),
            models.CheckConstraint(condition=Q(min_order_value__gte=0), name="supplier_min_order_value"),
            models.CheckConstraint(condition=Q(receipt_tolerance__lte=100), name="supplier_receipt_tolerance"),
            models.CheckConstraint(
                condition=Q(lead_time_days__lte=MAX_LEAD_TIME)
                & (Q(express_days=None) | Q(express_days__lte=MAX_LEAD_TIME)),
                name="supplier_days",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SupplierItem(models.Model):
    """What a supplier sells us: its code, cost and lot rules for one product."""

    supplier = models.ForeignKey(Supplier, verbose_name=_("supplier"), on_delete=models.PROTECT, related_name="items")
    product = models.ForeignKey(
        Product, verbose_name=_("product"), on_delete=models.PROTECT, related_name="supplier_items"
    )
    supplier_sku = models.CharField(_("supplier's code"), max_length=60, blank=True, default="")
    # In the company's currency; of a supplier with another one, its price at today's rate (services/currencies.py).
    unit_cost = models.DecimalField(_("unit cost"), max_digits=14, decimal_places=4)
    # In the supplier's currency; empty when that is the company's.
    price = models.DecimalField(_("supplier's price"), max_digits=14, decimal_places=4, null=True, blank=True)
    moq = models.PositiveIntegerField(_("minimum order quantity"), default=1, validators=[MinValueValidator(1)])
    order_multiple = models.PositiveIntegerField(_("pack size"), default=1, validators=[MinValueValidator(1)])
    # Empty: it does not come on pallets, or nobody cares.
    pallet_quantity = models.PositiveIntegerField(
        _("pieces on a pallet"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    # In the company's currency, once for an order line that is not whole pallets; empty: it costs nothing.
    broken_pallet_cost = models.DecimalField(
        _("cost of a broken pallet"),
        max_digits=14,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    # Empty: it keeps.
    shelf_life_days = models.PositiveIntegerField(
        _("shelf life on delivery (days)"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_SHELF_LIFE)],
    )
    # Days to reckon with, learned every night from its receipts; empty: what the supplier says.
    learned_days = models.PositiveIntegerField(_("lead time learned (days)"), null=True, blank=True, editable=False)
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
            models.CheckConstraint(
                condition=Q(shelf_life_days=None) | Q(shelf_life_days__lte=MAX_SHELF_LIFE),
                name="supplieritem_shelf_life",
            ),
            models.CheckConstraint(
                condition=Q(pallet_quantity=None)
                | Q(pallet_quantity__gte=1) & Q(Exact(F("pallet_quantity") % F("order_multiple"), 0)),
                name="supplieritem_pallet",
            ),
            models.CheckConstraint(
                condition=Q(broken_pallet_cost=None) | Q(broken_pallet_cost__gte=0, pallet_quantity__isnull=False),
                name="supplieritem_broken_pallet",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.supplier_id}: {self.product_id}"

    def clean(self) -> None:
        """Whether pallets and packs go together. Raises: ValidationError, by field."""
        if self.pallet_quantity and self.order_multiple and self.pallet_quantity % self.order_multiple:
            below = self.pallet_quantity // self.order_multiple * self.order_multiple
            words = {"size": self.order_multiple, "below": below, "above": below + self.order_multiple}
            if below:
                text = _("A pallet holds whole packs of %(size)s: enter %(below)s or %(above)s.") % words
            else:
                text = _("A pallet holds whole packs of %(size)s: enter %(above)s or more.") % words
            raise ValidationError({"pallet_quantity": text})
        if self.broken_pallet_cost and not self.pallet_quantity:
            raise ValidationError({"pallet_quantity": _("Say how many pieces are on a pallet.")})

    @property
    def asked(self) -> Decimal:
        """What the supplier asks for a piece, in its own currency."""
        return self.unit_cost if self.price is None else self.price


class PriceBreak(models.Model):
    """A lower cost of each piece from a quantity on."""

    supplier_item = models.ForeignKey(SupplierItem, on_delete=models.CASCADE, related_name="price_breaks")
    quantity = models.PositiveIntegerField(_("from quantity"), validators=[MinValueValidator(2)])
    unit_cost = models.DecimalField(_("unit cost"), max_digits=14, decimal_places=4)
    # In the supplier's currency, as the item's.
    price = models.DecimalField(_("supplier's price"), max_digits=14, decimal_places=4, null=True, blank=True)

    class Meta:
        verbose_name = _("price break")
        verbose_name_plural = _("price breaks")
        ordering = ["quantity"]
        constraints = [
            models.UniqueConstraint(fields=["supplier_item", "quantity"], name="pricebreak_once"),
            models.CheckConstraint(condition=Q(quantity__gte=2, unit_cost__gte=0), name="pricebreak_rules"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity}: {self.asked}"

    @property
    def asked(self) -> Decimal:
        """What the supplier asks for a piece, in its own currency."""
        return self.unit_cost if self.price is None else self.price
