"""A supplier of the demo company that asks for dollars, and what these were worth."""

from datetime import date, timedelta
from decimal import Decimal

from purchasing.currencies import converted
from purchasing.models import Supplier
from purchasing.services import NewRate, set_rates

RATES = (("USD", 400, "7.0800"), ("USD", 200, "7.1500"), ("USD", 20, "7.1200"), ("EUR", 20, "7.7600"))
TODAY = Decimal("7.1200")


def play_currencies(today: date) -> None:
    """The last supplier's prices are in dollars from now on; what they come to stays, to a hundredth of a cent."""
    set_rates([NewRate(currency, today - timedelta(days=days), Decimal(rate)) for currency, days, rate in RATES])
    supplier = Supplier.objects.filter(items__isnull=False).order_by("-code")[0]
    supplier.currency = "USD"
    supplier.save(update_fields=["currency"])
    for item in supplier.items.all():
        item.price = round(item.unit_cost / TODAY, 4)
        item.unit_cost = converted(item.price, TODAY)
        item.save(update_fields=["price", "unit_cost"])
