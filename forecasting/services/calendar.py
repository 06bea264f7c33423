"""The demand calendar: events that people plan and the holidays that customers keep."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit
from core.actor import current_actor_id
from core.errors import InvalidInput
from core.transactions import retry_on_conflict
from forecasting.calendar import LONGEST_EVENT
from forecasting.models import DemandEvent, HolidayCalendar
from inventory.models import Product

LEAST_UPLIFT, MOST_UPLIFT, DEEPEST_CUT = Decimal("0.05"), Decimal(20), Decimal(90)
FIELDS = ("name", "kind", "starts_on", "ends_on", "category", "price_cut", "planned_uplift")


@retry_on_conflict
@transaction.atomic(durable=True)
def save_event(values: Mapping[str, Any], products: list[Product], event: DemandEvent | None = None) -> DemandEvent:
    """Add an event, or change ``event``; the next run measures and plans with it. Raises: InvalidInput."""
    values = {name: values.get(name) for name in FIELDS}
    check_event(values, products)
    kept = event or DemandEvent(created_by_id=current_actor_id())
    for name, value in values.items():
        setattr(kept, name, value)
    # Other days or products: what was measured is of another event.
    kept.measured_pieces = kept.measured_usual = None
    kept.save()
    kept.products.set(products)
    audit.record("demand_event", kept.pk, "changed" if event else "added", name=kept.name)
    return kept


@retry_on_conflict
@transaction.atomic(durable=True)
def delete_event(event_id: int) -> None:
    """Take an event off the calendar."""
    event = DemandEvent.objects.get(pk=event_id)
    audit.record("demand_event", event_id, "deleted", name=event.name)
    event.delete()


@transaction.atomic(durable=True)
def add_calendar(country: str, *, is_closed: bool) -> HolidayCalendar:
    """Reckon with the public holidays of a country. Raises: InvalidInput."""
    if country not in HolidayCalendar.Country.values:
        raise InvalidInput(_("Choose a country."), field_errors={"country": _("Choose a country.")})
    calendar, _created = HolidayCalendar.objects.update_or_create(country=country, defaults={"is_closed": is_closed})
    audit.record("holiday_calendar", calendar.pk, "added", country=country)
    return calendar


@transaction.atomic(durable=True)
def remove_calendar(country: str) -> None:
    """Forget the public holidays of a country."""
    calendar = HolidayCalendar.objects.filter(country=country).first()
    if calendar:
        audit.record("holiday_calendar", calendar.pk, "removed", country=country)
        calendar.delete()


def check_event(values: Mapping[str, Any], products: list[Product]) -> None:
    """Refuse what makes no sense. Raises: InvalidInput, naming the fields."""
    errors = {}
    first, last = values["starts_on"], values["ends_on"]
    if last < first:
        errors["ends_on"] = _("The last day cannot be before the first.")
    elif last - first > LONGEST_EVENT:
        errors["ends_on"] = (
            _("An event lasts at most %s days; what lasts longer is the new usual.") % LONGEST_EVENT.days
        )
    if not date(2000, 1, 1) <= first <= date(2100, 1, 1):
        errors["starts_on"] = _("Enter a day between 2000 and 2100.")
    if values["planned_uplift"] is not None and not LEAST_UPLIFT <= values["planned_uplift"] <= MOST_UPLIFT:
        errors["planned_uplift"] = _("Enter a number from 0.05 to 20.")
    if values["price_cut"] is not None and not 0 <= values["price_cut"] <= DEEPEST_CUT:
        errors["price_cut"] = _("Enter a percentage from 0 to 90.")
    if products and values["category"]:
        errors["products"] = _("Choose a category or name products, not both.")
    if values["kind"] == DemandEvent.Kind.CLOSED and (values["planned_uplift"] or values["price_cut"]):
        errors["kind"] = _("On closed days nothing is sold: leave uplift and price cut empty.")
    if errors:
        raise InvalidInput(_("The event was not saved: please correct the fields named."), field_errors=errors)
