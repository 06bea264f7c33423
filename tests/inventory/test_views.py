"""The pages of stock and products over HTTP."""

import csv
import io
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from openpyxl import load_workbook

from inventory.models import StockLevel, StockMove
from inventory.places import Basket
from inventory.services import adjust_stock, reserve_stock
from tests.factories import CategoryFactory, ProductFactory, UserFactory, WarehouseFactory, stock

pytestmark = pytest.mark.django_db
PAGES = {
    "inventory.view_stocklevel": ["/stock/", "/stock/?format=csv", "/stock/?format=xlsx"],
    "inventory.view_product": ["/products/", "/products/?format=csv", "/products/?format=xlsx"],
    "inventory.add_product": ["/products/new/"],
}


def shown(response):
    return [(level.product.sku, level.warehouse.code, level.on_hand) for level in response.context["levels"]]


def card(product, warehouse):
    return f"/stock/{product.pk}/{warehouse.pk}/"


def reserve(product, warehouse, quantity):
    reserve_stock([Basket([((product.pk, warehouse.pk), quantity)], allow_short=False)], at=timezone.now())


# ---- permissions


@pytest.mark.parametrize(("permission", "path"), [(p, path) for p, paths in PAGES.items() for path in paths])
def test_only_the_permission_opens_the_door(client, permission, path):
    assert client.get(path).status_code == 302
    client.force_login(UserFactory())
    assert client.get(path).status_code == 403
    client.force_login(UserFactory(permissions=[permission]))
    assert client.get(path).status_code == 200


def test_cards_and_products_open_only_with_permission_and_denied_means_nothing_changed(client, tea, here):
    stock(tea, here, 5)
    pages = {
        card(tea, here): "inventory.view_stockmove",
        f"{card(tea, here)}adjust/": "inventory.adjust_stock",
        f"/products/{tea.pk}/": "inventory.view_product",
        f"/products/{tea.pk}/edit/": "inventory.change_product",
    }
    for path, permission in pages.items():
        client.force_login(UserFactory(permissions=sorted(set(pages.values()) - {permission})))
        assert client.get(path).status_code == 403, path
        client.force_login(UserFactory(permissions=[permission]))
        assert client.get(path).status_code == 200, path
    client.force_login(UserFactory(role="Sales"))
    correction = {"step": "confirm", "kind": "missing", "quantity": 1, "reason": "x", "seen": 5, "cut": 0}
    assert client.post(f"{card(tea, here)}adjust/", correction).status_code == 403
    assert client.post(f"/products/{tea.pk}/edit/", {"sku": "X"}).status_code == 403
    assert StockLevel.objects.get().on_hand == 5


def test_costs_are_for_those_who_may_see_them(client, tea, here):
    stock(tea, here, 4, "6.25")
    for role, sees in (("Warehouse", False), ("Managers", True)):
        client.force_login(UserFactory(role=role))
        for path in ("/stock/", card(tea, here)):
            assert ("25.00" in client.get(path).content.decode()) is sees
        lines = b"".join(client.get("/stock/", {"format": "csv"}).streaming_content).decode()
        assert ("25.00" in lines, "Stock value" in lines) == (sees, sees)
        assert ("unit_cost" in client.get(f"{card(tea, here)}adjust/").content.decode()) is sees


def test_sales_see_stock_without_the_way_into_the_ledger(client, tea, here):
    stock(tea, here, 4)
    client.force_login(UserFactory(role="Sales"))
    content = client.get("/stock/").content.decode()
    assert "TEA-1" in content
    assert card(tea, here) not in content


# ---- stock list


@pytest.fixture
def shelves(tea, here):
    """TEA in A1 (8, of them 3 reserved) and B1 (2); RICE in A1 (5); both in their categories."""
    rice, there = ProductFactory(sku="rice-1", name="Rice", category=CategoryFactory(name="Food")), WarehouseFactory()
    there.code = "B1"
    there.save()
    stock(tea, here, 8)
    stock(tea, there, 2)
    stock(rice, here, 5)
    reserve(tea, here, 3)
    return {"tea": tea, "rice": rice, "here": here, "there": there}


RICE, TEA_A, TEA_B = ("rice-1", "A1", 5), ("TEA-1", "A1", 8), ("TEA-1", "B1", 2)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, [RICE, TEA_A, TEA_B]),
        ({"q": "tea"}, [TEA_A, TEA_B]),
        ({"q": "690001"}, [TEA_A, TEA_B]),
        ({"q": "green TEA"}, [TEA_A, TEA_B]),
        ({"warehouse": "here"}, [RICE, TEA_A]),
        ({"category": "rice"}, [RICE]),
        ({"q": "tea", "warehouse": "there"}, [TEA_B]),
        ({"warehouse": "nonsense"}, [RICE, TEA_A, TEA_B]),
        ({"q": "nothing"}, []),
    ],
)
def test_search_and_filters(keeper, shelves, asked, found):
    named = {"here": shelves["here"].pk, "there": shelves["there"].pk, "rice": shelves["rice"].category_id}
    assert shown(keeper.get("/stock/", {k: named.get(v, v) for k, v in asked.items()})) == found


def test_figures_and_the_way_to_the_card(keeper, shelves):
    response = keeper.get("/stock/", {"q": "tea", "warehouse": shelves["here"].pk})
    (level,) = response.context["levels"]
    assert (level.on_hand, level.reserved, level.available) == (8, 3, 5)
    assert card(shelves["tea"], shelves["here"]) in response.content.decode()


def test_pages_follow_the_last_row_shown(keeper, shelves, monkeypatch):
    monkeypatch.setattr("inventory.views.stock.PAGE_SIZE", 2)
    first = keeper.get("/stock/")
    assert shown(first) == [RICE, TEA_A]
    second = keeper.get("/stock/", {"after": first.context["next"]})
    assert (shown(second), second.context["next"]) == ([TEA_B], None)


def test_empty_lists_say_what_to_do(keeper):
    assert "Nothing was ever stocked" in keeper.get("/stock/").content.decode()
    assert "No stock fits" in keeper.get("/stock/", {"q": "x"}).content.decode()
    assert "No products yet" in keeper.get("/products/").content.decode()
    assert "No product fits" in keeper.get("/products/", {"q": "x"}).content.decode()


def test_the_filtered_list_exports(keeper, shelves):
    content = b"".join(keeper.get("/stock/", {"format": "csv", "q": "tea"}).streaming_content)
    header, *lines = csv.reader(io.StringIO(content.decode("utf-8-sig")))
    assert header == [
        "SKU",
        "Name",
        "Barcode",
        "Category",
        "Warehouse code",
        "Warehouse",
        "On hand",
        "Reserved",
        "Available",
    ]
    assert lines[0] == ["TEA-1", "Green tea", "690001", "Drinks", "A1", "Harbour", "8", "3", "5"]
    book = load_workbook(io.BytesIO(b"".join(keeper.get("/stock/", {"format": "xlsx"}).streaming_content)))
    assert [(row[0].value, row[6].value) for row in book.active.iter_rows(min_row=2)] == [
        ("rice-1", 5),
        ("TEA-1", 8),
        ("TEA-1", 2),
    ]


def test_a_live_refresh_gets_the_rows_alone(keeper, shelves):
    for path, start in (
        ("/stock/", '<div class="card" id="stock"'),
        (card(shelves["tea"], shelves["here"]), "<div id"),
    ):
        content = keeper.get(path, headers={"HX-Request": "true"}).content.decode()
        assert content.lstrip().startswith(start)
        assert "<html" not in content


def test_query_budgets(keeper, shelves, django_assert_max_num_queries):
    keeper.get("/stock/")
    for path, budget in (
        ("/stock/", 11),
        (card(shelves["tea"], shelves["here"]), 10),
        ("/products/", 8),
        (f"/products/{shelves['tea'].pk}/", 11),
    ):
        with django_assert_max_num_queries(budget) as captured:
            keeper.get(path)
        assert not [query["sql"] for query in captured if "COUNT(*)" in query["sql"]]


# ---- stock card


def test_the_card_is_the_ledger_newest_first_with_its_balance(keeper, tea, here):
    now = timezone.now()
    stock(tea, here, 10, at=now - timedelta(days=3))
    place = {"product_id": tea.pk, "warehouse_id": here.pk}
    adjust_stock(**place, difference=-4, reason="Broken", at=now - timedelta(days=1))
    adjust_stock(**place, difference=7, reason="Recount", at=now)
    adjust_stock(**place, difference=-1, reason="Told late", at=now - timedelta(days=2))
    rows = [
        (row.move.quantity, row.balance, row.move.reason) for row, _link in keeper.get(card(tea, here)).context["rows"]
    ]
    assert rows == [(7, 12, "Recount"), (-4, 5, "Broken"), (-1, 9, "Told late"), (10, 10, "test")]


def test_pages_of_the_card_carry_the_balance_on(keeper, tea, here, monkeypatch):
    monkeypatch.setattr("inventory.views.stock.PAGE_SIZE", 2)
    stock(tea, here, 10)
    at = timezone.now()
    for difference in (-1, -2, 5, -3):  # 9, 7, 12, 9; all at one moment
        adjust_stock(product_id=tea.pk, warehouse_id=here.pk, difference=difference, reason="x", at=at)
    balances, older = [], ""
    while older is not None:
        response = keeper.get(card(tea, here), {"before": older})
        balances.append([row.balance for row, _link in response.context["rows"]])
        older = response.context["older"]
    assert balances == [[9, 12], [7, 9], [10]]


def test_the_card_of_a_place_that_never_had_stock_is_empty(keeper, tea, here):
    response = keeper.get(card(tea, here))
    assert (response.context["level"].on_hand, response.context["rows"]) == (0, [])
    assert "No move yet" in response.content.decode()
    assert keeper.get("/stock/0/0/").status_code == 404
    assert keeper.get(f"/stock/{tea.pk}/0/").status_code == 404


# ---- adjusting


def adjust(client, product, warehouse, step, **fields):
    return client.post(f"{card(product, warehouse)}adjust/", {"step": step, "reason": "Stock count"} | fields)


@pytest.mark.parametrize(
    ("kind", "quantity", "difference"), [("counted", 7, -3), ("counted", 12, 2), ("missing", 4, -4), ("found", 5, 5)]
)
def test_what_would_change_is_shown_before_it_is_confirmed(keeper, tea, here, kind, quantity, difference):
    stock(tea, here, 10)
    reserve(tea, here, 2)
    review = adjust(keeper, tea, here, "review", kind=kind, quantity=quantity, seen=10)
    effect = review.context["effect"]
    assert (effect.difference, effect.on_hand_after, effect.cut) == (difference, 10 + difference, 0)
    assert (effect.available, effect.available_after) == (8, 8 + difference)
    assert StockMove.objects.count() == 1, "nothing changes before it is confirmed"
    done = adjust(keeper, tea, here, "confirm", kind=kind, quantity=quantity, seen=10, cut=0)
    assert done.url == card(tea, here)
    move = StockMove.objects.latest("pk")
    assert (move.kind, move.quantity, move.reason, str(move.actor)) == (
        "adjustment",
        difference,
        "Stock count",
        "Qiang Wang",
    )


def test_the_question_says_how_many_reserved_pieces_are_cut(keeper, tea, here):
    stock(tea, here, 10)
    reserve(tea, here, 9)
    review = adjust(keeper, tea, here, "review", kind="missing", quantity=4, seen=10)
    assert "3 reserved pieces are taken from the newest orders" in review.content.decode()
    assert 'name="cut" value="3"' in review.content.decode()
    adjust(keeper, tea, here, "confirm", kind="missing", quantity=4, seen=10, cut=3)
    level = StockLevel.objects.get()
    assert (level.on_hand, level.reserved) == (6, 6)


def test_going_back_keeps_what_was_typed(keeper, tea, here):
    stock(tea, here, 10)
    back = adjust(keeper, tea, here, "edit", kind="found", quantity=3, seen=10).content.decode()
    assert 'value="found"' in back
    assert 'name="quantity" value="3"' in back
    assert 'value="Stock count"' in back


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"quantity": ""}, "This field is required."),
        ({"quantity": -1}, "greater than or equal to 0"),
        ({"quantity": 10}, "10 on hand already: nothing would change."),
        ({"kind": "missing", "quantity": 11}, "Only 10 on hand; no more can be missing."),
        ({"kind": "found", "quantity": 0}, "Enter a number from 1."),
        ({"kind": "stolen"}, "Select a valid choice."),
        ({"reason": " "}, "This field is required."),
        ({"quantity": 10**12}, "less than or equal to 1000000000"),
    ],
)
def test_errors_are_named_and_change_nothing(keeper, tea, here, fields, error):
    stock(tea, here, 10)
    sent = {"kind": "counted", "quantity": 7, "seen": 10, "cut": 0} | fields
    for step in ("review", "confirm"):
        response = adjust(keeper, tea, here, step, **sent)
        assert response.status_code == 422
        assert error in response.content.decode()
    assert StockLevel.objects.get().on_hand == 10


def test_stock_that_moved_since_the_page_was_opened_is_not_corrected(keeper, tea, here):
    stock(tea, here, 10)
    reserve(tea, here, 1)
    for step in ("review", "confirm"):
        response = adjust(keeper, tea, here, step, kind="counted", quantity=7, seen=12)
        assert response.status_code == 409
        assert "10 on hand now" in response.content.decode()
        assert 'name="seen" value="10"' in response.content.decode()
        assert 'name="quantity" value="7"' in response.content.decode()
    # Somebody orders between question and answer: more would be cut than the question said.
    reserve(tea, here, 8)
    response = adjust(keeper, tea, here, "confirm", kind="counted", quantity=7, seen=10, cut=0)
    assert response.status_code == 409
    assert "2 reserved would be cut" in response.content.decode()
    assert StockMove.objects.count() == 1


@pytest.mark.parametrize("kind", ["counted", "missing"])
def test_the_same_correction_sent_twice_happens_once(keeper, tea, here, kind):
    stock(tea, here, 10)
    sent = {"kind": kind, "quantity": 6 if kind == "counted" else 4, "seen": 10, "cut": 0}
    assert [adjust(keeper, tea, here, "confirm", **sent).status_code for _n in range(2)] in ([302, 422], [302, 409])
    assert StockLevel.objects.get().on_hand == 6


def test_found_pieces_are_worth_what_those_who_may_say(manager, tea, here):
    adjust(manager, tea, here, "confirm", kind="found", quantity=4, seen=0, cut=0, unit_cost="2.5")
    assert StockLevel.objects.get().value == Decimal("10.00")
