"""A lot's way through the house: received on the tablet or by API, moved, picked, delivered."""

from datetime import timedelta

import pytest
from django.utils import timezone

from inventory import transfers
from inventory.models import Lot, Product, StockLevel
from inventory.places import LotPieces
from inventory.transfers import NewTransfer
from inventory.verification import stock_differences, transfer_differences
from orders.services import create_order, ship_order
from orders.values import NewLine, NewOrder, NewShipment
from purchasing.models import GoodsReceipt
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
