"""A lot's way through the house: received on the tablet or by API, moved, picked, delivered."""

from datetime import timedelta

import pytest
from django.utils import timezone

from core.errors import InvalidInput
from inventory import transfers
from inventory.expiry import set_aside_expired
from inventory.models import Lot, Product, StockLevel
from inventory.places import LotPieces
from inventory.transfers import NewTransfer
from inventory.verification import stock_differences, transfer_differences
from orders.atp import timelines
from orders.papers import delivery_note
from orders.services import authorize_return, create_order, receive_return, return_goods, ship_order
from orders.values import NewAuthorization, NewLine, NewOrder, NewReturn, NewShipment
from orders.verification import stray_reservations
from purchasing.models import GoodsReceipt
from purchasing.needs import Terms, due_needs
from tests.factories import ChannelFactory, CustomerFactory, UserFactory, WarehouseFactory
from tests.purchasing.conftest import buying  # noqa: F401

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate()
SOON, LATER = TODAY + timedelta(days=20), TODAY + timedelta(days=90)


@pytest.fixture
def house(buying, client):  # noqa: F811
    """Tea is received by lot, cups are not; somebody who may do everything is signed in."""
    Product.objects.filter(pk=buying.tea.pk).update(tracks_lots=True)
    client.force_login(UserFactory(is_superuser=True))
    buying.client = client
    return buying


def _form(order, lot="", expires_on="", tea="10", cup="5") -> dict[str, str]:
    tea_line, cup_line = order.lines.order_by("pk")
    return {f"line-{tea_line.pk}": tea, f"line-{cup_line.pk}": cup, f"lot-{tea_line.pk}-number": lot,
            f"lot-{tea_line.pk}-expires_on": expires_on}  # fmt: skip


def _receive(house, lot, expires_on, tea=10):
    order = house.order((house.tea, tea), (house.cup, 5))
    page = house.client.post(f"/purchasing/receiving/{order.pk}/", _form(order, lot, expires_on.isoformat(), str(tea)))
    assert page.status_code == 302, page.context["error"]


@pytest.mark.parametrize(
    ("lot", "expires_on", "status", "sentence"),
    [
        ("", "", 409, "Enter the lot number that stands on TEA."),
        ("A-1", "soon", 422, "Enter a valid date."),
        ("A-1", (TODAY - timedelta(days=1)).isoformat(), 409,
         f"TEA expired on {TODAY - timedelta(days=1)}: do not take it in."),
        ("A" * 61, "", 422, "Ensure this value has at most 60 characters (it has 61)."),
    ],
)  # fmt: skip
def test_what_is_wrong_stands_beside_the_lot_and_nothing_comes_in(house, lot, expires_on, status, sentence):
    order = house.order((house.tea, 10), (house.cup, 5))
    page = house.client.post(f"/purchasing/receiving/{order.pk}/", _form(order, lot, expires_on))
    assert (page.status_code, [row["lot"] is not None for row in page.context["rows"]]) == (status, [True, False])
    assert sentence in page.content.decode()
    assert not GoodsReceipt.objects.exists()


def test_a_line_of_which_nothing_arrived_needs_no_lot(house):
    order = house.order((house.tea, 10), (house.cup, 5))
    assert house.client.post(f"/purchasing/receiving/{order.pk}/", _form(order, tea="0")).status_code == 302
    assert not Lot.objects.exists()


def test_from_receipt_to_delivery_note(house):
    _receive(house, "LATE", LATER)
    _receive(house, " SOON ", SOON)
    receipt = house.client.get(
        f"/purchasing/receiving/receipts/{GoodsReceipt.objects.latest('pk').pk}/"
    ).content.decode()
    assert '10 × Lot <span class="text-nowrap">SOON</span>' in receipt
    assert f"expires {SOON}" in receipt
    order = create_order(
        NewOrder(
            customer_id=CustomerFactory().pk,
            channel_id=ChannelFactory().pk,
            warehouse_id=house.warehouse.pk,
            lines=[NewLine(house.tea.pk, 13), NewLine(house.cup.pk, 2)],
        )
    )
    sheet = house.client.get(f"/picking/list/?order={order.pk}").context["sheets"][0]
    proposed = [LotPieces("SOON", SOON, 10), LotPieces("LATE", LATER, 3)]
    assert {row.product.sku: list(row.lots) for row in sheet.rows} == {"TEA": proposed, "CUP": []}

    shipment = ship_order(NewShipment(order.pk))
    note = house.client.get(f"/shipments/{shipment.pk}/")
    assert {row.line.product.sku: list(row.lots) for row in note.context["lines"]} == {"TEA": proposed, "CUP": []}
    assert f"expires {LATER}" in note.content.decode()
    assert stock_differences() == []


def test_a_transfer_takes_its_lots_along_and_what_is_lost_stays_on_the_way(house):
    _receive(house, "LATE", LATER)
    _receive(house, "SOON", SOON)
    north = WarehouseFactory(code="NORTH")
    transfer = transfers.request_transfer(
        NewTransfer(
            source_id=house.warehouse.pk, destination_id=north.pk, expected_on=TODAY, lines=[(house.tea.pk, 14)]
        )
    )
    transfers.send_transfer(transfer.pk)
    line = transfer.lines.get()
    transfers.receive_transfer(transfer.pk, {line.pk: 11})
    there = Lot.objects.filter(stock_level__warehouse=north).values_list("number", "expires_on", "on_hand")
    assert list(there.order_by("expires_on")) == [("SOON", SOON, 10), ("LATE", LATER, 1)]
    assert not stock_differences()
    transfers.close_transfer(transfer.pk, reason="fell off")
    assert sum(there.values_list("on_hand", flat=True)) == 11
    assert StockLevel.objects.get(product=house.tea, warehouse=north).on_hand == 11
    assert (stock_differences(), transfer_differences()) == ([], [])


def test_the_api_takes_lots_and_names_the_line_that_lacks_one(house):
    order = house.order((house.tea, 10), (house.cup, 5))
    url = f"/api/v1/purchase-orders/{order.pk}/receive/"
    lines = [{"product": "CUP", "quantity": 5}, {"product": "TEA", "quantity": 10}]
    refused = house.client.post(url, {"lines": lines}, content_type="application/json")
    errors = {error["field"]: error["detail"] for error in refused.json()["errors"]}
    assert errors == {"lines.1.lot": "Enter the lot number that stands on TEA."}
    lines[1] |= {"lot": "A-1", "expires_on": SOON.isoformat()}
    assert house.client.post(url, {"lines": lines}, content_type="application/json").status_code == 201
    assert list(Lot.objects.values_list("number", "expires_on", "on_hand")) == [("A-1", SOON, 10)]


# ---- what customers send back


def _shipped(house, pieces=13):
    """13 pieces of tea leave: 10 of SOON, 3 of LATE."""
    _receive(house, "LATE", LATER)
    _receive(house, "SOON", SOON)
    order = create_order(
        NewOrder(
            customer_id=CustomerFactory().pk,
            channel_id=ChannelFactory().pk,
            warehouse_id=house.warehouse.pk,
            lines=[NewLine(house.tea.pk, pieces)],
        )
    )
    return order, ship_order(NewShipment(order.pk)).lines.get()


def _on_hand() -> dict[str, int]:
    return dict(Lot.objects.order_by("expires_on").values_list("number", "on_hand"))


def test_pieces_of_the_only_lot_come_back_to_it(house):
    order, line = _shipped(house, pieces=4)
    assert _on_hand() == {"SOON": 6, "LATE": 10}
    return_goods([NewReturn(order.pk, {line.pk: 3}, reason="Too many", scrapped={line.pk: 1})])
    assert _on_hand() == {"SOON": 8, "LATE": 10}
    assert stock_differences() == []


def test_all_that_left_comes_back_to_its_lots(house):
    order, line = _shipped(house)
    assert _on_hand() == {"SOON": 0, "LATE": 7}
    return_goods([NewReturn(order.pk, {line.pk: 13}, reason="Refused")])
    assert _on_hand() == {"SOON": 10, "LATE": 10}


def test_of_several_lots_somebody_says_which_and_no_more_than_left(house):
    order, line = _shipped(house)
    return_goods([NewReturn(order.pk, {line.pk: 2}, lots={line.pk: {"LATE": 2}})])
    assert _on_hand() == {"SOON": 0, "LATE": 9}
    with pytest.raises(InvalidInput) as refused:
        return_goods([NewReturn(order.pk, {line.pk: 2}, lots={line.pk: {"LATE": 2}})])
    assert list(refused.value.field_errors) == [f"lots.{line.pk}"]
    for told in ({"SOON": 1}, {"OTHER": 2}, {"SOON": 3, "LATE": -1}):
        with pytest.raises(InvalidInput):
            return_goods([NewReturn(order.pk, {line.pk: 2}, lots={line.pk: told})])
    # Unread, they are of no lot; the label says nothing about them.
    return_goods([NewReturn(order.pk, {line.pk: 2})])
    assert _on_hand() == {"SOON": 0, "LATE": 9}
    assert StockLevel.objects.get(product=house.tea).on_hand == 11
    assert stock_differences() == []


def test_the_page_of_a_return_asks_for_the_lots(house):
    order, line = _shipped(house)
    url = f"/orders/{order.pk}/return/"
    page = house.client.get(url).content.decode()
    assert f'name="lot-{line.pk}-0"' in page
    fields = {"reason": "Wrong goods", f"back-{line.pk}": "4", f"scrap-{line.pk}": "1"}
    refused = house.client.post(url, fields)
    assert refused.status_code == 422
    assert "say how many of each go into stock, 3 in all" in refused.content.decode()
    assert house.client.post(url, fields | {f"lot-{line.pk}-0": "2", f"lot-{line.pk}-1": "1"}).status_code == 302
    assert _on_hand() == {"SOON": 2, "LATE": 8}


def test_an_inspected_return_knows_its_lots_on_the_page_and_over_the_api(house):
    order, line = _shipped(house)
    authorization = authorize_return(NewAuthorization(order.pk, {line.pk: 6}, SOON, "Wrong goods"))
    receive_return(authorization.pk, {1: 3})
    url = f"/returns/authorised/{authorization.pk}/"
    assert "SOON" in house.client.get(url).content.decode()
    wrong = house.client.post(f"{url}inspect/", {"fit-1": "3", "scrap-1": "0", "lot-1-0": "2"})
    assert wrong.status_code == 422
    assert house.client.post(f"{url}inspect/", {"fit-1": "3", "scrap-1": "0", "lot-1-0": "3"}).status_code == 302
    assert _on_hand() == {"SOON": 3, "LATE": 7}
    receive_return(authorization.pk, {1: 3})
    api = f"/api/v1/return-authorizations/{authorization.pk}/inspect/"
    body = {"lines": [{"line": 1, "fit": 3, "lots": [{"lot": "LATE", "quantity": 4}]}]}
    refused = house.client.post(api, body, content_type="application/json")
    assert [error["field"] for error in refused.json()["errors"]] == ["lines.0.lots"]
    body["lines"][0]["lots"][0]["quantity"] = 3
    assert house.client.post(api, body, content_type="application/json").status_code == 200
    assert _on_hand() == {"SOON": 3, "LATE": 10}


def test_the_delivery_note_as_pdf_names_the_lots(house):
    _order, line = _shipped(house)
    (row,) = delivery_note(line.shipment).rows
    assert row[2].splitlines()[1:] == [
        f"10 × lot SOON, expires {SOON}",
        f"3 × lot LATE, expires {LATER}",
    ]


def test_orders_know_what_is_held_back_of_a_lot(house):
    """The proof of reservations passes over what nobody ordered, and an order loses its pieces to it."""
    _shipped(house, pieces=4)
    assert set_aside_expired(SOON + timedelta(days=1)) == 1
    assert (stray_reservations(), stock_differences()) == ([], [])
    level = StockLevel.objects.get(product=house.tea)
    assert (level.on_hand, level.held_back, level.available, level.waiting) == (16, 6, 10, 0)


def test_what_is_held_back_serves_nobody_who_waits(house):
    """6 of 16 are held back, 10 are reserved of 25 ordered: 15 wait, for replenishment as for promises."""
    _shipped(house, pieces=4)
    set_aside_expired(SOON + timedelta(days=1))
    lines = [NewLine(house.tea.pk, 25)]
    create_order(NewOrder(CustomerFactory().pk, ChannelFactory().pk, house.warehouse.pk, lines))
    place = (house.tea.pk, house.warehouse.pk)
    assert StockLevel.objects.get(product=house.tea).waiting == 15
    assert timelines([place], today=TODAY)[place].owed.total() == 15
    need = due_needs([place], Terms.today(), only_due=False)[place]
    assert (need.available, need.waiting, need.position) == (0, 15, -15)
