"""``manage.py import_orders FILE --channel CODE``: order lines from a CSV or Excel file."""

import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone, translation
from tqdm import tqdm

from core.errors import DomainError
from orders.importing.columns import FIELDS
from orders.importing.loading import Tally, load
from orders.importing.openings import Made
from orders.importing.parsing import Reading
from orders.importing.problems import FileProblem
from orders.importing.report import report_path, write_report
from orders.importing.run import Options, Source, open_source, prepare, read_rows, shown_columns
from orders.importing.spool import Spool

ABOUT = """Import order lines from a CSV file (gzipped or not; UTF-8, UTF-16 or GBK; any usual separator) or an Excel
workbook. Rows with the same order number make one order. Run again, it changes nothing: an order that is in stays as
it is. A report names every line that is not imported with its reason; an order with a wrong line stays out whole."""


class Command(BaseCommand):
    help = ABOUT

    def add_arguments(self, parser: ArgumentParser) -> None:
        fields = ", ".join(field.name for field in FIELDS)
        add = parser.add_argument
        add("file", type=Path)
        add("--channel", required=True, metavar="CODE", help="where the orders come from")
        add("--warehouse", metavar="CODE", help="which warehouse ships them (default: the only one)")
        add("--customer", default="", metavar="CODE", help="who buys where the file names nobody")
        add("--create-missing", action="store_true", help="make products, customers and channel that do not exist")
        add("--map", action="append", default=[], metavar="FIELD=COLUMN", help=f"name a column; fields: {fields}")
        past = parser.add_mutually_exclusive_group()
        past.add_argument("--shipped", action="store_const", const="all", dest="shipped", help="all orders have left")
        past.add_argument("--open", action="store_const", const="none", dest="shipped", help="no order has left yet")
        parser.set_defaults(shipped="past")  # orders older than today left on their day
        add("--opening", choices=["new", "all", "none"], default="new", help="which products start with the stock "
            "that their orders need: those made here, all (history in several files), or none")  # fmt: skip
        add("--cost-share", default="0.60", help="assumed cost of that stock as a share of the price (default 0.60)")
        add("--not-goods", action="append", default=[], metavar="CODE", help="a product code that is only a charge")
        add("--keep-repeated", action="store_true", help="equal lines without a line number are different lines")
        add("--date-order", choices=["dmy", "mdy"], help="what 04/05/2026 means; without it such dates are refused")
        add("--decimal-comma", action="store_true", help="numbers are written like 1.234,50")
        add("--encoding", help="of a CSV file that is neither UTF-8 nor GBK")
        add("--sheet", help="of an Excel workbook (default: the first)")
        add("--report", type=Path, metavar="FILE", help="where the report goes (default: next to the file)")
        add("--check", action="store_true", help="read and report only; change nothing")
        add("--chunk", type=int, default=4000, metavar="LINES", help="lines in one transaction (default 4000)")
        add("--language", choices=dict(settings.LANGUAGES), default=settings.LANGUAGE_CODE, help="of the report")

    def handle(self, *args: Any, **options: Any) -> None:
        self.quiet = options["verbosity"] == 0
        with translation.override(options["language"]):
            try:
                self._import(self._options(options), options)
            except (FileProblem, DomainError) as problem:
                raise CommandError(str(problem)) from problem
            except KeyboardInterrupt:
                raise CommandError("Stopped. What is in stays in; run it again to go on.", returncode=130) from None

    def _options(self, given: dict[str, Any]) -> Options:
        columns = dict(pair.partition("=")[::2] for pair in given["map"])
        return Options(
            path=given["file"],
            channel=given["channel"],
            reading=Reading(timezone.get_default_timezone(), given["date_order"], given["decimal_comma"]),
            warehouse=given["warehouse"],
            customer=given["customer"],
            create_missing=given["create_missing"],
            shipped=given["shipped"],
            opening=given["opening"],
            cost_share=self._share(given["cost_share"]),
            columns={name.strip(): column.strip() for name, column in columns.items()},
            encoding=given["encoding"],
            sheet=given["sheet"],
            not_goods=frozenset(given["not_goods"]),
            keep_repeated=given["keep_repeated"],
        )

    @staticmethod
    def _share(text: str) -> Decimal:
        try:
            share = Decimal(text)
        except InvalidOperation:
            share = Decimal(-1)
        if not 0 <= share <= 10:
            raise CommandError("--cost-share is a number from 0 to 10, like 0.60.")
        return share

    def _import(self, options: Options, given: dict[str, Any]) -> None:
        if given["chunk"] < 1:
            raise CommandError("--chunk is at least 1.")
        report = report_path(options.path, given["report"])
        source = open_source(options)
        self._show_source(source, options)
        with Spool() as spool:
            started = time.monotonic()
            with self._bar("Reading", source.table.size, "B") as show:
                lines = read_rows(source, spool, options, show)
            self.stdout.write(f"Read {lines} lines in {_since(started)}.")
            if not given["check"]:
                self._load(spool, options, given["chunk"])
            count = write_report(spool, report)
            self.stdout.write(f"{count} lines have a remark; each with its reason in {report}." if count else "All in.")
            by_verdict = spool.rows("SELECT verdict, count(DISTINCT no) FROM problem GROUP BY 1 ORDER BY 1")
            self.stdout.write("".join(f"  {verdict}: {lines}\n" for verdict, lines in by_verdict), ending="")

    def _load(self, spool: Spool, options: Options, chunk: int) -> None:
        started = time.monotonic()
        target, made = prepare(spool, options)
        self._show_made(made, options, _since(started))
        started = time.monotonic()
        total = spool.value("SELECT count(*) FROM document JOIN line USING (reference, kind)")
        with self._bar("Importing", total, " lines") as show:
            done = 0

            def advance(lines: int) -> None:
                nonlocal done
                done += lines
                show(done)

            tally = load(spool, target, chunk_lines=chunk, progress=advance)
        self._show_tally(tally, total, time.monotonic() - started)

    @contextmanager
    def _bar(self, title: str, total: int, unit: str) -> Iterator[Callable[[int], object]]:
        """A progress bar with rate and time left, moved to where a step has come."""
        with tqdm(
            total=total, desc=title, unit=unit, unit_scale=unit == "B", mininterval=0.5, disable=self.quiet
        ) as bar:
            yield lambda position: bar.update(position - bar.n)

    def _show_source(self, source: Source, options: Options) -> None:
        self.stdout.write(f"{options.path.name}: {source.table.description}")
        for name, column in shown_columns(source):
            self.stdout.write(f"  {name:<15} {'<-' if name else 'not used:'} {column}")
        self.stdout.write(f"  Without a zone of their own, times are those of {settings.TIME_ZONE}.")

    def _show_made(self, made: Made, options: Options, took: str) -> None:
        self.stdout.write(
            f"Made {made.products} products and {made.customers} customers in {took}; opening stock {made.pieces} "
            f"pieces worth {made.value}, at an assumed cost of {options.cost_share} of the price."
        )

    def _show_tally(self, tally: Tally, total: int, seconds: float) -> None:
        orders, lines = tally.orders, tally.lines
        rate = total / seconds if seconds else 0
        self.stdout.write(f"Imported {total} lines in {seconds:.1f} s ({rate:.0f} lines/s).")
        self.stdout.write(
            f"  orders: {orders['created']} created ({lines['created']} lines), {orders['repeated']} were in before, "
            f"{orders['refused']} refused; {orders['shipped']} shipped on their day, {orders['waiting']} wait for stock"
        )
        self.stdout.write(
            f"  cancelled lines: {lines['reversed']} applied, {lines['reversed before']} were applied before"
        )


def _since(started: float) -> str:
    return f"{time.monotonic() - started:.1f} s"
