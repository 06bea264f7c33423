"""ABC by value and XYZ by regularity: which products matter, and which can be relied on. Derived, never typed."""

from decimal import Decimal

import numpy as np
from django.db import connection

from forecasting.engine.history import FloatArray

A_SHARE, B_SHARE = Decimal("0.80"), Decimal("0.95")  # of the expected sales of all products
X_VARIATION, Y_VARIATION = 0.5, 1.0  # deviation of the weeks' demand as a share of their mean
CLASS_WEEKS = 52
LEAST_WEEKS = 8

# A product is what it is over all its warehouses; it belongs to the class in which its own sales begin.
CLASSIFY = """
    UPDATE forecasting_demandforecast f SET abc = c.abc FROM (
        SELECT product_id, CASE
            WHEN value <= 0 OR before >= %(b)s * total THEN 'C' WHEN before >= %(a)s * total THEN 'B' ELSE 'A'
        END AS abc FROM (
            SELECT product_id, sum(yearly_value) AS value,
                   sum(sum(yearly_value)) OVER () AS total,
                   sum(sum(yearly_value)) OVER (ORDER BY sum(yearly_value) DESC, product_id) - sum(yearly_value)
                       AS before
            FROM forecasting_demandforecast GROUP BY product_id
        ) v
    ) c WHERE c.product_id = f.product_id AND c.abc <> f.abc
"""


def classify_by_value() -> None:
    """Set the ABC class of every forecast."""
    with connection.cursor() as cursor:
        cursor.execute(CLASSIFY, {"a": A_SHARE, "b": B_SHARE})


def class_by_variation(weekly: FloatArray) -> str:
    """X, Y or Z from a product's last weeks (pieces, oldest first); empty while there are too few."""
    recent = weekly[-CLASS_WEEKS:]
    if len(recent) < LEAST_WEEKS or not recent.any():
        return ""
    variation = float(np.std(recent) / np.mean(recent))
    return "X" if variation <= X_VARIATION else "Y" if variation <= Y_VARIATION else "Z"
