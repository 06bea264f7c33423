"""The warehouse desk over HTTP: queue, pick list, confirming a shipment, delivery note."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from inventory.models import StockLevel, StockMove
from inventory.places import Receipt
from inventory.services import receive_stock
from orders import services
from orders.models import FilledOrder, Order, Shipment
from orders.tasks import settle_filled_orders
from orders.values import NewReturn, NewShipment
from tests.factories import CustomerFactory, ProductFactory, UserFactory, WarehouseFactory, stock

pytestmark = pytest.mark.django_db
QUEUE, LIST = "/picking/", "/picking/list/"


@pytest.fixture
def picker(client):
    client.force_login(UserFactory(role="Warehouse"))
    return client


@pytest.fixture
def order(desk):
    """Six pieces of TEA (of them 4 there) and three of RICE."""
    desk.tea = desk.product(sku="TEA", name="Green tea", barcode="690001", price="10.00")
    desk.rice = desk.product(sku="RICE", name="Rice", barcode="690002")
    stock(desk.tea, desk.warehouse, 4)
    stock(desk.rice, desk.warehouse, 50)
    return services.create_order(desk.order((desk.tea, 6), (desk.rice, 3)))


def quantities(order, *wanted, **more):
    """What the form of the order's page sends: a quantity for each line, and what the page knew."""
    lines = order.lines.order_by("position")
    fields = {f"quantity_{line.pk}": quantity for line, quantity in zip(lines, wanted, strict=True)}
    return {"before": order.shipments.count(), "tracking": ""} | fields | more


def shown(response):
    return [row.order.number for row in response.context["rows"]]


# ---- permissions


@pytest.mark.parametrize("path", [QUEUE, LIST])
def test_only_shippers_enter(client, path):
    assert client.get(path).status_code == 302
    client.force_login(UserFactory(role="Sales"))
    assert client.get(path).status_code == 403
    client.force_login(UserFactory(permissions=["orders.ship_order"]))
    assert client.get(path).status_code == 200


def test_documents_open_only_with_permission_and_denied_means_nothing_shipped(client, order):
    client.force_login(UserFactory(role="Buyers"))
    page = f"/picking/{order.pk}/"
    assert client.get(page).status_code == 403
    assert client.post(page, quantities(order, 4, 3)).status_code == 403
    assert not Shipment.objects.exists()
    shipment = services.ship_order(NewShipment(order.pk))
    assert client.get(f"/shipments/{shipment.pk}/").status_code == 403
    client.force_login(UserFactory(permissions=["orders.view_shipment"]))
    assert client.get(f"/shipments/{shipment.pk}/").status_code == 200
    assert client.get("/shipments/0/").status_code == 404


def test_the_navigation_shows_the_queue_to_shippers_first(client):
    client.force_login(UserFactory(role="Warehouse"))
    assert client.get("/").url == QUEUE
    client.force_login(UserFactory(role="Sales"))
    assert QUEUE not in client.get("/orders/").content.decode()


def test_an_orders_page_leads_shippers_to_shipping_and_to_its_delivery_notes(client, order):
    shipment = services.ship_order(NewShipment(order.pk, {order.lines.first().pk: 1}))
    client.force_login(UserFactory(role="Warehouse"))
    content = client.get(f"/orders/{order.pk}/").content.decode()
    assert f'href="/picking/{order.pk}/"' in content
    assert f'href="/shipments/{shipment.pk}/"' in content
    client.force_login(UserFactory(permissions=["orders.view_order"]))
    content = client.get(f"/orders/{order.pk}/").content.decode()
    assert "/picking/" not in content
    assert "/shipments/" not in content


# ---- queue


def test_the_queue_has_what_can_ship_oldest_wish_first(picker, desk):
    tea, salt = desk.product(), desk.product()
    stock(tea, desk.warehouse, 20)
    today = timezone.localdate()
    later = services.create_order(desk.order((tea, 5), requested_date=today + timedelta(days=3)))
    late = services.create_order(desk.order((tea, 2), requested_date=today - timedelta(days=2)))
    now = services.create_order(desk.order((tea, 1), (salt, 7), requested_date=today))
    services.create_order(desk.order((salt, 1)))  # nothing of it is there
    services.cancel_order(services.create_order(desk.order((tea, 1))).pk, reason="test")
    services.ship_order(NewShipment(services.create_order(desk.order((tea, 1))).pk))
    response = picker.get(QUEUE)
    assert [
        (row.order.number, row.lines, row.pieces, row.waiting, row.days_left) for row in response.context["rows"]
    ] == [
        (late.number, 1, 2, 0, -2),
        (now.number, 1, 1, 7, 0),
        (later.number, 1, 5, 0, 3),
    ]
    content = response.content.decode()
    assert "2 days late" in content
    assert "Today" in content


def test_a_part_shipped_order_stays_while_something_is_reserved(picker, order):
    picker.post(f"/picking/{order.pk}/", quantities(order, 4, 1))
    assert [(row.pieces, row.waiting) for row in picker.get(QUEUE).context["rows"]] == [(2, 2)]
    picker.post(f"/picking/{order.pk}/", quantities(order, 0, 2))
    assert shown(picker.get(QUEUE)) == []


def test_an_order_without_stock_is_passed_over_until_some_comes(picker, desk):
    tea, rice = desk.product(sku="TEA"), desk.product(sku="RICE")
    stock(rice, desk.warehouse, 1)
    waiting, mixed = (services.create_order(desk.order(*lines)) for lines in ([(tea, 2)], [(tea, 2), (rice, 1)]))

    def idle():
        return [Order.objects.get(pk=order.pk).is_idle for order in (waiting, mixed)]

    assert (idle(), shown(picker.get(QUEUE))) == ([True, False], [mixed.number])
    services.ship_order(NewShipment(mixed.pk))  # the rice; its tea waits
    assert (idle(), shown(picker.get(QUEUE))) == ([True, True], [])
    # Stock finds both without their lock: the queue shows them at once, their rows say so a moment later.
    stock(tea, desk.warehouse, 4)
    assert (idle(), shown(picker.get(QUEUE))) == ([True, True], [waiting.number, mixed.number])
    assert settle_filled_orders() == 2
    assert (idle(), FilledOrder.objects.count()) == ([False, False], 0)
    assert shown(picker.get(QUEUE)) == [waiting.number, mixed.number]


@pytest.mark.parametrize("search", ["{number}", "corner ann", "web-0042", "tea", "690001"])
def test_search_by_number_customer_reference_sku_and_barcode(picker, desk, search):
    tea, rice = desk.product(sku="TEA-1", barcode="690001"), desk.product(sku="RICE")
    stock(tea, desk.warehouse, 20)
    stock(rice, desk.warehouse, 20)
    services.create_order(desk.order((rice, 1)))
    desk.customer = CustomerFactory(name="Ann's Corner Shop")
    wanted = services.create_order(desk.order((tea, 1), external_reference="WEB-0042"))
    response = picker.get(QUEUE, {"q": search.format(number=wanted.number[-4:])})
    assert shown(response) == [wanted.number]


def test_a_scanned_order_number_opens_the_order(picker, order):
    number = order.number.lower()
    assert picker.get(QUEUE, {"q": number}).url == f"/picking/{order.pk}/"
    assert picker.get(QUEUE, {"q": number}, headers={"HX-Request": "true"}).status_code == 200


def test_each_warehouse_has_its_own_queue_and_the_last_one_is_remembered(picker, desk, order):
    other = WarehouseFactory(code="ZZ")
    assert shown(picker.get(QUEUE)) == [order.number]
    assert shown(picker.get(QUEUE, {"warehouse": other.pk})) == []
    assert picker.get(QUEUE).context["warehouse"] == other
    assert shown(picker.get(QUEUE, {"warehouse": desk.warehouse.pk})) == [order.number]


def test_empty_queues_say_what_to_do(picker):
    assert "There is no warehouse yet" in picker.get(QUEUE).content.decode()
    WarehouseFactory()
    assert "Nothing to pick" in picker.get(QUEUE).content.decode()
    assert "No order fits" in picker.get(QUEUE, {"q": "nothing"}).content.decode()


def test_pages_follow_the_last_order_shown(picker, desk, monkeypatch):
    monkeypatch.setattr("orders.views.picking.PAGE_SIZE", 2)
    tea = desk.product()
    stock(tea, desk.warehouse, 20)
    tomorrow = timezone.localdate() + timedelta(days=1)
    orders = [services.create_order(desk.order((tea, 1), requested_date=tomorrow)) for _n in range(3)]
    soonest = services.create_order(desk.order((tea, 1), requested_date=timezone.localdate()))
    first = picker.get(QUEUE)
    assert shown(first) == [soonest.number, orders[0].number]
    second = picker.get(QUEUE, {"after": first.context["next"]})
    assert shown(second) == [orders[1].number, orders[2].number]
    assert second.context["next"] is None
    assert shown(picker.get(QUEUE, {"after": "nonsense"})) == shown(first)


def test_the_number_of_queries_does_not_grow_with_the_queue(picker, desk, django_assert_max_num_queries):
    tea, rice = desk.product(), desk.product()
    stock(tea, desk.warehouse, 90)
    stock(rice, desk.warehouse, 90)
    for _n in range(12):
        services.create_order(desk.order((tea, 1), (rice, 2)))
    with django_assert_max_num_queries(13) as captured:
        picker.get(QUEUE, {"q": "SO"})
    assert not [query["sql"] for query in captured if "COUNT(*)" in query["sql"]]


def test_a_live_refresh_gets_the_rows_alone_with_the_same_ones_ticked(picker, order):
    content = picker.get(QUEUE, {"order": order.pk}, headers={"HX-Request": "true"}).content.decode()
    assert content.lstrip().startswith('<form class="card pick-queue"')
    assert f'value="{order.pk}" aria-label="{order.number}" checked' in content
    assert f"order={order.pk}" not in content, "the next refresh asks for what is ticked then"


# ---- pick list


def test_one_list_for_several_orders_sums_each_product_by_sku(picker, desk, order):
    second = services.create_order(desk.order((desk.rice, 5)))
    response = picker.get(LIST, {"order": [order.pk, second.pk]})
    (sheet,) = response.context["sheets"]
    assert [(row.product.sku, row.pieces, [(o.number, pieces) for o, pieces in row.parts]) for row in sheet.rows] == [
        ("RICE", 8, [(order.number, 3), (second.number, 5)]),
        ("TEA", 4, [(order.number, 4)]),
    ]
    assert (sheet.pieces, [o.number for o in sheet.orders]) == (12, [order.number, second.number])
    assert "690002" in response.content.decode()


def test_a_list_names_the_orders_with_nothing_left_to_pick(picker, desk, order):
    services.ship_order(NewShipment(order.pk))
    response = picker.get(LIST, {"order": [order.pk, "x", "99999999999999999999"]})
    assert response.context["sheets"] == []
    assert f"Nothing to pick any more: {order.number}" in response.content.decode()


def test_each_warehouse_has_its_own_sheet(picker, desk, order):
    here, desk.warehouse = desk.warehouse, WarehouseFactory()
    stock(desk.rice, desk.warehouse, 5)
    other = services.create_order(desk.order((desk.rice, 1)))
    sheets = picker.get(LIST, {"order": [order.pk, other.pk]}).context["sheets"]
    assert [(sheet.warehouse, sheet.pieces) for sheet in sheets] == [(here, 7), (desk.warehouse, 1)]


def test_a_list_costs_as_many_queries_for_many_orders(picker, desk, order, django_assert_max_num_queries):
    orders = [services.create_order(desk.order((desk.rice, 1))).pk for _n in range(8)]
    with django_assert_max_num_queries(8):
        picker.get(LIST, {"order": orders})


# ---- confirming


def test_the_page_fills_in_what_is_reserved(picker, order):
    response = picker.get(f"/picking/{order.pk}/")
    assert [(row.line.product.sku, field.value(), row.waiting) for row, field in response.context["lines"]] == [
        ("RICE", 3, 0),
        ("TEA", 4, 2),
    ]
    assert 'name="before" value="0"' in response.content.decode()
    assert picker.get("/picking/0/").status_code == 404


def test_a_part_ships_and_the_delivery_note_says_what_follows(picker, desk, order):
    response = picker.post(f"/picking/{order.pk}/", quantities(order, 3, 3, tracking="SF 123"))
    shipment = Shipment.objects.get()
    assert response.url == f"/shipments/{shipment.pk}/"
    assert (shipment.tracking, shipment.created_by.groups.get().name) == ("SF 123", "Warehouse")
    note = picker.get(response.url)
    assert [(row.line.product.sku, row.pieces, row.to_follow) for row in note.context["lines"]] == [
        ("TEA", 3, 3),
        ("RICE", 3, 0),
    ]
    assert (note.context["pieces"], note.context["to_follow"]) == (6, 3)
    content = note.content.decode()
    assert "SF 123" in content
    assert "60.00" not in content, "a delivery note shows no prices"
    order.refresh_from_db()
    assert order.status == "partly_shipped"


def test_a_delivery_note_stays_as_it_was_when_more_ships_later(picker, desk, order):
    picker.post(f"/picking/{order.pk}/", quantities(order, 3, 3))
    first = Shipment.objects.get()
    receive_stock(
        [Receipt((desk.tea.pk, desk.warehouse.pk), 9, 54, "GR")], kind=StockMove.Kind.RECEIPT, at=timezone.now()
    )
    picker.post(f"/picking/{order.pk}/", quantities(order, 3, 0))
    notes = [picker.get(f"/shipments/{s.pk}/").context for s in Shipment.objects.order_by("pk")]
    assert [(note["shipment"], note["pieces"], note["to_follow"]) for note in notes] == [
        (first, 6, 3),
        (Shipment.objects.last(), 3, 0),
    ]


@pytest.mark.parametrize(
    ("tea", "rice", "error"),
    [
        (5, 3, "4 of TEA can ship; enter 0 to 4."),
        (-1, 3, "Ensure this value is greater than or equal to 0."),
        ("x", 3, "Enter a whole number."),
        (0, "", "Enter how many pieces leave, on at least one line."),
    ],
)
def test_errors_stand_at_the_line_and_what_was_typed_stays(picker, order, tea, rice, error):
    response = picker.post(f"/picking/{order.pk}/", quantities(order, tea, rice, tracking="SF 9", counting="1"))
    content = response.content.decode()
    assert response.status_code == 422
    assert error in content
    assert f'value="{tea}"' in content
    assert 'value="SF 9"' in content
    assert 'data-counting="yes"' in content
    assert not Shipment.objects.exists()


def test_the_same_form_sent_twice_ships_once_and_shows_the_same_note(picker, order):
    form = quantities(order, 2, 1, tracking="SF 1")
    first, second = (picker.post(f"/picking/{order.pk}/", form) for _n in range(2))
    assert first.url == second.url == f"/shipments/{Shipment.objects.get().pk}/"
    assert list(order.lines.order_by("position").values_list("shipped", flat=True)) == [2, 1]
    assert sorted(StockLevel.objects.values_list("on_hand", "reserved")) == [(2, 2), (49, 2)]


def test_the_form_of_a_whole_order_sent_twice_shows_the_same_note(picker, desk):
    salt = desk.product()
    stock(salt, desk.warehouse, 5)
    order = services.create_order(desk.order((salt, 5)))
    form = quantities(order, 5)
    urls = [picker.post(f"/picking/{order.pk}/", form).url for _n in range(2)]
    assert urls == [f"/shipments/{Shipment.objects.get().pk}/"] * 2


def test_what_a_colleague_shipped_meanwhile_is_not_shipped_again(picker, order):
    form = quantities(order, 2, 1)
    services.ship_order(NewShipment(order.pk, {order.lines.get(position=1).pk: 2}))
    response = picker.post(f"/picking/{order.pk}/", form)
    content = response.content.decode()
    assert response.status_code == 409
    assert "shipped from in the meantime" in content
    assert 'name="before" value="1"' in content, "sent again after reading, it ships"
    assert Shipment.objects.count() == 1
    # Looking at what is left, the picker sends it again.
    assert picker.post(f"/picking/{order.pk}/", form | {"before": 1}).status_code == 302
    assert list(order.lines.order_by("position").values_list("shipped", flat=True)) == [4, 1]


def test_a_line_of_another_order_is_left_out_and_a_forged_form_ships_nothing(picker, desk, order):
    other = services.create_order(desk.order((desk.rice, 2)))
    picker.post(f"/picking/{order.pk}/", quantities(order, 0, 0) | {f"quantity_{other.lines.get().pk}": 2})
    assert picker.post(f"/picking/{order.pk}/", {"quantity_1": 3}).status_code == 422
    assert not Shipment.objects.exists()


def test_an_order_with_nothing_to_ship_says_why(picker, desk):
    salt = desk.product()
    order = services.create_order(desk.order((salt, 5)))
    assert "Nothing can ship now" in picker.get(f"/picking/{order.pk}/").content.decode()
    services.cancel_order(order.pk, reason="test")
    assert "The order is cancelled" in picker.get(f"/picking/{order.pk}/").content.decode()
    response = picker.post(f"/picking/{order.pk}/", quantities(order, 1))
    assert response.status_code == 409
    assert "this step is no longer possible" in response.content.decode()


def test_an_open_page_learns_that_the_order_changed(picker, order):
    state = picker.get(f"/picking/{order.pk}/").context["state"]

    def ask():
        return picker.get(f"/picking/{order.pk}/", {"seen": state}, headers={"HX-Request": "true"})

    assert ask().status_code == 204
    services.ship_order(NewShipment(order.pk, {order.lines.get(position=2).pk: 1}))
    assert "has changed since the page was opened" in ask().content.decode()


def test_pages_of_many_lines_cost_as_many_queries(picker, desk, django_assert_max_num_queries):
    products = [ProductFactory() for _n in range(20)]
    for product in products:
        stock(product, desk.warehouse, 5)
    order = services.create_order(desk.order(*[(product, 2) for product in products]))
    with django_assert_max_num_queries(10):
        picker.get(f"/picking/{order.pk}/")
    note = picker.post(f"/picking/{order.pk}/", quantities(order, *[1] * 20)).url
    with django_assert_max_num_queries(11):
        picker.get(note)


def test_the_ledger_leads_to_the_order_of_a_shipment_and_of_a_return(picker, desk, order):
    shipment = services.ship_order(NewShipment(order.pk))
    (back,) = services.return_goods([NewReturn(order.pk, {shipment.lines.get(line__position=2).pk: 1})])
    content = picker.get(f"/stock/{desk.rice.pk}/{desk.warehouse.pk}/").content.decode()
    address = reverse("orders:detail", args=[order.pk])
    for number in (shipment.number, back.number):
        assert f'<a href="{address}">{number}</a>' in content
