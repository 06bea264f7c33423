"""Customers who wait, and the quickest cure: which supply serves whom, what is late, and whether to pay for speed."""

from collections import defaultdict, deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import F
from django.utils import timezone

from core.money import to_cents
from inventory import pipeline
from inventory.models import Product, StockLevel, TransferLine, Warehouse
from inventory.places import Place, Waiting
from inventory.selectors import in_transit
from inventory.transit import transit_times
from purchasing.models import PurchaseOrderLine, Supplier, SupplierItem
from purchasing.selectors import DUE_ON, INCOMING

LOST_SHARE = Decimal("0.5")  # of what comes too late, customers take this share elsewhere
MOST = 2000  # places looked at
Coming = PurchaseOrderLine | TransferLine


@dataclass(frozen=True, slots=True)
class Served:
    """A waiting line, the pieces of it that a supply serves, and whether they come too late for it."""

    line: Waiting
    pieces: int
    is_late: bool

    @property
    def revenue(self) -> Decimal:
        return to_cents(self.line.revenue * self.pieces / self.line.quantity)


@dataclass(frozen=True, slots=True)
class Express:
    """Paying a supplier to hurry: when the goods would be here, what it costs and what it saves."""

    day: date
    cost: Decimal
    saves: Decimal

    @property
    def is_worth_it(self) -> bool:
        return self.saves > self.cost


@dataclass(frozen=True, slots=True)
class Expedite:
    """A purchase order line that customers wait for."""

    line: PurchaseOrderLine
    due_on: date
    served: Sequence[Served]
    margin_at_risk: Decimal
    express: Express | None

    @property
    def pieces(self) -> int:
        return sum(one.pieces for one in self.served)

    @property
    def revenue(self) -> Decimal:
        return sum((one.revenue for one in self.served), Decimal(0))

    @property
    def late(self) -> Sequence[Served]:
        return [one for one in self.served if one.is_late]


@dataclass(frozen=True, slots=True)
class Cure:
    """How pieces could come soonest: ``kind`` is transfer, express or order."""

    kind: str
    source: str
    day: date
    pieces: int
    cost: Decimal = Decimal(0)
    warehouse_id: int = 0


@dataclass(frozen=True, slots=True)
class ShortPlace:
    """Pieces that customers wait for and nothing on the way serves, and how they could come, soonest first."""

    product: Product
    warehouse: Warehouse
    lines: Sequence[Served]
    cures: Sequence[Cure]

    @property
    def pieces(self) -> int:
        return sum(one.pieces for one in self.lines)

    @property
    def revenue(self) -> Decimal:
        return sum((one.revenue for one in self.lines), Decimal(0))


@dataclass(frozen=True, slots=True)
class Shortages:
    """What to hurry (late ones first, by margin at risk), and what nothing serves yet (by revenue)."""

    expedite: Sequence[Expedite]
    unserved: Sequence[ShortPlace]


def shortages(warehouse_id: int | None = None) -> Shortages:
    """Match what customers wait for with what is on the way, both in their order; a constant number of queries."""
    levels = StockLevel.objects.filter(waiting__gt=0)
    if warehouse_id:
        levels = levels.filter(warehouse=warehouse_id)
    places = set(levels.order_by("pk").values_list("product_id", "warehouse_id")[:MOST])
    waiting, supply = pipeline.waiting(places), _supply(places)
    today = timezone.localdate()
    expedite, left = [], {}
    for place, lines in waiting.items():
        served, rest = _match(lines, supply.get(place, []))
        expedite += [
            _expedite(line, part, today) for line, part in served.items() if isinstance(line, PurchaseOrderLine)
        ]
        if rest:
            left[place] = rest
    expedite.sort(key=lambda one: (not one.late, -one.margin_at_risk, one.due_on, one.line.pk))
    return Shortages(expedite, _unserved(left, today))


def _supply(places: Collection[Place]) -> dict[Place, list[Coming]]:
    """Open lines of purchase orders and transfers on their way, each with ``due_on``, the soonest first."""
    lines = (
        PurchaseOrderLine.objects.filter(
            product__in={product for product, _warehouse in places},
            purchase_order__warehouse__in={warehouse for _product, warehouse in places},
            purchase_order__status__in=INCOMING,
            quantity__gt=F("received"),
        )
        .annotate(due_on=DUE_ON)
        .select_related("product", "purchase_order__supplier", "purchase_order__warehouse")
        .order_by("due_on", "pk")
    )
    transfers = in_transit(places).annotate(
        due_on=F("transfer__expected_on"), warehouse_id=F("transfer__destination_id")
    )
    found: dict[Place, list[Coming]] = defaultdict(list)
    for line in lines:
        found[line.product_id, line.purchase_order.warehouse_id].append(line)
    for sent in transfers.order_by("due_on", "pk"):
        found[sent.product_id, sent.warehouse_id].append(sent)
    return {place: sorted(coming, key=lambda line: line.due_on) for place, coming in found.items()}  # type: ignore[union-attr]


def _match(waiting: Sequence[Waiting], supply: Sequence[Coming]) -> tuple[dict[Coming, list[Served]], list[Served]]:
    """Each supply serves the next that wait, as the receipt will; what none serves is returned as well."""
    served: dict[Coming, list[Served]] = defaultdict(list)
    queue = deque((line, line.quantity) for line in waiting)
    for line in supply:
        left, due_on = line.open, line.due_on  # type: ignore[union-attr]
        while left and queue:
            wanted, open_pieces = queue.popleft()
            pieces = min(left, open_pieces)
            served[line].append(Served(wanted, pieces, bool(wanted.due_on and due_on > wanted.due_on)))
            left -= pieces
            if open_pieces > pieces:
                queue.appendleft((wanted, open_pieces - pieces))
    return served, [Served(line, pieces, True) for line, pieces in queue]


def _expedite(line: PurchaseOrderLine, served: Sequence[Served], today: date) -> Expedite:
    risk = _margin(line.unit_cost, [one for one in served if one.is_late])
    supplier, due_on = line.purchase_order.supplier, line.due_on  # type: ignore[attr-defined]
    express = None
    day = today + timedelta(days=supplier.express_days) if supplier.express_days is not None else None
    if day and day < due_on and risk:
        still_late = [one for one in served if one.is_late and one.line.due_on and day > one.line.due_on]
        express = Express(day, supplier.express_cost, risk - _margin(line.unit_cost, still_late))
    return Expedite(line, due_on, served, risk, express)


def _margin(unit_cost: Decimal, late: Sequence[Served]) -> Decimal:
    """What being late for these costs: the margin of the share that is lost."""
    margin = sum((max(one.revenue - one.pieces * unit_cost, Decimal(0)) for one in late), Decimal(0))
    return to_cents(LOST_SHARE * margin)


def _unserved(left: Mapping[Place, list[Served]], today: date) -> list[ShortPlace]:
    products = Product.objects.in_bulk({product for product, _warehouse in left})
    warehouses = Warehouse.objects.in_bulk({warehouse for _product, warehouse in left})
    elsewhere: dict[int, list[tuple[int, str, int]]] = defaultdict(list)
    stock = StockLevel.objects.filter(product__in=products, available__gt=0, warehouse__is_active=True)
    for product, warehouse, code, pieces in stock.order_by("-available").values_list(
        "product_id", "warehouse", "warehouse__code", "available"
    ):
        elsewhere[product].append((warehouse, code, pieces))
    suppliers: dict[int, list[Supplier]] = defaultdict(list)
    items = SupplierItem.objects.filter(product__in=products, supplier__is_active=True).select_related("supplier")
    for item in items.order_by("-is_preferred", "supplier__code"):
        suppliers[item.product_id].append(item.supplier)
    lanes = {(warehouse, place[1]) for place in left for warehouse, _code, _pieces in elsewhere[place[0]]}
    transits, rows = transit_times(lanes), []
    for place, lines in left.items():
        pieces = sum(one.pieces for one in lines)
        cures = [
            Cure(
                "transfer",
                code,
                today + timedelta(days=transits[warehouse, place[1]].whole_days),
                min(available, pieces),
                warehouse_id=warehouse,
            )
            for warehouse, code, available in elsewhere[place[0]]
            if warehouse != place[1]
        ]
        for supplier in suppliers[place[0]]:
            cures.append(Cure("order", supplier.name, today + timedelta(days=supplier.lead_time_days), pieces))
            if supplier.express_days is not None and supplier.express_days < supplier.lead_time_days:
                day = today + timedelta(days=supplier.express_days)
                cures.append(Cure("express", supplier.name, day, pieces, supplier.express_cost))
        cures.sort(key=lambda cure: (cure.day, cure.cost, -cure.pieces))
        rows.append(ShortPlace(products[place[0]], warehouses[place[1]], lines, cures[:3]))
    return sorted(rows, key=lambda row: -row.revenue)
