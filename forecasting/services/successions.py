"""Which product takes which one's place."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit
from core.errors import InvalidInput
from core.transactions import retry_on_conflict
from forecasting.models import Succession


@retry_on_conflict
@transaction.atomic(durable=True)
def save_succession(values: Mapping[str, Any]) -> Succession:
    """Let a product inherit another one's demand from the next run on; a predecessor has one successor.

    Raises: InvalidInput.
    """
    check_succession(values)
    row, _created = Succession.objects.update_or_create(
        predecessor=values["predecessor"], defaults={name: values[name] for name in ("successor", "starts_on", "share")}
    )
    audit.record("succession", row.pk, "saved", successor=row.successor_id, share=str(row.share))
    return row


@transaction.atomic(durable=True)
def delete_succession(succession_id: int) -> None:
    """Let both products stand alone again."""
    audit.record("succession", succession_id, "deleted")
    Succession.objects.filter(pk=succession_id).delete()


def check_succession(values: Mapping[str, Any]) -> None:
    """Refuse what makes no sense. Raises: InvalidInput, naming the fields."""
    errors = {}
    for name in ("predecessor", "successor"):
        if not values.get(name):
            errors[name] = _("Name one product.")
    if not errors and values["predecessor"] == values["successor"]:
        errors["successor"] = _("A product cannot follow itself.")
    elif (
        not errors
        and Succession.objects.filter(predecessor=values["successor"], successor=values["predecessor"]).exists()
    ):
        errors["successor"] = _("The other way round is entered already: delete that first.")
    if not 0 < values["share"] <= 200:
        errors["share"] = _("Enter a percentage from 1 to 200.")
    if errors:
        raise InvalidInput(_("The succession was not saved: please correct the fields named."), field_errors=errors)
