"""What customers buy again and again."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from inventory.models import Product
from orders.models.documents import Customer


class RepeatPurchase(models.Model):
    """A product that a customer buys regularly, as last night's count found it (orders/buying.py has the rule)."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="repeats", db_index=False)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+", db_index=False)
    times = models.PositiveIntegerField(_("days bought on"))
    pieces = models.BigIntegerField(_("usual pieces"))
    interval_days = models.PositiveIntegerField(_("usual interval (days)"))
    last_day = models.DateField(_("last bought"))
    due = models.DateField(_("due again"))
    until = models.DateField(_("given up after"))

    class Meta:
        verbose_name = _("repeat purchase")
        verbose_name_plural = _("repeat purchases")
        constraints = [models.UniqueConstraint(fields=["customer", "product"], name="repeatpurchase_once")]
        indexes = [models.Index(fields=["due"], name="repeatpurchase_due")]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.product_id} {self.due}"
