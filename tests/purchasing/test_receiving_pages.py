"""Receiving goods over HTTP: what is expected, counting in, and never twice."""

from datetime import timedelta

import pytest
from django.utils import timezone

from inventory.models import StockLevel, StockMove
from orders.services import create_order
from orders.values import NewLine, NewOrder
from purchasing.models import GoodsReceipt
from purchasing.services import cancel_purchase_order, receive_goods
from purchasing.values import NewReceipt
from tests.factories import ChannelFactory, CustomerFactory, UserFactory, WarehouseFactory

pytestmark = pytest.mark.django_db
RECEIVING = "/purchasing/receiving/"


def arrived(order, *quantities, **fields):
    """What the form sends: pieces for each line of the order."""
    return {f"line-{line.pk}": q for line, q in zip(order.lines.order_by("pk"), quantities, strict=True)} | fields


def listed(response) -> list[str]:
    return [order.number for order in response.context["orders"]]


def test_expected_orders_stand_by_day(storekeeper, buying):
    late = buying.order((buying.tea, 10), expected_on=timezone.localdate() + timedelta(days=9))
    soon = buying.order((buying.cup, 5), expected_on=timezone.localdate() - timedelta(days=2))
    buying.order((buying.tea, 10), place=False)
    done = buying.order((buying.cup, 1))
    receive_goods([NewReceipt(done.pk)])
    response = storekeeper.get(RECEIVING)
    assert listed(response) == [soon.number, late.number]
    assert "Overdue" in response.content.decode()
    for asked, found in (({"q": "690002"}, [soon]), ({"q": "farm"}, [soon, late]), ({"q": "mill"}, [])):
        assert listed(storekeeper.get(RECEIVING, asked)) == [order.number for order in found], asked


def test_the_warehouse_stays_chosen(storekeeper, buying):
    order, north = buying.order((buying.tea, 10)), WarehouseFactory()
    assert listed(storekeeper.get(RECEIVING, {"warehouse": north.pk})) == []
    assert listed(storekeeper.get(RECEIVING)) == []
    assert "Nothing expected fits" in storekeeper.get(RECEIVING).content.decode()
    assert listed(storekeeper.get(RECEIVING, {"warehouse": ""})) == [order.number]
    assert listed(storekeeper.get(RECEIVING)) == [order.number]


def test_a_scanned_order_number_opens_the_order(storekeeper, buying):
    order = buying.order((buying.tea, 10))
    assert storekeeper.get(RECEIVING, {"q": order.number.lower()}).url == f"{RECEIVING}{order.pk}/"


def test_the_ledger_leads_to_the_purchase_order_of_a_receipt(client, buying):
    order = buying.order((buying.tea, 10))
    (receipt,) = receive_goods([NewReceipt(order.pk)])
    link = f'<a href="/purchasing/orders/{order.pk}/">{receipt.number}</a>'
    card = f"/stock/{buying.tea.pk}/{buying.warehouse.pk}/"
    client.force_login(UserFactory(permissions=["inventory.view_stockmove"]))
    assert link not in client.get(card).content.decode()
    client.force_login(UserFactory(permissions=["inventory.view_stockmove", "purchasing.view_purchaseorder"]))
    assert link in client.get(card).content.decode()


def test_nothing_expected_says_so(storekeeper):
    assert "Nothing is expected" in storekeeper.get(RECEIVING).content.decode()


def test_the_form_offers_what_is_open_and_knows_every_code(storekeeper, buying):
    order = buying.order((buying.tea, 10), (buying.cup, 6))
    receive_goods([NewReceipt(order.pk, {order.lines.first().pk: 4})])
    response = storekeeper.get(f"{RECEIVING}{order.pk}/")
    assert [(row["open"], row["quantity"], row["codes"]) for row in response.context["rows"]] == [
        (6, 6, ["TEA", "690001", "F-1"]),
        (6, 6, ["CUP", "690002"]),
    ]
    page = response.content.decode()
    assert 'data-code="690001"' in page
    assert "Received before" in page


def test_receiving_in_part_and_in_full(storekeeper, buying):
    order = buying.order((buying.tea, 10), (buying.cup, 6))
    url = f"{RECEIVING}{order.pk}/"
    response = storekeeper.post(url, arrived(order, "4", ""), follow=True)
    receipt = GoodsReceipt.objects.get()
    assert response.request["PATH_INFO"] == f"{RECEIVING}receipts/{receipt.pk}/"
    page = response.content.decode()
    assert "4 pieces came into MAIN Main warehouse." in page
    assert "12 are still expected." in page
    assert str(receipt.created_by) == "Qiang Wang"
    page = storekeeper.post(url, arrived(order, "6", "6"), follow=True).content.decode()
    assert "The purchase order is complete." in page
    order.refresh_from_db()
    assert order.status == "received"
    assert dict(StockLevel.objects.values_list("product__sku", "on_hand")) == {"TEA": 10, "CUP": 6}
    done = storekeeper.get(url)
    assert "There is nothing to receive." in done.content.decode()
    assert storekeeper.post(url, arrived(order, "1", "")).status_code == 409


def test_more_than_open_is_refused_by_name_and_everything_typed_stays(storekeeper, buying):
    order = buying.order((buying.tea, 10), (buying.cup, 6))
    url = f"{RECEIVING}{order.pk}/"
    response = storekeeper.post(url, arrived(order, "11", "6"))
    assert response.status_code == 409
    assert [(row["quantity"], row["error"]) for row in response.context["rows"]] == [
        ("11", "10 of TEA are still expected; enter 0 to 10."),
        ("6", ""),
    ]
    response = storekeeper.post(url, arrived(order, "many", "-1"))
    assert response.status_code == 422
    assert [row["error"] for row in response.context["rows"]] == ["Enter a whole number, 0 for nothing."] * 2
    nothing = storekeeper.post(url, arrived(order, "0", ""))
    assert nothing.status_code == 409
    assert "Enter the pieces that arrived for at least one line." in nothing.content.decode()
    assert not StockMove.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_form_changed_after_it_was_sent_is_not_taken_for_the_first(storekeeper, buying):
    """Back in the browser, another number, sent again: until 2026-11 it said that it was booked, and was not."""
    order = buying.order((buying.tea, 10))
    url = f"{RECEIVING}{order.pk}/"
    key = storekeeper.get(url).context["key"]
    assert storekeeper.post(url, arrived(order, "4", key=key)).status_code == 302
    changed = storekeeper.post(url, arrived(order, "5", key=key))
    assert changed.status_code == 409
    assert "This form was sent before, with other content" in changed.content.decode()
    assert StockLevel.objects.get().on_hand == 4
    assert storekeeper.post(url, arrived(order, "5", key=storekeeper.get(url).context["key"])).status_code == 302
    assert StockLevel.objects.get().on_hand == 9


@pytest.mark.django_db(transaction=True)
def test_the_same_form_sent_twice_receives_once(storekeeper, buying):
    order = buying.order((buying.tea, 10))
    url = f"{RECEIVING}{order.pk}/"
    key = storekeeper.get(url).context["key"]
    refused = storekeeper.post(url, arrived(order, "11", key=key))
    assert (refused.status_code, refused.context["key"]) == (409, key)
    body = arrived(order, "4", key=key)
    first, again = storekeeper.post(url, body), storekeeper.post(url, body)
    assert (first.status_code, first.url) == (302, again.url)
    assert StockLevel.objects.get().on_hand == 4
    another = storekeeper.post(url, body | {"key": storekeeper.get(url).context["key"]})
    assert another.url != first.url
    assert StockLevel.objects.get().on_hand == 8


def test_the_answer_says_how_much_went_to_waiting_orders(storekeeper, buying):
    channel, customer = ChannelFactory(), CustomerFactory()
    create_order(NewOrder(customer.pk, channel.pk, buying.warehouse.pk, [NewLine(buying.tea.pk, 3)]))
    order = buying.order((buying.tea, 10), (buying.cup, 6))
    page = storekeeper.post(f"{RECEIVING}{order.pk}/", arrived(order, "10", "0"), follow=True).content.decode()
    assert "3 pieces that customers waited for are reserved for them now." in page
    page = storekeeper.post(f"{RECEIVING}{order.pk}/", arrived(order, "0", "6"), follow=True).content.decode()
    assert "that customers waited for" not in page


def test_an_open_form_hears_that_the_order_changed(storekeeper, buying):
    order = buying.order((buying.tea, 10))
    part = f"{RECEIVING}{order.pk}/receipts/?seen=0"
    assert part in storekeeper.get(f"{RECEIVING}{order.pk}/").content.decode()
    assert "has changed since" not in storekeeper.get(part).content.decode()
    receive_goods([NewReceipt(order.pk, {order.lines.get().pk: 4})])
    answer = storekeeper.get(part).content.decode()
    assert "has changed since" in answer
    assert GoodsReceipt.objects.get().number in answer
    cancelled = buying.order((buying.cup, 1))
    cancel_purchase_order(cancelled.pk, reason="test")
    assert "has changed since" in storekeeper.get(f"{RECEIVING}{cancelled.pk}/receipts/?seen=0").content.decode()


def test_receiving_needs_its_permission(client, buying):
    order = buying.order((buying.tea, 10))
    client.force_login(UserFactory(permissions=["purchasing.view_purchaseorder", "purchasing.place_purchaseorder"]))
    assert client.post(f"{RECEIVING}{order.pk}/", arrived(order, "10")).status_code == 403
    assert not StockMove.objects.exists()


def test_query_budgets(storekeeper, buying, django_assert_max_num_queries):
    orders = [buying.order((buying.tea, 10), (buying.cup, 6)) for _n in range(3)]
    storekeeper.get(RECEIVING)
    with django_assert_max_num_queries(9):
        storekeeper.get(RECEIVING)
    with django_assert_max_num_queries(9):
        storekeeper.get(f"{RECEIVING}{orders[0].pk}/")
