"""Money and lead times of many places at once, as the engine wants them; what is not known is assumed and says so."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, DurationField, ExpressionWrapper, F, Q, Sum, prefetch_related_objects

from core.models import Company
from forecasting.demand import midnight
from forecasting.engine.distribution import LeadTime, learn_lead_time
from forecasting.engine.policy import Economics
from inventory.models import Product, StockLevel
from inventory.places import Place
from orders.models import LostDemand, ShipmentLine
from purchasing.agreements import agreed_of, in_force
from purchasing.lots import round_up_to_lot
from purchasing.models import GoodsReceipt, PurchaseOrder, StockPolicy, SupplierItem
from purchasing.services import cost_at

PRICE_WINDOW = timedelta(days=182)
RECEIPT_WINDOW = timedelta(days=730)
LOST_WINDOW = timedelta(days=365)

# What holds until the company's own data says otherwise; shown on the forecast page as assumptions.
DEFAULT_LEAD_TIME_DAYS = 14.0
DEFAULT_COST_SHARE = 0.6  # of the price, for a product whose cost nobody knows
DEFAULT_HOLDING_RATE = 0.25
DEFAULT_LOST_SHARE = 0.5  # of short pieces are lost, the others wait
LOST_SHARE_PRIOR_ROWS = 20
LOWEST_LOST_SHARE = 0.2  # even patient customers do not wait for ever
GOODWILL_SHARE = 0.05  # of the price, for each piece short, lost or late


@dataclass(frozen=True, slots=True)
class Supply:
    """How a product is bought. ``agreed_cost``: of a piece by a blanket order that covers what is ordered next."""

    lead_time: LeadTime
    order_cost: float
    moq: int
    order_multiple: int
    unit_cost: float
    supplier: str
    agreed_cost: float | None = None


def learn_lost_share(as_of: date) -> float:
    """Share of short demand that is lost (refused, or cancelled while it waited), drawn towards the default."""
    rows = LostDemand.objects.filter(at__gte=midnight(as_of - LOST_WINDOW), at__lt=midnight(as_of)).aggregate(
        total=Count("pk"), lost=Count("pk", filter=Q(kind=LostDemand.Kind.REFUSED) | Q(line__cancelled__gt=0))
    )
    share = (rows["lost"] + LOST_SHARE_PRIOR_ROWS * DEFAULT_LOST_SHARE) / (rows["total"] + LOST_SHARE_PRIOR_ROWS)
    return max(share, LOWEST_LOST_SHARE)


def supplies(products: Collection[int], as_of: date) -> dict[int, Supply]:
    """The preferred supplier's terms by product, its lead time learned from receipts before ``as_of``."""
    preferred = SupplierItem.objects.filter(product__in=products, is_preferred=True)
    items = list(preferred.select_related("supplier").prefetch_related(in_force(as_of)).order_by("pk"))
    agreed_costs = _agreed_costs(items)
    suppliers = {item.supplier_id: item.supplier for item in items}
    observed, lines = _observed_lead_times(suppliers, as_of), _lines_per_order(suppliers, as_of)
    lead_times = {
        pk: learn_lead_time(observed[pk], float(supplier.lead_time_days)) for pk, supplier in suppliers.items()
    }
    return {
        item.product_id: Supply(
            lead_time=lead_times[item.supplier_id],
            order_cost=float(item.supplier.order_cost) / lines[item.supplier_id],
            moq=item.moq,
            order_multiple=item.order_multiple,
            unit_cost=float(item.unit_cost),
            supplier=item.supplier.name,
            agreed_cost=agreed_costs.get(item.pk),
        )
        for item in items
    }


def economics_of(
    places: Collection[Place], supply: Mapping[int, Supply], lost_share: float, as_of: date
) -> dict[Place, Economics]:
    """Money per piece of every place, in a constant number of queries."""
    products = {product for product, _ in places}
    company = Company.objects.first()
    holding_rate = float(company.holding_rate) if company else DEFAULT_HOLDING_RATE
    costs, prices = _stock_costs(products), _recent_prices(products, as_of)
    list_prices = dict(Product.objects.filter(pk__in=products).values_list("pk", "price"))
    result = {}
    for place in places:
        terms = supply.get(place[0])
        agreed = terms.agreed_cost if terms else None
        # What is agreed says what the next pieces cost, the stock what the last ones did.
        known = agreed or costs.get(place) or costs.get((place[0], 0)) or (terms.unit_cost if terms else 0.0)
        price, cost, assumptions = _price_and_cost(prices.get(place[0]), float(list_prices.get(place[0]) or 0), known)
        if agreed:
            assumptions.append("cost_agreed")
        if terms is None:
            assumptions.append("no_supplier")
        result[place] = Economics(
            price=price,
            unit_cost=cost,
            order_cost=terms.order_cost if terms else 0.0,
            holding_rate=holding_rate,
            lost_share=lost_share,
            goodwill=GOODWILL_SHARE * price,
            moq=terms.moq if terms else 1,
            order_multiple=terms.order_multiple if terms else 1,
            assumptions=tuple(assumptions),
        )
    return result


def _agreed_costs(items: Sequence[SupplierItem]) -> dict[int, float]:
    """Agreed cost of a piece by item (its key), where the replenishment desk would take it for what is ordered next.

    That is a lot of each place, as its policy stands, together: they draw on the same agreement. No query without an
    agreement, else two.
    """
    agreed = {item: left for item in items if (left := agreed_of(item))}
    if not agreed:
        return {}
    prefetch_related_objects(list(agreed), "price_breaks")
    lots: dict[int, int] = dict(
        StockPolicy.objects.filter(product__in=[item.product_id for item in agreed])
        .order_by()
        .values_list("product_id")
        .annotate(lots=Sum(F("order_up_to") - F("reorder_point")))
    )
    found = {}
    for item, left in agreed.items():
        quantity = round_up_to_lot(max(lots.get(item.product_id, 0), 1), item.moq, item.order_multiple)
        # A price break below the agreement is taken instead, as it is open to anybody: what stands in stock says it.
        if quantity <= left.left and cost_at(item, quantity) == left.cost:
            found[item.pk] = float(left.cost)
    return found


def default_lead_time() -> LeadTime:
    """The lead time of a product that nobody supplies yet."""
    return learn_lead_time([], DEFAULT_LEAD_TIME_DAYS)


def _price_and_cost(recent: float | None, listed: float, cost: float) -> tuple[float, float, list[str]]:
    """Price and cost of a piece, and which of them were assumed."""
    assumptions = []
    price = recent or listed
    if not recent:
        assumptions.append("price_from_list" if listed else "price_from_cost")
    if not cost:
        assumptions.append("cost_from_price")
    if not price and not cost:
        price = 1.0  # nothing is known: only the ratio of costs matters, not their unit
    return price or cost / DEFAULT_COST_SHARE, cost or DEFAULT_COST_SHARE * price, assumptions


def _stock_costs(products: Collection[int]) -> dict[Place, float]:
    """Value of a piece by place, and over all warehouses under warehouse 0."""
    value: dict[Place, float] = defaultdict(float)
    pieces: dict[Place, int] = defaultdict(int)
    rows = StockLevel.objects.filter(product__in=products, on_hand__gt=0)
    for product, warehouse, worth, count in rows.values_list("product_id", "warehouse_id", "value", "on_hand"):
        for place in ((product, warehouse), (product, 0)):
            value[place] += float(worth)
            pieces[place] += count
    return {place: value[place] / pieces[place] for place in value}


def _recent_prices(products: Collection[int], as_of: date) -> dict[int, float]:
    """Revenue of a piece shipped in the last half year before ``as_of``, by product."""
    rows = (
        ShipmentLine.objects.filter(
            line__product__in=products,
            shipment__shipped_at__gte=midnight(as_of - PRICE_WINDOW),
            shipment__shipped_at__lt=midnight(as_of),
        )
        .order_by()
        .values_list("line__product_id")
        .annotate(revenue=Sum("revenue"), pieces=Sum("quantity"))
    )
    return {product: float(revenue) / pieces for product, revenue, pieces in rows if revenue}


def _observed_lead_times(suppliers: Collection[int], as_of: date) -> dict[int, list[float]]:
    """Days from order to receipt by supplier, for receipts of the last two years before ``as_of``."""
    waited = ExpressionWrapper(F("received_at") - F("purchase_order__ordered_at"), DurationField())
    rows = (
        GoodsReceipt.objects.filter(
            purchase_order__supplier__in=suppliers,
            purchase_order__ordered_at__isnull=False,
            received_at__gte=midnight(as_of - RECEIPT_WINDOW),
            received_at__lt=midnight(as_of),
        )
        .order_by("pk")
        .values_list("purchase_order__supplier_id", waited)
    )
    observed: dict[int, list[float]] = {supplier: [] for supplier in suppliers}
    for supplier, wait in rows:
        observed[supplier].append(wait.total_seconds() / 86400)
    return observed


def _lines_per_order(suppliers: Collection[int], as_of: date) -> dict[int, float]:
    """Mean lines of an order by supplier: they share its order cost. 1 before there is any."""
    rows = (
        PurchaseOrder.objects.filter(
            supplier__in=suppliers, ordered_at__gte=midnight(as_of - RECEIPT_WINDOW), ordered_at__lt=midnight(as_of)
        )
        .order_by()
        .values_list("supplier_id")
        .annotate(line_count=Count("lines"), order_count=Count("pk", distinct=True))
    )
    found = {supplier: lines / orders for supplier, lines, orders in rows}
    return {supplier: max(found.get(supplier, 1.0), 1.0) for supplier in suppliers}
