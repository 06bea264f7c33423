"""The fast lane: products that sell far faster than the forecast says, by the stock ledger of the last week."""

from dataclasses import dataclass
from datetime import timedelta

from django.db import connection
from django.utils import timezone

DAYS = 7
DEVIATIONS = 3.0  # above the forecast of a week that no usual week reaches
LEAST_PIECES = 5

# Shipped in the last week and still waited for, against a week of the forecast; what nobody forecasts has no surge.
SURGES = f"""
WITH place AS (
    SELECT product_id, warehouse_id, (basis ->> 'mean')::float / (basis ->> 'weeks')::float AS mean,
           (basis ->> 'sd')::float / sqrt((basis ->> 'weeks')::float) AS sd, reorder_point
      FROM purchasing_stockpolicy
     WHERE (basis ->> 'weeks')::float > 0 AND basis ? 'sd' AND basis ? 'mean'
),
shipped AS (
    SELECT stock_level_id, -sum(quantity) AS pieces FROM inventory_stockmove
     WHERE kind = 'shipment' AND effective_at >= %(since)s GROUP BY 1
)
SELECT level.product_id, product.sku, product.name, level.warehouse_id, warehouse.code,
       coalesce(shipped.pieces, 0)::bigint + level.demanded, place.mean, level.available, place.reorder_point
  FROM inventory_stocklevel level
  JOIN place USING (product_id, warehouse_id)
  JOIN inventory_product product ON product.id = level.product_id
  JOIN inventory_warehouse warehouse ON warehouse.id = level.warehouse_id
  LEFT JOIN shipped ON shipped.stock_level_id = level.id
 WHERE coalesce(shipped.pieces, 0) + level.demanded > place.mean + {DEVIATIONS} * place.sd
   AND coalesce(shipped.pieces, 0) + level.demanded >= {LEAST_PIECES}
 ORDER BY (coalesce(shipped.pieces, 0) + level.demanded - place.mean) * product.price DESC LIMIT 100
"""


@dataclass(frozen=True, slots=True)
class Surge:
    """Pieces wanted within a week at a place, and how many the forecast expected."""

    product_id: int
    sku: str
    name: str
    warehouse_id: int
    warehouse: str
    wanted: int
    expected: float
    available: int
    reorder_point: int

    @property
    def times(self) -> float | None:
        """How many times the forecast."""
        return self.wanted / self.expected if self.expected else None

    @property
    def days_left(self) -> int:
        """Days that what is available lasts at this pace."""
        return max(self.available, 0) * DAYS // self.wanted


def surges() -> list[Surge]:
    """At most 100, those of the most money first; one query."""
    with connection.cursor() as cursor:
        cursor.execute(SURGES, {"since": timezone.now() - timedelta(days=DAYS)})
        return [Surge(*row) for row in cursor.fetchall()]
