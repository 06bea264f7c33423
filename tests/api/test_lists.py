"""Lists: paging, filters, search, and a fixed number of queries however many rows there are."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from forecasting.models import DemandForecast, ForecastRun
from inventory.models import Product
from inventory.services import adjust_stock
from orders.services import create_order, ship_order
from orders.values import NewLine, NewOrder, NewShipment
from purchasing.models import ReorderSuggestion, SupplierItem
from purchasing.services import create_purchase_orders
from purchasing.values import NewPurchaseLine, NewPurchaseOrder
from tests.api.conftest import Shop
from tests.factories import CustomerFactory, ProductFactory, SupplierItemFactory, WarehouseFactory, stock

pytestmark = pytest.mark.django_db
V1 = "/api/v1/"


@pytest.fixture
def manager(client_of):
    return client_of(role="Managers")


def place_order(shop: Shop, *lines, customer=None, **kwargs):
    wanted = [NewLine(product.pk, quantity) for product, quantity in lines]
    return create_order(NewOrder((customer or shop.customer).pk, shop.channel.pk, shop.warehouse.pk, wanted, **kwargs))


def rows(response, *names):
    assert response.status_code == 200, response.content
    found = response.json()["results"]
    return [tuple(row[name] for name in names) if len(names) > 1 else row[names[0]] for row in found]


def test_pages_follow_each_other_and_stay_stable_while_rows_arrive(manager):
    skus = [ProductFactory().sku for _ in range(5)]
    first = manager.get(f"{V1}products/?page_size=2")
    assert rows(first, "sku") == [skus[4], skus[3]]
    assert first.json()["previous"] is None
    ProductFactory()
    second = manager.get(first.json()["next"])
    assert rows(second, "sku") == [skus[2], skus[1]]
    third = manager.get(second.json()["next"])
    assert (rows(third, "sku"), third.json()["next"]) == ([skus[0]], None)
    assert rows(manager.get(third.json()["previous"]), "sku") == [skus[2], skus[1]]


@pytest.mark.parametrize("cursor", ["nonsense", "cD1hYmM=", "cD05OTk5OTk5OTk5OTk5OTk5OTk5OTk5", "cD0tMQ=="])
def test_forged_cursor_is_not_found(manager, cursor):
    ProductFactory()
    assert manager.get(f"{V1}products/?cursor={cursor}").status_code == 404


def test_no_more_than_500_rows_a_page(manager):
    Product.objects.bulk_create(Product(sku=f"P{n}", name="P") for n in range(501))
    assert len(rows(manager.get(f"{V1}products/?page_size=100000"), "sku")) == 500


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("sku=tea", {"TEA"}),
        ("barcode=690001", {"TEA"}),
        ("search=cu", {"CUP"}),
        ("search=690001", {"TEA"}),
        ("category=Drinks", {"TEA"}),
        ("is_active=false", {"OLD"}),
        ("created_after=2100-01-01", set()),
        ("created_before=2100-01-01T00:00:00Z", {"TEA", "CUP", "OLD"}),
    ],
)
def test_product_filters(manager, shop: Shop, query, found):
    shop.tea.category.name = "Drinks"
    shop.tea.category.save()
    ProductFactory(sku="OLD", is_active=False)
    assert set(rows(manager.get(f"{V1}products/?{query}"), "sku")) == found


def test_stock_by_product_warehouse_and_quantity(manager, shop: Shop):
    north = WarehouseFactory(code="NORTH")
    stock(shop.tea, north, 3)
    stock(shop.cup, north, 20)
    place_order(shop, (shop.tea, 4))

    def found(query):
        answer = rows(manager.get(f"{V1}stock/?{query}"), "product", "warehouse", "available")
        return {(product["sku"], warehouse["code"], available) for product, warehouse, available in answer}

    assert found("") == {("TEA", "MAIN", 6), ("TEA", "NORTH", 3), ("CUP", "NORTH", 20)}
    assert found("product=tea,690001") == {("TEA", "MAIN", 6), ("TEA", "NORTH", 3)}
    assert found("warehouse=NORTH&available_min=4") == {("CUP", "NORTH", 20)}
    assert found("available_max=6") == {("TEA", "MAIN", 6), ("TEA", "NORTH", 3)}
    row = manager.get(f"{V1}stock/{shop.level.pk}/").json()
    assert (row["on_hand"], row["reserved"], row["available"], row["value"]) == (10, 4, 6, "60.00")


def test_order_filters(manager, shop: Shop):
    other = CustomerFactory(code="C2", name="Wang")
    old = datetime(2020, 1, 2, 12, tzinfo=UTC)
    a = place_order(shop, (shop.tea, 1), ordered_at=old, requested_date=date(2020, 1, 5), external_reference="X-1")
    b = place_order(shop, (shop.cup, 1), customer=other)
    ship_order(NewShipment(a.pk))

    def found(query):
        return [{a.number: "a", b.number: "b"}[n] for n in rows(manager.get(f"{V1}orders/?{query}"), "number")]

    assert found("") == ["b", "a"]
    assert found(f"number={a.number}") == ["a"]
    assert found("status=shipped") == ["a"]
    assert found("status=shipped&status=open") == ["b", "a"]
    assert found("customer=C2") == ["b"]
    assert found(f"customer_id={other.pk}") == ["b"]
    assert found("channel=web&warehouse=MAIN") == ["b", "a"]
    assert found("external_reference=X-1") == ["a"]
    assert found("product=TEA") == ["a"]
    assert found("search=wan") == ["b"]
    assert found("search=x-1") == ["a"]
    assert found("ordered_before=2020-01-02T12:00:01Z&ordered_after=2020-01-02T12:00:00Z") == ["a"]
    assert found("requested_from=2020-01-05&requested_to=2020-01-05") == ["a"]
    soon = (timezone.now() + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert found(f"updated_after={soon}") == []
    # b was confirmed and a shipped a moment ago
    assert found("updated_after=2021-01-01") == ["b", "a"]


def test_wrong_filter_values_are_named(manager):
    response = manager.get(f"{V1}orders/?status=lost&ordered_after=yesterday&customer_id=x")
    assert response.status_code == 400
    assert {error["field"] for error in response.json()["errors"]} == {"status", "ordered_after", "customer_id"}


def test_ledger_by_kind_and_time(manager, shop: Shop):
    adjust_stock(product_id=shop.tea.pk, warehouse_id=shop.warehouse.pk, difference=-2, reason="Broken")
    adjusted = manager.get(f"{V1}stock-moves/?kind=adjustment&product=TEA&warehouse=MAIN")
    assert rows(adjusted, "quantity", "value", "reason") == [(-2, "-12.00", "Broken")]
    assert rows(manager.get(f"{V1}stock-moves/?recorded_after=2100-01-01"), "id") == []


def test_costs_are_null_for_those_who_may_not_see_them(client_of, shop: Shop):
    clerk = client_of("inventory.view_stocklevel", "inventory.view_stockmove")
    assert rows(clerk.get(f"{V1}stock/"), "value") == [None]
    assert rows(clerk.get(f"{V1}stock-moves/"), "value") == [None]


def test_availability_with_promise(manager, shop: Shop):
    north = WarehouseFactory(code="NORTH", name="North")
    place_order(shop, (shop.tea, 4))
    (purchase,) = create_purchase_orders(
        [NewPurchaseOrder(shop.supplier.pk, shop.warehouse.pk, [NewPurchaseLine(shop.tea.pk, 12)])]
    )
    answer = manager.get(f"{V1}availability/?product=TEA&quantity=8")
    assert answer.status_code == 200, answer.content
    (row,) = answer.json()["results"]
    today = timezone.localdate()
    arrival = (today + timedelta(days=10)).isoformat()
    assert row["product"]["sku"] == "TEA"
    assert row["places"][0] == {
        "warehouse": {"id": shop.warehouse.pk, "code": "MAIN", "name": "Main warehouse"},
        "on_hand": 10,
        "reserved": 4,
        "available": 6,
        "waiting": 0,
        "incoming": [{"expected_on": arrival, "quantity": 12, "document": purchase.number}],
        "projection": [{"date": today.isoformat(), "available": 6}, {"date": arrival, "available": 18}],
        "promise": {"quantity": 8, "now": 6, "date": arrival, "basis": "incoming", "document": purchase.number},
    }
    # Nothing there and nothing ordered: the supplier's lead time counts.
    assert row["places"][1]["warehouse"]["code"] == north.code
    assert row["places"][1]["promise"] == {
        "quantity": 8,
        "now": 0,
        "date": arrival,
        "basis": "lead_time",
        "document": "",
    }
    (only,) = manager.get(f"{V1}availability/?product=TEA&warehouse=MAIN").json()["results"]
    assert [place["promise"]["date"] for place in only["places"]] == [today.isoformat()]
    for wrong in ("quantity=0", "quantity=1.5", "warehouse=NOWHERE"):
        response = manager.get(f"{V1}availability/?{wrong}")
        assert response.status_code == 400
        assert [error["field"] for error in response.json()["errors"]] == [wrong.split("=")[0]]


def fill(shop: Shop, count: int) -> None:
    """``count`` more rows for every list."""
    for _ in range(count):
        product = ProductFactory()
        stock(product, shop.warehouse, 10)
        order = place_order(shop, (product, 2), (shop.cup, 1), customer=CustomerFactory())
        ship_order(NewShipment(order.pk))
        item: SupplierItem = SupplierItemFactory(supplier__code=f"S-{product.sku}", product=product)
        create_purchase_orders(
            [NewPurchaseOrder(item.supplier_id, shop.warehouse.pk, [NewPurchaseLine(product.pk, 3)])]
        )
        ReorderSuggestion.objects.create(
            product=product, warehouse=shop.warehouse, supplier_item=item, quantity=5, updated_at=timezone.now()
        )
        run = ForecastRun.objects.create(as_of=date(2026, 1, 1), started_at=timezone.now())
        DemandForecast.objects.create(
            run=run,
            product=product,
            warehouse=shop.warehouse,
            model="ses",
            lead_time_days=10,
            lead_time_sd=1,
            lead_time_demand=5,
            lead_time_demand_sd=2,
            service_level=0.95,
            safety_stock=3,
            reorder_point=8,
            order_up_to=20,
        )


# Beside the list's own queries: token and user in one, permissions in two.
SIGN_IN = 1  # the token, its user and what he may do
BUDGETS = {
    "products": 1,
    "warehouses": 1,
    "stock": 1,
    "stock-moves": 1,
    "availability": 5,
    "channels": 1,
    "customers": 3,
    "orders": 2,
    "shipments": 2,
    "suppliers": 1,
    "purchase-orders": 2,
    "reorder-suggestions": 1,
    "forecasts": 1,
}


def test_query_budget_of_each_list(manager, shop: Shop):
    fill(shop, 1)
    few = {name: queries(manager, name) for name in BUDGETS}
    fill(shop, 4)
    many = {name: queries(manager, name) for name in BUDGETS}
    assert many == few, "the number of queries grows with the rows"
    assert {name: count - SIGN_IN for name, count in many.items()} == BUDGETS


def queries(client, name: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        response = client.get(f"{V1}{name}/")
    assert response.json()["results"], name
    return len(captured)
