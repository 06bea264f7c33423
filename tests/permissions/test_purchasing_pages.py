"""Who may open which page of purchasing: without the permission 403, with it alone the status given."""

import pytest
from django.urls import reverse

from core.models import AuditEntry
from purchasing.urls import urlpatterns
from tests.factories import ProductFactory, UserFactory, WarehouseFactory

pytestmark = pytest.mark.django_db
PLACE, RECEIVE = "purchasing.place_purchaseorder", "purchasing.receive_purchaseorder"
SUGGESTIONS, ORDERS = "purchasing.view_reordersuggestion", "purchasing.view_purchaseorder"
# Name of the address, method, permission, status with it (404: no such row).
MATRIX = [
    ("desk", "get", SUGGESTIONS, 200),
    ("run-start", "post", "purchasing.run_replenishment", 302),
    ("run", "get", SUGGESTIONS, 200),
    ("suggestions-import", "post", PLACE, 422),
    ("policies-import", "post", "purchasing.change_stockpolicy", 422),
    ("policies-apply", "post", "purchasing.change_stockpolicy", 302),
    ("shortages", "get", SUGGESTIONS, 200),
    ("cash", "get", SUGGESTIONS, 200),
    ("overrides", "get", SUGGESTIONS, 200),
    ("fill", "post", PLACE, 404),
    ("review", "post", PLACE, 422),
    ("approve", "post", PLACE, 409),
    ("dismiss", "post", PLACE, 404),
    ("suggestion", "get", SUGGESTIONS, 404),
    ("suggestion-recompute", "post", SUGGESTIONS, 404),
    ("suggestion-transfer", "post", PLACE, 404),
    ("orders", "get", ORDERS, 200),
    ("order-new", "get", PLACE, 200),
    ("order-new", "post", PLACE, 422),
    ("item-suggestions", "get", PLACE, 200),
    ("order", "get", ORDERS, 404),
    ("order-edit", "post", PLACE, 404),
    ("order-print", "get", ORDERS, 404),
    ("order-pdf", "get", ORDERS, 404),
    ("order-mail", "post", PLACE, 404),
    ("mail-again", "post", PLACE, 404),
    ("order-place", "post", PLACE, 404),
    ("order-reschedule", "post", PLACE, 404),
    ("order-cancel", "post", PLACE, 404),
    ("order-approve", "post", PLACE, 404),
    ("order-send-back", "post", PLACE, 404),
    ("order-confirm", "post", PLACE, 404),
    ("order-close", "post", PLACE, 404),
    ("rules", "get", "purchasing.view_approvallimit", 200),
    ("limits", "post", "purchasing.change_approvallimit", 302),
    ("rule-add", "post", "purchasing.change_approvallimit", 422),
    ("rules-apply", "post", PLACE, 302),
    ("rule-delete", "post", "purchasing.change_approvallimit", 404),
    ("receipt-costs", "post", PLACE, 404),
    ("blankets", "get", "purchasing.view_blanketorder", 200),
    ("blanket", "get", "purchasing.view_blanketorder", 404),
    ("blanket-new", "post", "purchasing.add_blanketorder", 422),
    ("blanket-edit", "post", "purchasing.change_blanketorder", 404),
    ("blanket-close", "post", "purchasing.change_blanketorder", 404),
    ("blanket-release", "post", PLACE, 404),
    ("standings", "get", "purchasing.view_standingorder", 200),
    ("standing", "get", "purchasing.view_standingorder", 404),
    ("standing-new", "post", "purchasing.add_standingorder", 422),
    ("standing-edit", "post", "purchasing.change_standingorder", 404),
    ("standing-pause", "post", "purchasing.change_standingorder", 404),
    ("standing-resume", "post", "purchasing.change_standingorder", 404),
    ("standing-end", "post", "purchasing.change_standingorder", 404),
    ("receiving", "get", RECEIVE, 200),
    ("receive", "post", RECEIVE, 404),
    ("receipts-so-far", "get", RECEIVE, 404),
    ("receipt", "get", RECEIVE, 404),
    ("suppliers", "get", "purchasing.view_supplier", 200),
    ("rates", "get", "purchasing.view_exchangerate", 200),
    ("rate-add", "post", "purchasing.change_exchangerate", 422),
    ("rates-import", "post", "purchasing.change_exchangerate", 422),
    ("supplier-new", "post", "purchasing.add_supplier", 422),
    ("supplier", "get", "purchasing.view_supplier", 404),
    ("supplier-edit", "post", "purchasing.change_supplier", 404),
    ("item-new", "post", "purchasing.add_supplieritem", 422),
    ("item-edit", "post", "purchasing.change_supplieritem", 404),
    ("product-suggestions", "get", "inventory.view_product", 200),
    ("policies", "get", "purchasing.view_stockpolicy", 200),
    ("policy-new", "get", "purchasing.change_stockpolicy", 200),
    ("policy", "post", "purchasing.change_stockpolicy", 422),
    ("policy-return", "post", "purchasing.change_stockpolicy", 409),
]
ROWLESS = {
    "dismiss",
    "suggestion",
    "suggestion-recompute",
    "suggestion-transfer",
    "rule-delete",
    "blanket",
    "blanket-edit",
    "blanket-close",
    "blanket-release",
    "standing",
    "standing-edit",
    "standing-pause",
    "standing-resume",
    "standing-end",
    "receipt-costs",
    "order",
    "receive",
    "receipt",
    "receipts-so-far",
    "supplier",
    "supplier-edit",
    "item-edit",
    "mail-again",
} | {
    f"order-{step}"
    for step in (
        "edit",
        "print",
        "pdf",
        "mail",
        "place",
        "reschedule",
        "cancel",
        "approve",
        "send-back",
        "confirm",
        "close",
    )
}


@pytest.fixture
def address():
    places = (ProductFactory().pk, WarehouseFactory().pk)

    def of(name):
        arguments = places if name in ("policy", "policy-return") else [0] if name in ROWLESS else []
        return reverse(f"purchasing:{name}", args=arguments)

    return of


@pytest.mark.parametrize(("name", "method", "permission", "status"), MATRIX)
def test_only_the_permission_opens_the_door(client, address, name, method, permission, status):
    send, path = getattr(client, method), address(name)
    assert send(path).status_code == 302
    client.force_login(UserFactory(permissions=sorted({row[2] for row in MATRIX} - {permission})))
    assert send(path).status_code == 403
    client.force_login(UserFactory(permissions=[permission]))
    assert send(path).status_code == status
    assert not AuditEntry.objects.exists()


def test_the_matrix_names_every_address():
    assert {row[0] for row in MATRIX} == {pattern.name for pattern in urlpatterns}


ROOMS = {
    "Sales": set(),
    "Warehouse": {"receiving", "orders", "suppliers"},
    "Buyers": {"desk", "orders", "suppliers", "policies", "rules"},
    "Managers": {"receiving", "desk", "orders", "suppliers", "policies", "rules"},
}


@pytest.mark.parametrize("role", ROOMS)
def test_each_role_sees_its_rooms_in_the_navigation(client, role):
    client.force_login(UserFactory(role=role))
    page = client.get("/", follow=True).content.decode()
    shown = {
        name
        for name in ("desk", "orders", "receiving", "suppliers", "policies", "rules")
        if f'<a class="nav-link" href="{reverse(f"purchasing:{name}")}"' in page
    }
    assert shown == ROOMS[role]


WRITES = {
    "Sales": set(),
    "Warehouse": {"receive"},
    "Buyers": {row[0] for row in MATRIX if row[1] == "post"}
    - {"receive", "supplier-new", "supplier-edit", "limits", "rule-add", "rule-delete"},
    "Managers": {row[0] for row in MATRIX if row[1] == "post"},
}


@pytest.mark.parametrize("role", WRITES)
def test_each_role_changes_its_own_part(client, address, role):
    client.force_login(UserFactory(role=role))
    posts = [row[0] for row in MATRIX if row[1] == "post"]
    assert {name for name in posts if client.post(address(name)).status_code != 403} == WRITES[role]
