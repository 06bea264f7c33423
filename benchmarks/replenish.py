"""A full replenishment run over 1,000, 10,000 and 100,000 product-warehouse rows: time per 1,000 rows, and memory.

``python -m benchmarks.replenish``. Every row has a policy and stock, three in ten are due and get a suggestion, which
is deleted again before the next round. One process checks all chunks; workers would share them. The bar holds for CPU
seconds (this process and its database connection): on a shared machine the wall measures the neighbours.
"""

import resource
import sys
import time

from benchmarks import setup

SIZES = (1_000, 10_000, 100_000)
ROUNDS = {1_000: 7, 10_000: 5, 100_000: 3}
WAREHOUSES, SUPPLIERS = 2, 100
BAR, MEMORY_BAR = 1.30, 500
HEADING = "Replenishment"

PRODUCTS = """
INSERT INTO inventory_product (sku, name, barcode, unit, price, is_active)
SELECT 'R-' || n, 'Product ' || n, '', 'pcs', 10, true FROM generate_series(%s, %s) AS n RETURNING id
"""
# Stock comes through the ledger, whose triggers move the levels: 10 pieces, 3 of 10 places below their reorder point.
STOCK = """
WITH level AS (
    INSERT INTO inventory_stocklevel (product_id, warehouse_id, on_hand, reserved, value)
    SELECT product.id, warehouse.id, 0, 0, 0 FROM unnest(%s::bigint[]) AS product(id), inventory_warehouse warehouse
    RETURNING id
)
INSERT INTO inventory_stockmove (stock_level_id, kind, quantity, value, document, reason, effective_at)
SELECT id, 'opening', 10, 60, 'BENCH', 'benchmark', now() FROM level
"""
POLICIES = """
INSERT INTO purchasing_stockpolicy (product_id, warehouse_id, safety_stock, reorder_point, order_up_to, source, basis,
                                    updated_at)
SELECT product.id, warehouse.id, 3, CASE WHEN (product.id + warehouse.id) %% 10 < 3 THEN 12 ELSE 8 END, 40, 'forecast',
       '{"lot_weekly_demand": 14.0, "lead_time_days": 7.5, "mean": 15.0, "sd": 5.0, "weeks": 1.2}', now()
  FROM unnest(%s::bigint[]) AS product(id), inventory_warehouse warehouse
"""
ITEMS = """
INSERT INTO purchasing_supplieritem (supplier_id, product_id, supplier_sku, unit_cost, moq, order_multiple,
                                     is_preferred)
SELECT supplier.id, product.id, '', 6 + offset_by, 6, 6, offset_by = 0
  FROM unnest(%s::bigint[]) AS product(id), generate_series(0, 1) AS offset_by,
       LATERAL (SELECT id FROM purchasing_supplier ORDER BY id OFFSET (product.id + offset_by) %% %s LIMIT 1) supplier
"""


def main() -> int:
    """Measure every size and write the table; 0 even when a bar is missed: the table says so."""
    setup.start()
    from benchmarks.results import machine, write_section

    _company()
    have, rows = 0, []
    for size in SIZES:
        _grow(have, size // WAREHOUSES)
        have = size // WAREHOUSES
        rows.append((size, *_measure(size)))
        print(rows[-1], flush=True)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    _size, base_wall, base, _found = rows[0]
    lines = [
        "| rows | suggestions | whole run | wall per 1,000 | against 1,000 rows | CPU per 1,000 | against 1,000 rows |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {size:,} | {found:,} | {wall * size / 1000:.2f} s | {wall * 1000:.0f} ms | {wall / base_wall:.2f} "
        f"| {cpu * 1000:.0f} ms | **{cpu / base:.2f}** |"
        for size, wall, cpu, found in rows
    ]
    worst = max(cpu for _size, _wall, cpu, _found in rows) / base
    verdict = (
        f"CPU flat to {worst:.2f} (bar {BAR:.2f}: {'holds' if worst <= BAR else 'missed'}); peak memory of the process "
        f"{memory:.0f} MB (bar {MEMORY_BAR}: {'holds' if memory <= MEMORY_BAR else 'missed'})."
    )
    text = (
        f"{machine()}. One process checks all chunks; best of several rounds, wall and CPU each; every due row gets a "
        "new suggestion. CPU is that of the process and of its database connection.\n\n"
    )
    write_section(HEADING, text + "\n".join(lines) + "\n\n" + verdict)
    print(verdict)
    return 0


def _company() -> None:
    from core.models import Company
    from inventory.models import Warehouse
    from purchasing.models import Supplier

    Company.objects.create(pk=1, name="Bench")
    Warehouse.objects.bulk_create(Warehouse(code=f"W{n}", name=f"Warehouse {n}") for n in range(WAREHOUSES))
    Supplier.objects.bulk_create(Supplier(code=f"S{n:03d}", name=f"Supplier {n}") for n in range(SUPPLIERS))


def _grow(have: int, want: int) -> None:
    """Products number ``have`` + 1 to ``want``, each with stock and policy in every warehouse and two suppliers."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(PRODUCTS, [have + 1, want])
        ids = [pk for (pk,) in cursor.fetchall()]
        cursor.execute(STOCK, [ids])
        cursor.execute(POLICIES, [ids])
        cursor.execute(ITEMS, [ids, SUPPLIERS])
        cursor.execute("VACUUM ANALYZE")


def _measure(size: int) -> tuple[float, float, int]:
    """(wall and CPU seconds per 1,000 rows, each of its best round, suggestions made): what else runs only adds."""
    from django.db import connection

    from benchmarks.forecast import cpu_seconds
    from purchasing.models import ReorderSuggestion
    from purchasing.services import check_chunk, start_run

    walls, cpus, found = [], [], 0
    for number in range(ROUNDS[size] + 1):
        cpu, begun = cpu_seconds(), time.perf_counter()
        run = start_run()
        for chunk in list(run.chunks.order_by("pk").values_list("pk", flat=True)):
            check_chunk(chunk)
        if number:  # the first one warms up
            walls.append((time.perf_counter() - begun) * 1000 / size)
            cpus.append((cpu_seconds() - cpu) * 1000 / size)
        found = ReorderSuggestion.objects.count()
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM purchasing_reordersuggestion")
            cursor.execute("VACUUM purchasing_reordersuggestion, purchasing_replenishmentchunk")
    return min(walls), min(cpus), found


if __name__ == "__main__":
    sys.exit(main())
