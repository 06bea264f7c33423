"""Two hundred clients after the last hundred pieces, through every door at once, against a real server."""

import random
from collections import Counter
from functools import partial

from rest_framework.authtoken.models import Token

from inventory.models import StockLevel
from inventory.selectors import waiting_by_place
from inventory.verification import stock_differences
from orders.models import LostDemand, Order, OrderLine, Return, ShipmentLine
from orders.services import cancel_order, create_order, return_goods, ship_order
from orders.values import NewLine, NewOrder, NewReturn, NewShipment
from orders.verification import order_differences
from tests.conftest import database_url
from tests.factories import UserFactory, stock
from tests.http import Answer, Channel
from tests.processes import Web
from tests.races import at_once

FREE, CANCELLED, RETURNED = 60, 20, 20
DESK, API, BULK, CHANGE = 50, 50, 40, 20


class Fire:
    """The shop before the two hundred come: 60 pieces of TEA are free, 20 will be cancelled, 20 will come back."""

    def __init__(self, shop, channel, desk) -> None:
        self.shop, self.channel, self.desk = shop, channel, desk
        self.tea = (shop.tea.pk, shop.warehouse.pk)
        stock(shop.cup, shop.warehouse, 1000)
        stock(shop.tea, shop.warehouse, FREE + CANCELLED + RETURNED - shop.level.on_hand)
        self.to_cancel = [create_order(self.new((shop.tea, 1))) for _n in range(CANCELLED)]
        sold = [create_order(self.new((shop.tea, 1))) for _n in range(RETURNED)]
        for order in sold:
            ship_order(NewShipment(order.pk))
        self.to_return = list(ShipmentLine.objects.order_by("pk"))
        self.to_change = [create_order(self.new((shop.cup, 1))) for _n in range(CHANGE)]

    def new(self, *lines, **kwargs) -> NewOrder:
        """An order for the services."""
        wanted = [NewLine(product.pk, quantity) for product, quantity in lines]
        return NewOrder(self.shop.customer.pk, self.shop.channel.pk, self.shop.warehouse.pk, wanted, **kwargs)

    def clients(self):
        """Two hundred calls; every second one that buys accepts a backorder."""
        shop, calls = self.shop, []
        for n in range(DESK):
            # Lines in either order: locks must not depend on it.
            lines = [("TEA", 1), ("CUP", 1)] if n % 4 < 2 else [("CUP", 1), ("TEA", 1)]
            body = shop.order(*lines, allow_backorder=bool(n % 2))
            calls.append(partial(self.desk.confirm_order, body, f"desk-{n}"))
        for n in range(API):
            body = shop.order(("TEA", 1), allow_backorder=bool(n % 2), external_reference=f"web-{n}")
            calls.append(partial(self.channel.post, "orders/", body, f"api-{n}"))
        for n in range(BULK):
            orders = [shop.order(("TEA", 1), allow_backorder=accepts) for accepts in (True, False)]
            calls.append(partial(self.channel.post, "orders/bulk/", {"orders": orders}, f"bulk-{n}"))
        for n, order in enumerate(self.to_change):
            body = {"add": [{"product": "TEA", "quantity": 1}], "allow_backorder": bool(n % 2)}
            calls.append(partial(self.channel.post, f"orders/{order.pk}/change/", body, f"change-{n}"))
        for n, order in enumerate(self.to_cancel):
            if n % 2:
                calls.append(partial(self.desk.send_form, f"/orders/{order.pk}/cancel/", reason="fire"))
            else:
                calls.append(partial(cancel_order, order.pk, reason="fire"))
        for line in self.to_return:
            calls.append(partial(return_goods, [NewReturn(line.shipment.order_id, {line.pk: 1})]))
        random.Random(7).shuffle(calls)
        return calls


def outcome(result) -> str:
    """One word for what a client got."""
    if isinstance(result, Answer):
        code = result.json().get("code", "") if "problem" in result.headers.get("Content-Type", "") else ""
        return f"{result.status} {code}".strip()
    if isinstance(result, Order):
        return result.status
    if isinstance(result, list) and isinstance(result[0], Return):
        return "returned"
    return repr(result)


def refused_in_bulk(result) -> int:
    """Orders that a bulk answer refuses; each for want of stock."""
    if not isinstance(result, Answer) or b'"results"' not in result.body:
        return 0
    problems = [row["problem"]["code"] for row in result.json()["results"] if row["problem"]]
    assert set(problems) <= {"insufficient_stock"}
    return len(problems)


def test_two_hundred_clients_through_every_door_reserve_exactly_the_last_hundred(shop, channel, desk):
    fire = Fire(shop, channel, desk)
    calls = fire.clients()
    assert len(calls) == 200
    results = at_once(calls, connected=False)
    counts = Counter(outcome(result) for result in results)
    assert set(counts) == {"201", "200", "302", "409 insufficient_stock", "cancelled", "returned"}, counts
    assert (counts["302"], counts["cancelled"], counts["returned"]) == (CANCELLED / 2, CANCELLED / 2, RETURNED)
    refused = counts["409 insufficient_stock"] + sum(refused_in_bulk(result) for result in results)

    level = StockLevel.objects.get(product=shop.tea)
    assert (level.on_hand, level.reserved, level.available) == (100, 100, 0)
    lines = OrderLine.objects.filter(product=shop.tea, shipped=0, cancelled=0).count()
    assert lines == DESK + API + 2 * BULK + CHANGE - refused
    assert waiting_by_place([fire.tea]) == {fire.tea: lines - 100}
    assert LostDemand.objects.filter(kind="refused", product=shop.tea).count() == refused
    assert stock_differences() == []
    assert order_differences() == []


def test_control_without_the_lock_only_the_constraint_saves_us(shop, tmp_path):
    """The same server with the lock taken out: the race is real, and the database has the last word."""
    log = tmp_path / "unlocked.log"
    server = Web({"DATABASE_URL": database_url()}, log, application="tests.fire.unlocked", workers=1)
    try:
        server.wait()
        channel = Channel(server.port, Token.objects.create(user=UserFactory(role="Integrations")).key)
        body = shop.order(("TEA", 10), allow_backorder=False)
        results = at_once([partial(channel.post, "orders/", body, f"K{n}") for n in range(2)])
    finally:
        server.stop()
    assert sorted(answer.status for answer in results) == [201, 500]
    assert "stocklevel_not_oversold" in log.read_text()
    assert StockLevel.objects.get().reserved == 10
    assert Order.objects.count() == 1
    assert stock_differences() == []
