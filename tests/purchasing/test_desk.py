"""The replenishment desk over HTTP: what to buy, why, and what approving makes of it."""

import pytest

from core.models import AuditEntry
from purchasing.models import PurchaseOrder, ReorderSuggestion
from purchasing.services import dismiss_suggestion
from tests.factories import ProductFactory, SupplierItemFactory, UserFactory, WarehouseFactory

pytestmark = pytest.mark.django_db
DESK = "/purchasing/replenishment/"


def shown(response) -> list[tuple[str | None, list[str]]]:
    return [
        (group.supplier and group.supplier.code, [row.suggestion.product.sku for row in group.rows])
        for group in response.context["groups"]
    ]


def choice(*suggestions, **changed):
    """What the form sends for these suggestions; ``TEA="15"`` is a quantity typed over."""
    quantities = {f"quantity-{s.pk}": changed.get(s.product.sku, s.quantity) for s in suggestions}
    return {"chosen": [s.pk for s in suggestions]} | quantities


def test_suggestions_stand_by_supplier_with_their_reasons_and_the_unsupplied_last(buyer, buying):
    other = SupplierItemFactory(supplier__code="ZEN", product__sku="ZEN-1", unit_cost="1.0050")
    orphan = ProductFactory(sku="ALONE")
    for product, up_to in ((buying.tea, 20), (buying.cup, 7), (other.product, 3), (orphan, 4)):
        buying.suggest(product, 1, up_to)
    response = buyer.get(DESK)
    assert shown(response) == [("FARM", ["CUP", "TEA"]), ("ZEN", ["ZEN-1"]), (None, ["ALONE"])]
    assert [str(group.cost) for group in response.context["groups"]] == ["58.40", "3.02", "None"]  # 8.40 + 50.00
    every = response.context["all"]
    assert (every["count"], every["pieces"], str(every["money"])) == (4, 34, "61.42")
    page = response.content.decode()
    assert "0 available + 0 on order − 0 waiting = 0." in page
    assert "Order-up-to level 20 − 0 = 20 missing." in page
    assert f'href="/forecasts/{buying.tea.pk}/?warehouse={buying.warehouse.pk}"' in page
    assert f'href="/purchasing/suppliers/items/new/?product={orphan.pk}"' in page
    assert "Nobody to buy from" in page


def test_what_a_user_may_not_open_is_not_offered(client, buying):
    buying.suggest(buying.tea, 1, 20)
    client.force_login(UserFactory(permissions=["purchasing.view_reordersuggestion"]))
    page = client.get(DESK).content.decode()
    assert "TEA" in page
    for absent in ("/forecasts/", "/purchasing/suppliers/", 'name="chosen"', "/dismiss/", 'id="desk-bar"'):
        assert absent not in page, absent


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"q": "green"}, ["TEA"]),
        ({"q": "690002"}, ["CUP"]),
        ({"q": "nothing"}, []),
        ({"supplier": "none"}, ["ALONE"]),
        ({"supplier": "FARM"}, ["CUP", "TEA"]),
        ({"warehouse": "NORTH"}, ["CUP"]),
        ({"supplier": "x", "warehouse": "y"}, ["CUP", "TEA", "CUP", "ALONE"]),
    ],
)
def test_search_and_filters(buyer, buying, asked, found):
    north = WarehouseFactory(code="NORTH")
    buying.suggest(buying.tea, 1, 20)
    buying.suggest(buying.cup, 1, 7, north)
    buying.suggest(ProductFactory(sku="ALONE"), 1, 4)
    if "supplier" in asked and "warehouse" in asked:
        buying.suggest(buying.cup, 1, 7)
    ids = {"FARM": buying.supplier.pk, "NORTH": north.pk}
    response = buyer.get(DESK, {name: ids.get(value, value) for name, value in asked.items()})
    assert sorted(sku for _code, skus in shown(response) for sku in skus) == sorted(found)


def test_empty_lists_say_what_it_means(buyer):
    assert "Nothing to buy" in buyer.get(DESK).content.decode()
    assert "No suggestion fits" in buyer.get(DESK, {"q": "x"}).content.decode()


def test_a_long_list_is_cut_but_shows_what_was_chosen(buyer, buying, monkeypatch):
    monkeypatch.setattr("purchasing.views.desk.ROWS_SHOWN", 1)
    tea = buying.suggest(buying.tea, 1, 20)
    buying.suggest(buying.cup, 1, 7)
    response = buyer.get(DESK)
    assert shown(response) == [("FARM", ["CUP"])]
    assert "Shown are the first 1 of 2" in response.content.decode()
    assert shown(buyer.post(DESK, choice(tea))) == [("FARM", ["CUP", "TEA"])]


def test_a_live_refresh_gets_the_list_alone(buyer, buying):
    buying.suggest(buying.tea, 1, 20)
    part = buyer.get(DESK, {"q": "tea"}, headers={"HX-Request": "true", "HX-Target": "suggestions"}).content.decode()
    assert part.startswith('<div id="suggestions" hx-get="/purchasing/replenishment/?q=tea"')
    assert "<html" not in part


def test_query_budget(buyer, buying, django_assert_max_num_queries):
    for _n in range(5):
        buying.suggest(SupplierItemFactory().product, 1, 20)
    buyer.get(DESK)
    with django_assert_max_num_queries(13):
        buyer.get(DESK)


# ---- review and approval


def test_the_review_lists_the_orders_that_will_be_made(buyer, buying):
    north = WarehouseFactory(code="NORTH")
    tea, cup = buying.suggest(buying.tea, 1, 20), buying.suggest(buying.cup, 1, 7)
    far = buying.suggest(buying.cup, 1, 3, north)
    gone = buying.suggest(buying.tea, 1, 20, north)
    dismiss_suggestion(gone.pk)
    response = buyer.post(f"{DESK}review/", choice(tea, cup, far, gone, TEA="25"))
    orders = [
        (order["supplier"].code, order["warehouse"].code, [line["quantity"] for line in order["lines"]], order["total"])
        for order in response.context["orders"]
    ]
    assert [(*row[:3], str(row[3])) for row in orders] == [
        ("FARM", "MAIN", [7, 25], "70.90"),  # 7 × 1.20 + 25 × 2.50
        ("FARM", "NORTH", [3], "3.60"),
    ]
    assert "1 suggestion you chose is no longer open" in response.content.decode()
    assert not PurchaseOrder.objects.exists()


def test_a_wrong_quantity_is_refused_by_the_name_of_its_rule_and_stays_typed(buyer, buying):
    tea, cup = buying.suggest(buying.tea, 1, 20), buying.suggest(buying.cup, 1, 7)
    for path in ("review/", "approve/"):
        response = buyer.post(f"{DESK}{path}", choice(tea, cup, TEA="12", CUP="many"))
        assert response.status_code == (422 if path == "review/" else 409)
        rows = {row.suggestion.product.sku: row for group in response.context["groups"] for row in group.rows}
        assert (rows["TEA"].quantity, rows["TEA"].is_chosen) == ("12", True)
        assert rows["TEA"].error == "TEA: at least 10 pieces, in packs of 5."
        assert (rows["CUP"].quantity, rows["CUP"].error) == ("many", "Enter a whole number from 1 to 1000000000.")
    assert not PurchaseOrder.objects.exists()
    assert "Choose at least one suggestion." in buyer.post(f"{DESK}review/").content.decode()


@pytest.mark.parametrize(("place", "status"), [("yes", "ordered"), ("no", "draft")])
def test_approving_makes_the_orders_placed_or_drafted(buyer, buying, place, status):
    tea, cup = buying.suggest(buying.tea, 1, 20), buying.suggest(buying.cup, 1, 7)
    response = buyer.post(f"{DESK}approve/", choice(tea, TEA="25") | {"place": place, "reason": "test"})
    order = PurchaseOrder.objects.get()
    assert response.url == f"/purchasing/orders/{order.pk}/"
    assert (order.status, order.lines.get().quantity, str(order.created_by)) == (status, 25, "Jing Chen")
    cup.refresh_from_db()
    assert cup.status == "open"
    assert shown(buyer.get(DESK)) == [("FARM", ["CUP"])]


def test_several_orders_lead_to_their_list(buyer, buying):
    chosen = [buying.suggest(buying.tea, 1, 20), buying.suggest(buying.cup, 1, 7, WarehouseFactory())]
    response = buyer.post(f"{DESK}approve/", choice(*chosen) | {"place": "yes"}, follow=True)
    assert response.request["PATH_INFO"] == "/purchasing/orders/"
    numbers = sorted(order.number for order in PurchaseOrder.objects.all())
    assert f"Placed with the supplier: {', '.join(numbers)}." in response.content.decode()


def test_the_same_approval_sent_twice_orders_once(buyer, buying):
    tea = buying.suggest(buying.tea, 1, 20)
    body = choice(tea) | {"place": "yes"}
    assert buyer.post(f"{DESK}approve/", body).status_code == 302
    again = buyer.post(f"{DESK}approve/", body)
    assert (again.status_code, PurchaseOrder.objects.count()) == (409, 1)
    assert "nothing was ordered" in again.content.decode()


def test_a_language_switch_on_the_review_leads_back_to_the_desk(buyer):
    assert buyer.get(f"{DESK}review/").url == DESK


# ---- dismissing


def test_dismissing_asks_for_a_reason(buyer, buying):
    tea = buying.suggest(buying.tea, 1, 20)
    assert "Do not buy 20 of TEA for MAIN?" in buyer.get(f"{DESK}{tea.pk}/dismiss/").content.decode()
    assert buyer.post(f"{DESK}{tea.pk}/dismiss/", {"reason": " "}).status_code == 422
    assert ReorderSuggestion.objects.get().status == "open"
    assert buyer.post(f"{DESK}{tea.pk}/dismiss/", {"reason": "Delisted"}).url == DESK
    assert ReorderSuggestion.objects.get().status == "dismissed"
    assert AuditEntry.objects.get(subject_type="reorder_suggestion").data["reason"] == "Delisted"
    refused = buyer.post(f"{DESK}{tea.pk}/dismiss/", {"reason": "Again"})
    assert refused.status_code == 409
    assert "no longer open" in refused.content.decode()
    assert buyer.get(f"{DESK}0/dismiss/").status_code == 404


def test_the_dialog_closes_itself_and_refreshes_the_list(buyer, buying):
    tea = buying.suggest(buying.tea, 1, 20)
    htmx = {"HX-Request": "true", "HX-Target": "dismiss-dialog"}
    dialog = buyer.get(f"{DESK}{tea.pk}/dismiss/", headers=htmx).content.decode()
    assert dialog.startswith("<dialog")
    answer = buyer.post(f"{DESK}{tea.pk}/dismiss/", {"reason": "Delisted"}, headers=htmx)
    assert (answer.content, answer["HX-Trigger"]) == (b"", "tandem:suggestions-changed")
