"""Wrong rows of every kind: each is reported with its line and its reason, and none of its order is imported."""

import pytest
from django.core.management import CommandError, call_command

from orders.models import Order
from tests.factories import ProductFactory

pytestmark = pytest.mark.django_db
HEADER = "invoice,sku,qty,date,price,customer\n"


def test_every_wrong_row_is_reported_and_takes_its_order_with_it(importer):
    found = importer(
        HEADER + "A-1,TEA,3,2026-03-01,2.50,C1\n"  # 2: good
        "A-2,TEA,many,2026-03-01,2.50,C1\n"
        "A-2,CUP,1,2026-03-01,2.50,C1\n"  # 4: its sibling
        "A-3,TEA,3,2026-03-01,-2.50,C1\n"
        "A-4,TEA,0,2026-03-01,2.50,C1\n"
        ",TEA,3,2026-03-01,2.50,C1\n"  # 7: nobody's
        "A-5,,3,2026-03-01,2.50,C1\n"
        "A-6,TEA,3,04/03/2026,2.50,C1\n"
        "A-7,TEA,3,2026-03-01,2.555,C1\n"
        "A-8,TEA,3,2026-03-01,2.50,C1\n"
        "A-8,CUP,3,2026-03-01,2.50,C2\n"  # 12: another customer
        "A-9,TEA,3,2026-03-01 09:00,2.50,C1\n"
        "A-9,CUP,3,2026-03-02 09:00,2.50,C1\n"  # 14: another day
        "A-10,TEA,3,2026-03-01,2.50,C1\n"
        "A-10,TEA,3,2026-03-01,2.50,C1\n"  # 16: the same line
        "A-10,TEA,4,2026-03-01,2.50,C1\n"  # 17: another quantity is another line
        "A-11,TEA,3,2026-03-01,2.50,\n"
        "A-12,TEA,1.5,31.2.2026,free,C1\n"  # 19: everything wrong
        "A-13,TEA,3,2026-03-01,2.50\n"
        "A-14,TEA,3,2026-03-01,2.50,C1,extra\n"
        f"{'R' * 81},TEA,3,2026-03-01,2.50,C1\n",
        "--check",
    )
    assert found.remarks == [
        ("3", "A-2", "refused", "qty: many is no number"),
        ("4", "A-2", "refused", "none of this order is imported, because of line 3"),
        ("5", "A-3", "refused", "price: the price -2.50 is negative"),
        ("6", "A-4", "refused", "qty: the quantity is 0"),
        ("7", "", "refused", "the order number is missing"),
        ("8", "A-5", "refused", "the product is missing"),
        ("9", "A-6", "refused", "date: 04/03/2026 could be two dates: say --date-order dmy or mdy"),
        ("10", "A-7", "refused", "price: the price 2.555 has more than two decimal places"),
        ("11", "A-8", "refused", "none of this order is imported, because of line 12"),
        ("12", "A-8", "refused", "customer C2, but C1 in line 11 of the same order"),
        ("13", "A-9", "refused", "none of this order is imported, because of line 14"),
        ("14", "A-9", "refused", "date 2026-03-02, but 2026-03-01 in line 13 of the same order"),
        ("15", "A-10", "refused", "none of this order is imported, because of line 16"),
        ("16", "A-10", "refused", "the same as line 15"),
        ("17", "A-10", "refused", "none of this order is imported, because of line 16"),
        ("18", "A-11", "refused", "the customer is missing; --customer CODE gives such orders to one"),
        (
            "19",
            "A-12",
            "refused",
            "qty: 1.5 is no whole number of pieces; price: free is no number; "
            "date: 31.2.2026 is no date of the calendar",
        ),
        ("20", "A-13", "refused", "the row has 5 cells, the header 6"),
        ("21", "A-14", "refused", "the row has 7 cells, the header 6"),
        ("22", "R" * 80, "refused", f"{'R' * 20}… is longer than 80 characters"),
    ]
    assert "Read 21 lines" in found.said
    assert "20 lines have a remark" in found.said
    assert not Order.objects.exists()


def test_what_is_no_order_line_is_left_out_and_its_order_stays(importer):
    ProductFactory(sku="M")
    found = importer(
        "invoice,sku,qty,date,price,customer,kind,goods\n"
        "A-1,TEA,3,2026-03-01,2.50,C1,sale,true\n"
        "A-1,POST,1,2026-03-01,18.00,C1,sale,\n"
        "A-1,GIFT,1,2026-03-01,18.00,C1,sale,false\n"
        "A-2,M,1,2026-03-01,1.00,C1,sale,\n"  # 5: a product of that name exists
        "A-3,TEA,-7,2026-03-01,0,,adjustment,true\n"
        "A-4,TEA,1,2026-03-01,99.00,,bad_debt,true\n"
        "A-5,TEA,4,2026-03-01,0,,,\n"
        "A-6,TEA,-4,2026-03-01,2.50,C1,sale,true\n"
        "A-7,TEA,4,2026-03-01,2.50,C1,gift,true\n",
        "--check",
    )
    assert found.remarks == [
        ("3", "A-1", "left out", "POST is no goods but a charge"),
        ("4", "A-1", "left out", "GIFT is no goods but a charge"),
        ("6", "A-3", "left out", "a stock correction, not a sale"),
        ("7", "A-4", "left out", "a bad debt, not a sale"),
        ("8", "A-5", "left out", "a stock correction, not a sale (no price and no customer)"),
        ("9", "A-6", "refused", "a sale of -4 pieces"),
        ("10", "A-7", "refused", "kind: gift is no kind of row that is known (sale, cancel, adjustment, bad_debt)"),
    ]


def test_line_numbers_tell_equal_lines_from_repeated_ones(importer):
    header = "line,invoice,sku,qty,date,price,customer\n"
    found = importer(
        header + "1,A-1,TEA,3,2026-03-01,2.50,C1\n"
        "2,A-1,TEA,3,2026-03-01,2.50,C1\n"  # equal, but another line
        "1,A-2,TEA,3,2026-03-01,2.50,C1\n"  # numbers are those of their order
        "1,A-3,TEA,3,2026-03-01,2.50,C1\n"
        "1,A-3,CUP,9,2026-03-01,2.50,C1\n",
        "--check",
    )
    assert found.remarks == [
        ("5", "A-3", "refused", "none of this order is imported, because of line 6"),
        ("6", "A-3", "refused", "the same as line 5"),
    ]
    equal = HEADER + "A-1,TEA,3,2026-03-01,2.50,C1\n" * 2
    assert len(importer(equal, "--check").remarks) == 2
    assert importer(equal, "--check", "--keep-repeated").remarks == []
    assert not importer.report.exists()  # nothing to say: the older report goes


def test_signs_within_a_cancellation_agree(importer):
    found = importer(
        "invoice,sku,qty,date,price,customer,kind\n"
        "C-1,TEA,-3,2026-03-01,2.50,C1,cancel\n"
        "C-1,CUP,2,2026-03-01,2.50,C1,cancel\n"
        "C-2,TEA,3,2026-03-01,2.50,C1,cancel\n",
        "--check",
    )
    assert found.remarks == [
        ("2", "C-1", "refused", "none of this order is imported, because of line 3"),
        ("3", "C-1", "refused", "2 pieces are cancelled, elsewhere in it negative ones"),
    ]


def test_the_report_speaks_chinese_when_told_to(importer):
    found = importer(
        "订单号,货号,数量,日期,单价,客户\nA-1,TEA,0,2026-03-01,2.50,C1\n", "--check", "--language", "zh-hans"
    )
    assert found.remarks == [("2", "A-1", "拒收", "数量: 数量为 0")]


def test_the_mapping_is_shown_first(importer):
    found = importer(HEADER.replace("price", "void") + "A-1,TEA,3,2026-03-01,True,C1\n", "--check")
    assert found.said.splitlines()[:7] == [
        "lines.csv: CSV, utf-8, separated by commas",
        "  reference       <- invoice",
        "  product         <- sku",
        "  quantity        <- qty",
        "  ordered_at      <- date",
        "  customer        <- customer",
        "                  not used: void",
    ]


@pytest.mark.parametrize(
    ("text", "options", "sentence"),
    [
        ("invoice,sku,date,customer\n", [], "No column for: quantity"),
        ("", [], "lines.csv is empty"),
        (HEADER, ["--map", "size=sku"], "There is no field size"),
        (HEADER, ["--report", "/nowhere/at/all.csv"], "cannot be written: name another place with --report"),
        (HEADER, ["--cost-share", "half"], "--cost-share is a number"),
        (HEADER, ["--chunk", "0"], "--chunk is at least 1"),
        (HEADER, [], r"There is no channel web \(there are: –\); --create-missing makes it"),
    ],
)
def test_what_stops_an_import_is_one_sentence(importer, text, options, sentence):
    with pytest.raises(CommandError, match=sentence):
        importer(text, *options)


def test_several_warehouses_need_a_choice(importer, desk):
    desk.__class__()  # a second warehouse
    with pytest.raises(CommandError, match="Say which warehouse ships, with --warehouse CODE; there are: W"):
        importer(HEADER, channel=desk.channel.code)


def test_a_file_that_does_not_exist():
    with pytest.raises(CommandError, match=r"nothing\.csv cannot be read: No such file"):
        call_command("import_orders", "nothing.csv", channel="web")
