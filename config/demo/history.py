"""Two years of trade, told day by day through the same bulk services that integrations use.

The past buyer kept a fixed minimum and maximum per product and warehouse, set once: hence both stockouts and excess.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from django.utils import timezone

from config.demo.catalogue import CHANNELS, WAREHOUSES, Item
from config.demo.demand import rates
from core.money import to_cents
from inventory.places import Place, Receipt
from inventory.services import open_balance
from orders.learning import learn_delays
from orders.models import Allocation, PromiseMark, ShipmentLine
from orders.promised import SCORED_DAYS
from orders.services import create_orders, return_goods, ship_orders
from orders.services.promising import check_marked_promises
from orders.values import NewLine, NewOrder, NewReturn, NewShipment
from purchasing.lots import round_up_to_lot
from purchasing.services import create_purchase_orders, receive_goods
from purchasing.values import NewPurchaseLine, NewPurchaseOrder, NewReceipt


@dataclass(slots=True)
class World:
    """Primary keys of everything the history needs."""

    items: list[Item]
    products: list[int]
    warehouses: list[int]
    channels: list[int]
    customers: list[int]
    suppliers: list[int]
    lead_times: list[tuple[int, float]]  # quoted days, how much longer it really takes on average (factor)


@dataclass(slots=True)
class History:
    """Plays the days; positions are kept in memory so that nothing is read back to decide a purchase."""

    world: World
    days: list[date]
    rng: np.random.Generator
    lines_per_day: float
    position: np.ndarray = field(init=False)
    minimum: np.ndarray = field(init=False)
    maximum: np.ndarray = field(init=False)
    arrivals: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    ready: dict[int, int] = field(default_factory=dict)  # order → day from which the warehouse ships it

    def play(self, progress: Callable[[int, int], Any]) -> None:
        """Tell the whole history; ``progress(day, of)`` is called after each day."""
        expected, prices = self._rates()
        self._open(expected)
        for index, day in enumerate(self.days):
            last = index == len(self.days) - 1
            self._receive(index, day)
            self._sell(index, day, expected[:, index], prices[:, index])
            if not last:
                self._ship(index, day)
            if day.weekday() == 4 and not last:
                self._take_back(day)
            self._buy(index, day)
            self._promise(index, day)
            progress(index + 1, len(self.days))

    def _promise(self, index: int, day: date) -> None:
        """Promises are checked every evening and delays learned every week, as far back as promises are scored."""
        if len(self.days) - index > SCORED_DAYS:
            PromiseMark.objects.all().delete()
            return
        evening = self._at(day, 21)
        if index % 7 == 0:
            learn_delays(now=evening)
        while check_marked_promises(now=evening):
            pass

    def _rates(self) -> tuple[np.ndarray, np.ndarray]:
        pairs = [rates(item, self.days, self.rng) for item in self.world.items]
        expected = np.array([pair[0] for pair in pairs])
        expected *= self.lines_per_day / expected.sum(axis=0).mean()
        return expected, np.array([pair[1] for pair in pairs])

    def _at(self, day: date, hour: float) -> datetime:
        moment = datetime.combine(day, time()) + timedelta(hours=hour)
        return min(timezone.make_aware(moment), timezone.now())

    def _open(self, expected: np.ndarray) -> None:
        """Set the fixed levels from the first quarter's pace, and start with full shelves."""
        share = np.array([warehouse[3] for warehouse in WAREHOUSES[: len(self.world.warehouses)]])
        pieces = np.array([item.pieces_per_line for item in self.world.items])
        pace = expected[:, :91].mean(axis=1) * pieces  # pieces a day
        lead = np.array([self.world.lead_times[item.supplier][0] for item in self.world.items])
        guess = self.rng.uniform(0.7, 1.5, (len(pieces), len(share)))  # somebody typed it
        daily = pace[:, None] * share[None, :] * guess
        self.minimum = np.ceil(daily * (lead[:, None] + 7) + pieces[:, None])
        self.maximum = np.ceil(self.minimum + daily * 28 + pieces[:, None])
        self.position = self.maximum.copy()
        receipts = [
            Receipt(self._place(p, w), int(self.position[p, w]), self._worth(p, int(self.position[p, w])), "")
            for p in range(len(pieces))
            for w in range(len(share))
            if self.position[p, w] > 0
        ]
        open_balance(receipts, at=self._at(self.days[0], 0.1), reason="开账 · opening balance")

    def _place(self, product: int, warehouse: int) -> Place:
        return self.world.products[product], self.world.warehouses[warehouse]

    def _worth(self, product: int, quantity: int) -> Decimal:
        return to_cents(self.world.items[product].unit_cost * quantity)

    def _sell(self, index: int, day: date, expected: np.ndarray, prices: np.ndarray) -> None:
        """The day's orders in one call, in the order they came."""
        news: list[NewOrder] = []
        for warehouse in range(len(self.world.warehouses)):
            counts = self.rng.poisson(expected * WAREHOUSES[warehouse][3])
            wanted = self.rng.permutation(np.repeat(np.arange(len(counts)), counts))
            while len(wanted):
                size = int(self.rng.integers(1, 7))
                news.append(self._order(warehouse, day, list(dict.fromkeys(wanted[:size].tolist())), prices))
                wanted = wanted[size:]
        news.sort(key=lambda new: new.ordered_at or timezone.now())
        for new, outcome in zip(news, create_orders(news), strict=True):
            if outcome.order is None:
                continue
            self.ready[outcome.order.pk] = index + int(self.rng.choice([0, 1, 2, 4], p=[0.55, 0.33, 0.09, 0.03]))
            warehouse = self.world.warehouses.index(new.warehouse_id)
            for line in new.lines:
                self.position[self.world.products.index(line.product_id), warehouse] -= line.quantity

    def _order(self, warehouse: int, day: date, products: list[int], prices: np.ndarray) -> NewOrder:
        channel = int(self.rng.choice(len(CHANNELS), p=[0.5, 0.3, 0.2]))
        lines = []
        for product in products:
            item = self.world.items[product]
            quantity = 1 + int(self.rng.negative_binomial(2, 2 / (1 + item.pieces_per_line)))
            price = to_cents(item.price * Decimal(str(prices[product]))) if prices[product] < 1 else None
            lines.append(NewLine(self.world.products[product], quantity, price))
        hour = float(self.rng.uniform(8, 20))
        return NewOrder(
            customer_id=self.world.customers[int(len(self.world.customers) * self.rng.beta(0.7, 2.2))],
            channel_id=self.world.channels[channel],
            warehouse_id=self.world.warehouses[warehouse],
            lines=lines,
            # Most web shops sell only what is there.
            allow_backorder=channel == 0 or bool(self.rng.random() < 0.4),
            ordered_at=self._at(day, hour),
            requested_date=day + timedelta(days=int(self.rng.choice([1, 2, 3, 7], p=[0.35, 0.4, 0.2, 0.05]))),
        )

    def _ship(self, index: int, day: date) -> None:
        """What is reserved and picked leaves in the evening."""
        held = Allocation.objects.filter(reservation__quantity__gt=0).order_by("line__order_id")
        orders = [pk for pk in held.values_list("line__order_id", flat=True).distinct() if self.ready[pk] <= index]
        if orders:
            ship_orders([NewShipment(pk, shipped_at=self._at(day, 20.5)) for pk in orders])

    def _take_back(self, day: date) -> None:
        """One in a hundred lines shipped ten days ago comes back."""
        lines = ShipmentLine.objects.filter(shipment__shipped_at__date__range=[day - timedelta(15), day - timedelta(9)])
        rows = list(lines.order_by("pk").values_list("pk", "quantity", "shipment__order_id"))
        back: dict[int, dict[int, int]] = defaultdict(dict)
        for pk, quantity, order in rows:
            if self.rng.random() < 0.01:
                back[order][pk] = int(self.rng.integers(1, quantity + 1))
        if back:
            reason = ["破损 · damaged", "发错货 · wrong goods", "不想要了 · changed mind"][int(self.rng.integers(3))]
            return_goods([NewReturn(o, q, returned_at=self._at(day, 15), reason=reason) for o, q in back.items()])

    def _buy(self, index: int, day: date) -> None:
        """Each supplier has its day of the week; places at their minimum are filled to their maximum."""
        news, arrive = [], []
        for supplier, (quoted, slip) in enumerate(self.world.lead_times):
            if supplier % 5 != day.weekday():
                continue
            mine = [p for p, item in enumerate(self.world.items) if item.supplier == supplier]
            for warehouse in range(len(self.world.warehouses)):
                low = [p for p in mine if self.position[p, warehouse] <= self.minimum[p, warehouse]]
                lines = []
                for product in low:
                    item = self.world.items[product]
                    missing = int(self.maximum[product, warehouse] - self.position[product, warehouse])
                    quantity = round_up_to_lot(missing, item.moq, item.order_multiple)
                    if quantity:
                        lines.append(NewPurchaseLine(self.world.products[product], quantity))
                        self.position[product, warehouse] += quantity
                if lines:
                    news.append(
                        NewPurchaseOrder(
                            supplier_id=self.world.suppliers[supplier],
                            warehouse_id=self.world.warehouses[warehouse],
                            lines=lines,
                            ordered_at=self._at(day, 18),
                            expected_on=day + timedelta(days=quoted),
                        )
                    )
                    arrive.append(index + max(1, round(quoted * slip * float(self.rng.gamma(25, 1 / 25)))))
        for order, when in zip(create_purchase_orders(news) if news else [], arrive, strict=True):
            self.arrivals[when].append(order.pk)

    def _receive(self, index: int, day: date) -> None:
        if due := self.arrivals.pop(index, []):
            receive_goods([NewReceipt(pk, received_at=self._at(day, 7.5)) for pk in due])
