"""Imports in real transactions: killed in the middle and run again, they end where an undisturbed one does."""

import os
import signal
import subprocess
import sys

import pytest

from inventory.models import StockLevel, StockMove
from inventory.verification import stock_differences
from orders.importing import loading
from orders.models import Order, OrderLine, Return, ShipmentLine
from tests.conftest import BASE_DIR, database_url, wait_for

pytestmark = pytest.mark.django_db(transaction=True)
ORDERS = 200


def lines() -> str:
    """200 orders of two lines, every tenth cancelled in part the day after."""
    rows = ["line,invoice,sku,qty,date,price,customer"]
    for n in range(ORDERS):
        day = f"2026-{1 + n // 100:02d}-{1 + n % 20:02d}"
        rows += [f"1,A-{n},TEA-{n % 7},2,{day},2.50,C{n % 5}", f"2,A-{n},CUP,3,{day},1.00,C{n % 5}"]
        if n % 10 == 0:
            rows.append(f"1,C-{n},CUP,-1,2026-05-01,1.00,C{n % 5}")
    return "\n".join(rows) + "\n"


def end_state() -> dict[str, object]:
    """By hand: 400 + 600 pieces were opened and left, 20 came back."""
    levels = StockLevel.objects.values_list("product__sku", "on_hand", "reserved").order_by("product__sku")
    return {
        "orders": Order.objects.filter(status="shipped").count(),
        "references": Order.objects.values("external_reference").distinct().count(),
        "lines": OrderLine.objects.count(),
        "shipped": sum(ShipmentLine.objects.values_list("quantity", flat=True)),
        "opened": sum(StockMove.objects.filter(kind="opening").values_list("quantity", flat=True)),
        "returns": Return.objects.count(),
        "stock": [level for level in levels if level[1] or level[2]],
        "differences": stock_differences(),
    }


EXPECTED = {
    "orders": 200,
    "references": 200,
    "lines": 400,
    "shipped": 1000,
    "opened": 1000,
    "returns": 20,
    "stock": [("CUP", 20, 0)],
    "differences": [],
}


def test_killed_in_the_middle_it_goes_on_where_it_was(importer, redis_url):
    importer.path.write_text(lines())
    command = [sys.executable, "manage.py", "import_orders", str(importer.path), "--channel", "web", "--create-missing"]
    environment = os.environ | {"DATABASE_URL": database_url(), "REDIS_URL": redis_url}
    process = subprocess.Popen(
        [*command, "-v0", "--chunk", "40"], cwd=BASE_DIR, env=environment, stdout=subprocess.DEVNULL
    )
    try:
        wait_for(lambda: Order.objects.count() >= 40, seconds=120)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    there = Order.objects.count()
    # An order that is in has left: nobody ever sees one of the past waiting to be picked.
    assert Order.objects.exclude(status="shipped").count() == 0
    assert stock_differences() == []
    importer(None, "--create-missing")
    assert end_state() == EXPECTED
    assert f"{ORDERS - there} created" in importer.said
    assert f"{there} were in before" in importer.said


def test_an_error_in_a_chunk_undoes_that_chunk_alone(importer, monkeypatch):
    calls = []

    def failing(news):
        calls.append(news)
        if len(calls) == 3:
            raise RuntimeError("the lights went out")
        return ship_orders(news)

    ship_orders = loading.ship_orders
    monkeypatch.setattr("orders.importing.loading.ship_orders", failing)
    with pytest.raises(RuntimeError):
        importer(lines(), "--create-missing", "--chunk", "40")
    assert Order.objects.count() == 40  # two chunks of twenty orders
    assert Order.objects.exclude(status="shipped").count() == 0
    monkeypatch.undo()
    importer(None, "--create-missing")
    assert end_state() == EXPECTED
    importer(None, "--create-missing")
    assert end_state() == EXPECTED
