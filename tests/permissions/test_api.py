"""Who may do what over the API: without the permission 403, with it alone the status given; nobody else gets in."""

import pytest
from django.urls import get_resolver
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from core.models import AuditEntry
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

V1 = "/api/v1/"
# Method, address below /api/v1/, permission, status with it (404: no such row, 400: an empty body names the fields).
MATRIX = [
    ("get", "products/", "inventory.view_product", 200),
    ("get", "products/0/", "inventory.view_product", 404),
    ("get", "warehouses/", "inventory.view_warehouse", 200),
    ("get", "warehouses/0/", "inventory.view_warehouse", 404),
    ("get", "stock/", "inventory.view_stocklevel", 200),
    ("get", "stock/0/", "inventory.view_stocklevel", 404),
    ("get", "stock-moves/", "inventory.view_stockmove", 200),
    ("get", "stock-moves/0/", "inventory.view_stockmove", 404),
    ("post", "stock-adjustments/", "inventory.adjust_stock", 400),
    ("get", "transfers/", "inventory.view_transfer", 200),
    ("get", "transfers/0/", "inventory.view_transfer", 404),
    ("post", "transfers/", "inventory.request_transfer", 400),
    ("post", "transfers/0/send/", "inventory.move_transfer", 404),
    ("post", "transfers/0/receive/", "inventory.move_transfer", 404),
    ("post", "transfers/0/close/", "inventory.move_transfer", 404),
    ("post", "transfers/0/cancel/", "inventory.request_transfer", 404),
    ("get", "availability/", "inventory.view_stocklevel", 200),
    ("get", "channels/", "orders.view_channel", 200),
    ("get", "channels/0/", "orders.view_channel", 404),
    ("get", "customers/", "orders.view_customer", 200),
    ("get", "customers/0/", "orders.view_customer", 404),
    ("get", "contacts/", "orders.view_customer", 200),
    ("get", "contacts/0/", "orders.view_customer", 404),
    ("post", "contacts/", "orders.change_customer", 400),
    ("post", "contacts/0/change/", "orders.change_customer", 404),
    ("get", "delivery-addresses/", "orders.view_customer", 200),
    ("get", "delivery-addresses/0/", "orders.view_customer", 404),
    ("post", "delivery-addresses/", "orders.change_customer", 400),
    ("post", "delivery-addresses/0/change/", "orders.change_customer", 404),
    ("get", "customer-items/", "orders.view_customer", 200),
    ("get", "customer-items/0/", "orders.view_customer", 404),
    ("post", "customer-items/", "orders.change_customer", 400),
    ("post", "customer-items/0/change/", "orders.change_customer", 404),
    ("post", "customer-items/0/delete/", "orders.change_customer", 404),
    ("get", "orders/", "orders.view_order", 200),
    ("get", "orders/0/", "orders.view_order", 404),
    ("post", "orders/", "orders.confirm_order", 400),
    ("post", "orders/bulk/", "orders.confirm_order", 400),
    ("post", "orders/0/change/", "orders.change_order", 404),
    ("post", "orders/0/split/", "orders.change_order", 404),
    ("post", "orders/0/cancel/", "orders.cancel_order", 404),
    ("post", "orders/0/ship/", "orders.ship_order", 404),
    ("get", "quotations/", "orders.view_quotation", 200),
    ("get", "quotations/0/", "orders.view_quotation", 404),
    ("post", "quotations/", "orders.add_quotation", 400),
    ("post", "quotations/0/hold/", "orders.change_quotation", 404),
    ("post", "quotations/0/let-go/", "orders.change_quotation", 404),
    ("post", "quotations/0/decline/", "orders.change_quotation", 404),
    ("post", "quotations/0/order/", "orders.confirm_order", 404),
    ("get", "quotations/0/document/", "orders.view_quotation", 404),
    ("get", "return-authorizations/", "orders.view_returnauthorization", 200),
    ("get", "return-authorizations/0/", "orders.view_returnauthorization", 404),
    ("post", "return-authorizations/", "orders.add_returnauthorization", 400),
    ("post", "return-authorizations/0/receive/", "orders.receive_return", 404),
    ("post", "return-authorizations/0/inspect/", "orders.inspect_return", 404),
    ("post", "return-authorizations/0/close/", "orders.change_returnauthorization", 404),
    ("get", "invoices/", "orders.view_invoice", 200),
    ("get", "invoices/0/", "orders.view_invoice", 404),
    ("get", "invoices/0/document/", "orders.view_invoice", 404),
    ("post", "invoices/", "orders.add_invoice", 400),
    ("get", "shipments/", "orders.view_shipment", 200),
    ("get", "orders/0/confirmation/", "orders.view_order", 404),
    ("get", "shipments/0/", "orders.view_shipment", 404),
    ("get", "shipments/0/delivery-note/", "orders.view_shipment", 404),
    ("get", "suppliers/", "purchasing.view_supplier", 200),
    ("get", "suppliers/0/", "purchasing.view_supplier", 404),
    ("get", "blanket-orders/", "purchasing.view_blanketorder", 200),
    ("get", "blanket-orders/0/", "purchasing.view_blanketorder", 404),
    ("post", "blanket-orders/", "purchasing.add_blanketorder", 400),
    ("post", "blanket-orders/0/close/", "purchasing.change_blanketorder", 404),
    ("post", "blanket-orders/0/release/", "purchasing.place_purchaseorder", 404),
    ("get", "standing-orders/", "purchasing.view_standingorder", 200),
    ("get", "standing-orders/0/", "purchasing.view_standingorder", 404),
    ("post", "standing-orders/", "purchasing.add_standingorder", 400),
    ("post", "standing-orders/0/pause/", "purchasing.change_standingorder", 404),
    ("post", "standing-orders/0/resume/", "purchasing.change_standingorder", 404),
    ("post", "standing-orders/0/end/", "purchasing.change_standingorder", 404),
    ("get", "exchange-rates/", "purchasing.view_exchangerate", 200),
    ("get", "exchange-rates/0/", "purchasing.view_exchangerate", 404),
    ("post", "exchange-rates/", "purchasing.change_exchangerate", 400),
    ("get", "purchase-orders/", "purchasing.view_purchaseorder", 200),
    ("get", "purchase-orders/0/", "purchasing.view_purchaseorder", 404),
    ("post", "purchase-orders/", "purchasing.place_purchaseorder", 400),
    ("post", "purchase-orders/0/place/", "purchasing.place_purchaseorder", 404),
    ("post", "purchase-orders/0/cancel/", "purchasing.place_purchaseorder", 404),
    ("post", "purchase-orders/0/approve/", "purchasing.place_purchaseorder", 404),
    ("post", "purchase-orders/0/send-back/", "purchasing.place_purchaseorder", 404),
    ("post", "purchase-orders/0/confirm/", "purchasing.place_purchaseorder", 404),
    ("post", "purchase-orders/0/reschedule/", "purchasing.place_purchaseorder", 404),
    ("post", "purchase-orders/0/close/", "purchasing.place_purchaseorder", 404),
    ("post", "purchase-orders/0/receive/", "purchasing.receive_purchaseorder", 404),
    ("get", "reorder-suggestions/", "purchasing.view_reordersuggestion", 200),
    ("get", "reorder-suggestions/0/", "purchasing.view_reordersuggestion", 404),
    ("post", "reorder-suggestions/approve/", "purchasing.place_purchaseorder", 400),
    ("post", "reorder-suggestions/0/dismiss/", "purchasing.place_purchaseorder", 404),
    ("get", "forecasts/", "forecasting.view_demandforecast", 200),
    ("get", "forecasts/0/", "forecasting.view_demandforecast", 404),
    ("get", "kpis/", "reports.view_dashboard", 200),
]


@pytest.mark.parametrize(("method", "address", "permission", "status"), MATRIX)
def test_only_the_permission_opens_the_door(method, address, permission, status):
    client = APIClient()
    assert getattr(client, method)(V1 + address).status_code == 401
    client.force_login(UserFactory())
    assert getattr(client, method)(V1 + address).status_code == 403
    others = {row[2] for row in MATRIX} - {permission}
    client.force_login(UserFactory(permissions=sorted(others)))
    denied = getattr(client, method)(V1 + address)
    assert (denied.status_code, denied.json()["code"]) == (403, "permission_denied")
    client.force_login(UserFactory(permissions=[permission]))
    assert getattr(client, method)(V1 + address, {} if method == "post" else None, format="json").status_code == status
    assert not AuditEntry.objects.exists()


def test_matrix_names_every_action_of_every_viewset():
    def operations(resolver, prefix=""):
        for pattern in resolver.url_patterns:
            if hasattr(pattern, "url_patterns"):
                yield from operations(pattern, prefix + str(pattern.pattern))
            elif hasattr(pattern.callback, "cls") and prefix.startswith("api/v1/"):
                for action in getattr(pattern.callback, "actions", {}).values():
                    yield pattern.callback.cls, action

    found = set(operations(get_resolver()))
    mapped = {(cls, action) for cls, _action in found for action in cls.permissions}
    assert found == mapped
    assert len(found) == len(MATRIX)


def test_inactive_users_tokens_are_dead():
    user = UserFactory(role="Integrations", is_active=False)
    token = Token.objects.create(user=user)
    response = APIClient().get(V1 + "products/", headers={"Authorization": f"Token {token.key}"})
    assert (response.status_code, response["WWW-Authenticate"]) == (401, "Token")


READS = {
    "Sales": {
        "products",
        "warehouses",
        "stock",
        "availability",
        "channels",
        "customers",
        "contacts",
        "delivery-addresses",
        "invoices",
        "customer-items",
        "orders",
        "quotations",
        "return-authorizations",
        "shipments",
        "forecasts",  # which they may adjust
    },
    "Warehouse": {
        "products",
        "warehouses",
        "stock",
        "stock-moves",
        "transfers",
        "availability",
        "orders",
        "return-authorizations",
        "shipments",
        "purchase-orders",
        "suppliers",
    },
    "Buyers": {
        "products",
        "warehouses",
        "stock",
        "stock-moves",
        "transfers",
        "availability",
        "suppliers",
        "purchase-orders",
        "reorder-suggestions",
        "exchange-rates",
        "standing-orders",
        "blanket-orders",
        "forecasts",
    },
}
WRITES = {
    "Sales": {
        "contacts/",
        "invoices/",
        "contacts/0/change/",
        "delivery-addresses/",
        "delivery-addresses/0/change/",
        "customer-items/",
        "customer-items/0/change/",
        "customer-items/0/delete/",
        "orders/",
        "orders/bulk/",
        "orders/0/change/",
        "orders/0/split/",
        "orders/0/cancel/",
        "quotations/",
        "quotations/0/hold/",
        "quotations/0/let-go/",
        "quotations/0/decline/",
        "quotations/0/order/",
        "return-authorizations/",
        "return-authorizations/0/close/",
    },
    "Warehouse": {
        "stock-adjustments/",
        "orders/0/ship/",
        "purchase-orders/0/receive/",
        "transfers/",
        "transfers/0/send/",
        "transfers/0/receive/",
        "transfers/0/close/",
        "transfers/0/cancel/",
        "return-authorizations/0/receive/",
        "return-authorizations/0/inspect/",
    },
    "Buyers": {
        "exchange-rates/",
        "blanket-orders/",
        "blanket-orders/0/close/",
        "blanket-orders/0/release/",
        "standing-orders/",
        "standing-orders/0/pause/",
        "standing-orders/0/resume/",
        "standing-orders/0/end/",
        "transfers/",
        "transfers/0/cancel/",
        "purchase-orders/",
        "purchase-orders/0/place/",
        "purchase-orders/0/cancel/",
        "purchase-orders/0/approve/",
        "purchase-orders/0/send-back/",
        "purchase-orders/0/confirm/",
        "purchase-orders/0/reschedule/",
        "purchase-orders/0/close/",
        "reorder-suggestions/approve/",
        "reorder-suggestions/0/dismiss/",
    },
}


@pytest.mark.parametrize("role", ["Sales", "Warehouse", "Buyers"])
def test_each_role_reaches_its_own_part(role):
    client = APIClient()
    client.force_login(UserFactory(role=role))
    opened = {
        (method, address)
        for method, address, *_rest in MATRIX
        if getattr(client, method)(V1 + address).status_code != 403
    }
    assert {address.split("/")[0] for method, address in opened if method == "get"} == READS[role]
    assert {address for method, address in opened if method == "post"} == WRITES[role]


@pytest.mark.parametrize("role", ["Managers", "Integrations"])
def test_managers_and_integrations_reach_everything(role):
    client = APIClient()
    client.force_login(UserFactory(role=role))
    assert not [row for row in MATRIX if getattr(client, row[0])(V1 + row[1]).status_code == 403]
