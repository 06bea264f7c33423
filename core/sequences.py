"""Document numbers from PostgreSQL sequences: no lock is held until commit, so numbers may have gaps."""

from django.db import connection

# prefix -> sequence, created by core's migrations
SEQUENCES = {
    "SO": "core_sales_order_number",
    "SH": "core_shipment_number",
    "RT": "core_return_number",
    "PO": "core_purchase_order_number",
    "GR": "core_goods_receipt_number",
}


def next_numbers(prefix: str, count: int) -> list[str]:
    """``count`` fresh document numbers like ``SO-000042``, in ascending order, by one query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(%s) FROM generate_series(1, %s)", [SEQUENCES[prefix], count])
        return [f"{prefix}-{value:06d}" for (value,) in cursor.fetchall()]


def next_number(prefix: str) -> str:
    """One fresh document number."""
    return next_numbers(prefix, 1)[0]
