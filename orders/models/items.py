"""What customers call our products."""

from django.db import models
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from inventory.models import Product
from orders.models.documents import Customer


class CustomerItem(models.Model):
    """A customer's own code for a product; capitals and small letters are the same."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="items", db_index=False)
    product = models.ForeignKey(Product, verbose_name=_("product"), on_delete=models.PROTECT, related_name="+")
    code = models.CharField(_("customer's item code"), max_length=60)

    class Meta:
        verbose_name = _("customer's item")
        verbose_name_plural = _("customers' items")
        constraints = [models.UniqueConstraint("customer", Upper("code"), name="customeritem_code_once")]

    def __str__(self) -> str:
        return self.code
