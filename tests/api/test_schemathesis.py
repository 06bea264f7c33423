"""Every operation of the OpenAPI description is called with generated input: no 500, and answers as described."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import schemathesis
from django.utils import timezone
from hypothesis import HealthCheck, given, settings, strategies
from rest_framework.authtoken.models import Token
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from config.wsgi import application
from inventory.verification import stock_differences
from orders.services import (
    authorize_return,
    create_order,
    issue_invoice,
    make_quotation,
    save_address,
    save_contact,
    ship_order,
)
from orders.values import NewAuthorization, NewLine, NewOrder, NewQuotation, NewShipment
from orders.verification import order_differences
from purchasing.models import ReorderSuggestion
from purchasing.services import add_blanket_order, create_purchase_orders
from purchasing.values import NewBlanketLine, NewBlanketOrder, NewPurchaseLine, NewPurchaseOrder
from tests.api.conftest import Shop
from tests.factories import UserFactory

# A bounded run with a fixed seed: what fails once fails again.
EXAMPLES = settings(
    max_examples=12, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


# Parts of bodies that name rows which exist, so that generated quantities, prices and texts reach the services.
LINE = {"product": "TEA"}
SOON = timezone.localdate() + timedelta(days=5)
BULK = "/api/v1/orders/bulk/"
REAL: dict[str, dict[str, Any]] = {
    "/api/v1/orders/": {"customer": "C1", "channel": "web", "warehouse": "MAIN"},
    "/api/v1/quotations/": {"customer": "C1", "channel": "web", "warehouse": "MAIN", "valid_until": SOON.isoformat()},
    "/api/v1/blanket-orders/": {"supplier": "S1"},
    "/api/v1/blanket-orders/{id}/release/": {"warehouse": "MAIN"},
    "/api/v1/standing-orders/": {"supplier": "S1", "warehouse": "MAIN", "starts_on": SOON.isoformat()},
    "/api/v1/purchase-orders/": {"supplier": "S1", "warehouse": "MAIN"},
    "/api/v1/contacts/": {"customer": "C1"},
    "/api/v1/delivery-addresses/": {"customer": "C1"},
    "/api/v1/stock-adjustments/": LINE | {"warehouse": "MAIN"},
}


def with_real_rows(body: dict[str, Any], real: dict[str, Any]) -> dict[str, Any]:
    lines = body.get("lines")
    if isinstance(lines, list):
        real = real | {"lines": [line | LINE if isinstance(line, dict) else line for line in lines]}
    return body | real


def make_real(case, ids: dict[str, int]) -> None:
    """Point a generated request at existing rows."""
    if isinstance(case.body, dict) and case.operation.path in REAL:
        case.body = with_real_rows(case.body, REAL[case.operation.path])
    if case.operation.path == BULK and isinstance(case.body, dict) and isinstance(case.body.get("orders"), list):
        orders = case.body["orders"]
        case.body["orders"] = [with_real_rows(o, REAL["/api/v1/orders/"]) if isinstance(o, dict) else o for o in orders]
    resource = case.operation.path.split("/")[3]
    if resource in ids and "id" in case.path_parameters:
        case.path_parameters["id"] = ids[resource]


@pytest.mark.django_db(transaction=True)
def test_generated_requests_get_described_answers():
    shop = Shop()
    token = Token.objects.create(user=UserFactory(role="Integrations")).key
    headers = {"Authorization": f"Token {token}"}
    schema = schemathesis.openapi.from_wsgi(
        "/api/schema/", application, headers=headers | {"Accept": "application/vnd.oai.openapi+json"}
    )
    ids = {"products": shop.tea.pk, "stock": shop.level.pk} | documents(shop)
    statuses: Counter[int] = Counter()
    for operation in (result.ok() for result in schema.get_all_operations()):

        @EXAMPLES
        @given(case=operation.as_strategy(), real=strategies.booleans())
        def explore(case, real):
            if real:
                make_real(case, ids)
            answer = case.call_and_validate(headers=headers, checks=CHECKS)
            statuses[answer.status_code] += 1

        explore()
    assert {200, 201, 400, 404, 409} <= set(statuses), statuses
    assert stock_differences() == []
    assert order_differences() == []


def documents(shop: Shop) -> dict[str, int]:
    """An open order, a quotation that holds stock, invoice and return of another order, a purchase order and so on."""
    new = NewOrder(shop.customer.pk, shop.channel.pk, shop.warehouse.pk, [NewLine(shop.tea.pk, 3)])
    order, other = create_order(new), create_order(new)
    quotation = make_quotation(NewQuotation(new, SOON, SOON))
    back = {ship_order(NewShipment(other.pk)).lines.get().pk: 2}
    invoice = issue_invoice(other.pk)
    contact = save_contact(shop.customer.pk, {"name": "Wu"})
    address = save_address(shop.customer.pk, {"label": "Dock", "address": "9 Dock Road", "contact": contact})
    authorization = authorize_return(NewAuthorization(other.pk, back, SOON, "Broken"))
    (purchase,) = create_purchase_orders(
        [NewPurchaseOrder(shop.supplier.pk, shop.warehouse.pk, [NewPurchaseLine(shop.cup.pk, 12)])]
    )
    blanket = add_blanket_order(
        NewBlanketOrder(shop.supplier.pk, SOON - timedelta(days=9), SOON, [NewBlanketLine(shop.tea.pk, Decimal(5), 60)])
    )
    suggestion = ReorderSuggestion.objects.create(
        product=shop.tea,
        warehouse=shop.warehouse,
        supplier_item=shop.tea.supplier_items.get(),
        quantity=6,
        updated_at=timezone.now(),
    )
    return {
        "orders": order.pk,
        "invoices": invoice.pk,
        "contacts": contact.pk,
        "delivery-addresses": address.pk,
        "quotations": quotation.pk,
        "return-authorizations": authorization.pk,
        "purchase-orders": purchase.pk,
        "blanket-orders": blanket.pk,
        "reorder-suggestions": suggestion.pk,
    }
