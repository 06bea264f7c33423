"""Exchange rates by day, and what a price in a supplier's currency is in the company's."""

import re
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from django.db import connection

from core.models import Company

CODE = re.compile("[A-Z]{3}")
COST = Decimal("0.0001")
Rates = dict[str, Decimal]
"""Units of the company's currency for one, by currency."""

# The newest rate up to the day; a day before the first one has that.
ON_DAY = """
    SELECT DISTINCT ON (currency) currency, rate FROM purchasing_exchangerate
     ORDER BY currency, valid_from > %(day)s, CASE WHEN valid_from > %(day)s THEN valid_from END,
              valid_from DESC
"""


def rates_on(day: date) -> Rates:
    """The rate of every currency on a day; one query."""
    with connection.cursor() as cursor:
        cursor.execute(ON_DAY, {"day": day})
        return dict(cursor.fetchall())


def own_currency() -> str:
    """The company's."""
    return Company.objects.values_list("currency", flat=True).first() or ""


def converted(price: Decimal, rate: Decimal) -> Decimal:
    """A price of a piece in the company's currency, to four places."""
    return (price * rate).quantize(COST, rounding=ROUND_HALF_UP)
