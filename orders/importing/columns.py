"""Which column holds what: by its name, in English or Chinese, or as the user says."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orders.importing.problems import FileProblem


@dataclass(frozen=True, slots=True)
class Field:
    """Something that a row says, and the names its column usually has, the surest first."""

    name: str
    label: Any
    names: str
    required: bool = False

    @property
    def synonyms(self) -> list[str]:
        return [_folded(name) for name in self.names.split("|")]


FIELDS = [
    Field(
        "reference",
        gettext_lazy("order or invoice number"),
        "invoice|invoice no|invoice number|order|order no|order number|order id|reference|external reference|"
        "订单号|订单编号|外部单号|发票号|发票号码|单号|单据编号|交易号",
        required=True,
    ),
    Field(
        "product",
        gettext_lazy("product (SKU or barcode)"),
        "sku|stock code|product code|item code|product|item|article|item no|barcode|ean|"
        "货号|商品编码|商品货号|产品编码|物料编码|存货编码|商品编号|产品编号|SKU编码|商品条码|条码|商品|产品",
        required=True,
    ),
    Field(
        "quantity",
        gettext_lazy("quantity"),
        "quantity|qty|units|pieces|pcs|数量|件数|销售数量|订购数量|购买数量",
        required=True,
    ),
    Field(
        "ordered_at",
        gettext_lazy("date of the order"),
        "ordered at|order date|invoice date|date|timestamp|ts|datetime|order time|created at|"
        "下单时间|订单日期|下单日期|订购日期|开票日期|单据日期|销售日期|日期|时间|创建时间",
        required=True,
    ),
    Field(
        "customer",
        gettext_lazy("customer (code)"),
        "customer id|customer code|customer no|customer number|customer|client|buyer|account|"
        "客户编码|客户编号|客户代码|客户号|客户|会员号|买家",
    ),
    Field("unit_price", gettext_lazy("unit price"), "unit price|price|net price|单价|销售单价|价格|售价|成交价"),
    Field(
        "name",
        gettext_lazy("product name"),
        "description|product name|item name|name|title|商品名称|产品名称|品名|存货名称|物料名称|名称|描述",
    ),
    Field(
        "customer_name",
        gettext_lazy("customer name"),
        "customer name|client name|company|客户名称|客户名|公司|买家名称",
    ),
    Field("address", gettext_lazy("address or country"), "address|ship to|country|收货地址|地址|国家"),
    Field("kind", gettext_lazy("kind of row"), "kind|type|line type|transaction type|类型|单据类型|业务类型"),
    Field("is_product", gettext_lazy("whether it is goods"), "is product|goods|是否商品|是否实物"),
    Field("line_id", gettext_lazy("number of the line"), "line id|line|line no|line number|行号|明细号|明细编号"),
    Field(
        "requested_date",
        gettext_lazy("requested date"),
        "requested date|delivery date|due date|要求交期|要求到货日期|交货日期|交期",
    ),
]
BY_NAME = {field.name: field for field in FIELDS}


def map_columns(header: Sequence[str], chosen: Mapping[str, str], *, customer_given: bool = False) -> dict[str, int]:
    """Field → position of its column. ``chosen`` (field → column name, empty: none) goes before what the names say.

    Raises: FileProblem for a choice that does not exist, and for required fields without a column.
    """
    _check_choice(header, chosen)
    folded = [_folded(name) for name in header]
    found: dict[str, int] = {name: list(header).index(column) for name, column in chosen.items() if column}
    for field in FIELDS:
        if field.name in chosen:
            continue
        for synonym in field.synonyms:
            if folded.count(synonym) > 1:
                raise FileProblem(_("Two columns are named %s.") % header[folded.index(synonym)])
            if synonym in folded and folded.index(synonym) not in found.values():
                found[field.name] = folded.index(synonym)
                break
    missing = [field for field in FIELDS if field.required and field.name not in found]
    if missing:
        raise FileProblem(
            _("No column for: %(missing)s. The columns are: %(columns)s. Name it with --map %(first)s=COLUMN.")
            % {
                "missing": ", ".join(f"{field.name} ({field.label})" for field in missing),
                "columns": ", ".join(header),
                "first": missing[0].name,
            }
        )
    if "customer" not in found and not customer_given:
        raise FileProblem(
            _(
                "No column for: customer (customer code). The columns are: %s. "
                "Name it with --map customer=COLUMN, or give all orders to one customer with --customer CODE."
            )
            % ", ".join(header)
        )
    return found


def _check_choice(header: Sequence[str], chosen: Mapping[str, str]) -> None:
    for name, column in chosen.items():
        if name not in BY_NAME:
            known = ", ".join(BY_NAME)
            raise FileProblem(
                _("There is no field %(field)s; fields are: %(known)s.") % {"field": name, "known": known}
            )
        if column and list(header).count(column) != 1:
            text = (
                _("Two columns are named %(column)s.")
                if column in header
                else _("There is no column %(column)s; the columns are: %(columns)s.")
            )
            raise FileProblem(text % {"column": column, "columns": ", ".join(header)})


def _folded(name: str) -> str:
    """A column's name without case, width, punctuation and a unit in brackets: ``Unit_Price (GBP)`` → ``unitprice``."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    return re.sub(r"[\W_]+", "", re.sub(r"\(.*?\)|\[.*?\]", "", plain))
