"""Suppliers who ask for another currency: prices, orders and receipts at the rate of their day; worked out by hand."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from core.actor import acting_as
from core.errors import InvalidInput
from core.models import AuditEntry
from inventory.models import StockLevel
from purchasing.currencies import converted, rates_on
from purchasing.models import ApprovalLimit, ExchangeRate, ReorderSuggestion, StockPolicy, SupplierItem
from purchasing.services import (
    NewRate,
    apply_rates,
    approve_suggestions,
    change_draft,
    change_supplier,
    change_supplier_item,
    drain_marks,
    place_purchase_order,
    receive_goods,
    set_rates,
)
from purchasing.values import NewPurchaseLine, NewReceipt
from tests.factories import CompanyFactory, SupplierFactory, SupplierItemFactory, UserFactory

pytestmark = pytest.mark.django_db
PAGE = "/purchasing/suppliers/rates/"


def money(text) -> Decimal:
    return Decimal(text)


@pytest.fixture
def today() -> date:
    return timezone.localdate()


@pytest.fixture
def abroad(buying, today):
    """The farm asks for dollars: one is worth 7.00 since last month, 7.20 from tomorrow. Tea: 2.50, from 100 2.30."""
    CompanyFactory()
    set_rates(
        [
            NewRate("USD", today - timedelta(days=30), money("7")),
            NewRate("USD", today + timedelta(days=1), money("7.2")),
        ]
    )
    change_supplier_item(buying.tea_item.pk, {"price_breaks": {100: money("2.3000")}})
    change_supplier(buying.supplier.pk, {"currency": "USD"})
    return buying


def tea_cost() -> tuple[Decimal, Decimal | None]:
    return SupplierItem.objects.values_list("unit_cost", "price").get(product__sku="TEA")


def test_the_rate_of_a_day_is_the_newest_until_then(today):
    CompanyFactory()
    day = date(2026, 3, 1)
    set_rates([NewRate("USD", day, money("7.1")), NewRate("USD", date(2026, 5, 1), money("7.3"))])
    set_rates([NewRate("EUR", day, money("7.8")), NewRate("USD", day, money("7"))])  # typed again: replaced
    assert rates_on(date(2026, 4, 30)) == {"USD": money("7"), "EUR": money("7.8")}
    assert rates_on(date(2026, 5, 1))["USD"] == money("7.3")
    assert rates_on(date(2025, 1, 1))["USD"] == money("7")  # before the first one: the first one


@given(st.decimals(0, 99999, places=4), st.decimals("0.00000001", 9999, places=8))
def test_a_converted_price_is_rounded_to_four_places(price, rate):
    assert abs(converted(price, rate) - price * rate) <= money("0.00005")


def test_wrong_rates_are_named_and_none_is_saved():
    CompanyFactory()
    day = date(2026, 3, 1)
    with pytest.raises(InvalidInput) as refused:
        set_rates(
            [
                NewRate("usd", day, money("7")),
                NewRate("CNY", day, money("7")),
                NewRate("EUR", day, money("0")),
                NewRate("EUR", day, money("8")),
            ]
        )
    assert refused.value.field_errors == {
        "0.currency": "Enter three capital letters, as USD.",
        "1.currency": "CNY is the company's own currency: it needs no rate.",
        "2.rate": "Enter a rate above 0 with at most eight decimals.",
        "3.valid_from": "EUR stands there twice for 2026-03-01.",
    }
    assert not ExchangeRate.objects.exists()


def test_a_currency_without_a_rate_is_refused(buying):
    CompanyFactory()
    with pytest.raises(InvalidInput) as refused:
        change_supplier(buying.supplier.pk, {"currency": "GBP"})
    assert "There is no exchange rate of GBP yet" in refused.value.field_errors["currency"]
    change_supplier(buying.supplier.pk, {"currency": "CNY"})  # the company's own is none
    buying.supplier.refresh_from_db()
    assert buying.supplier.currency == ""


def test_prices_are_in_the_suppliers_currency_and_decisions_in_ours(abroad):
    assert tea_cost() == (money("17.5000"), money("2.5000"))
    suggestion = abroad.suggest(abroad.tea, 5, 20)
    (offer,) = suggestion.inputs["offers"]
    assert (offer["unit_cost"], offer["breaks"]) == ("17.5000", [[100, "16.1000"]])
    change_supplier_item(abroad.tea_item.pk, {"unit_cost": money("3.0000"), "price_breaks": {50: money("2.8000")}})
    assert tea_cost() == (money("21.0000"), money("3.0000"))
    assert abroad.tea_item.price_breaks.values_list("quantity", "unit_cost", "price").get() == (
        50,
        money("19.6000"),
        money("2.8000"),
    )
    change_supplier(abroad.supplier.pk, {"currency": ""})
    assert tea_cost() == (money("3.0000"), None)


def test_costs_follow_the_rate_and_suggestions_are_checked_anew(abroad, today):
    abroad.suggest(abroad.tea, 5, 20)
    assert apply_rates() == 0
    set_rates([NewRate("USD", today, money("8"))])
    assert tea_cost() == (money("20.0000"), money("2.5000"))
    drain_marks()
    (offer,) = ReorderSuggestion.objects.get(status="open").inputs["offers"]
    assert offer["unit_cost"] == "20.0000"
    # A rate that becomes valid by itself.
    ExchangeRate.objects.filter(valid_from=today + timedelta(days=1)).update(valid_from=today - timedelta(days=1))
    ExchangeRate.objects.filter(valid_from=today).delete()
    assert apply_rates() == 2
    assert tea_cost() == (money("18.0000"), money("2.5000"))


def test_a_dearer_dollar_lets_the_other_supplier_win(abroad, today):
    """Tea costs 17.50 here and 17.90 there; at 8.00 a dollar it costs 20.00 here."""
    other = SupplierItemFactory(
        product=abroad.tea, supplier=SupplierFactory(lead_time_days=7), unit_cost="17.9000", is_preferred=False
    )
    suggestion = abroad.suggest(abroad.tea, 5, 20)
    StockPolicy.objects.update(basis={"lot_weekly_demand": 7, "lead_time_days": 7})
    set_rates([NewRate("USD", today, money("7"))])
    assert suggestion.supplier_item == abroad.tea_item
    set_rates([NewRate("USD", today, money("8"))])
    drain_marks()
    suggestion.refresh_from_db()
    assert suggestion.supplier_item == other


def test_an_order_keeps_the_rate_of_its_day(abroad, today):
    order = abroad.order((abroad.tea, 100), (abroad.cup, 10))
    tea, cup = order.lines.order_by("pk")
    assert (order.currency, order.rate) == ("USD", money("7"))
    assert (tea.price, tea.unit_cost, cup.price, cup.unit_cost) == (
        money("2.3000"),
        money("16.1000"),
        money("1.2000"),
        money("8.4000"),
    )
    set_rates([NewRate("USD", today, money("8"))])
    order.refresh_from_db()
    tea.refresh_from_db()
    assert (order.rate, tea.unit_cost) == (money("7"), money("16.1000"))


def test_a_draft_gets_the_rate_of_the_day_it_is_placed(abroad, today):
    draft = abroad.order((abroad.tea, 20), place=False)
    change_draft(draft.pk, [NewPurchaseLine(abroad.tea.pk, 20, money("2.4000"))])
    set_rates([NewRate("USD", today, money("8"))])
    order = place_purchase_order(draft.pk)
    line = order.lines.get()
    assert (order.rate, line.price, line.unit_cost) == (money("8"), money("2.4000"), money("19.2000"))


def test_the_limit_of_approval_counts_in_our_currency(abroad):
    user = UserFactory(role="Buyers")
    ApprovalLimit.objects.create(group=user.groups.get(), amount=money("100.00"))
    with acting_as(user.pk):
        # 10 × 2.50 dollars are 175.00.
        assert abroad.order((abroad.tea, 10)).status == "waiting"


def test_goods_come_in_at_the_rate_of_their_day_and_the_difference_shows(abroad, today, buyer, client):
    order = abroad.order((abroad.tea, 20), (abroad.cup, 10))
    tea = order.lines.get(product=abroad.tea)
    now = timezone.now()
    (first,) = receive_goods([NewReceipt(order.pk, {tea.pk: 10})])
    assert (first.rate, first.exchange_difference) == (money("7"), money("0.00"))
    (second,) = receive_goods(
        [NewReceipt(order.pk, received_at=now + timedelta(days=1), landed={"freight": money("5.00")})]
    )
    # 10 of tea and 10 cups: 37.00 dollars, 259.00 at 7.00 and 266.40 at 7.20.
    assert (second.rate, second.exchange_difference) == (money("7.2"), money("7.40"))
    values = dict(StockLevel.objects.values_list("product__sku", "value"))
    # 175.00 + 180.00 and 86.40, with the freight of 5.00 by value.
    assert values == {"TEA": money("358.38"), "CUP": money("88.02")}
    page = buyer.get(f"/purchasing/orders/{order.pk}/").content.decode()
    assert "Total in USD" in page
    printed = buyer.get(f"/purchasing/orders/{order.pk}/print/").content.decode()
    assert "62.00" in printed
    assert "(USD)" in printed
    client.force_login(UserFactory(role="Managers"))
    receipt = client.get(f"/purchasing/receiving/receipts/{second.pk}/").content.decode()
    assert "Exchange difference" in receipt
    assert "7.40" in receipt


def test_suggestions_are_bought_in_the_suppliers_currency(abroad):
    suggestion = abroad.suggest(abroad.tea, 5, 20)
    (order,) = approve_suggestions({suggestion.pk: 20})
    assert order.lines.values_list("price", "unit_cost").get() == (money("2.5000"), money("17.5000"))


# ---- pages


def test_rates_are_typed(buyer, today):
    CompanyFactory()
    assert "No exchange rates yet" in buyer.get(PAGE).content.decode()
    wrong = buyer.post(PAGE + "add/", {"currency": "cny", "valid_from": f"{today}", "rate": "7"})
    assert wrong.status_code == 422
    assert "own currency: it needs no rate" in wrong.content.decode()
    buyer.post(PAGE + "add/", {"currency": "usd", "valid_from": f"{today}", "rate": "7.1234"})
    assert "7.1234" in buyer.get(PAGE).content.decode()
    assert AuditEntry.objects.get().data == {"currency": "USD", "day": f"{today}", "rate": "7.1234"}


def test_rates_come_from_a_file_or_none_does(buyer):
    CompanyFactory()

    def send(text):
        return buyer.post(PAGE + "import/", {"file": SimpleUploadedFile("rates.csv", text.encode())})

    wrong = send("Currency,Valid from,Exchange rate\nUSD,2026-03-01,7\nEUR,soon,8\nGB,2026-03-01,x\n")
    page = wrong.content.decode()
    assert wrong.status_code == 422
    assert "Enter a day as 2026-01-31." in page
    assert "Enter three capital letters, as USD." in page
    assert not ExchangeRate.objects.exists()
    twice = send("Currency,Valid from,Exchange rate\nUSD,2026-03-01,7\nUSD,2026-03-01,8\n")
    assert "stands there twice" in twice.content.decode()
    assert send("币种,生效日期,汇率\nUSD,2026-03-01,7.05\nEUR,2026-03-01,7.8\n").status_code == 302
    assert ExchangeRate.objects.count() == 2


def test_the_item_form_shows_and_takes_the_suppliers_price(abroad, buyer):
    url = f"/purchasing/suppliers/items/{abroad.tea_item.pk}/"
    page = buyer.get(url).content.decode()
    assert 'value="2.5000"' in page
    assert "In USD, the supplier&#x27;s currency." in page
    body = {"unit_cost": "2.60", "price_breaks": "100: 2.40", "moq": 10, "order_multiple": 5, "is_preferred": "on"}
    assert buyer.post(url, body).status_code == 302
    assert tea_cost() == (money("18.2000"), money("2.6000"))
