"""Contacts and delivery addresses: kept with the customer, chosen for an order, and kept on it as text."""

from decimal import Decimal as D
from io import BytesIO

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from pypdf import PdfReader
from rest_framework.test import APIClient

from core.errors import InvalidInput
from core.models import AuditEntry
from orders import services
from orders.models import Contact, Customer, DeliveryAddress, Order
from orders.services import create_order, save_address, save_contact, ship_order
from orders.values import NewDetails, NewShipment, NewSplit, OrderChange
from tests.factories import CompanyFactory, CustomerFactory, UserFactory, stock

pytestmark = pytest.mark.django_db
V1 = "/api/v1"


@pytest.fixture
def shop(desk):
    """A customer at 1 Main Street with a warehouse (the default, where Wu receives) and a shop without a contact."""
    Customer.objects.update(address="1 Main Street", phone="100", email="office@shop.example")
    desk.tea = desk.product(sku="TEA", price="10.00")
    stock(desk.tea, desk.warehouse, 50)
    desk.wu = save_contact(desk.customer.pk, {"name": "Wu", "phone": "555", "email": "wu@shop.example"})
    desk.li = save_contact(desk.customer.pk, {"name": "Li", "email": "li@shop.example"})
    fields = {"label": "Warehouse", "address": "9 Dock Road", "contact": desk.wu, "is_default": True}
    desk.dock = save_address(desk.customer.pk, fields)
    desk.shop = save_address(desk.customer.pk, {"label": "Shop", "address": "2 High Street"})
    return desk


def delivered(order) -> tuple[str, ...]:
    order.refresh_from_db()
    return order.delivery_address, order.contact_name, order.contact_phone, order.contact_email


WU = ("Wu", "555", "wu@shop.example")
LI = ("Li", "", "li@shop.example")
NOBODY = ("", "", "")


@pytest.mark.parametrize(
    ("address", "contact", "expected"),
    [
        (None, None, ("9 Dock Road", *WU)),
        (None, "li", ("9 Dock Road", *LI)),
        ("shop", None, ("2 High Street", *NOBODY)),
        ("shop", "li", ("2 High Street", *LI)),
        ("Pier 4", None, ("Pier 4", *NOBODY)),
        ("Pier 4", "wu", ("Pier 4", *WU)),
    ],
)
def test_where_an_order_goes(shop, address, contact, expected):
    key = shop.shop.pk if address == "shop" else address
    person = getattr(shop, contact).pk if contact else None
    order = create_order(shop.order((shop.tea, 1), delivery_address=key, contact=person))
    assert delivered(order) == expected


def test_without_addresses_goods_go_to_the_customers_own(desk):
    Customer.objects.update(address="1 Main Street")
    assert delivered(create_order(desk.order((desk.product(), 1)))) == ("1 Main Street", *NOBODY)


def test_a_plain_order_asks_the_database_no_more_for_it(shop):
    """What the usual place costs is a join of the query that reads the customer; a choice is looked up."""
    create_order(shop.order((shop.tea, 1)))  # prepares its statements
    with CaptureQueriesContext(
        connection,
    ) as plain:
        create_order(shop.order((shop.tea, 1)))
    DeliveryAddress.objects.update(is_default=False)
    with CaptureQueriesContext(connection) as without:
        create_order(shop.order((shop.tea, 1)))
    with CaptureQueriesContext(connection) as chosen:
        create_order(shop.order((shop.tea, 1), delivery_address=shop.shop.pk))
    assert len(plain) == len(without) == len(chosen) - 1
    assert [q["sql"] for q in plain if "deliveryaddress" in q["sql"] and "PREPARE" not in q["sql"]] == []


def test_later_edits_of_the_customer_change_no_order(shop):
    order = create_order(shop.order((shop.tea, 1)))
    save_address(shop.customer.pk, {"address": "10 Dock Road"}, shop.dock.pk)
    save_contact(shop.customer.pk, {"phone": "556"}, shop.wu.pk)
    services.change_customer(shop.customer.pk, {"address": "3 Main Street"})
    assert delivered(order) == ("9 Dock Road", *WU)
    assert delivered(create_order(shop.order((shop.tea, 1))))[:3] == ("10 Dock Road", "Wu", "556")


def test_what_is_none_of_the_customers_is_refused_and_nothing_is_kept(shop):
    other = CustomerFactory()
    foreign = save_address(other.pk, {"label": "X", "address": "Elsewhere"})
    person = save_contact(other.pk, {"name": "Somebody"})
    with pytest.raises(InvalidInput) as refusal:
        create_order(shop.order((shop.tea, 1), delivery_address=foreign.pk, contact=person.pk))
    assert set(refusal.value.field_errors) == {"delivery_address", "contact"}
    save_address(shop.customer.pk, {"is_active": False}, shop.shop.pk)
    for wrong in (shop.shop.pk, " ", "x" * 301, "a\x00b"):
        with pytest.raises(InvalidInput) as refusal:
            create_order(shop.order((shop.tea, 1), delivery_address=wrong))
        assert set(refusal.value.field_errors) == {"delivery_address"}, wrong
    assert not Order.objects.exists()


def test_an_archived_contact_is_not_sent_to(shop):
    save_contact(shop.customer.pk, {"is_active": False}, shop.wu.pk)
    assert delivered(create_order(shop.order((shop.tea, 1)))) == ("9 Dock Road", *NOBODY)
    order = create_order(shop.order((shop.tea, 1), delivery_address=shop.dock.pk))
    assert delivered(order) == ("9 Dock Road", *NOBODY)


def test_one_default_at_a_time_and_an_archived_one_is_none(shop):
    save_address(shop.customer.pk, {"is_default": True}, shop.shop.pk)
    assert [row.label for row in DeliveryAddress.objects.filter(is_default=True)] == ["Shop"]
    save_address(shop.customer.pk, {"is_active": False}, shop.shop.pk)
    assert not DeliveryAddress.objects.filter(is_default=True).exists()
    with pytest.raises(IntegrityError, match="default_is_active"), transaction.atomic():
        DeliveryAddress.objects.filter(pk=shop.shop.pk).update(is_default=True)
    DeliveryAddress.objects.create(customer=shop.customer, label="A", address="A", is_default=True)
    with pytest.raises(IntegrityError, match="one_default"), transaction.atomic():
        DeliveryAddress.objects.create(customer=shop.customer, label="B", address="B", is_default=True)


def test_a_name_stands_for_one_address_in_use(shop):
    with pytest.raises(InvalidInput) as refusal:
        save_address(shop.customer.pk, {"label": "SHOP", "address": "Somewhere"})
    assert set(refusal.value.field_errors) == {"label"}
    save_address(shop.customer.pk, {"is_active": False}, shop.shop.pk)
    assert save_address(shop.customer.pk, {"label": "SHOP", "address": "Somewhere"}).pk


def test_a_part_and_a_changed_order_go_where_they_should(shop):
    order = create_order(shop.order((shop.tea, 5)))
    part = services.split_order(NewSplit(order.pk, {1: 2}))
    assert delivered(part) == ("9 Dock Road", *WU)
    details = NewDetails(delivery_address="Pier 4", contact_name="Li", contact_email="li@shop.example")
    services.change_order(OrderChange(order.pk, details=details))
    assert delivered(order) == ("Pier 4", "Li", "555", "li@shop.example")
    wrong = NewDetails(contact_phone="5" * 41, contact_email="nobody")
    with pytest.raises(InvalidInput) as refusal:
        services.change_order(OrderChange(order.pk, details=wrong))
    assert set(refusal.value.field_errors) == {"contact_phone", "contact_email"}


# ---- pages


@pytest.fixture
def sales(client):
    client.force_login(UserFactory(role="Sales"))
    return client


def test_pages_and_documents_show_it(shop, sales):
    CompanyFactory()
    order = create_order(shop.order((shop.tea, 2)))
    shipment = ship_order(NewShipment(order.pk, tracking="T"))
    pages = [f"/orders/{order.pk}/", f"/shipments/{shipment.pk}/"]
    for page in pages:
        text = sales.get(page).content.decode()
        assert "9 Dock Road" in text, page
        assert "555" in text, page
    for pdf in (f"/orders/{order.pk}/confirmation.pdf", f"/shipments/{shipment.pk}/delivery-note.pdf"):
        file = BytesIO(sales.get(pdf).content)
        text = "".join(page.extract_text() for page in PdfReader(file).pages)
        assert "9 Dock Road" in text, pdf
        assert "Wu" in text, pdf
    assert sales.get(f"/mail/confirmation/{order.pk}/").context["form"]["to"].value() == "wu@shop.example"


def test_pick_list_and_shipping_page_show_it(shop, client):
    client.force_login(UserFactory(role="Warehouse"))
    order = create_order(shop.order((shop.tea, 2)))
    for page in (f"/picking/list/?order={order.pk}", f"/picking/{order.pk}/"):
        assert "9 Dock Road" in client.get(page).content.decode(), page


def test_contacts_and_addresses_are_kept_on_the_customer_page(desk, sales):
    page = f"/customers/{desk.customer.pk}/"
    answer = sales.post(f"{page}contacts/new/", {"name": "Wu", "email": "not one"})
    assert answer.status_code == 422
    assert answer.context["form"]["name"].value() == "Wu"
    sales.post(f"{page}contacts/new/", {"name": "Wu", "role": "Goods in", "email": "wu@shop.example"})
    wu = Contact.objects.get()
    assert sales.get(f"{page}addresses/new/").context["form"]["is_default"].value() is True
    typed = {"label": "Dock", "address": "9 Dock Road", "contact": wu.pk, "is_default": "on"}
    sales.post(f"{page}addresses/new/", typed)
    assert sales.post(f"{page}addresses/new/", typed).status_code == 422
    dock = DeliveryAddress.objects.get()
    sales.post(f"/customers/addresses/{dock.pk}/", typed | {"address": "10 Dock Road"})
    assert "10 Dock Road" in sales.get(page).content.decode()
    found = sales.get(f"/orders/customers/{desk.customer.pk}/delivery/").json()["results"]
    assert [(row["address"], row["contact"]) for row in found["addresses"]] == [("10 Dock Road", wu.pk)]
    sales.post(f"/customers/addresses/{dock.pk}/archive/")
    assert sales.get(f"/orders/customers/{desk.customer.pk}/delivery/").json()["results"]["addresses"] == []
    sales.post(f"/customers/addresses/{dock.pk}/archive/", {"active": "1"})
    sales.post(f"/customers/contacts/{wu.pk}/archive/")
    found = sales.get(f"/orders/customers/{desk.customer.pk}/delivery/").json()["results"]
    assert [(row["address"], row["contact"], row["is_default"]) for row in found["addresses"]] == [
        ("10 Dock Road", None, False)
    ]
    assert found["contacts"] == []
    verbs = AuditEntry.objects.filter(subject_type="customer").order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == [
        "contact_added",
        "address_added",
        "address_changed",
        "address_changed",
        "address_changed",
        "contact_changed",
    ]


def test_another_customers_contact_is_none_to_choose(desk, sales):
    stranger = save_contact(CustomerFactory().pk, {"name": "Stranger"})
    typed = {"label": "Dock", "address": "9 Dock Road", "contact": stranger.pk}
    assert sales.post(f"/customers/{desk.customer.pk}/addresses/new/", typed).status_code == 422
    assert not DeliveryAddress.objects.exists()


@pytest.mark.parametrize("page", ["contacts/new", "addresses/new"])
def test_who_may_only_look_changes_nothing(desk, client, page):
    client.force_login(UserFactory(permissions=["orders.view_customer"]))
    assert client.get(f"/customers/{desk.customer.pk}/{page}/").status_code == 403
    assert "contacts/new" not in client.get(f"/customers/{desk.customer.pk}/").content.decode()


# ---- API


@pytest.fixture
def api():
    client = APIClient()
    client.force_login(UserFactory(role="Integrations"))
    return client


def test_the_api_keeps_them(desk, api):
    code = desk.customer.code
    wu = api.post(f"{V1}/contacts/", {"customer": code, "name": "Wu", "phone": "555"}, format="json").json()
    body = {"customer": code, "label": "Dock", "address": "9 Dock Road", "contact": wu["id"], "is_default": True}
    answer = api.post(f"{V1}/delivery-addresses/", body, format="json")
    assert answer.status_code == 201
    dock = answer.json()
    assert (dock["customer"], dock["contact"], dock["is_default"]) == (desk.customer.pk, wu["id"], True)
    customer = api.get(f"{V1}/customers/{desk.customer.pk}/").json()
    assert [row["name"] for row in customer["contacts"]] == ["Wu"]
    assert [row["address"] for row in customer["delivery_addresses"]] == ["9 Dock Road"]
    changed = api.post(f"{V1}/delivery-addresses/{dock['id']}/change/", {"is_active": False}, format="json").json()
    assert (changed["is_active"], changed["is_default"], changed["label"]) == (False, False, "Dock")
    assert api.get(f"{V1}/customers/{desk.customer.pk}/").json()["delivery_addresses"] == []
    assert len(api.get(f"{V1}/delivery-addresses/?customer={code}&is_active=false").json()["results"]) == 1
    twice = api.post(f"{V1}/delivery-addresses/", body | {"contact": 99}, format="json")
    assert (twice.status_code, twice.json()["errors"][0]["field"]) == (400, "contact")


def test_an_order_takes_an_address_by_id_or_as_text(shop, api):
    body = {
        "customer": shop.customer.code,
        "channel": shop.channel.code,
        "warehouse": shop.warehouse.code,
        "lines": [{"product": "TEA", "quantity": 1}],
    }

    def order(**more):
        return api.post(f"{V1}/orders/", body | more, format="json")

    assert order().json()["delivery_address"] == "9 Dock Road"
    assert order(delivery_address=shop.shop.pk, contact=shop.li.pk).json()["contact_email"] == "li@shop.example"
    assert order(delivery_address="Pier 4").json()["delivery_address"] == "Pier 4"
    for wrong in ("", True, 1.5, {}, 10**30, -1):
        answer = order(delivery_address=wrong)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "delivery_address"), wrong
    bulk = [body | {"delivery_address": 0}, body | {"delivery_address": shop.shop.pk}, body | {"contact": 10**12}]
    answer = api.post(f"{V1}/orders/bulk/", {"orders": bulk}, format="json").json()
    assert [row["outcome"] for row in answer["results"]] == ["refused", "created", "refused"]
    assert Order.objects.latest("pk").delivery_address == "2 High Street"


def test_the_same_reference_with_another_address_is_another_order(shop):
    first = shop.order((shop.tea, 1), external_reference="R-1", delivery_address="Pier 4")
    assert create_order(first) == create_order(first)
    with pytest.raises(Exception, match="other content"):
        create_order(shop.order((shop.tea, 1), external_reference="R-1", delivery_address="Pier 5"))


def test_hashes_of_orders_before_addresses_stay_as_they_were(shop):
    assert shop.order((shop.tea, 1)).fingerprint == shop.order((shop.tea, 1), discount=D("0.00")).fingerprint
    assert shop.order((shop.tea, 1)).fingerprint != shop.order((shop.tea, 1), contact=1).fingerprint
