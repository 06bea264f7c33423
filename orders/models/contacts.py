"""Whom we deal with at a customer, and where their goods go."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from orders.models.documents import Customer


class Contact(models.Model):
    """A person at a customer."""

    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.PROTECT, related_name="contacts"
    )
    name = models.CharField(_("name"), max_length=100)
    role = models.CharField(pgettext_lazy("contact", "role"), max_length=60, blank=True, default="")
    phone = models.CharField(_("phone"), max_length=40, blank=True, default="")
    email = models.EmailField(_("e-mail"), blank=True, default="")
    is_active = models.BooleanField(_("active"), default=True, db_default=True)

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


class DeliveryAddress(models.Model):
    """A place that a customer's goods go to; customers without one get them at their own address."""

    customer = models.ForeignKey(
        Customer,
        verbose_name=_("customer"),
        on_delete=models.PROTECT,
        related_name="delivery_addresses",
        db_index=False,
    )
    label = models.CharField(_("label"), max_length=60)
    address = models.CharField(_("address"), max_length=300)
    contact = models.ForeignKey(
        Contact, verbose_name=_("contact"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    is_default = models.BooleanField(_("default"), default=False, db_default=False)
    is_active = models.BooleanField(_("active"), default=True, db_default=True)

    class Meta:
        verbose_name = _("delivery address")
        verbose_name_plural = _("delivery addresses")
        ordering = ["-is_default", "label", "pk"]
        constraints = [
            models.UniqueConstraint(
                "customer", Upper("label"), condition=Q(is_active=True), name="deliveryaddress_label_once"
            ),
            models.UniqueConstraint(
                fields=["customer"], condition=Q(is_default=True), name="deliveryaddress_one_default"
            ),
            models.CheckConstraint(
                condition=Q(is_default=False) | Q(is_active=True), name="deliveryaddress_default_is_active"
            ),
        ]

    def __str__(self) -> str:
        return self.label
