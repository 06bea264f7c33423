"""Every index costs a write: on tables that grow with each order none repeats what another one begins with."""

import pytest
from django.db import connection

GROWING = [
    *("core_auditentry", "core_idempotencykey", "core_outboxevent"),
    *("inventory_reservation", "inventory_stocklevel", "inventory_stockmove"),
    *(
        "orders_allocation",
        "orders_linepromise",
        "orders_lostdemand",
        "orders_order",
        "orders_orderline",
        "orders_owed",
    ),
    *("orders_return", "orders_returnline", "orders_shipment", "orders_shipmentline"),
]
# Plain indexes whose columns another index on the table has first, in this order.
REPEATED = """
    SELECT plain.indexrelid::regclass::text, longer.indexrelid::regclass::text
      FROM pg_index plain
      JOIN pg_index longer ON longer.indrelid = plain.indrelid AND longer.indexrelid <> plain.indexrelid
      JOIN pg_class class ON class.oid = plain.indexrelid JOIN pg_am method ON method.oid = class.relam
      JOIN pg_class other ON other.oid = longer.indexrelid AND other.relam = class.relam
     WHERE method.amname = 'btree' AND NOT plain.indisunique AND plain.indrelid::regclass::text = ANY (%s)
       AND plain.indpred IS NULL AND longer.indpred IS NULL AND plain.indexprs IS NULL AND longer.indexprs IS NULL
       AND (longer.indkey::int2[])[0:plain.indnatts - 1] = (plain.indkey::int2[])[0:plain.indnatts - 1]
       AND plain.indclass[0] = longer.indclass[0]
     ORDER BY 1, 2
"""


@pytest.mark.django_db
def test_no_index_repeats_the_beginning_of_another():
    with connection.cursor() as cursor:
        cursor.execute(REPEATED, [GROWING])
        assert cursor.fetchall() == []
