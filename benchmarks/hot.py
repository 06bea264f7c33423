"""One hot product, eight processes, until it is sold out: exactly as many orders as pieces."""

import time
from collections.abc import Callable

from benchmarks import floor
from benchmarks.measure import FORK, close_connections
from benchmarks.world import World
from core.errors import InsufficientStock
from orders.services import create_order
from orders.values import NewLine, NewOrder

PIECES = 1_500
PROCESSES = 8
WARM_UP = 5  # orders of other products, as everywhere: a process that has just started is no rate


def sell_out(world: World) -> float:
    """Orders per second until nothing is left; raises when more or fewer are sold than there were."""
    product = world.add_products(f"HOT{time.monotonic_ns()}", 1, PIECES)[0]

    def make(number: int) -> Callable[[], object]:
        for other in world.products[:WARM_UP]:
            create_order(NewOrder(world.customers[number], world.channel, world.warehouse, [NewLine(other, 1)], False))
        new = NewOrder(world.customers[number], world.channel, world.warehouse, [NewLine(product, 1)], False)

        def work() -> int:
            try:
                create_order(new)
            except InsufficientStock:
                return 0
            return 1

        return work

    return _rate_until_empty(make)


def floor_sell_out() -> float:
    """The floor's orders per second on one row until nothing is left."""
    floor.prepare(1, PIECES + PROCESSES * WARM_UP)
    return _rate_until_empty(floor.hot_loop(WARM_UP))


def _rate_until_empty(make: Callable[[int], Callable[[], object]]) -> float:
    barrier, counts = FORK.Barrier(PROCESSES + 1), FORK.SimpleQueue()

    def sell(number: int) -> None:
        work, sold = make(number), 0
        barrier.wait(60)
        while work():
            sold += 1
        counts.put(sold)

    close_connections()
    workers = [FORK.Process(target=sell, args=(number,)) for number in range(PROCESSES)]
    for worker in workers:
        worker.start()
    barrier.wait(60)
    begun = time.perf_counter()
    sold = [counts.get() for _worker in workers]
    spent = time.perf_counter() - begun
    for worker in workers:
        worker.join()
    if sum(sold) != PIECES:
        raise RuntimeError(f"{sum(sold)} sold of {PIECES}")
    return PIECES / spent
