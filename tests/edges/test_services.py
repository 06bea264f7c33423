"""The services at the edge of their input: a refusal that names the field, and nothing done; or it works."""

from decimal import Decimal

import pytest

from core.errors import DomainError, InvalidInput
from inventory.models import StockLevel, StockMove
from inventory.services import adjust_stock
from orders.models import Order
from orders.services import cancel_order, change_order, create_order, return_goods, ship_order
from orders.values import NewLine, NewOrder, NewQuantity, NewReturn, NewShipment, OrderChange, ShortClose
from purchasing.models import PurchaseOrder
from purchasing.services import (
    approve_suggestions,
    cancel_purchase_order,
    create_purchase_orders,
    dismiss_suggestion,
    place_purchase_order,
    receive_goods,
)
from purchasing.values import NewPurchaseLine, NewPurchaseOrder, NewReceipt
from tests.edges.values import (
    BIG,
    GOOD_PRICES,
    HALF,
    UNKNOWN_IDS,
    UNSTORABLE,
    WRONG_PRICES,
    WRONG_QUANTITIES,
    nothing_done,
)
from tests.factories import ProductFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(shop) -> Order:
    return create_order(new(shop, NewLine(shop.tea.pk, 4)))


@pytest.fixture
def purchase(shop) -> PurchaseOrder:
    lines = [NewPurchaseLine(shop.tea.pk, 6)]
    return create_purchase_orders([NewPurchaseOrder(shop.supplier.pk, shop.warehouse.pk, lines)])[0]


def new(shop, *lines, **kwargs) -> NewOrder:
    wanted = {"customer_id": shop.customer.pk, "channel_id": shop.channel.pk, "warehouse_id": shop.warehouse.pk}
    return NewOrder(**wanted | {"lines": list(lines)} | kwargs)


def refused(call, *args, **kwargs) -> list[str]:
    """Names of the fields that the refusal names."""
    with nothing_done(), pytest.raises(InvalidInput) as refusal:
        call(*args, **kwargs)
    assert all(refusal.value.field_errors.values())
    return list(refusal.value.field_errors)


# --- new orders ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("quantity", WRONG_QUANTITIES)
def test_order_quantity(shop, quantity):
    lines = NewLine(shop.tea.pk, 1), NewLine(shop.tea.pk, quantity)
    assert refused(create_order, new(shop, *lines)) == ["lines.1.quantity"]


@pytest.mark.parametrize("price", WRONG_PRICES, ids=str)
def test_order_price(shop, price):
    lines = NewLine(shop.tea.pk, 1), NewLine(shop.tea.pk, 1, price)
    assert refused(create_order, new(shop, *lines)) == ["lines.1.unit_price"]


@pytest.mark.parametrize(("price", "stored"), GOOD_PRICES.items())
def test_order_price_that_is_fine(shop, price, stored):
    order = create_order(new(shop, NewLine(shop.tea.pk, 1, Decimal(price))))
    assert str(order.lines.get().unit_price) == stored


def test_a_price_below_cost_is_taken(shop):
    order = create_order(new(shop, NewLine(shop.tea.pk, 1, Decimal("0.01"))))
    line = ship_order(NewShipment(order.pk)).lines.get()
    assert (line.revenue, line.cost) == (Decimal("0.01"), Decimal("6.00"))


@pytest.mark.parametrize("pk", UNKNOWN_IDS)
@pytest.mark.parametrize("field", ["customer", "channel", "warehouse"])
def test_order_of_an_unknown_row(shop, field, pk):
    assert refused(create_order, new(shop, NewLine(shop.tea.pk, 1), **{f"{field}_id": pk})) == [field]


@pytest.mark.parametrize("pk", UNKNOWN_IDS)
def test_order_of_an_unknown_product(shop, pk):
    assert refused(create_order, new(shop, NewLine(shop.tea.pk, 1), NewLine(pk, 1))) == ["lines.1.product"]


def test_an_archived_product_names_its_line(shop):
    shop.cup.is_active = False
    shop.cup.save()
    assert refused(create_order, new(shop, NewLine(shop.tea.pk, 1), NewLine(shop.cup.pk, 1))) == ["lines.1.product"]


def test_a_blocked_customer(shop):
    shop.customer.is_blocked = True
    shop.customer.save()
    with nothing_done(), pytest.raises(DomainError) as refusal:
        create_order(new(shop, NewLine(shop.tea.pk, 1)))
    assert refusal.value.code == "customer_blocked"


@pytest.mark.parametrize(
    ("field", "text"),
    [("note", "x" * 501), ("external_reference", "x" * 81)]
    + [(field, text) for field in ("note", "external_reference") for text in UNSTORABLE],
)
def test_order_text(shop, field, text):
    assert refused(create_order, new(shop, NewLine(shop.tea.pk, 1), **{field: text})) == [field]


def test_text_in_any_script_is_kept(shop):
    note = "加急 🚚 ‮right-to-left‬ \u200b" + "x" * 400
    assert Order.objects.get(pk=create_order(new(shop, NewLine(shop.tea.pk, 1), note=note)).pk).note == note


def test_an_order_of_ten_thousand_lines(shop):
    order = create_order(new(shop, *[NewLine(shop.tea.pk, 1)] * 10_000))
    assert order.lines.count() == 10_000
    shop.level.refresh_from_db()
    assert shop.level.reserved == 10
    assert refused(create_order, new(shop, *[NewLine(shop.tea.pk, 1)] * 10_001)) == ["lines"]


def test_an_order_without_lines(shop):
    assert refused(create_order, new(shop)) == ["lines"]


def test_amounts_that_no_shipment_could_record(shop):
    price = Decimal("999999999.99")
    assert refused(create_order, new(shop, NewLine(shop.tea.pk, 10**9, price))) == ["lines.0.quantity"]
    dear = ProductFactory(price=price)
    assert refused(create_order, new(shop, NewLine(dear.pk, 10**9))) == ["lines.0.quantity"]
    largest = create_order(new(shop, NewLine(dear.pk, 100_000)))
    assert largest.lines.get().amount == Decimal("99999999999000.00")


# --- changing, cancelling, shipping, taking back ---------------------------------------------------------------------


@pytest.mark.parametrize("pk", UNKNOWN_IDS)
def test_an_unknown_order(shop, pk):
    for call in (
        lambda: change_order(OrderChange(pk, quantities=[NewQuantity(1, 1)])),
        lambda: cancel_order(pk, reason="x"),
        lambda: ship_order(NewShipment(pk)),
        lambda: return_goods([NewReturn(pk, {1: 1})]),
    ):
        refused(call)


@pytest.mark.parametrize("quantity", WRONG_QUANTITIES)
def test_change_quantity(order, quantity):
    assert refused(change_order, OrderChange(order.pk, quantities=[NewQuantity(1, quantity)])) == ["lines.0.quantity"]


@pytest.mark.parametrize("price", WRONG_PRICES, ids=str)
def test_change_price_of_an_added_line(shop, order, price):
    change = OrderChange(order.pk, added=[NewLine(shop.tea.pk, 1), NewLine(shop.tea.pk, 1, price)])
    assert refused(change_order, change) == ["add.1.unit_price"]


@pytest.mark.parametrize("pk", UNKNOWN_IDS)
def test_change_adds_an_unknown_product(order, pk):
    assert refused(change_order, OrderChange(order.pk, added=[NewLine(pk, 1)])) == ["add.0.product"]


@pytest.mark.parametrize("position", UNKNOWN_IDS)
def test_change_of_an_unknown_line(order, position):
    assert refused(change_order, OrderChange(order.pk, quantities=[NewQuantity(position, 1)])) == ["lines.0.line"]
    assert refused(change_order, OrderChange(order.pk, closed=[ShortClose(position, "x")])) == ["close.0.line"]


@pytest.mark.parametrize("reason", ["", " ", "x" * 201, *UNSTORABLE])
def test_change_reason(order, reason):
    assert refused(change_order, OrderChange(order.pk, closed=[ShortClose(1, reason)])) == ["close.0.reason"]


def test_a_change_to_ten_thousand_lines(shop, order):
    lines = [NewLine(shop.tea.pk, 1)] * 10_000
    assert refused(change_order, OrderChange(order.pk, added=lines)) == ["add"]
    change_order(OrderChange(order.pk, added=lines[1:]))
    assert order.lines.count() == 10_000


@pytest.mark.parametrize("reason", ["", " ", "x" * 201, *UNSTORABLE])
def test_cancel_reason(order, reason):
    assert refused(cancel_order, order.pk, reason=reason) == ["reason"]


@pytest.mark.parametrize("quantity", [-1, 5, 10**12, 2**63])
def test_ship_quantity(order, quantity):
    wanted = NewShipment(order.pk, {order.lines.get().pk: quantity})
    assert refused(ship_order, wanted) == ["lines.1.quantity"]


@pytest.mark.parametrize("pk", UNKNOWN_IDS)
def test_ship_of_an_unknown_line(order, pk):
    assert refused(ship_order, NewShipment(order.pk, {pk: 1})) == ["lines"]


@pytest.mark.parametrize("tracking", ["x" * 81, *UNSTORABLE])
def test_ship_tracking(order, tracking):
    assert refused(ship_order, NewShipment(order.pk, tracking=tracking)) == ["tracking"]


@pytest.mark.parametrize("quantity", WRONG_QUANTITIES)
def test_return_quantity(order, quantity):
    line = ship_order(NewShipment(order.pk)).lines.get()
    refused(return_goods, [NewReturn(order.pk, {line.pk: quantity})])


@pytest.mark.parametrize("pk", UNKNOWN_IDS)
def test_return_of_an_unknown_line(order, pk):
    refused(return_goods, [NewReturn(order.pk, {pk: 1})])


@pytest.mark.parametrize("reason", ["x" * 201, *UNSTORABLE])
def test_return_reason(order, reason):
    line = ship_order(NewShipment(order.pk)).lines.get()
    assert refused(return_goods, [NewReturn(order.pk, {line.pk: 1}, reason=reason)]) == ["reason"]


# --- stock -----------------------------------------------------------------------------------------------------------


def adjust(shop, **kwargs):
    wanted = {"product_id": shop.tea.pk, "warehouse_id": shop.warehouse.pk, "difference": 1, "reason": "count"}
    return adjust_stock(**wanted | kwargs)


@pytest.mark.parametrize("difference", [0, 10**9 + 1, -(10**12), 2**63, -(2**70)])
def test_adjustment_difference(shop, difference):
    assert refused(adjust, shop, difference=difference) == ["difference"]


@pytest.mark.parametrize("pk", UNKNOWN_IDS)
@pytest.mark.parametrize("field", ["product", "warehouse"])
def test_adjustment_of_an_unknown_row(shop, field, pk):
    assert refused(adjust, shop, **{f"{field}_id": pk}) == [field]


@pytest.mark.parametrize("cost", ["-0.0001", "NaN", "sNaN", "Infinity", "1e400", "1e-400", "0.00001", "1e10"])
def test_adjustment_cost(shop, cost):
    assert refused(adjust, shop, unit_cost=Decimal(cost)) == ["unit_cost"]


def test_adjustment_to_a_value_that_no_ledger_row_can_hold(shop):
    assert refused(adjust, shop, difference=10**9, unit_cost=Decimal("9999999999.9999")) == ["unit_cost"]
    assert adjust(shop, difference=9_999, unit_cost=Decimal("9999999999.9999")).value == Decimal("99989999999999.00")


@pytest.mark.parametrize("field", ["reason", "document"])
@pytest.mark.parametrize("text", ["x" * 201, *UNSTORABLE])
def test_adjustment_text(shop, field, text):
    assert refused(adjust, shop, **{field: text}) == [field]


# --- purchases -------------------------------------------------------------------------------------------------------


def buy(shop, **kwargs):
    line = {"product_id": shop.tea.pk, "quantity": 6, "unit_cost": Decimal("1.00")}
    lines = [NewPurchaseLine(shop.cup.pk, 6), NewPurchaseLine(**line | {k: v for k, v in kwargs.items() if k in line})]
    header = {"supplier_id": shop.supplier.pk, "warehouse_id": shop.warehouse.pk}
    return create_purchase_orders(
        [NewPurchaseOrder(**header | {k: v for k, v in kwargs.items() if k in header}, lines=lines)]
    )


@pytest.mark.parametrize("quantity", WRONG_QUANTITIES)
def test_purchase_quantity(shop, quantity):
    assert refused(buy, shop, quantity=quantity) == ["lines.1.quantity"]


@pytest.mark.parametrize("cost", ["-0.0001", "NaN", "sNaN", "Infinity", "1e400", "1e-400", "0.00001", "1e10"])
def test_purchase_cost(shop, cost):
    assert refused(buy, shop, unit_cost=Decimal(cost)) == ["lines.1.unit_cost"]


def test_purchase_of_more_than_a_receipt_could_record(shop):
    assert refused(buy, shop, quantity=6 * 10**7, unit_cost=Decimal("9999999999.9999")) == ["lines.1.quantity"]


@pytest.mark.parametrize("pk", UNKNOWN_IDS)
def test_purchase_of_an_unknown_row(shop, pk):
    assert refused(buy, shop, product_id=pk) == ["lines.1.product"]
    assert refused(buy, shop, warehouse_id=pk) == ["warehouse"]
    assert "supplier" in refused(buy, shop, supplier_id=pk)


@pytest.mark.parametrize("pk", UNKNOWN_IDS)
def test_an_unknown_purchase_order(pk):
    for call in (
        lambda: place_purchase_order(pk),
        lambda: cancel_purchase_order(pk, reason="x"),
        lambda: receive_goods([NewReceipt(pk)]),
    ):
        refused(call)


@pytest.mark.parametrize("pk", UNKNOWN_IDS)
def test_an_unknown_suggestion(pk):
    for call in (lambda: approve_suggestions({pk: 6}), lambda: dismiss_suggestion(pk)):
        with nothing_done(), pytest.raises(DomainError):
            call()


@pytest.mark.parametrize("quantity", [-1, 7, 10**12, 2**63])
def test_receive_quantity(purchase, quantity):
    line = purchase.lines.get()
    assert refused(receive_goods, [NewReceipt(purchase.pk, {line.pk: quantity})]) == [f"lines.{line.pk}.quantity"]


@pytest.mark.parametrize("pk", BIG)
def test_receive_of_an_unknown_line(purchase, pk):
    assert refused(receive_goods, [NewReceipt(purchase.pk, {pk: 1})]) == ["lines"]


@pytest.mark.parametrize("reason", ["", " ", "x" * 201, HALF])
def test_cancel_purchase_reason(purchase, reason):
    assert refused(cancel_purchase_order, purchase.pk, reason=reason) == ["reason"]


def test_what_fits_exactly_is_received(shop):
    (order,) = buy(shop, quantity=6, unit_cost=Decimal("9999999999.9999"))
    receive_goods([NewReceipt(order.pk)])
    assert StockMove.objects.filter(kind="receipt", stock_level__product=shop.tea).get().value == Decimal(
        "60000000000.00"
    )
    assert StockLevel.objects.get(product=shop.tea).on_hand == 16
