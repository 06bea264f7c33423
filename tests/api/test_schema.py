"""The OpenAPI description: complete, free of warnings, for signed-in users; a page to browse it without a CDN."""

import re

import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import Client

from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def schema():
    from drf_spectacular.generators import SchemaGenerator

    return SchemaGenerator().get_schema(request=None, public=True)


def test_schema_is_valid_and_without_warnings(tmp_path):
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "schema.yaml"))


def test_version_and_every_address(schema):
    assert schema["openapi"] == "3.1.0"
    assert {path.removeprefix("/api/v1/").split("/")[0] for path in schema["paths"]} == {
        "availability",
        "blanket-orders",
        "channels",
        "contacts",
        "customer-items",
        "customers",
        "delivery-addresses",
        "exchange-rates",
        "forecasts",
        "invoices",
        "kpis",
        "orders",
        "products",
        "purchase-orders",
        "quotations",
        "reorder-suggestions",
        "return-authorizations",
        "shipments",
        "standing-orders",
        "stock",
        "stock-adjustments",
        "stock-moves",
        "suppliers",
        "transfers",
        "warehouses",
    }


def test_every_operation_shows_its_errors_and_every_post_its_key(schema):
    key = {"$ref": "#/components/parameters/IdempotencyKey"}
    problem = {"schema": {"$ref": "#/components/schemas/Problem"}}
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            assert operation.get("description"), (method, path)
            assert operation["responses"]["403"]["content"]["application/problem+json"] == problem
            assert (key in operation.get("parameters", [])) == (method == "post"), (method, path)
            assert ("409" in operation["responses"]) == (method == "post")


def test_schema_is_for_signed_in_users():
    client = Client()
    assert client.get("/api/schema/").status_code == 401
    client.force_login(UserFactory())
    assert client.get("/api/schema/").status_code == 200


def test_page_is_for_signed_in_users_and_loads_only_our_own_files():
    client = Client()
    answer = client.get("/api/docs/")
    assert (answer.status_code, "next=/api/docs/" in answer["Location"]) == (302, True)
    client.force_login(UserFactory())
    page = client.get("/api/docs/").content.decode()
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(loaded) >= 3
    for address in loaded:
        assert address.startswith("/static/"), address
        assert finders.find(address.removeprefix("/static/")), address
