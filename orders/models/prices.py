"""What customers pay: price lists with quantity breaks and days, and promotions."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from inventory.models import Category, Product


class PriceList(models.Model):
    """Prices agreed with the customers who have this list; what is not on it costs the product's list price."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    note = models.CharField(_("note"), max_length=300, blank=True, default="")

    class Meta:
        verbose_name = _("price list")
        verbose_name_plural = _("price lists")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class PriceListItem(models.Model):
    """The price of a product from ``min_quantity`` pieces on, between two days where given."""

    price_list = models.ForeignKey(PriceList, on_delete=models.PROTECT, related_name="items", db_index=False)
    product = models.ForeignKey(Product, verbose_name=_("product"), on_delete=models.PROTECT, related_name="+")
    min_quantity = models.BigIntegerField(_("from quantity"), default=1)
    unit_price = models.DecimalField(_("unit price"), max_digits=14, decimal_places=2)
    first_day = models.DateField(_("first day"), null=True, blank=True)
    last_day = models.DateField(_("last day"), null=True, blank=True)

    class Meta:
        verbose_name = _("price")
        verbose_name_plural = _("prices")
        constraints = [
            models.UniqueConstraint(
                fields=["price_list", "product", "min_quantity", "first_day"],
                nulls_distinct=False,
                name="pricelistitem_once",
            ),
            models.CheckConstraint(
                condition=Q(min_quantity__gt=0, unit_price__gte=0), name="pricelistitem_sensible_figures"
            ),
            models.CheckConstraint(
                condition=Q(first_day=None) | Q(last_day=None) | Q(last_day__gte=F("first_day")),
                name="pricelistitem_days_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.price_list_id}: {self.product_id} ≥ {self.min_quantity}"


class Promotion(models.Model):
    """A discount on list prices between two days: of one product, of a category, or of everything."""

    name = models.CharField(_("name"), max_length=100)
    product = models.ForeignKey(
        Product, verbose_name=_("product"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    category = models.ForeignKey(
        Category, verbose_name=_("category"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    discount = models.DecimalField(_("discount (%)"), max_digits=5, decimal_places=2)
    min_quantity = models.BigIntegerField(_("from quantity"), default=1)
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))

    class Meta:
        verbose_name = _("promotion")
        verbose_name_plural = _("promotions")
        constraints = [
            models.CheckConstraint(
                condition=Q(discount__gt=0, discount__lte=100, min_quantity__gt=0), name="promotion_sensible_figures"
            ),
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="promotion_days_in_order"),
            models.CheckConstraint(condition=Q(product=None) | Q(category=None), name="promotion_product_or_category"),
        ]

    def __str__(self) -> str:
        return self.name
