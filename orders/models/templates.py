"""Lines kept under a name, to begin orders from."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now, Upper
from django.utils.translation import gettext_lazy as _

from core.money import ZERO
from inventory.models import Product
from orders.models.documents import Customer, _percentage


class OrderTemplate(models.Model):
    """Products and quantities that are ordered again and again; everybody at the desk shares them.

    It has no prices: those are the customer's of the day on which it is used.
    """

    name = models.CharField(_("name"), max_length=80)
    # Whose it is, if it is of one customer only.
    customer = models.ForeignKey(
        Customer,
        verbose_name=_("customer"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="order_templates",
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    saved_at = models.DateTimeField(_("saved"), db_default=Now())

    class Meta:
        verbose_name = _("order template")
        verbose_name_plural = _("order templates")
        constraints = [
            models.UniqueConstraint(Upper("name"), name="ordertemplate_name_any_case"),
            models.CheckConstraint(condition=~Q(name=""), name="ordertemplate_has_name"),
        ]

    def __str__(self) -> str:
        return self.name


class OrderTemplateLine(models.Model):
    """One product of a template."""

    template = models.ForeignKey(OrderTemplate, on_delete=models.CASCADE, related_name="lines", db_index=False)
    position = models.PositiveIntegerField(_("line"))
    product = models.ForeignKey(Product, verbose_name=_("product"), on_delete=models.PROTECT, related_name="+")
    quantity = models.BigIntegerField(_("quantity"))
    discount = models.DecimalField(_("discount (%)"), max_digits=5, decimal_places=2, default=ZERO)

    class Meta:
        verbose_name = _("template line")
        verbose_name_plural = _("template lines")
        constraints = [
            models.UniqueConstraint(fields=["template", "position"], name="ordertemplateline_position"),
            models.CheckConstraint(
                condition=Q(quantity__gt=0) & _percentage("discount"), name="ordertemplateline_figures"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.template_id}/{self.position}"
