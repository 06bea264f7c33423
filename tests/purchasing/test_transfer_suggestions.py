"""Replenishment from another warehouse: a suggestion ends in a transfer, which counts as supply like a purchase."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from inventory import transfers
from inventory.models import Transfer
from purchasing.decision import Need
from purchasing.models import ReorderSuggestion, StockPolicy
from purchasing.needs import Terms, due_needs
from purchasing.services import drain_marks
from purchasing.shortages import shortages
from purchasing.verification import recompute
from tests.factories import WarehouseFactory, stock
from tests.purchasing.test_shortages import sell

pytestmark = pytest.mark.django_db


@pytest.fixture
def spare(buying):
    """A second warehouse with 40 of tea and an order-up-to level of 10: it can spare 30."""
    warehouse = WarehouseFactory(code="SPARE", name="Spare warehouse")
    stock(buying.tea, warehouse, 40, "2.50")
    StockPolicy.objects.create(product=buying.tea, warehouse=warehouse, order_up_to=10, updated_at=timezone.now())
    return warehouse


def need_at(buying, warehouse) -> Need:
    place = (buying.tea.pk, warehouse.pk)
    return due_needs([place], Terms.today(), only_due=False)[place]


def test_a_suggestion_ends_in_a_transfer(buyer, buying, spare):
    suggestion = buying.suggest(buying.tea, 5, 20)
    assert Need.of(suggestion.inputs).surplus == {"SPARE": 30}
    page = buyer.get(reverse("purchasing:suggestion", args=[suggestion.pk])).content.decode()
    assert "Transfer instead of buying" in page
    day = timezone.localdate() + timedelta(days=2)
    values = {"source": spare.pk, "quantity": 20, "expected_on": day.isoformat()}
    url = reverse("purchasing:suggestion-transfer", args=[suggestion.pk])
    assert buyer.post(url, values | {"quantity": 0}).status_code == 422
    answer = buyer.post(url, values)
    transfer = Transfer.objects.get()
    assert answer.url == reverse("inventory:transfer", args=[transfer.pk])
    assert (transfer.source, transfer.destination, transfer.expected_on) == (spare, buying.warehouse, day)
    suggestion.refresh_from_db()
    assert (suggestion.status, suggestion.transfer) == ("transfer", transfer)
    assert transfer.number in buyer.get(reverse("purchasing:suggestion", args=[suggestion.pk])).content.decode()
    assert buyer.post(url, values).status_code == 409
    drain_marks()
    assert not ReorderSuggestion.objects.filter(status="open").exists()


def test_a_part_leaves_the_rest_to_be_bought(buying, spare, buyer):
    suggestion = buying.suggest(buying.tea, 5, 20)
    day = timezone.localdate() + timedelta(days=2)
    buyer.post(
        reverse("purchasing:suggestion-transfer", args=[suggestion.pk]),
        {"source": spare.pk, "quantity": 4, "expected_on": day.isoformat()},
    )
    drain_marks()
    rest = ReorderSuggestion.objects.get(status="open")
    # 20 up to, 4 asked for: 16 missing, in packs of 5.
    assert (rest.quantity, rest.inputs["on_order"], rest.inputs["drafted"]) == (20, 4, 4)


def test_every_state_counts_once_in_the_inventory_position(buying, spare):
    day = timezone.localdate() + timedelta(days=2)
    StockPolicy.objects.create(
        product=buying.tea, warehouse=buying.warehouse, reorder_point=5, order_up_to=20, updated_at=timezone.now()
    )
    new = transfers.NewTransfer(spare.pk, buying.warehouse.pk, [(buying.tea.pk, 12)], day)
    transfer = transfers.request_transfer(new)
    need = need_at(buying, buying.warehouse)
    assert (need.available, need.on_order, need.drafted, need.surplus) == (0, 12, 12, {"SPARE": 18})
    transfers.send_transfer(transfer.pk, {transfer.lines.get().pk: 10})
    need = need_at(buying, buying.warehouse)
    assert (need.available, need.on_order, need.drafted, need.surplus) == (0, 10, 0, {"SPARE": 20})
    transfers.receive_transfer(transfer.pk, {transfer.lines.get().pk: 7})
    need = need_at(buying, buying.warehouse)
    assert (need.available, need.on_order) == (7, 3)
    transfers.reschedule_transfer(transfer.pk, day + timedelta(days=400))
    need = need_at(buying, buying.warehouse)
    assert (need.available, need.on_order, need.late) == (7, 0, 3)
    transfers.close_transfer(transfer.pk, reason="lost")
    need = need_at(buying, buying.warehouse)
    assert (need.available, need.on_order, need.late) == (7, 0, 0)


def test_a_way_that_takes_longer_than_buying_comes_last(buyer, buying, spare):
    near = WarehouseFactory(code="NEAR", name="Near warehouse")
    stock(buying.tea, near, 25, "2.50")
    StockPolicy.objects.create(product=buying.tea, warehouse=near, order_up_to=10, updated_at=timezone.now())
    suggestion = buying.suggest(buying.tea, 5, 20)
    quantity = suggestion.quantity
    url = reverse("purchasing:suggestion", args=[suggestion.pk])
    page = buyer.get(url)
    # Both take the usual two days: the one with most to spare comes first.
    assert [one["spare"].warehouse.code for one in page.context["surplus"]] == ["SPARE", "NEAR"]
    start = timezone.now() - timedelta(days=40)
    for _ in range(4):
        new = transfers.NewTransfer(spare.pk, buying.warehouse.pk, [(buying.tea.pk, 1)])
        transfer = transfers.send_transfer(transfers.request_transfer(new).pk, at=start)
        transfers.receive_transfer(transfer.pk, at=start + timedelta(days=18))
    # (4 × 18 + 4 × 2) / 8 = 10 days; the supplier says 7, which the reorder point is made for.
    page = buyer.get(url)
    rows = [
        (row["spare"].warehouse.code, row["spare"].transit.whole_days, row["spare"].days_longer)
        for row in page.context["surplus"]
    ]
    assert rows == [("NEAR", 2, 0), ("SPARE", 10, 3)]
    text = page.content.decode()
    assert "10 days on the way (learned from 4 transfers); takes 3 days longer than the reorder point covers" in text
    assert page.context["transfer_form"].initial == {"source": near, "quantity": 15}
    assert (suggestion.quantity, recompute(suggestion).is_identical) == (quantity, True)
    answer = buyer.post(
        reverse("purchasing:suggestion-transfer", args=[suggestion.pk]), {"source": spare.pk, "quantity": 5}
    )
    asked = Transfer.objects.get(status="requested")
    assert (answer.status_code, asked.expected_on) == (302, timezone.localdate() + timedelta(days=10))


def test_what_is_in_transit_serves_who_waits(buying, spare):
    sell(buying, 6)
    (short,) = shortages().unserved
    assert (short.pieces, short.cures[0].kind, short.cures[0].warehouse_id) == (6, "transfer", spare.pk)
    new = transfers.NewTransfer(spare.pk, buying.warehouse.pk, [(buying.tea.pk, 4)], timezone.localdate())
    transfers.send_transfer(transfers.request_transfer(new).pk)
    found = shortages()
    assert found.expedite == []
    assert [row.pieces for row in found.unserved] == [2]
