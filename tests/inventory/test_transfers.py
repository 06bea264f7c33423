"""Transfers between warehouses: pieces and money are conserved on the way, and everybody plans with what is coming."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import IllegalTransition, InvalidInput
from core.models import AuditEntry
from inventory import pipeline, transfers
from inventory.models import StockLevel, StockMove, Transfer, TransferLine
from inventory.places import Basket, Supply, lane_source
from inventory.services import reserve_stock
from inventory.transfers import NewTransfer
from inventory.verification import stock_differences, transfer_differences
from orders import atp
from orders.services import create_order
from orders.values import NewLine, NewOrder
from tests.factories import ChannelFactory, CustomerFactory, ProductFactory, WarehouseFactory, stock

pytestmark = pytest.mark.django_db


class Route:
    """10 pieces of tea worth 65.00 and 5 cups worth 10.00 in SOUTH; NORTH has nothing. Expected in two days."""

    def __init__(self):
        self.south, self.north = WarehouseFactory(code="SOUTH"), WarehouseFactory(code="NORTH")
        self.tea, self.cup = ProductFactory(sku="TEA"), ProductFactory(sku="CUP")
        stock(self.tea, self.south, 10, "6.50")
        stock(self.cup, self.south, 5, "2.00")
        self.day = timezone.localdate() + timedelta(days=2)

    def ask(self, *lines, **changes) -> Transfer:
        values = {"source_id": self.south.pk, "destination_id": self.north.pk, "expected_on": self.day} | changes
        return transfers.request_transfer(NewTransfer(lines=[(p.pk, n) for p, n in lines], **values))

    def stock_of(self, product, warehouse) -> tuple[int, Decimal]:
        return StockLevel.objects.filter(product=product, warehouse=warehouse).values_list(
            "on_hand", "value"
        ).first() or (0, Decimal(0))


@pytest.fixture
def route():
    return Route()


def line_of(transfer, product) -> TransferLine:
    return transfer.lines.get(product=product)


def test_from_request_to_receipt_in_parts(route):
    transfer = route.ask((route.tea, 4), (route.cup, 5))
    assert (transfer.status, transfer.number[:3]) == ("requested", "TR-")
    assert route.stock_of(route.tea, route.south) == (10, Decimal("65.00"))
    transfers.send_transfer(transfer.pk)
    assert route.stock_of(route.tea, route.south) == (6, Decimal("39.00"))
    assert route.stock_of(route.cup, route.south) == (0, Decimal("0.00"))
    tea, cup = line_of(transfer, route.tea), line_of(transfer, route.cup)
    assert (tea.sent, tea.cost, cup.sent, cup.cost) == (4, Decimal("26.00"), 5, Decimal("10.00"))
    transfers.receive_transfer(transfer.pk, {tea.pk: 3})
    assert route.stock_of(route.tea, route.north) == (3, Decimal("19.50"))
    transfer.refresh_from_db()
    assert transfer.status == "partly_received"
    transfers.receive_transfer(transfer.pk)
    assert route.stock_of(route.tea, route.north) == (4, Decimal("26.00"))
    assert route.stock_of(route.cup, route.north) == (5, Decimal("10.00"))
    transfer.refresh_from_db()
    assert transfer.status == "received"
    moves = StockMove.objects.filter(document=transfer.number).order_by("pk")
    assert list(moves.values_list("kind", "quantity", "value")) == [
        ("transfer", -4, Decimal("-26.00")),
        ("transfer", -5, Decimal("-10.00")),
        ("transfer", 3, Decimal("19.50")),
        ("transfer", 1, Decimal("6.50")),
        ("transfer", 5, Decimal("10.00")),
    ]
    verbs = AuditEntry.objects.filter(subject_type="transfer").order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["requested", "sent", "received", "received"]


def test_what_does_not_arrive_is_a_loss_at_the_destination(route):
    transfer = route.ask((route.tea, 4))
    transfers.send_transfer(transfer.pk)
    transfers.receive_transfer(transfer.pk, {line_of(transfer, route.tea).pk: 3})
    transfers.close_transfer(transfer.pk, reason="One bag was torn")
    assert route.stock_of(route.tea, route.north) == (3, Decimal("19.50"))
    line = line_of(transfer, route.tea)
    assert (line.received, line.lost, line.cost, line.cost_in) == (3, 1, Decimal("26.00"), Decimal("26.00"))
    loss = StockMove.objects.get(kind="adjustment")
    assert (loss.quantity, loss.value, loss.document, loss.reason) == (
        -1,
        Decimal("-6.50"),
        transfer.number,
        "One bag was torn",
    )
    assert not stock_differences()
    assert not transfer_differences()
    with pytest.raises(IllegalTransition):
        transfers.receive_transfer(transfer.pk)


def test_a_request_is_cancelled_but_what_was_sent_is_not(route):
    transfer = route.ask((route.tea, 4))
    with pytest.raises(InvalidInput) as refused:
        transfers.cancel_transfer(transfer.pk, reason=" ")
    assert refused.value.field_errors == {"reason": "Please fill in this field."}
    transfers.cancel_transfer(transfer.pk, reason="Sold here")
    with pytest.raises(IllegalTransition, match="is Cancelled; this step is no longer possible"):
        transfers.send_transfer(transfer.pk)
    sent = route.ask((route.tea, 4))
    transfers.send_transfer(sent.pk)
    with pytest.raises(IllegalTransition, match="is In transit"):
        transfers.cancel_transfer(sent.pk, reason="Too late")
    assert route.stock_of(route.tea, route.south)[0] == 6


def test_what_an_order_holds_does_not_leave(route):
    transfer = route.ask((route.tea, 8))
    reserve_stock([Basket([((route.tea.pk, route.south.pk), 5)], allow_short=False)], at=timezone.now())
    line = line_of(transfer, route.tea)
    with pytest.raises(InvalidInput) as refused:
        transfers.send_transfer(transfer.pk)
    assert refused.value.field_errors == {
        f"lines.{line.pk}.quantity": "TEA: 5 free at the source, 8 requested; enter 0 to 5."
    }
    assert route.stock_of(route.tea, route.south)[0] == 10
    transfers.send_transfer(transfer.pk, {line.pk: 5})
    line.refresh_from_db()
    assert (line.requested, line.sent) == (8, 5)


def test_more_than_was_sent_cannot_arrive(route):
    transfer = route.ask((route.tea, 4))
    transfers.send_transfer(transfer.pk)
    line = line_of(transfer, route.tea)
    with pytest.raises(InvalidInput) as refused:
        transfers.receive_transfer(transfer.pk, {line.pk: 5})
    assert list(refused.value.field_errors) == [f"lines.{line.pk}.quantity"]
    with pytest.raises(IntegrityError, match="transferline_conserved"), transaction.atomic():
        TransferLine.objects.filter(pk=line.pk).update(received=5)
    with pytest.raises(IllegalTransition, match="Enter pieces for at least one line"):
        transfers.receive_transfer(transfer.pk, {line.pk: 0})


def test_wrong_input_is_named_and_changes_nothing(route):
    with pytest.raises(InvalidInput) as refused:
        route.ask((route.tea, 0), (route.tea, 3), destination_id=route.south.pk, expected_on=route.day.replace(2020))
    assert refused.value.field_errors == {
        "destination": "Choose another warehouse than the one the pieces come from.",
        "expected_on": "Choose today or a later day.",
        "lines.0.quantity": "Enter a whole number from 1 to 1000000000.",
        "lines.1.product": "TEA stands on the transfer twice.",
    }
    route.north.is_active = False
    route.north.save()
    with pytest.raises(InvalidInput) as refused:
        route.ask()
    assert refused.value.field_errors == {
        "destination": "Choose an active warehouse.",
        "lines": "A transfer needs at least one line.",
    }
    assert not Transfer.objects.exists()


def test_in_transit_is_dated_supply_that_can_be_promised(route):
    place = (route.tea.pk, route.north.pk)
    transfer = route.ask((route.tea, 4))
    assert not pipeline.incoming([place])
    transfers.send_transfer(transfer.pk)
    assert pipeline.incoming([place]) == {
        place: [Supply(place, route.day, 4, transfer.number, lane_source(route.south.pk, route.north.pk))]
    }
    today = timezone.localdate()
    timeline = atp.timelines([place], today=today)[place]
    assert [timeline.available_on(today + timedelta(days=n)) for n in (0, 1, 2)] == [0, 0, 4]
    transfers.reschedule_transfer(transfer.pk, today + timedelta(days=5))
    assert pipeline.incoming([place])[place][0].expected_on == today + timedelta(days=5)
    transfers.receive_transfer(transfer.pk)
    assert not pipeline.incoming([place])


def test_who_waits_is_promised_the_arrival_and_served_by_it(route):
    transfer = route.ask((route.tea, 4))
    transfers.send_transfer(transfer.pk)
    order = create_order(
        NewOrder(CustomerFactory().pk, ChannelFactory().pk, route.north.pk, [NewLine(route.tea.pk, 3)])
    )
    promise = order.lines.get().promises.get(replaced_at=None)
    assert (promise.basis, promise.document) == ("incoming", transfer.number)
    transfers.receive_transfer(transfer.pk)
    level = StockLevel.objects.get(product=route.tea, warehouse=route.north)
    assert (level.on_hand, level.reserved, level.waiting) == (4, 3, 0)


def test_verify_stock_names_pieces_that_are_nowhere(route, capsys):
    transfer = route.ask((route.tea, 4))
    transfers.send_transfer(transfer.pk)
    call_command("verify_stock")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE inventory_transfer SET status = 'received', arrived_at = now()")
    with pytest.raises(CommandError, match="1 line\\(s\\) of transfers do not tie out"):
        call_command("verify_stock")
    assert f"{transfer.number} TEA: 4 pieces worth 26.00 are nowhere" in capsys.readouterr().err
    with connection.cursor() as cursor:
        cursor.execute("UPDATE inventory_transfer SET status = 'sent'")
        cursor.execute("UPDATE inventory_transferline SET sent = 3")
    assert [str(found) for found in transfer_differences()] == [
        f"{transfer.number} TEA @ SOUTH: moved -3, ledger -4; value -26.00, ledger -26.00"
    ]


STEPS = st.lists(
    st.tuples(st.sampled_from(["ask", "send", "receive", "close", "cancel"]), st.integers(0, 5), st.integers(1, 9)),
    max_size=25,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, unit_cost=st.decimals("0.01", "9.99", places=2))
def test_pieces_and_money_are_conserved_whatever_is_done(db, steps, unit_cost):
    product, ends = ProductFactory(), (WarehouseFactory(), WarehouseFactory())
    stock(product, ends[0], 20, str(unit_cost))
    stock(product, ends[1], 7, "3.33")
    before = _owned(product)
    made: list[int] = []
    for what, which, pieces in steps:
        try:
            if what == "ask":
                pair = ends if which % 2 else ends[::-1]
                new = NewTransfer(pair[0].pk, pair[1].pk, [(product.pk, pieces)], timezone.localdate())
                made.append(transfers.request_transfer(new).pk)
            elif made:
                _step(what, made[which % len(made)], pieces)
        except (IllegalTransition, InvalidInput):
            pass
        assert _owned(product) == before
        assert not transfer_differences()
        assert not stock_differences()


def _step(what, pk, pieces):
    line = TransferLine.objects.get(transfer=pk)
    if what == "send":
        transfers.send_transfer(pk, {line.pk: pieces})
    elif what == "receive":
        transfers.receive_transfer(pk, {line.pk: pieces})
    elif what == "close":
        transfers.close_transfer(pk, reason="gone")
    else:
        transfers.cancel_transfer(pk, reason="not needed")


def _owned(product) -> tuple[int, Decimal]:
    """Pieces and money in all warehouses, on the way, and written off."""
    pieces, money = 0, Decimal(0)
    for level in StockLevel.objects.filter(product=product):
        pieces, money = pieces + level.on_hand, money + level.value
    for line in TransferLine.objects.filter(product=product):
        pieces, money = pieces + line.open, money + line.cost - line.cost_in
    for loss in StockMove.objects.filter(stock_level__product=product, kind="adjustment"):
        pieces, money = pieces - loss.quantity, money - loss.value
    return pieces, money
