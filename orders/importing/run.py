"""The steps of an import: open, read, check, find or make what the orders point at; then ``loading`` takes over."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Literal

from django.db import IntegrityError
from django.db.models.functions import Upper
from django.utils.translation import gettext as _

from inventory.models import Product
from orders.importing import masters
from orders.importing.columns import map_columns
from orders.importing.loading import Target
from orders.importing.openings import Made, Opening, open_short
from orders.importing.parsing import Reading
from orders.importing.problems import FileProblem, LeftOut, Wrong
from orders.importing.rows import NOT_GOODS, Line, RowReader
from orders.importing.rules import LEFT_OUT, REFUSED, check_documents, check_known
from orders.importing.spool import Problem, Spool
from orders.importing.tables import Table, open_table

BATCH = 2000


@dataclass(frozen=True, slots=True)
class Options:
    """What the user said."""

    path: Path
    channel: str
    reading: Reading
    warehouse: str | None = None
    customer: str = ""
    create_missing: bool = False
    shipped: Literal["past", "all", "none"] = "past"
    opening: Literal["new", "all", "none"] = "new"
    cost_share: Decimal = Decimal("0.60")
    columns: Mapping[str, str] | None = None
    encoding: str | None = None
    sheet: str | None = None
    not_goods: frozenset[str] = frozenset()
    keep_repeated: bool = False

    @property
    def default_customer(self) -> str:
        """Who buys where the file does not say: whom the user named, else one made for this channel."""
        return self.customer or (f"{self.channel}-WALK-IN" if self.create_missing else "")


@dataclass(frozen=True, slots=True)
class Source:
    """An open file, and how its rows are read."""

    table: Table
    reader: RowReader


def open_source(options: Options) -> Source:
    """Open the file and map its columns. Raises: FileProblem."""
    table = open_table(options.path, encoding=options.encoding, sheet=options.sheet)
    customer_given = bool(options.default_customer)
    columns = map_columns(table.header, options.columns or {}, customer_given=customer_given)
    # A charge's code may well be some company's product.
    codes = {code.upper() for code in NOT_GOODS | options.not_goods}
    products = Product.objects.annotate(code=Upper("sku")).filter(code__in=codes).values_list("code", flat=True)
    reader = RowReader(
        columns,
        table.header,
        options.reading,
        default_customer=options.default_customer,
        not_goods=codes - set(products),
    )
    return Source(table, reader)


def read_rows(source: Source, spool: Spool, options: Options, progress: Callable[[int], object]) -> int:
    """Read and check every row into the spool; returns how many. ``progress`` is told how far the file is read."""
    count = 0
    lines: list[Line] = []
    problems: list[Problem] = []
    for no, cells in source.table.rows():
        try:
            lines.append(source.reader.read(no, cells))
        except LeftOut as exc:
            problems.append(Problem(no, source.reader.reference(cells), LEFT_OUT, str(exc)))
        except Wrong as exc:
            problems.append(Problem(no, source.reader.reference(cells), REFUSED, str(exc)))
        count += 1
        if count % BATCH == 0:
            spool.add_lines(lines)
            lines.clear()
            progress(source.table.position)
    spool.add_lines(lines)
    spool.add_problems(problems)
    progress(source.table.size)
    spool.group()
    check_documents(spool, keep_repeated=options.keep_repeated)
    return count


def prepare(spool: Spool, options: Options) -> tuple[Target, Made]:
    """Find what the orders point at, or make it if the user said so. Raises: FileProblem."""
    create = options.create_missing
    channel = masters.find_channel(options.channel, create=create)
    warehouse = masters.find_warehouse(options.warehouse, create=create)
    opening = Opening(warehouse.pk, options.opening, options.cost_share)
    made = Made()
    masters.find_products(spool)
    masters.find_customers(spool)
    try:
        if options.opening == "all":
            open_short(spool, made, opening, channel.pk)
        if create:
            masters.make_products(spool, made, opening)
            walk_in = {f"{channel.code}-WALK-IN": _("Walk-in customers (%s)") % channel.name}
            masters.make_customers(spool, made, walk_in)
    except IntegrityError as exc:
        raise FileProblem(_("Somebody else added the same products or customers just now: run it again.")) from exc
    check_known(spool)
    return Target(channel.pk, warehouse.pk, options.reading.zone, options.shipped), made


def shown_columns(source: Source) -> Iterator[tuple[str, str]]:
    """(field, column) of every field that the file has, then the columns that nothing uses."""
    header = source.table.header
    for name, position in sorted(source.reader.columns.items(), key=lambda item: item[1]):
        yield name, header[position]
    unused = [name for position, name in enumerate(header) if position not in source.reader.columns.values() and name]
    if unused:
        yield "", ", ".join(unused)
