"""Lots: what came, what leaves first, what has expired; conserved whatever happens to the stock."""

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import DomainError, InsufficientStock, InvalidInput, Outdated
from inventory.expiry import write_off_expired
from inventory.lots import proposed_lots
from inventory.models import Lot, LotMove, StockLevel, StockMove, Warehouse
from inventory.places import Issue, LotPieces, Receipt
from inventory.services import adjust_stock, issue_stock, open_balance, receive_stock
from inventory.verification import LotDifference, stock_differences
from tests.factories import ProductFactory, UserFactory, WarehouseFactory

pytestmark = pytest.mark.django_db(transaction=True)

TODAY = timezone.localdate()
SOON, LATER, PAST = TODAY + timedelta(days=3), TODAY + timedelta(days=30), TODAY - timedelta(days=1)


class Shelf:
    """One product in one warehouse: 4 pieces of no lot, then whatever comes."""

    def __init__(self, sku: str = "MILK", code: str = "COLD") -> None:
        self.place = (ProductFactory(sku=sku, tracks_lots=True).pk, WarehouseFactory(code=code).pk)
        open_balance([Receipt(self.place, 4, 8, "")], at=timezone.now(), reason="start")

    def receive(self, *lots: LotPieces, pieces: int | None = None) -> None:
        total = sum(lot.quantity for lot in lots) if pieces is None else pieces
        with transaction.atomic():
            receive_stock(
                [Receipt(self.place, total, 2 * total, "GR", lots=lots)], kind=StockMove.Kind.RECEIPT, at=timezone.now()
            )

    def ship(self, *pieces: int, kind=StockMove.Kind.SHIPMENT) -> None:
        with transaction.atomic():
            issue_stock([Issue(self.place, n, "SH") for n in pieces], kind=kind, at=timezone.now())

    def adjust(self, difference: int, lot: Lot | None = None) -> None:
        product, warehouse = self.place
        adjust_stock(product_id=product, warehouse_id=warehouse, difference=difference, reason="counted",
                     lot_id=lot and lot.pk)  # fmt: skip

    @property
    def lots(self) -> dict[str, int]:
        return dict(Lot.objects.order_by("pk").values_list("number", "on_hand"))


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


def test_pieces_of_no_lot_leave_first_then_what_expires_first(shelf: Shelf):
    shelf.receive(LotPieces("KEEPS", None, 5), LotPieces("LATE", LATER, 5), LotPieces("SOON", SOON, 5))

    assert proposed_lots({shelf.place: 11}, TODAY) == {
        shelf.place: [LotPieces("", None, 4), LotPieces("SOON", SOON, 5), LotPieces("LATE", LATER, 2)]
    }
    shelf.ship(3, 3, 5)

    assert shelf.lots == {"KEEPS": 5, "LATE": 3, "SOON": 0}
    shares = (
        LotMove.objects.filter(quantity__lt=0)
        .order_by("move", "pk")
        .values_list("move__quantity", "lot__number", "quantity")
    )
    assert list(shares) == [(-3, "SOON", -2), (-5, "SOON", -3), (-5, "LATE", -2)]
    assert stock_differences() == []


def test_what_has_expired_does_not_ship_and_is_gone_after_the_night(shelf: Shelf):
    shelf.receive(LotPieces("FRESH", TODAY, 2), LotPieces("OLD", PAST, 5))

    with pytest.raises(InsufficientStock, match="1 of MILK have expired and do not ship"):
        shelf.ship(7)
    assert shelf.lots == {"FRESH": 2, "OLD": 5}
    shelf.ship(6)
    assert shelf.lots == {"FRESH": 0, "OLD": 5}

    assert write_off_expired() == 1
    assert shelf.lots == {"FRESH": 0, "OLD": 0}
    move = StockMove.objects.latest("pk")
    assert (move.kind, move.quantity, move.document) == ("adjustment", -5, "OLD")
    assert move.reason == f"Expired: lot OLD, {PAST}"
    assert StockLevel.objects.get().available == 0
    assert write_off_expired() == 0
    assert stock_differences() == []


def test_a_correction_takes_the_lot_named_or_what_expires_first(shelf: Shelf):
    shelf.receive(LotPieces("A", SOON, 5), LotPieces("B", LATER, 5))
    shelf.adjust(-2, Lot.objects.get(number="B"))
    assert shelf.lots == {"A": 5, "B": 3}
    shelf.adjust(-6)  # 4 of no lot, then 2 of A
    assert shelf.lots == {"A": 3, "B": 3}
    with pytest.raises(Outdated, match="Lot B changed in the meantime"):
        shelf.adjust(-4, Lot.objects.get(number="B"))
    shelf.adjust(3)
    assert shelf.lots == {"A": 3, "B": 3}
    assert (StockLevel.objects.get().on_hand, stock_differences()) == (9, [])


def test_a_lot_has_one_expiry_date(shelf: Shelf):
    shelf.receive(LotPieces("A", SOON, 5))
    shelf.receive(LotPieces("A", SOON, 1))
    with pytest.raises(InvalidInput, match=f"Lot A is here already, with another expiry date: {SOON}."):
        shelf.receive(LotPieces("A", LATER, 1))
    assert (shelf.lots, StockLevel.objects.get().on_hand) == ({"A": 6}, 10)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["receive", "part", "ship", "adjust", "find", "night"]),
            st.integers(1, 9),
            st.sampled_from([None, PAST, TODAY, SOON, LATER]),
        ),
        max_size=12,
    )
)
def test_lots_are_conserved_whatever_happens(steps):
    """A refusal changes nothing; afterwards each lot is the sum of its moves and no place holds less than its lots."""
    shelf = Shelf(f"M{(count := Warehouse.objects.count())}", f"C{count}")
    for number, (step, pieces, day) in enumerate(steps):
        try:
            if step in ("receive", "part"):
                shelf.receive(LotPieces(f"L{number}", day, pieces), pieces=pieces + 2 * (step == "part"))
            elif step == "ship":
                shelf.ship(pieces, 1)
            elif step == "night":
                write_off_expired()
                assert not Lot.objects.filter(on_hand__gt=0, expires_on__lt=TODAY).exists()
            else:
                shelf.adjust(pieces if step == "find" else -pieces)
        except DomainError:
            pass
        assert stock_differences() == []


def test_the_database_keeps_the_lots_ledger_and_a_wrong_lot_is_named(shelf: Shelf):
    shelf.receive(LotPieces("A", SOON, 5))
    for statement in ("UPDATE inventory_lotmove SET quantity = 9", "DELETE FROM inventory_lotmove"):
        with pytest.raises(DatabaseError), connection.cursor() as cursor:
            cursor.execute(statement)
    Lot.objects.update(on_hand=10)
    assert stock_differences() == [LotDifference("MILK", "COLD", "A", 10, 5, 9, 10)]


def test_the_product_page_lists_the_lots_in_the_order_they_leave(shelf: Shelf, client):
    client.force_login(UserFactory(permissions=["inventory.view_product", "inventory.view_stocklevel"]))
    page = reverse("inventory:product", args=[shelf.place[0]])
    assert "No lots yet" in client.get(page).content.decode()
    shelf.receive(LotPieces("LATE-1", LATER, 5), LotPieces("OLD-1", date(2020, 1, 2), 5))
    text = client.get(page).content.decode()
    assert text.index("OLD-1") < text.index("Expired") < text.index("2020-01-02") < text.index("LATE-1")
