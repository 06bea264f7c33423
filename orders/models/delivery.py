"""Where goods go and whom to ask there, as a document keeps it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

DELIVERY = ("delivery_address", "contact_name", "contact_phone", "contact_email")


class DeliveredTo(models.Model):
    """Delivery address and contact as text: later edits of the customer change no document."""

    delivery_address = models.CharField(_("delivery address"), max_length=300, blank=True, default="", db_default="")
    contact_name = models.CharField(_("contact"), max_length=100, blank=True, default="", db_default="")
    contact_phone = models.CharField(_("contact's phone"), max_length=40, blank=True, default="", db_default="")
    contact_email = models.EmailField(_("contact's e-mail"), blank=True, default="", db_default="")

    class Meta:
        abstract = True
