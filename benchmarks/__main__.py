"""`make bench`: one table of ratios, printed and written to RESULTS.md. Run: ``python -m benchmarks``."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks import floor, setup
from benchmarks.measure import paired_ratio, rate

if TYPE_CHECKING:
    from benchmarks.world import World
    from core.models import User

HEADING = "The order path"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; ``reached`` and ``bar`` are ratios unless ``what`` says otherwise.

    ``at_most`` says which side of the bar is good.
    """

    what: str
    ours: str
    floor: str
    reached: float
    bar: float
    at_most: bool = False

    def __str__(self) -> str:
        holds = self.reached <= self.bar if self.at_most else self.reached >= self.bar
        sign = "≤" if self.at_most else "≥"
        return (
            f"| {self.what} | {self.ours} | {self.floor} | **{self.reached:.4g}** | {sign} {self.bar:.4g} "
            f"| {'yes' if holds else 'no'} |"
        )


def main() -> int:
    """Measure everything; returns the exit code (0 even when a bar is missed: the table says so)."""
    setup.start()
    from benchmarks.results import machine, write_section

    lines = ["| what | ours | floor or small | ratio | bar | holds |", "|---|---|---|---|---|---|"]
    for row in measure():
        print(row, flush=True)
        lines.append(str(row))
    write_section(HEADING, f"{machine()}. Medians of three rounds, ours and the floor in turn.\n\n" + "\n".join(lines))
    return 0


def measure() -> Iterator[Row]:
    """The rows, in the order of the issue."""
    from benchmarks.growth import analyze
    from benchmarks.world import PLENTY, PRODUCTS, World

    world = World()
    floor.prepare(PRODUCTS, PLENTY)
    analyze()
    for processes in (1, 8):
        yield _against_floor(
            f"confirm an order of 3 lines through the service, {processes} process(es)",
            lambda: rate(world.confirm_loop(), processes=processes, seconds=5),  # noqa: B023  (called at once)
            lambda: rate(floor.order_loop(PRODUCTS), processes=processes, seconds=3),  # noqa: B023
            0.30,
        )
    yield from _over_http(world)
    yield _against_floor(
        "bulk intake, one process, 500 orders of 3 lines a call",
        lambda: rate(world.bulk_loop(500), seconds=6),
        lambda: rate(floor.order_loop(PRODUCTS), seconds=3),
        1.0,
    )
    yield from _import()
    yield _hot(world)
    yield from _growth(world)


def _over_http(world: "World") -> Iterator[Row]:
    from benchmarks import http
    from benchmarks.world import PRODUCTS

    token = http.make_token()
    with http.serve() as port:
        for processes in (1, 8):
            yield _against_floor(
                f"the same through HTTP, {processes} client(s)",
                lambda: rate(http.order_loop(world, port, token), processes=processes, seconds=5),  # noqa: B023
                lambda: rate(floor.order_loop(PRODUCTS), processes=processes, seconds=3),  # noqa: B023
                0.15,
            )


def _import() -> Iterator[Row]:
    """Rows of the import, in lines a second and MB themselves: there is no floor to it."""
    from benchmarks import importing

    if not importing.FILE.exists():
        print(f"No import measured: there is no {importing.FILE.name}; name a file with IMPORT_FILE.")
        return
    lines, memory = importing.import_file()
    yield Row("import_orders of the real file, lines a second", f"{lines:,.0f} lines/s", "–", lines, 3000)
    yield Row("the same, peak memory in MB", f"{memory:,.0f} MB", "–", memory, 500, at_most=True)


def _hot(world: "World") -> Row:
    from benchmarks import hot

    return _against_floor(
        "one hot product, 8 processes, until sold out", lambda: hot.sell_out(world), hot.floor_sell_out, 0.30
    )


def _against_floor(what: str, ours: Callable[[], float], below: Callable[[], float], bar: float) -> Row:
    ratio, mine, its = paired_ratio(ours, below)
    return Row(what, f"{mine:,.0f} orders/s", f"{its:,.0f} orders/s", ratio, bar)


def _growth(world: "World") -> Iterator[Row]:
    from benchmarks import growth
    from core.models import User

    hundred = world.add_products("ATP", 100, 10)
    user = User.objects.create(username="reader", is_superuser=True)
    small = growth.Timings.measure(world, hundred, user)
    growth.grow(world, hundred, moves=990_000, waiting=99_000, shipped=900_000)
    large = growth.Timings.measure(world, hundred, user)
    for name, bar in growth.BARS.items():
        before, after = getattr(small, name), getattr(large, name)
        yield Row(
            f"{growth.TITLES[name]} ({after.queries} queries, before {before.queries})",
            f"{after.seconds * 1000:.1f} ms",
            f"{before.seconds * 1000:.1f} ms",
            after.seconds / before.seconds,
            bar,
            at_most=True,
        )
    yield from _typing(world, hundred, user)


def _typing(world: "World", waited_for: list[int], user: "User") -> Iterator[Row]:
    """Rows of what is asked while an order is typed, in milliseconds themselves."""
    from benchmarks import desk

    names = ("quote of a ten-line order while it is typed", "type-ahead of products, the same")
    for name, spent in zip(names, desk.typing_times(world, waited_for, user), strict=True):
        yield Row(f"{name}, 95th percentile in ms", f"{spent:.1f} ms", "–", spent, desk.BAR_MS, at_most=True)


if __name__ == "__main__":
    sys.exit(main())
