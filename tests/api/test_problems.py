"""Whatever goes wrong, the answer is problem details."""

import pytest
from rest_framework.test import APIClient

from core.problems import flatten
from inventory.models import Product
from tests.api.conftest import Shop

pytestmark = pytest.mark.django_db


def problem(response, status, code):
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert (response.status_code, body["status"], body["code"], body["type"]) == (
        status,
        status,
        code,
        f"urn:tandem:problem:{code}",
    )
    return body


def test_not_signed_in():
    response = APIClient().get("/api/v1/products/")
    assert problem(response, 401, "not_authenticated")["title"] == "Unauthorized"
    assert response["WWW-Authenticate"] == "Token"


def test_wrong_token():
    response = APIClient().get("/api/v1/products/", headers={"Authorization": "Token nonsense"})
    problem(response, 401, "authentication_failed")


@pytest.mark.parametrize("method", ["get", "post"])
def test_the_last_slash_may_be_left_out(method):
    answers = [getattr(APIClient(), method)(f"/api/v1/orders{end}") for end in ("/", "")]
    assert [(answer.status_code, answer.json()) for answer in answers] == [(401, answers[0].json())] * 2


@pytest.mark.parametrize(
    "address", ["/api/v1/nothing/", "/api/v1/nothing", "/api/v1/products/abc/", "/api/", "/api/v2/"]
)
@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_unknown_address(method, address):
    problem(getattr(APIClient(), method)(address), 404, "not_found")


@pytest.mark.parametrize("identifier", ["0", "9" * 18, "9" * 30])
def test_unknown_row(client_of, identifier):
    problem(client_of("inventory.view_product").get(f"/api/v1/products/{identifier}/"), 404, "not_found")


def test_method_that_the_address_does_not_have(client_of):
    response = client_of("orders.view_order").delete("/api/v1/orders/")
    problem(response, 405, "method_not_allowed")
    assert response["Allow"] == "GET, POST, HEAD"


def test_unparsable_json(client_of):
    client = client_of("orders.confirm_order")
    problem(client.generic("POST", "/api/v1/orders/", "{", content_type="application/json"), 400, "parse_error")


@pytest.mark.parametrize("body", ["[]", "3", '"text"', "null", '[{"customer": 1}]'])
def test_json_that_is_no_object(client_of, body):
    client = client_of("orders.confirm_order")
    problem(client.generic("POST", "/api/v1/orders/", body, content_type="application/json"), 400, "invalid")


def test_other_media_type(client_of):
    client = client_of("orders.confirm_order")
    problem(client.post("/api/v1/orders/", "<order/>", content_type="text/xml"), 415, "unsupported_media_type")


def test_answer_in_another_media_type(client_of):
    client = client_of("orders.view_order")
    problem(client.get("/api/v1/orders/", headers={"Accept": "text/csv"}), 406, "not_acceptable")


def test_misspelt_filter_is_refused_instead_of_answering_with_every_row(client_of):
    response = client_of("orders.view_order").get("/api/v1/orders/?stauts=open")
    assert problem(response, 400, "invalid")["errors"] == [{"field": "stauts", "detail": "There is no such parameter."}]


def test_our_own_mistake_says_nothing_about_the_inside(client_of, monkeypatch):
    def broken(*args):
        raise RuntimeError("secret")

    client = client_of("inventory.view_product")
    client.raise_request_exception = False
    monkeypatch.setattr("inventory.api.ProductViewSet.paginate_queryset", broken)
    response = client.get("/api/v1/products/")
    problem(response, 500, "internal_error")
    assert b"secret" not in response.content


def test_errors_speak_the_language_asked_for(client_of, shop: Shop):
    Product.objects.filter(sku="TEA").update(is_active=False)
    client = client_of("orders.confirm_order")
    response = client.post(
        "/api/v1/orders/", shop.order(("TEA", "x")), format="json", headers={"Accept-Language": "zh-hans"}
    )
    assert response.json()["errors"] == [{"field": "lines.0.quantity", "detail": "请填写合法的整数值。"}]


def test_flatten_names_every_wrong_field():
    nested = {
        "lines": [{}, {"quantity": ["a", "b"], "non_field_errors": ["c"]}],
        "note": ["d"],
        "non_field_errors": ["e"],
        "more": {2: {"x": ["f"]}},
    }
    assert flatten(nested) == {
        "lines.1.quantity": "a b",
        "lines.1": "c",
        "note": "d",
        "": "e",
        "more.2.x": "f",
    }


@pytest.mark.parametrize("depth", [2_000, 100_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"lines":', "}")])
def test_a_body_nested_too_deeply(shop: Shop, client_of, opening, closing, depth):
    text = opening * depth + "1" + closing * depth
    response = client_of(role="Integrations").generic(
        "POST", "/api/v1/orders/", text, content_type="application/json", headers={"Idempotency-Key": "deep"}
    )
    assert problem(response, 400, "parse_error")["detail"] == "The body is nested too deeply."


def test_digits_that_only_python_reads_as_a_number(client_of, shop: Shop):
    """1_0 is a slip of the finger, not ten pieces."""
    body = shop.order(("TEA", 1), freight="1_0.00")
    body["lines"][0] |= {"quantity": "1_0", "unit_price": "9_9.90"}
    response = client_of("orders.confirm_order").post("/api/v1/orders/", body, format="json")
    errors = problem(response, 400, "invalid")["errors"]
    assert sorted((error["field"], error["detail"]) for error in errors) == [
        ("freight", "A valid number is required."),
        ("lines.0.quantity", "A valid integer is required."),
        ("lines.0.unit_price", "A valid number is required."),
    ]
