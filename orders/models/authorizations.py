"""Returns that were agreed with a customer before the goods come back."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.errors import IllegalTransition
from orders.models.documents import Order, ShipmentLine


class ReturnAuthorization(models.Model):
    """What may come back of one order and until when, under a number that the customer writes on the parcel.

    Goods are received (they stand aside and are no stock), then inspected, which books a ``Return``: stock or scrap,
    and the credit note. Both may happen in parts.
    """

    class Status(models.TextChoices):
        EXPECTED = "expected", pgettext_lazy("return", "Expected")
        RECEIVED = "received", _("To be inspected")
        CLOSED = "closed", pgettext_lazy("return", "Done")
        CANCELLED = "cancelled", pgettext_lazy("return", "Called off")

    OPEN = (Status.EXPECTED, Status.RECEIVED)

    number = models.CharField(_("number"), max_length=20, unique=True)
    order = models.ForeignKey(
        Order, verbose_name=_("order"), on_delete=models.PROTECT, related_name="return_authorizations"
    )
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.EXPECTED)
    authorized_at = models.DateTimeField(_("authorised"))
    valid_until = models.DateField(_("may come back until"))
    reason = models.CharField(_("reason"), max_length=200)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        verbose_name = _("return authorisation")
        verbose_name_plural = _("return authorisations")
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["expected", "received", "closed", "cancelled"]),
                name="returnauthorization_status",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="returnauthorization_has_reason"),
        ]
        indexes = [
            models.Index(
                fields=["valid_until"],
                condition=Q(status__in=["expected", "received"]),
                name="returnauthorization_open",
            )
        ]
        permissions = [
            ("receive_return", _("Can receive authorised returns")),
            ("inspect_return", _("Can inspect returned goods and write the credit note")),
        ]

    def __str__(self) -> str:
        return self.number

    def refuse_closed(self) -> None:
        """Raise IllegalTransition for what nothing can come back under any more."""
        if self.status not in self.OPEN:
            raise IllegalTransition(
                _("Return %(number)s is %(status)s; this step is no longer possible.")
                % {"number": self.number, "status": self.get_status_display()},
                status=self.status,
            )


class ReturnAuthorizationLine(models.Model):
    """Pieces of one shipment line that may come back, how many did, and how many of those were looked at."""

    authorization = models.ForeignKey(
        ReturnAuthorization, on_delete=models.PROTECT, related_name="lines", db_index=False
    )
    position = models.PositiveIntegerField(_("line"))
    shipment_line = models.ForeignKey(ShipmentLine, on_delete=models.PROTECT, related_name="authorization_lines")
    quantity = models.BigIntegerField(_("quantity"))
    received = models.BigIntegerField(_("received"), default=0)
    inspected = models.BigIntegerField(_("inspected"), default=0)

    class Meta:
        verbose_name = _("return authorisation line")
        verbose_name_plural = _("return authorisation lines")
        constraints = [
            models.UniqueConstraint(fields=["authorization", "position"], name="returnauthorizationline_position"),
            models.UniqueConstraint(
                fields=["authorization", "shipment_line"], name="returnauthorizationline_shipment_line_once"
            ),
            models.CheckConstraint(
                condition=Q(
                    quantity__gt=0, inspected__gte=0, received__gte=F("inspected"), quantity__gte=F("received")
                ),
                name="returnauthorizationline_in_turn",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.authorization_id}/{self.position}"

    @property
    def expected(self) -> int:
        """Pieces that may still come."""
        return self.quantity - self.received

    @property
    def waiting(self) -> int:
        """Pieces that came and nobody has looked at."""
        return self.received - self.inspected
