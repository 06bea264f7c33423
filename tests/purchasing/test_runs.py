"""A check of everything: in chunks that cover each place once, resumed where a worker died, visible on the desk."""

import pytest
from django.utils import timezone

from orders.services import create_order
from orders.values import NewLine, NewOrder
from purchasing.models import ReorderMark, ReorderSuggestion, ReplenishmentChunk, ReplenishmentRun, StockPolicy
from purchasing.services import check_chunk, runs, start_run
from purchasing.services.runs import RunInProgress
from purchasing.tasks import hand_out_chunks
from tests.factories import ChannelFactory, CustomerFactory, ProductFactory, SupplierItemFactory, WarehouseFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def range_of_goods(buying):
    """Forty products in two warehouses, all to be ordered; nothing is marked."""
    places = [
        (SupplierItemFactory(supplier=buying.supplier).product_id, warehouse.pk)
        for _ in range(20)
        for warehouse in (buying.warehouse, WarehouseFactory())
    ]
    StockPolicy.objects.bulk_create(
        StockPolicy(
            product_id=product, warehouse_id=warehouse, reorder_point=5, order_up_to=9, updated_at=timezone.now()
        )
        for product, warehouse in places
    )
    return places


def compute(run):
    return [check_chunk(pk) for pk in run.chunks.order_by("pk").values_list("pk", flat=True)]


def test_every_place_is_checked_once(range_of_goods, monkeypatch):
    monkeypatch.setattr(runs, "CHUNK", 6)
    run = start_run()
    assert run.total == 40
    # Eight remainders hold forty places, five or so each; no two chunks share a product.
    chunks = list(run.chunks.values_list("products", flat=True))
    assert len({product % 8 for products in chunks for product in products}) == len(chunks)
    checked = compute(run)
    assert sum(checked) == 40
    run.refresh_from_db()
    assert (run.done, run.suggested, run.chunks.count(), run.finished_at is not None) == (40, 40, 0, True)
    assert set(ReorderSuggestion.objects.values_list("product_id", "warehouse_id")) == set(range_of_goods)
    assert ReorderSuggestion.objects.count() == 40


def test_places_without_levels_where_customers_wait_are_checked_too(buying):
    product = ProductFactory()
    lines = [NewLine(product.pk, 3)]
    create_order(NewOrder(CustomerFactory().pk, ChannelFactory().pk, buying.warehouse.pk, lines))
    ReorderMark.objects.all().delete()
    compute(start_run())
    assert ReorderSuggestion.objects.get(product=product).quantity == 3


def test_a_second_run_waits_for_the_first(range_of_goods):
    first = start_run()
    with pytest.raises(RunInProgress):
        start_run()
    compute(first)
    assert start_run().pk > first.pk


def test_a_stuck_run_is_replaced(range_of_goods):
    stuck = start_run()
    ReplenishmentRun.objects.update(started_at=timezone.now() - runs.STUCK_AFTER)
    new = start_run()
    assert set(ReplenishmentChunk.objects.values_list("run", flat=True)) == {new.pk}
    stuck.refresh_from_db()
    assert stuck.finished_at is not None


def test_a_chunk_that_is_done_is_not_done_again(range_of_goods):
    run = start_run()
    (chunk,) = run.chunks.all()
    assert [check_chunk(chunk.pk), check_chunk(chunk.pk)] == [40, 0]


def test_chunks_left_behind_are_handed_out_again(range_of_goods):
    start_run()
    assert hand_out_chunks() == 1


def test_with_nothing_to_check_a_run_is_done(buying):
    run = start_run()
    assert (run.total, run.finished_at is not None, run.chunks.count()) == (0, True, 0)


def test_the_desk_shows_how_far_it_is(buyer, range_of_goods):
    assert buyer.post("/purchasing/replenishment/run/start/").status_code == 302
    page = buyer.get("/purchasing/replenishment/").content.decode()
    assert "Everything is being checked anew: 0 of 40 places" in page
    assert 'hx-trigger="every 2s"' in page
    again = buyer.post("/purchasing/replenishment/run/start/")
    assert again.status_code == 409
    assert "Everything is being checked already." in again.content.decode()
    compute(ReplenishmentRun.objects.get())
    part = buyer.get("/purchasing/replenishment/run/").content.decode()
    assert "40 places, 40 suggestions" in part
    assert "every 2s" not in part
