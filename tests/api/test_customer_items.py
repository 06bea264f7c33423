"""Customers' own item codes: listed, noted, changed and deleted; one effect per key, wrong input named."""

import pytest

from core.models import AuditEntry
from orders.models import CustomerItem
from tests.factories import CustomerFactory

pytestmark = pytest.mark.django_db(transaction=True)
ITEMS = "/api/v1/customer-items/"


@pytest.fixture
def api(client_of):
    return client_of("orders.view_customer", "orders.change_customer")


def post(api, body, address="", **headers):
    return api.post(f"{ITEMS}{address}", body, format="json", headers=headers)


def wrong(answer):
    """The fields that a refusal names."""
    assert answer.status_code == 400, answer.content
    return {error["field"] for error in answer.json()["errors"]}


def noted(api, shop, product="TEA", code="own-7", customer="C1"):
    answer = post(api, {"customer": customer, "product": product, "code": code})
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_a_code_is_noted_once_however_often_it_is_sent(api, shop):
    body = {"customer": "C1", "product": "690001", "code": " own-7 "}
    first = post(api, body, idempotency_key="a")
    assert first.status_code == 201
    assert first.json() == {
        "id": CustomerItem.objects.get().pk,
        "customer": {"id": shop.customer.pk, "code": "C1", "name": "Li"},
        "product": {"id": shop.tea.pk, "sku": "TEA", "name": "Tea"},
        "code": "own-7",
    }
    again = post(api, body, idempotency_key="a")
    assert (again.status_code, again.content) == (201, first.content)
    assert AuditEntry.objects.filter(verb="item_added").count() == 1
    # In another spelling it is the same code; another customer may use it too.
    assert wrong(post(api, {"customer": "C1", "product": "CUP", "code": "OWN-7"})) == {"code"}
    CustomerFactory(code="C2")
    assert noted(api, shop, customer="C2", code="OWN-7")["customer"]["code"] == "C2"


def test_everything_wrong_is_named_and_nothing_is_kept(api, shop):
    body = {"customer": "C9", "product": "NONE", "code": "x" * 61, "colour": "red"}
    assert wrong(post(api, body)) == {"customer", "product", "code", "colour"}
    for code in ("", "  ", None, "a\x00b", ["a"]):
        assert wrong(post(api, {"customer": "C1", "product": "TEA", "code": code})) == {"code"}
    assert wrong(post(api, {})) == {"customer", "product", "code"}
    assert not CustomerItem.objects.exists()


def test_the_list_is_found_by_customer_product_and_code(api, shop, django_assert_max_num_queries):
    CustomerFactory(code="C2")
    for customer, product, code in [("C1", "TEA", "A"), ("C1", "CUP", "B"), ("C2", "TEA", "a")]:
        noted(api, shop, product, code, customer)

    def found(query=""):
        return [(row["customer"]["code"], row["code"]) for row in api.get(f"{ITEMS}?{query}").json()["results"]]

    assert found() == [("C2", "a"), ("C1", "B"), ("C1", "A")]
    assert found("customer=C1") == [("C1", "B"), ("C1", "A")]
    assert found(f"customer_id={shop.customer.pk}&code=a") == [("C1", "A")]
    assert found("product=690001,none") == [("C2", "a"), ("C1", "A")]
    assert api.get(f"{ITEMS}?kode=a").status_code == 400
    with django_assert_max_num_queries(6):
        found()


def test_a_code_is_changed_in_part_or_whole(api, shop):
    item = noted(api, shop)
    answer = post(api, {"code": "OWN-8"}, f"{item['id']}/change/")
    assert (answer.status_code, answer.json()["code"], answer.json()["product"]["sku"]) == (200, "OWN-8", "TEA")
    answer = post(api, {"product": "CUP", "code": None}, f"{item['id']}/change/")
    assert (answer.json()["code"], answer.json()["product"]["sku"]) == ("OWN-8", "CUP")
    entry = AuditEntry.objects.filter(verb="item_changed").latest("pk")
    assert entry.data == {"old_sku": "TEA", "sku": "CUP", "old_code": "OWN-8", "code": "OWN-8"}
    noted(api, shop, "TEA", "TAKEN")
    assert wrong(post(api, {"code": "taken"}, f"{item['id']}/change/")) == {"code"}
    assert wrong(post(api, {"customer": "C1"}, f"{item['id']}/change/")) == {"customer"}
    assert CustomerItem.objects.get(pk=item["id"]).code == "OWN-8"


def test_a_deleted_code_is_gone_once(api, shop):
    item = noted(api, shop)
    answer = post(api, {}, f"{item['id']}/delete/", idempotency_key="d")
    assert (answer.status_code, answer.json()) == (200, item)
    assert post(api, {}, f"{item['id']}/delete/", idempotency_key="d").json() == item
    assert post(api, {}, f"{item['id']}/delete/").status_code == 404
    assert api.get(f"{ITEMS}{item['id']}/").status_code == 404
    assert AuditEntry.objects.filter(verb="item_removed").count() == 1


def test_who_may_only_look_changes_nothing(client_of, api, shop):
    item = noted(api, shop)
    reader = client_of("orders.view_customer")
    assert reader.get(f"{ITEMS}{item['id']}/").json() == item
    for address, body in [("", {}), (f"{item['id']}/change/", {"code": "x"}), (f"{item['id']}/delete/", {})]:
        assert post(reader, body, address).status_code == 403
    assert CustomerItem.objects.get().code == "own-7"
