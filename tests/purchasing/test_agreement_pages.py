"""The pages of blanket orders, and the same over the API."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from purchasing.models import BlanketOrder, PurchaseOrder
from purchasing.tasks import follow_blanket_orders
from tests.purchasing.test_agreements import agree, left

pytestmark = pytest.mark.django_db


def day(days: int = 0) -> str:
    return f"{timezone.localdate() + timedelta(days=days)}"


def typed(buying, *lines, **more) -> dict:
    columns = {
        "product": [str(product.pk) for product, _quantity, _cost in lines],
        "label": [product.sku for product, _quantity, _cost in lines],
        "quantity": [str(quantity) for _product, quantity, _cost in lines],
        "unit_cost": [str(cost) for _product, _quantity, cost in lines],
    }
    head = {"supplier": buying.supplier.pk, "starts_on": day(), "ends_on": day(20), "value_limit": "", "reference": ""}
    return head | columns | more


def test_an_empty_list_says_what_to_do(buyer, buying):
    page = buyer.get(reverse("purchasing:blankets")).content.decode()
    assert "No blanket orders yet" in page
    assert reverse("purchasing:blanket-new") in page


@pytest.mark.django_db(transaction=True)
def test_note_an_agreement_twice_sent(buyer, buying):
    url = reverse("purchasing:blanket-new")
    key = buyer.get(url).context["key"]
    fields = typed(buying, (buying.tea, 100, "2.00"), (buying.cup, "", "1.10"), value_limit="500", reference="C-9")
    for _time in range(2):
        answer = buyer.post(url, fields | {"key": key})
        assert answer.status_code == 302
    order = BlanketOrder.objects.get()
    assert (order.reference, order.value_limit, order.supplier) == ("C-9", Decimal("500.00"), buying.supplier)
    page = buyer.get(answer.url).content.decode()
    assert "Agreed over 2 products" in page
    assert "Ends soon" in page
    page = buyer.get(reverse("purchasing:blankets"), {"state": "ending", "q": "tea"}).content.decode()
    assert order.number in page
    assert "1 agreement ends within 30 days" in page


def test_what_is_wrong_stands_at_its_field(buyer, buying):
    answer = buyer.post(
        reverse("purchasing:blanket-new"), typed(buying, (buying.tea, "", "2.00"), (buying.cup, "x", ""))
    )
    assert answer.status_code == 422
    assert set(answer.context["lines"][1]["errors"]) == {"quantity", "unit_cost"}
    answer = buyer.post(reverse("purchasing:blanket-new"), typed(buying, (buying.tea, "", "2.00"), ends_on=day(-1)))
    assert answer.context["lines"][0]["errors"] == {"quantity": "Enter a quantity, or a value for the whole agreement."}
    assert answer.context["head"].errors == {"ends_on": ["It cannot end before it starts."]}
    assert not BlanketOrder.objects.exists()


def test_change_and_close(buyer, buying):
    agreement = agree(buying, (buying.tea, "2.00", 100))
    url = reverse("purchasing:blanket-edit", args=[agreement.pk])
    assert buyer.get(url).context["lines"][0]["quantity"] == 100
    assert buyer.post(url, typed(buying, (buying.tea, 150, "1.90"), ends_on=day(40))).status_code == 302
    assert left(agreement) == [(0, 150)]
    buying.order((buying.tea, 10), place=False)
    page = buyer.get(reverse("purchasing:blanket", args=[agreement.pk]))
    assert "100 × 2.0000 → 150 × 1.9000" in page.content.decode()
    question = page.context["close_question"]
    assert "TEA 140" in question
    assert PurchaseOrder.objects.get().number in question
    close = reverse("purchasing:blanket-close", args=[agreement.pk])
    assert buyer.post(close, {"reason": ""}).status_code == 422
    assert buyer.post(close, {"reason": "Dearer elsewhere"}).status_code == 302
    assert buyer.post(close, {"reason": "Again"}).status_code == 409
    assert buyer.get(url).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_release_from_the_page_and_overdraw_only_when_said(buyer, buying):
    agreement = agree(buying, (buying.tea, "2.00", 50))
    url = reverse("purchasing:blanket-release", args=[agreement.pk])
    line = agreement.lines.get().pk
    key = buyer.get(reverse("purchasing:blanket", args=[agreement.pk])).context["key"]
    fields = {"warehouse": buying.warehouse.pk, f"quantity-{line}": "80", "place": "yes", "key": key}
    refused = buyer.post(url, fields)
    assert refused.status_code == 422
    assert "only 50 pieces are left" in refused.context["lines"][0]["error"]
    assert 'name="may_overdraw"' in refused.content.decode()
    assert buyer.post(url, fields | {"may_overdraw": "on"}).status_code == 302
    order = PurchaseOrder.objects.get()
    assert (order.status, left(agreement)) == ("ordered", [(80, -30)])
    page = buyer.get(reverse("purchasing:blanket", args=[agreement.pk])).content.decode()
    assert "overdrawn by 30" in page
    assert "that is more than was left: TEA 30" in page
    assert agreement.number in buyer.get(reverse("purchasing:order", args=[order.pk])).content.decode()
    assert agreement.number in buyer.get(reverse("purchasing:order-print", args=[order.pk])).content.decode()


def test_a_release_names_what_the_supplier_does_not_accept(buyer, buying):
    agreement = agree(buying, (buying.tea, "2.00", 50))
    url, line = reverse("purchasing:blanket-release", args=[agreement.pk]), agreement.lines.get().pk
    fields = {"warehouse": buying.warehouse.pk, "place": "no"}
    assert "packs of 5" in buyer.post(url, fields | {f"quantity-{line}": "12"}).context["lines"][0]["error"]
    assert buyer.post(url, fields | {f"quantity-{line}": "x"}).context["lines"][0]["error"] == "Enter a whole number."
    assert buyer.post(url, fields).status_code == 422
    assert not PurchaseOrder.objects.exists()


def test_a_price_that_has_ended_cannot_be_released(buyer, buying):
    agreement = agree(buying, (buying.tea, "2.00", 50), starts=-9, ends=-1)
    line = agreement.lines.get().pk
    answer = buyer.post(
        reverse("purchasing:blanket-release", args=[agreement.pk]),
        {"warehouse": buying.warehouse.pk, f"quantity-{line}": "10", "place": "no"},
    )
    assert answer.status_code == 409
    assert "does not count today" in answer.content.decode()


def test_the_type_ahead_offers_the_agreed_price(buyer, buying):
    agreement = agree(buying, (buying.tea, "2.00", 400))
    found = buyer.get(reverse("purchasing:item-suggestions"), {"q": "TEA", "supplier": buying.supplier.pk}).json()
    assert found["results"][0]["unit_cost"] == "2.0000"
    assert f"{agreement.number}: 400 left" in found["results"][0]["hint"]


def test_the_desk_and_its_review_reckon_with_it(buyer, buying):
    agree(buying, (buying.tea, "2.00", 400))
    suggestion = buying.suggest(buying.tea, 5, 20)
    assert 'data-agreed="400:2.0000"' in buyer.get(reverse("purchasing:desk")).content.decode()
    review = buyer.post(reverse("purchasing:review"), {"chosen": [suggestion.pk], f"quantity-{suggestion.pk}": "20"})
    assert review.context["total"] == Decimal("40.00")


def test_the_night_checks_what_begins_and_ends(buying):
    agree(buying, (buying.tea, "2.00", 50), starts=0)
    agree(buying, (buying.cup, "1.00", 50), starts=-5, ends=-1)
    assert follow_blanket_orders() == 2


def test_over_the_api(buying):
    from rest_framework.test import APIClient

    from tests.factories import UserFactory

    client = APIClient()
    client.force_authenticate(UserFactory(role="Managers"))
    url = "/api/v1/blanket-orders/"
    body = {
        "supplier": "FARM",
        "starts_on": day(),
        "ends_on": day(9),
        "lines": [{"product": "TEA", "price": "2.00", "quantity": 50}],
    }
    wrong = client.post(url, body | {"lines": [{"product": "TEA", "price": "2.00"}]}, format="json")
    assert [error["field"] for error in wrong.json()["errors"]] == ["lines.0.quantity"]
    made = client.post(url, body, format="json")
    assert made.status_code == 201, made.content
    pk = made.json()["id"]
    assert made.json()["lines"] == [
        {
            "product": {"id": buying.tea.pk, "sku": "TEA", "name": "Green tea"},
            "quantity": 50,
            "price": "2.0000",
            "drawn": 0,
            "left": 50,
        }
    ]
    wanted = {"warehouse": "MAIN", "lines": [{"product": "TEA", "quantity": 60}]}
    refused = client.post(f"{url}{pk}/release/", wanted, format="json")
    assert refused.status_code == 400
    assert refused.json()["code"] == "agreement_overdrawn"
    released = client.post(f"{url}{pk}/release/", wanted | {"overdraw": True}, format="json")
    assert released.status_code == 201, released.content
    assert released.json()["lines"][0]["blanket_order"] == made.json()["number"]
    assert client.get(url, {"product": "TEA", "valid_on": day()}).json()["results"][0]["lines"][0]["left"] == -10
    assert client.get(url, {"product": "CUP"}).json()["results"] == []
    assert client.post(f"{url}{pk}/close/", {"reason": "x"}, format="json").json()["status"] == "closed"
