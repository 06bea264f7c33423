"""The admin of orders: documents are only read, customers and channels edited."""

import pytest

from core.models import AuditEntry
from orders import services
from orders.models import Channel, Customer, LostDemand, ShipmentLine
from orders.values import NewReturn, NewShipment
from tests.factories import UserFactory, stock

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client):
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    return client


@pytest.mark.parametrize("model", ["order", "shipment", "return", "lostdemand"])
def test_documents_are_only_read(admin, desk, model):
    product = desk.product(sku="TEA-1")
    stock(product, desk.warehouse, 3)
    order = services.create_order(desk.order((product, 5)))
    shipment = services.ship_order(NewShipment(order.pk))
    line = ShipmentLine.objects.get()
    (returned,) = services.return_goods([NewReturn(order.pk, {line.pk: 1})])
    rows = {"order": order, "shipment": shipment, "return": returned, "lostdemand": LostDemand.objects.get()}
    base, pk = f"/admin/orders/{model}/", rows[model].pk
    assert admin.get(base).status_code == 200
    assert admin.get(f"{base}{pk}/change/").status_code == 200
    assert admin.post(f"{base}{pk}/change/", {"status": "cancelled", "quantity": 9}).status_code == 403
    assert admin.get(f"{base}add/").status_code == 403
    assert admin.post(f"{base}{pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_customer_changed_here_is_on_record_as_at_the_desk(admin, desk):
    fields = {"code": "ANN", "name": "Ann's Corner Shop", "phone": "", "email": "", "address": "", "payment_days": "0"}
    assert admin.post("/admin/orders/customer/add/", fields).status_code == 302
    ann = Customer.objects.get(code="ANN")
    changed = fields | {"name": "Ann's Shop", "is_blocked": "on"}
    assert admin.post(f"/admin/orders/customer/{ann.pk}/change/", changed).status_code == 302
    ann.refresh_from_db()
    assert (ann.name, ann.is_blocked) == ("Ann's Shop", True)
    steps = AuditEntry.objects.filter(subject_type="customer", subject_id=ann.pk).order_by("pk")
    assert [(step.verb, step.data) for step in steps] == [
        ("added", {"code": "ANN", "name": "Ann's Corner Shop"}),
        ("changed", {"changes": {"name": ["Ann's Corner Shop", "Ann's Shop"], "is_blocked": [False, True]}}),
    ]


def test_a_channel_is_added(admin):
    assert admin.post("/admin/orders/channel/add/", {"code": "fair", "name": "Fair"}).status_code == 302
    assert Channel.objects.filter(code="fair").exists()
