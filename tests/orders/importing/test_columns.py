"""Columns are found by their names, in both languages, or as the user says."""

import pytest

from orders.importing.columns import map_columns
from orders.importing.problems import FileProblem


@pytest.mark.parametrize(
    "header",
    [
        ["Invoice", "StockCode", "Quantity", "InvoiceDate", "Customer ID"],
        ["invoice_no", "SKU", "Qty", "order-date", "CUSTOMER"],
        ["订单编号", "商品编码", "数量（件）", "下单时间", "客户编码"],
        ["单据编号", "存货编码", "数量", "单据日期", "客户"],
    ],
)
def test_usual_names(header):
    assert map_columns(header, {}) == {"reference": 0, "product": 1, "quantity": 2, "ordered_at": 3, "customer": 4}


def test_optional_columns_and_units_in_brackets():
    header = ["line_id", "invoice", "stock_code", "description", "qty", "ts", "unit_price (GBP)", "customer_id"]
    header += ["country", "kind", "is_product", "void", "要求交期", "客户名称"]
    assert map_columns(header, {}) == {
        "line_id": 0,
        "reference": 1,
        "product": 2,
        "name": 3,
        "quantity": 4,
        "ordered_at": 5,
        "unit_price": 6,
        "customer": 7,
        "address": 8,
        "kind": 9,
        "is_product": 10,
        "requested_date": 12,
        "customer_name": 13,
    }


def test_the_surest_name_wins():
    found = map_columns(["客户", "客户编码", "Order ID", "Invoice", "sku", "qty", "date"], {})
    assert (found["customer"], found["reference"]) == (1, 3)


def test_the_user_has_the_last_word():
    header = ["Rechnung", "sku", "qty", "date", "customer", "country"]
    found = map_columns(header, {"reference": "Rechnung", "address": ""})
    assert (found["reference"], "address" in found) == (0, False)


@pytest.mark.parametrize(
    ("header", "chosen", "sentence"),
    [
        (
            ["invoice", "sku", "date", "customer"],
            {},
            r"No column for: quantity \(quantity\). The columns are",
        ),
        (["sku", "qty", "date"], {}, "No column for: reference .*--map reference=COLUMN"),
        (["invoice", "sku", "qty", "date"], {}, "--customer CODE"),
        (["invoice", "sku", "qty", "Qty", "date", "customer"], {}, "Two columns are named qty"),
        (["invoice", "sku", "qty", "date", "customer"], {"colour": "sku"}, "There is no field colour; fields are: ref"),
        (["invoice", "sku", "qty", "date", "customer"], {"name": "title"}, "There is no column title; the columns are"),
        (["invoice", "sku", "x", "x", "date", "customer"], {"quantity": "x"}, "Two columns are named x"),
    ],
)
def test_what_cannot_be_mapped_is_named(header, chosen, sentence):
    with pytest.raises(FileProblem, match=sentence):
        map_columns(header, chosen)


def test_one_customer_for_all_needs_no_column():
    assert "customer" not in map_columns(["invoice", "sku", "qty", "date"], {}, customer_given=True)
