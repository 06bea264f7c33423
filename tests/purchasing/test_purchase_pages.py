"""Purchase orders over HTTP: list, page, print, placing, rescheduling, cancelling, writing by hand."""

import csv
import io
from datetime import timedelta

import pytest
from django.utils import timezone
from openpyxl import load_workbook

from purchasing.models import PurchaseOrder, ReorderSuggestion
from purchasing.services import approve_suggestions, cancel_purchase_order, place_purchase_order, receive_goods
from purchasing.values import NewReceipt
from tests.factories import ProductFactory, SupplierFactory, SupplierItemFactory, UserFactory

pytestmark = pytest.mark.django_db
ORDERS = "/purchasing/orders/"


@pytest.fixture
def four(buying):
    """A draft, one on its way, one overdue and partly received, one cancelled (by another supplier)."""
    draft = buying.order((buying.tea, 10), place=False)
    coming = buying.order((buying.tea, 20), (buying.cup, 3))
    late = buying.order((buying.cup, 9), expected_on=timezone.localdate() - timedelta(days=1))
    receive_goods([NewReceipt(late.pk, {late.lines.get().pk: 4})])
    buying.supplier = SupplierFactory(code="MILL", name="Paper mill")
    SupplierItemFactory(supplier=buying.supplier, product=buying.cup, is_preferred=False)
    gone = buying.order((buying.cup, 1))
    cancel_purchase_order(gone.pk, reason="test")
    return draft, coming, late, gone


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, [3, 2, 1, 0]),
        ({"status": "incoming"}, [2, 1]),
        ({"status": "overdue"}, [2]),
        ({"status": "draft"}, [0]),
        ({"q": "mill"}, [3]),
        ({"q": "farm"}, [2, 1, 0]),
        ({"q": "tea"}, [2, 1, 0]),  # Tea farm, and SKU TEA
        ({"q": "690002"}, [3, 2, 1]),
        ({"q": "690002", "status": "incoming"}, [2, 1]),
        ({"status": "nonsense", "supplier": "x"}, [3, 2, 1, 0]),
    ],
)
def test_search_and_filters(buyer, four, asked, found):
    assert [order.pk for order in buyer.get(ORDERS, asked).context["orders"]] == [four[i].pk for i in found]


def test_figures_of_the_list(buyer, buying, four):
    rows = buyer.get(ORDERS).context["orders"]
    assert [(str(o.total), o.line_count, o.arrived, o.ordered, bool(o.is_overdue)) for o in rows] == [
        ("6.00", 1, 0, 1, False),
        ("10.80", 1, 4, 9, True),
        ("53.60", 2, 0, 23, False),  # 20 × 2.50 + 3 × 1.20
        ("25.00", 1, 0, 10, False),
    ]
    by_number = buyer.get(ORDERS, {"q": four[1].number.lower()}).context["orders"]
    assert [order.pk for order in by_number] == [four[1].pk]


def test_pages_follow_the_last_order_shown(buyer, four, monkeypatch):
    monkeypatch.setattr("purchasing.views.orders.PAGE_SIZE", 3)
    context = buyer.get(ORDERS).context
    assert (len(context["orders"]), context["next"]) == (3, four[1].pk)
    context = buyer.get(ORDERS, {"before": four[1].pk}).context
    assert ([order.pk for order in context["orders"]], context["next"]) == ([four[0].pk], None)
    assert len(buyer.get(ORDERS, {"before": "9" * 30}).context["orders"]) == 3


def test_the_filtered_list_exports(buyer, four):
    content = b"".join(buyer.get(ORDERS, {"format": "csv", "status": "incoming"}).streaming_content)
    header, *lines = csv.reader(io.StringIO(content.decode("utf-8-sig")))
    assert header[0] == "Purchase order"
    assert [(line[0], line[4], line[7], line[9], line[10], line[11]) for line in lines] == [
        (four[2].number, "Partly received", "yes", "9", "4", "10.80"),
        (four[1].number, "Ordered", "", "23", "0", "53.60"),
    ]
    book = load_workbook(io.BytesIO(b"".join(buyer.get(ORDERS, {"format": "xlsx"}).streaming_content)))
    assert [row[0].value for row in book.active.iter_rows(min_row=2)] == [order.number for order in reversed(four)]


def test_empty_lists_say_what_to_do(buyer):
    page = buyer.get(ORDERS).content.decode()
    assert "No purchase orders yet" in page
    assert 'href="/purchasing/replenishment/"' in page
    assert "No purchase order fits" in buyer.get(ORDERS, {"status": "draft"}).content.decode()


def test_query_budgets(buyer, four, django_assert_max_num_queries):
    buyer.get(ORDERS)
    with django_assert_max_num_queries(11):
        buyer.get(ORDERS)
    with django_assert_max_num_queries(11):
        buyer.get(f"{ORDERS}{four[2].pk}/")


# ---- one order


def test_the_page_tells_lines_reasons_receipts_and_history(buyer, buying):
    suggestion = buying.suggest(buying.tea, 5, 20)
    (order,) = approve_suggestions({suggestion.pk: 25})
    (receipt,) = receive_goods([NewReceipt(order.pk, {order.lines.get().pk: 10})])
    response = buyer.get(f"{ORDERS}{order.pk}/")
    (row,) = response.context["rows"]
    assert (row["open"], row["suggested"], str(row["amount"]), row["line"].supplier_sku) == (15, 20, "62.50", "F-1")
    assert row["reasons"][-1] == "Order-up-to level 20 − 0 = 20 missing."
    assert [event.sentence for event in response.context["events"]] == [
        "Placed with the supplier.",
        f"{receipt.number}: 10 pieces came in, 15 are still expected.",
    ]
    assert receipt.number in response.content.decode()
    part = buyer.get(f"{ORDERS}{order.pk}/", headers={"HX-Request": "true", "HX-Target": "purchase-order"})
    assert part.content.decode().startswith('<div id="purchase-order"')
    assert buyer.get(f"{ORDERS}0/").status_code == 404


def test_the_supplier_gets_a_sheet_in_its_own_codes(buyer, buying):
    order = buying.order((buying.tea, 10))
    page = buyer.get(f"{ORDERS}{order.pk}/print/").content.decode()
    for text in (order.number, "Tea farm", "Main warehouse", "F-1", "Green tea", "25.00"):
        assert text in page, text
    draft = buying.order((buying.tea, 10), place=False)
    assert "Draft: not ordered yet." in buyer.get(f"{ORDERS}{draft.pk}/print/").content.decode()


def test_a_draft_is_placed_once(buyer, buying):
    draft = buying.order((buying.tea, 10), place=False)
    page = buyer.get(f"{ORDERS}{draft.pk}/").content.decode()
    assert f"Place {draft.number} with Tea farm: 10 pieces for 25.00" in page
    assert buyer.post(f"{ORDERS}{draft.pk}/place/").status_code == 302
    again = buyer.post(f"{ORDERS}{draft.pk}/place/")
    assert again.status_code == 409
    assert "this step is no longer possible" in again.content.decode()
    assert PurchaseOrder.objects.get().status == "ordered"


def test_another_day_is_never_in_the_past(buyer, buying):
    order = buying.order((buying.tea, 10))
    yesterday, soon = (timezone.localdate() + timedelta(days=n) for n in (-1, 30))
    for wrong in ("", "never", yesterday.isoformat()):
        assert buyer.post(f"{ORDERS}{order.pk}/reschedule/", {"expected_on": wrong}).status_code == 422
    assert buyer.post(f"{ORDERS}{order.pk}/reschedule/", {"expected_on": soon.isoformat()}).status_code == 302
    order.refresh_from_db()
    assert order.expected_on == soon


def test_cancelling_asks_with_what_will_not_come_and_needs_a_reason(buyer, buying):
    order = buying.order((buying.tea, 10))
    page = buyer.get(f"{ORDERS}{order.pk}/").content.decode()
    assert "TEA: 10 pieces will no longer come to MAIN." in page
    assert buyer.post(f"{ORDERS}{order.pk}/cancel/", {"reason": ""}).status_code == 422
    assert buyer.post(f"{ORDERS}{order.pk}/cancel/", {"reason": "Found cheaper"}).status_code == 302
    order.refresh_from_db()
    assert order.status == "cancelled"
    refused = buyer.post(f"{ORDERS}{order.pk}/cancel/", {"reason": "Typed again"})
    assert refused.status_code == 409
    response = buyer.get(f"{ORDERS}{order.pk}/")
    assert response.context["events"][-1].sentence == "Cancelled. Reason: Found cheaper"
    assert 'id="cancel"' not in response.content.decode()


def test_looking_is_not_changing(client, buying):
    order, draft = buying.order((buying.tea, 10)), buying.order((buying.tea, 10), place=False)
    client.force_login(UserFactory(permissions=["purchasing.view_purchaseorder"]))
    for pk in (order.pk, draft.pk):
        page = client.get(f"{ORDERS}{pk}/").content.decode()
        for absent in ('id="cancel"', 'id="reschedule"', "/place/", "/edit/", "/receive"):
            assert absent not in page, absent


# ---- by hand


def lines(*rows, **head):
    products, labels, quantities, costs = zip(*rows, strict=True) if rows else ([], [], [], [])
    return {"product": products, "label": labels, "quantity": quantities, "unit_cost": costs} | head


def test_items_of_the_supplier_are_suggested(buyer, buying):
    SupplierItemFactory(product=ProductFactory(sku="TEA-2"))

    def found(text, supplier=buying.supplier.pk):
        return buyer.get(f"{ORDERS}items/", {"q": text, "supplier": supplier}).json()["results"]

    assert found("tea") == [
        {
            "id": buying.tea.pk,
            "label": "Green tea",
            "code": "TEA",
            "hint": "from 10, packs of 5",
            "exact": True,
            "quantity": 10,
            "unit_cost": "2.5000",
            "currency": "",
        }
    ]
    assert [(row["code"], row["exact"]) for row in found("f-1")] == [("TEA", True)]
    assert [(row["code"], row["exact"]) for row in found("690002")] == [("CUP", True)]
    assert found("tea", "") == found("", buying.supplier.pk) == found("tea", "x") == []


def test_an_order_is_written_and_placed(buyer, buying):
    day = timezone.localdate() + timedelta(days=5)
    head = {"supplier": buying.supplier.pk, "warehouse": buying.warehouse.pk, "expected_on": day.isoformat()}
    rows = [(buying.tea.pk, "TEA Green tea", "15", "2.4"), ("", "690002", "4", ""), ("", "", "", "")]
    response = buyer.post(f"{ORDERS}new/", lines(*rows, **head, place="yes"))
    order = PurchaseOrder.objects.get()
    assert response.url == f"{ORDERS}{order.pk}/"
    assert (order.status, order.expected_on) == ("ordered", day)
    assert [(row.product.sku, row.quantity, str(row.unit_cost)) for row in order.lines.order_by("pk")] == [
        ("TEA", 15, "2.4000"),
        ("CUP", 4, "1.2000"),
    ]


def test_what_is_wrong_is_named_and_everything_typed_stays(buyer, buying):
    head = {"supplier": buying.supplier.pk, "warehouse": buying.warehouse.pk, "expected_on": ""}
    other = ProductFactory(sku="OTHER")
    rows = [(buying.tea.pk, "TEA", "11", "2.4"), ("", "unknown", "4", ""), (other.pk, "OTHER", "x", "-1")]
    response = buyer.post(f"{ORDERS}new/", lines(*rows, **head))
    assert response.status_code == 422
    typed = response.context["lines"]
    assert [line["label"] for line in typed] == ["TEA", "unknown", "OTHER"]
    assert [list(line["errors"]) for line in typed] == [[], ["product"], ["quantity", "unit_cost"]]
    response = buyer.post(f"{ORDERS}new/", lines(rows[0], (other.pk, "OTHER", "1", ""), **head))
    assert [line["errors"] for line in response.context["lines"]] == [
        {"quantity": "TEA: at least 10 pieces, in packs of 5."},
        {"product": "This supplier does not sell this product to us."},
    ]
    assert 'value="11"' in response.content.decode()
    response = buyer.post(f"{ORDERS}new/", lines(**head | {"supplier": ""}))
    assert list(response.context["head"].errors) == ["supplier"]
    assert response.context["lines"][0]["errors"]["product"] == "Choose a product from the list."
    assert not PurchaseOrder.objects.exists()


def test_a_draft_is_edited_and_a_placed_order_not(buyer, buying):
    draft = buying.order((buying.tea, 10), place=False)
    url = f"{ORDERS}{draft.pk}/edit/"
    assert [line["quantity"] for line in buyer.get(url).context["lines"]] == [10]
    row = (buying.tea.pk, "TEA", "12", "")
    refused = buyer.post(url, lines(row, supplier=buying.supplier.pk))
    assert (refused.status_code, refused.context["lines"][0]["quantity"]) == (422, "12")
    assert buyer.post(
        url, lines((buying.tea.pk, "TEA", "20", ""), ("", "cup", "2", ""), supplier=buying.supplier.pk)
    ).url
    assert list(draft.lines.order_by("pk").values_list("quantity", flat=True)) == [20, 2]
    place_purchase_order(draft.pk)
    assert buyer.get(url).url == f"{ORDERS}{draft.pk}/"
    late = buyer.post(url, lines((buying.tea.pk, "TEA", "30", ""), supplier=buying.supplier.pk))
    assert late.status_code == 422
    assert "is no longer a draft" in late.content.decode()


@pytest.mark.django_db(transaction=True)
def test_the_same_form_sent_twice_makes_one_order(buyer, buying):
    key = buyer.get(f"{ORDERS}new/").context["key"]
    body = lines(
        (buying.tea.pk, "TEA", "10", ""),
        supplier=buying.supplier.pk,
        warehouse=buying.warehouse.pk,
        place="yes",
        key=key,
    )
    refused = buyer.post(f"{ORDERS}new/", body | {"quantity": ["11"]})
    assert (refused.status_code, refused.context["key"]) == (422, key)
    first, again = buyer.post(f"{ORDERS}new/", body), buyer.post(f"{ORDERS}new/", body)
    assert first.url == again.url
    assert PurchaseOrder.objects.count() == 1
    assert not ReorderSuggestion.objects.exists()
