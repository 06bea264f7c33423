"""Idempotency keys over real sockets: one effect and one answer, to the byte, whatever happens on the line."""

import http.client
import json
import re
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from core.actor import acting_as
from core.models import AuditEntry, IdempotencyKey
from inventory.models import StockLevel, StockMove, Transfer
from inventory.transfers import NewTransfer, request_transfer, send_transfer
from inventory.verification import stock_differences
from orders.models import (
    Contact,
    CustomerItem,
    DeliveryAddress,
    Invoice,
    LostDemand,
    Order,
    Quotation,
    Return,
    ReturnAuthorization,
    Shipment,
)
from orders.services import (
    add_customer_item,
    authorize_return,
    create_order,
    make_quotation,
    receive_return,
    save_address,
    save_contact,
    ship_order,
)
from orders.values import NewAuthorization, NewLine, NewOrder, NewQuotation, NewShipment
from purchasing.models import BlanketOrder, ExchangeRate, GoodsReceipt, PurchaseOrder, ReorderSuggestion
from purchasing.services import (
    add_blanket_order,
    add_standing_order,
    create_purchase_orders,
    drain_marks,
    pause_standing_order,
    receive_goods,
    set_approval_limit,
)
from purchasing.values import (
    NewBlanketLine,
    NewBlanketOrder,
    NewPurchaseLine,
    NewPurchaseOrder,
    NewReceipt,
    NewStandingOrder,
)
from tests.factories import ProductFactory, UserFactory, WarehouseFactory, stock
from tests.permissions.test_api import MATRIX
from tests.processes import wait_until
from tests.races import at_once


def test_the_same_request_at_the_same_moment_has_one_effect_and_one_answer(shop, channel):
    body = shop.order(("TEA", 3))
    answers = at_once([partial(channel.post, "orders/", body, "K1")] * 8, connected=False)
    assert {answer.status for answer in answers} == {201}
    assert len({answer.body for answer in answers}) == 1
    assert Counter(answer.headers.get("Idempotency-Replayed") for answer in answers) == {None: 1, "true": 7}
    assert Order.objects.count() == 1
    shop.level.refresh_from_db()
    assert shop.level.reserved == 3


def test_another_body_at_the_same_moment_is_refused(shop, channel):
    bodies = [shop.order(("TEA", 1 + n % 2)) for n in range(8)]
    answers = at_once([partial(channel.post, "orders/", body, "K1") for body in bodies], connected=False)
    assert Counter(answer.status for answer in answers) == {201: 4, 409: 4}
    assert {answer.json()["code"] for answer in answers if answer.status == 409} == {"duplicate"}
    assert len({answer.body for answer in answers if answer.status == 201}) == 1
    assert Order.objects.count() == 1


def test_a_refusal_at_the_same_moment_is_one_lost_demand(shop, channel):
    body = shop.order(("TEA", 11), allow_backorder=False)
    answers = at_once([partial(channel.post, "orders/", body, "K1")] * 6, connected=False)
    assert {answer.status for answer in answers} == {409}
    assert len({answer.body for answer in answers}) == 1
    assert LostDemand.objects.get().quantity == 11


def test_who_hangs_up_before_the_answer_gets_it_on_asking_again(shop, channel):
    body = shop.order(("TEA", 3))
    connection = http.client.HTTPConnection("127.0.0.1", channel.port)
    connection.request("POST", "/api/v1/orders/", json.dumps(body).encode(), channel.headers("K1"))
    connection.close()
    wait_until(lambda: IdempotencyKey.objects.filter(status=201).exists(), "the answer is stored")
    again = channel.post("orders/", body, "K1")
    assert (again.status, again.headers["Idempotency-Replayed"]) == (201, "true")
    assert Order.objects.get().number == again.json()["number"]


def test_half_a_request_has_no_effect(shop, channel):
    body = json.dumps(shop.order(("TEA", 3))).encode()
    connection = http.client.HTTPConnection("127.0.0.1", channel.port)
    headers = channel.headers("K1") | {"Content-Length": str(len(body))}
    connection.request("POST", "/api/v1/orders/", body[:-10], headers)
    connection.close()
    assert channel.post("orders/", json.loads(body), "K1").status == 201
    assert Order.objects.count() == 1


def order_of(shop, product, pieces=1):
    lines = [NewLine(product.pk, pieces)]
    return create_order(NewOrder(shop.customer.pk, shop.channel.pk, shop.warehouse.pk, lines))


def purchase_of(shop, *, place=True):
    """Six pieces of tea for 36.00, placed or a draft."""
    new = NewPurchaseOrder(shop.supplier.pk, shop.warehouse.pk, [NewPurchaseLine(shop.tea.pk, 6)], place=place)
    return create_purchase_orders([new])[0]


def day(days):
    return timezone.localdate() + timedelta(days=days)


def order_documents(shop):
    return {
        "orders/": shop.order(("TEA", 1)),
        "orders/bulk/": {"orders": [shop.order(("TEA", 1))]},
        f"orders/{order_of(shop, shop.tea).pk}/change/": {"lines": [{"line": 1, "quantity": 2}]},
        f"orders/{order_of(shop, shop.tea, 2).pk}/split/": {"lines": [{"line": 1, "quantity": 1}]},
        f"orders/{order_of(shop, shop.tea).pk}/cancel/": {"reason": "mistake"},
        f"orders/{order_of(shop, shop.tea).pk}/ship/": {},
        "stock-adjustments/": {"product": "TEA", "warehouse": "MAIN", "difference": 2, "reason": "found"},
    }


def quotation_documents(shop, pot):
    """Each of the four made here holds two pots, but the one that is to be held."""

    def quotation(held_until):
        order = NewOrder(shop.customer.pk, shop.channel.pk, shop.warehouse.pk, [NewLine(pot.pk, 2)])
        return make_quotation(NewQuotation(order, day(7), held_until)).pk

    until, later = f"{day(2)}", f"{day(7)}"
    return {
        "quotations/": shop.order(("POT", 2), valid_until=later, held_until=until),
        f"quotations/{quotation(None)}/hold/": {"held_until": until},
        f"quotations/{quotation(day(2))}/let-go/": {},
        f"quotations/{quotation(day(2))}/decline/": {"reason": "too dear"},
        f"quotations/{quotation(day(2))}/order/": {},
    }


def return_documents(shop, pot):
    """Of one order of four pots that were shipped each may come back by a return of its own."""
    order = order_of(shop, pot, 4)
    shipped = ship_order(NewShipment(order.pk)).lines.get().pk

    def agreed():
        return authorize_return(NewAuthorization(order.pk, {shipped: 1}, day(7), "broken")).pk

    def arrived():
        return receive_return(agreed(), {1: 1}).pk

    line = {"line": 1, "quantity": 1}
    wanted = {"order": order.pk, "valid_until": f"{day(7)}", "reason": "broken", "lines": [line]}
    return {
        "return-authorizations/": wanted,
        f"return-authorizations/{agreed()}/receive/": {"lines": [line]},
        f"return-authorizations/{arrived()}/inspect/": {"lines": [{"line": 1, "fit": 1}]},
        f"return-authorizations/{agreed()}/close/": {"reason": "kept after all"},
    }


def customer_documents(shop):
    """An invoice of an order that has shipped (of the returns), a contact, an address and codes to be changed."""

    def code(text):
        return add_customer_item(CustomerItem(customer=shop.customer, product=shop.tea, code=text)).pk

    contact = save_contact(shop.customer.pk, {"name": "Wu"}).pk
    address = save_address(shop.customer.pk, {"label": "Dock", "address": "9 Dock Road"}).pk
    customer = {"customer": "C1"}
    return {
        "contacts/": customer | {"name": "Li"},
        f"contacts/{contact}/change/": {"phone": "555"},
        "delivery-addresses/": customer | {"label": "Shop", "address": "2 High Street"},
        f"delivery-addresses/{address}/change/": {"is_default": True},
        "customer-items/": customer | {"product": "TEA", "code": "T-1"},
        f"customer-items/{code('T-2')}/change/": {"code": "T-22"},
        f"customer-items/{code('T-3')}/delete/": {},
        "invoices/": {"order": Shipment.objects.get().order_id},
    }


def transfer_documents(shop, pot):
    north = WarehouseFactory(code="NORTH")

    def requested():
        return request_transfer(NewTransfer(shop.warehouse.pk, north.pk, [(pot.pk, 3)], day(2))).pk

    def sent():
        return send_transfer(requested()).pk

    lines = [{"product": "POT", "quantity": 3}]
    return {
        "transfers/": {"source": "MAIN", "destination": "NORTH", "expected_on": f"{day(2)}", "lines": lines},
        f"transfers/{requested()}/send/": {},
        f"transfers/{sent()}/receive/": {"lines": [{"product": "POT", "quantity": 2}]},
        f"transfers/{sent()}/close/": {"reason": "lost"},
        f"transfers/{requested()}/cancel/": {"reason": "mistake"},
    }


def purchase_documents(shop):
    buyer = UserFactory(role="Buyers")
    set_approval_limit(Group.objects.get(name="Buyers").pk, Decimal("35.99"))

    def waiting():
        with acting_as(buyer.pk):
            return purchase_of(shop).pk

    def half_arrived():
        order = purchase_of(shop)
        receive_goods([NewReceipt(order.pk, {order.lines.get().pk: 3})])
        return order.pk

    tea = {"product": "TEA", "quantity": 6}
    confirmed = {"lines": [{"product": "TEA", "date": f"{day(20)}"}], "reference": "B-77"}
    return {
        "purchase-orders/": {"supplier": "S1", "warehouse": "MAIN", "lines": [tea]},
        f"purchase-orders/{purchase_of(shop, place=False).pk}/place/": {},
        f"purchase-orders/{purchase_of(shop).pk}/cancel/": {"reason": "mistake"},
        f"purchase-orders/{purchase_of(shop).pk}/receive/": {},
        f"purchase-orders/{waiting()}/approve/": {},
        f"purchase-orders/{waiting()}/send-back/": {"reason": "too much"},
        f"purchase-orders/{purchase_of(shop).pk}/confirm/": confirmed,
        f"purchase-orders/{purchase_of(shop).pk}/reschedule/": {"expected_on": f"{day(20)}"},
        f"purchase-orders/{half_arrived()}/close/": {"reason": "sold out"},
        "exchange-rates/": {"currency": "USD", "valid_from": f"{day(0)}", "rate": "7.1"},
    }


def blanket_documents(shop):
    """Dearer than the ordinary price, so that only a release draws on them."""

    def lines(product):
        return [NewBlanketLine(product.pk, Decimal("7.00"), 60)]

    def agreed(product, first):
        new = NewBlanketOrder(shop.supplier.pk, day(first), day(first + 5), lines(product))
        return add_blanket_order(new).pk

    new = {"supplier": "S1", "starts_on": f"{day(20)}", "ends_on": f"{day(25)}"}
    return {
        "blanket-orders/": new | {"lines": [{"product": "TEA", "price": "7.00", "quantity": 60}]},
        f"blanket-orders/{agreed(shop.tea, 0)}/release/": {
            "warehouse": "MAIN",
            "lines": [{"product": "TEA", "quantity": 6}],
        },
        f"blanket-orders/{agreed(shop.tea, 10)}/close/": {"reason": "dearer"},
    }


def standing_documents(shop):
    def standing(paused=False):
        lines = [NewPurchaseLine(shop.cup.pk, 6)]
        order = add_standing_order(NewStandingOrder(shop.supplier.pk, shop.warehouse.pk, lines, day(3)))
        return pause_standing_order(order.pk).pk if paused else order.pk

    new = {"supplier": "S1", "warehouse": "MAIN", "starts_on": f"{day(3)}"}
    return {
        "standing-orders/": new | {"lines": [{"product": "CUP", "quantity": 6}]},
        f"standing-orders/{standing()}/pause/": {},
        f"standing-orders/{standing(paused=True)}/resume/": {},
        f"standing-orders/{standing()}/end/": {},
    }


@pytest.fixture
def documents(shop):
    """One document for each kind of POST. Pots, of which 100 are there, nobody else sells."""
    pot = ProductFactory(sku="POT")
    stock(pot, shop.warehouse, 100)
    order_of(shop, shop.cup, 3)
    drain_marks()
    suggestion = ReorderSuggestion.objects.get().pk
    return (
        order_documents(shop)
        | quotation_documents(shop, pot)
        | return_documents(shop, pot)
        | customer_documents(shop)
        | transfer_documents(shop, pot)
        | purchase_documents(shop)
        | blanket_documents(shop)
        | standing_documents(shop)
        | {
            "reorder-suggestions/approve/": {"lines": [{"id": suggestion}]},
            f"reorder-suggestions/{suggestion}/dismiss/": {},
        }
    )


def sizes(*models):
    return [model.objects.count() for model in models]


def test_every_post_is_repeatable(shop, channel, documents):
    """Suggestions can be approved or dismissed, not both: the second of the two is refused, each time alike."""
    assert {re.sub("[0-9]+", "0", path) for path in documents} == {row[1] for row in MATRIX if row[0] == "post"}
    before = AuditEntry.objects.count()
    for number, (path, body) in enumerate(documents.items()):
        answers = at_once([partial(channel.post, path, body, f"K{number}")] * 3, connected=False)
        answers.append(channel.post(path, body, f"K{number}"))
        assert len({(answer.status, answer.body) for answer in answers}) == 1, path
        assert answers[0].status in ([409] if path.endswith("dismiss/") else [200, 201]), answers[0].body
        assert sum("Idempotency-Replayed" not in answer.headers for answer in answers) == 1, path
    # The fixture makes 6 orders (cups, change, split, cancel, ship, returns), the POSTs 4: order, bulk, split and one
    # of a quotation. Shipped are the order of the returns and one by POST. Returned is what was inspected.
    assert sizes(Order, Shipment, Return) == [10, 2, 1]
    # One is made by POST, one stands ready for each step.
    assert sizes(Quotation, ReturnAuthorization, Transfer) == [5, 4, 5]
    # Purchase orders: 8 steps, one POST, one approved suggestion, one release; receipts: half of the one to close, one
    # POST. Agreements: one each to make, draw on and close.
    assert sizes(PurchaseOrder, GoodsReceipt, ExchangeRate, BlanketOrder) == [11, 2, 1, 3]
    # One is posted, one writes off what the closed transfer lost.
    assert StockMove.objects.filter(kind="adjustment").count() == 2
    # Pots of 100: 4 shipped, 1 back, 9 sent (send, receive, close). Held: 2 by each quotation made and held, 2 by the
    # order of one. In NORTH: 2 received, 3 lost.
    pots = StockLevel.objects.filter(product__sku="POT").order_by("warehouse__code")
    assert list(pots.values_list("warehouse__code", "on_hand", "reserved")) == [("MAIN", 88, 6), ("NORTH", 2, 0)]
    # Orders, 7: order, bulk, change, cancel, ship one each; a split is one on either order. Adjusting is told by the
    # ledger alone. Quotations, 7: made, hold, let-go, decline one each; ordering one on the quotation and two on the
    # order (confirmed, quoted before). Returns, 8: each of the four steps one on the return and one on its order.
    # Transfers, 5, one each. Purchasing, 11: order, 8 steps, rate, approved suggestion one each; the refused
    # dismissal none. Agreements, 4: agreed, closed, drawn on, and the purchase order that draws. Standing
    # orders, 4: one each.
    # Customers, 7: a contact, an address and a code of theirs added, one of each changed, a code removed; the invoice
    # is told by its order.
    assert AuditEntry.objects.count() - before == 7 + 7 + 8 + 5 + 11 + 4 + 4 + 7 + 1
    assert sizes(Invoice, Contact, DeliveryAddress, CustomerItem) == [1, 2, 2, 2]
    assert stock_differences() == []
