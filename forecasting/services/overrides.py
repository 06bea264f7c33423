"""What was wanted on the days of the buyers' overrides: demand is known here, lost demand included."""

from collections import defaultdict
from datetime import date

from forecasting.demand import history_start, products_by_day
from purchasing.services import due_overrides, record_overrides


def measure_overrides(as_of: date) -> int:
    """Measure every override of a suggested quantity whose days have passed; returns how many."""
    start = history_start(as_of)
    due = due_overrides(as_of, start)
    wanted: dict[tuple[int, int], list[tuple[int, float]]] = defaultdict(list)
    if due:
        products = {row.suggestion.product_id for row in due}
        for product, warehouse, day, pieces in products_by_day(products, as_of):
            wanted[product, warehouse].append((day, pieces))
    found = {}
    for row in due:
        first, last = (row.starts_on - start).days, (row.ends_on - start).days
        days = wanted[row.suggestion.product_id, row.suggestion.warehouse_id]
        found[row.pk] = round(sum(pieces for day, pieces in days if first <= day <= last))
    record_overrides(due, found)
    return len(due)
