"""Policies and suggestions out to a spreadsheet, edited, and back: a preview, errors by row, all or nothing."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation
from openpyxl import Workbook, load_workbook

from purchasing.models import PurchaseOrder, StockPolicy, SupplierItem
from purchasing.services import set_policies, set_policy_by_hand
from purchasing.values import PolicyInput

pytestmark = pytest.mark.django_db
POLICIES = "/purchasing/policies/"
DESK = "/purchasing/replenishment/"
HEADER = "SKU,Warehouse,Safety stock,Reorder point,Order-up-to level"


def upload(text, name="list.csv", encoding="utf-8"):
    return {"file": SimpleUploadedFile(name, text.encode(encoding))}


@pytest.fixture
def levels(buying):
    set_policies([PolicyInput(product.pk, buying.warehouse.pk, 2, 5, 20, 0.95) for product in (buying.tea, buying.cup)])


def stored():
    return {
        policy.product.sku: (policy.safety_stock, policy.reorder_point, policy.order_up_to, policy.source)
        for policy in StockPolicy.objects.select_related("product")
    }


def test_policies_go_out_and_come_back(buyer, levels):
    response = buyer.get(POLICIES, {"format": "xlsx"})
    book = load_workbook(io.BytesIO(b"".join(response.streaming_content)))
    rows = list(book.active.values)
    assert rows[1] == ("CUP", "Cup", "MAIN", 2, 5, 20, 0.95, "Forecast")
    book.active["E3"] = 9
    edited = io.BytesIO()
    book.save(edited)
    preview = buyer.post(f"{POLICIES}import/", {"file": SimpleUploadedFile("a.xlsx", edited.getvalue())})
    (change,) = preview.context["changes"]
    assert (change.sku, change.before, change.after) == ("TEA", [2, 5, 20], [2, 9, 20])
    assert stored()["TEA"][1] == 5
    signed = preview.context["signed"]
    assert buyer.post(f"{POLICIES}import/apply/", {"signed": signed}).status_code == 422
    assert buyer.post(f"{POLICIES}import/apply/", {"signed": signed, "reason": "fair"}).status_code == 302
    assert stored() == {"TEA": (2, 9, 20, "manual"), "CUP": (2, 5, 20, "forecast")}


def test_every_wrong_row_is_named_and_nothing_is_taken(buyer, levels):
    text = "\n".join([
        HEADER, "TEA,MAIN,2,6,20", "NONE,MAIN,1,2,3", "CUP,NORTH,1,2,3", "CUP,MAIN,x,2,3", "tea,main,2,7,20",
        "", "CUP,MAIN,5,2,9",
    ])  # fmt: skip
    response = buyer.post(f"{POLICIES}import/", upload(text))
    assert response.status_code == 422
    assert [(error.row, error.text) for error in response.context["errors"]] == [
        (3, "There is no product NONE."),
        (4, "There is no warehouse NORTH."),
        (5, "Safety stock: enter a whole number from 0 to 1000000000."),
        (6, "tea in main stands there twice."),
        (8, "CUP in MAIN stands there twice."),
    ]
    assert "Set these levels by hand" not in response.content.decode()


def test_a_preview_that_others_overtook_changes_nothing(buyer, buying, levels):
    preview = buyer.post(f"{POLICIES}import/", upload(f"{HEADER}\nTEA,MAIN,2,6,20\nCUP,MAIN,2,6,20"))
    set_policy_by_hand(
        (buying.cup.pk, buying.warehouse.pk), safety_stock=1, reorder_point=1, order_up_to=1, reason="sale"
    )
    refused = buyer.post(f"{POLICIES}import/apply/", {"signed": preview.context["signed"], "reason": "fair"})
    assert refused.status_code == 409
    assert "CUP in MAIN has changed since the preview" in refused.content.decode()
    assert stored() == {"TEA": (2, 5, 20, "forecast"), "CUP": (1, 1, 1, "manual")}
    assert buyer.post(f"{POLICIES}import/apply/", {"signed": "forged", "reason": "x"}).url == f"{POLICIES}import/"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has no column SKU"),
        ("SKU,Warehouse\nTEA,MAIN", "has no column Safety stock, Reorder point, Order-up-to level"),
        ("PK\x03\x04 no workbook", "damaged"),
    ],
)
def test_a_file_that_is_none_is_refused(buyer, text, said):
    response = buyer.post(f"{POLICIES}import/", upload(text))
    assert response.status_code == 422
    assert said in response.content.decode() or "The submitted file is empty." in response.content.decode()


def test_chinese_headings_and_gbk_are_read(buyer, levels):
    with translation.override("zh-hans"):
        names = [translation.gettext(name) for name in HEADER.split(",")]
    text = ",".join(names) + "\nTEA,MAIN,2,6,20"
    preview = buyer.post(f"{POLICIES}import/", upload(text, encoding="gb18030"))
    assert [change.sku for change in preview.context["changes"]] == ["TEA"]


def test_a_file_without_changes_says_so(buyer, levels):
    page = buyer.post(f"{POLICIES}import/", upload(f"{HEADER}\nTEA,MAIN,2,5,20")).content.decode()
    assert "The file changes nothing" in page


def test_edited_suggestions_lead_to_the_review(buyer, buying):
    tea, _cup = buying.suggest(buying.tea, 5, 20), buying.suggest(buying.cup, 5, 20)
    SupplierItem.objects.filter(pk=buying.tea_item.pk).update(pallet_quantity=80)
    out = b"".join(buyer.get(DESK, {"format": "csv"}).streaming_content).decode("utf-8-sig").splitlines()
    assert out[0].startswith("SKU,Product,Warehouse,Supplier,Suggested,Quantity to order")
    assert out[2] == "TEA,Green tea,MAIN,Tea farm,20,20,2.5000,50.00,10,5,80"
    header, cups, teas = out
    edited = "\n".join([header, cups.replace(",20,20,", ",20,0,"), teas.replace(",20,20,", ",20,30,")])
    page = buyer.post(f"{DESK}import/", upload(edited))
    assert page.status_code == 200
    assert f'name="quantity-{tea.pk}" value="30"' in page.content.decode()
    assert not PurchaseOrder.objects.exists()
    wrong = buyer.post(f"{DESK}import/", upload("SKU,Warehouse,Quantity to order\nTEA,MAIN,33\nCUP,NORTH,1"))
    assert [(error.row, error.text) for error in wrong.context["errors"]] == [
        (2, "TEA: at least 10 pieces, in packs of 5."),
        (3, "CUP in NORTH is not suggested any more."),
    ]
    nothing = buyer.post(f"{DESK}import/", upload("SKU,Warehouse,Quantity to order\nTEA,MAIN,0"))
    assert "Every quantity is 0: there is nothing to order." in nothing.content.decode()


def test_an_old_workbook_is_no_surprise(buyer):
    book = Workbook()
    book.active.append(["SKU"])
    content = io.BytesIO()
    book.save(content)
    response = buyer.post(f"{POLICIES}import/", {"file": SimpleUploadedFile("a.xlsx", content.getvalue())})
    assert "has no column Warehouse" in response.content.decode()
