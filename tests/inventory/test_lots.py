"""Lots: what came, what leaves first, what has expired; conserved whatever happens to the stock."""

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from core.errors import DomainError, InsufficientStock, InvalidInput, Outdated
from inventory.expiry import expired_lots, set_aside_expired, write_off_expired
from inventory.lots import proposed_lots
from inventory.models import Lot, LotMove, Reservation, StockLevel, StockMove, Warehouse
from inventory.places import Basket, Issue, LotPieces, Receipt
from inventory.services import adjust_stock, issue_stock, open_balance, receive_stock, reserve_stock
from inventory.verification import LotDifference, stock_differences
from tests.factories import ProductFactory, UserFactory, WarehouseFactory
from tests.races import at_once

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

    def reserve(self, pieces: int) -> None:
        with transaction.atomic():
            reserve_stock([Basket([(self.place, pieces)], allow_short=True)], at=timezone.now())

    @property
    def lots(self) -> dict[str, int]:
        return dict(Lot.objects.order_by("pk").values_list("number", "on_hand"))


def held_back() -> dict[str, int]:
    """Pieces held back, by lot number."""
    rows = Lot.objects.filter(block__quantity__gt=0)
    return dict(rows.values_list("number", "block__quantity"))


def write_off_all() -> tuple[int, int]:
    return write_off_expired(dict(expired_lots(TODAY).values_list("pk", "on_hand")))


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

    assert set_aside_expired() == 1
    assert (shelf.lots, StockLevel.objects.get().available) == ({"FRESH": 0, "OLD": 5}, 0)
    assert write_off_all() == (1, 0)
    assert shelf.lots == {"FRESH": 0, "OLD": 0}
    move = StockMove.objects.latest("pk")
    assert (move.kind, move.quantity, move.document) == ("adjustment", -5, "OLD")
    assert move.reason == f"Expired: lot OLD, {PAST}"
    assert StockLevel.objects.get().available == 0
    assert (set_aside_expired(), write_off_all()) == (0, (0, 0))
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


def test_what_has_expired_is_held_back_before_any_order_and_loses_nothing(shelf: Shelf):
    """4 of no lot, 5 expired, 3 fresh: 10 are reserved when it expires, so 3 of them wait again."""
    shelf.receive(LotPieces("OLD", PAST, 5), LotPieces("NEW", LATER, 3))
    shelf.reserve(10)
    value = StockLevel.objects.get().value
    assert set_aside_expired() == 1
    level = StockLevel.objects.get()
    assert (level.on_hand, level.reserved, level.available, level.value) == (12, 12, 0, value)
    assert held_back() == {"OLD": 5}
    assert sum(Reservation.objects.filter(blocked_lot=None).values_list("quantity", flat=True)) == 7
    assert (set_aside_expired(), stock_differences()) == (0, [])


def test_a_correction_holds_back_what_is_still_there(shelf: Shelf):
    shelf.receive(LotPieces("OLD", PAST, 5), LotPieces("NEW", LATER, 3))
    shelf.reserve(7)
    set_aside_expired()
    shelf.adjust(-6)  # 4 of no lot, 2 of OLD: 3 of OLD stay, 3 of 7 stay reserved
    assert (shelf.lots, held_back()) == ({"OLD": 3, "NEW": 3}, {"OLD": 3})
    level = StockLevel.objects.get()
    assert (level.on_hand, level.reserved) == (6, 6)
    shelf.adjust(-2, Lot.objects.get(number="NEW"))
    assert (held_back(), StockLevel.objects.get().reserved) == ({"OLD": 3}, 4)
    shelf.adjust(-3, Lot.objects.get(number="OLD"))
    assert (held_back(), StockLevel.objects.get().reserved, stock_differences()) == ({}, 1, [])


def test_found_pieces_of_an_expired_lot_are_held_back_too(shelf: Shelf):
    shelf.receive(LotPieces("OLD", PAST, 5))
    set_aside_expired()
    shelf.adjust(2, Lot.objects.get(number="OLD"))
    assert set_aside_expired() == 1
    assert held_back() == {"OLD": 7}
    # A transfer takes what expires first; what is no longer there is held back no more.
    shelf.ship(4, kind=StockMove.Kind.TRANSFER)
    shelf.receive(pieces=9)
    shelf.adjust(-9)
    assert stock_differences() == []


def test_only_what_somebody_saw_is_written_off(shelf: Shelf):
    shelf.receive(LotPieces("OLD", PAST, 5), LotPieces("NEW", LATER, 3))
    old, new = Lot.objects.order_by("pk")
    assert write_off_expired({old.pk: 4, new.pk: 3, 0: 1}) == (0, 3)
    assert shelf.lots == {"OLD": 5, "NEW": 3}
    assert write_off_expired({old.pk: 5}) == (1, 0)
    assert shelf.lots == {"OLD": 0, "NEW": 3}


def test_two_workers_hold_back_once(shelf: Shelf):
    shelf.receive(LotPieces("OLD", PAST, 5))
    at_once([set_aside_expired] * 3)
    assert (held_back(), Reservation.objects.filter(quantity__gt=0).count()) == ({"OLD": 5}, 1)
    assert stock_differences() == []


def test_the_page_of_expired_lots(shelf: Shelf, client):
    client.force_login(UserFactory(role="Warehouse"))
    url = reverse("inventory:expired")
    assert "Nothing has expired" in client.get(url).content.decode()
    shelf.receive(LotPieces("OLD", PAST, 5), LotPieces("OLDER", PAST, 2), LotPieces("SOON", SOON, 3))
    set_aside_expired()
    page = client.get(url).content.decode()
    assert "SOON" in page
    assert "OLDER" in page
    assert client.post(reverse("inventory:write-off"), {"lot": ["x", "1:"]}).status_code == 422
    old = Lot.objects.get(number="OLD")
    said = client.post(reverse("inventory:write-off"), {"lot": [f"{old.pk}:5", "0:1"]}, follow=True).content.decode()
    assert "1 lot was written off." in said
    assert shelf.lots == {"OLD": 0, "OLDER": 2, "SOON": 3}
    older = Lot.objects.get(number="OLDER")
    said = client.post(reverse("inventory:write-off"), {"all": f"{older.pk}:1", "everything": "yes"}, follow=True)
    assert "1 lot was not: it changed in the meantime." in said.content.decode()
    assert client.post(reverse("inventory:write-off"), {"all": f"{older.pk}:2", "everything": "yes"}).status_code == 302
    assert (shelf.lots["OLDER"], held_back()) == (0, {})


def test_the_correction_form_can_choose_the_lot(shelf: Shelf, client):
    client.force_login(UserFactory(role="Warehouse"))
    shelf.receive(LotPieces("A", SOON, 5), LotPieces("B", LATER, 5))
    url = reverse("inventory:adjust", args=shelf.place)
    b = Lot.objects.get(number="B")
    assert f"B: 5, expires {LATER}" in client.get(url).content.decode()
    fields = {"kind": "counted", "quantity": "3", "reason": "Stock count", "seen": "14", "lot": str(b.pk)}
    review = client.post(url, fields | {"step": "review"})
    assert review.context["effect"].difference == -2
    assert client.post(url, fields | {"step": "confirm", "cut": "0"}).status_code == 302
    assert shelf.lots == {"A": 5, "B": 3}
    wrong = client.post(url, fields | {"lot": "999999", "step": "review"})
    assert (wrong.status_code, "lot" in wrong.context["form"].errors) == (422, True)
    missing = fields | {"kind": "missing", "quantity": "4", "seen": "12", "step": "review"}
    assert "Only 3 on hand" in client.post(url, missing).content.decode()


def test_a_correction_over_the_api_names_the_lot(shelf: Shelf):
    shelf.receive(LotPieces("A", SOON, 5), LotPieces("B", LATER, 5))
    client = APIClient()
    client.force_authenticate(UserFactory(role="Warehouse"))
    body = {"product": "MILK", "warehouse": "COLD", "difference": -2, "reason": "broken", "lot": "B"}
    assert client.post("/api/v1/stock-adjustments/", body, format="json").status_code == 201
    assert shelf.lots == {"A": 5, "B": 3}
    refused = client.post("/api/v1/stock-adjustments/", body | {"lot": "C"}, format="json")
    assert [error["field"] for error in refused.json()["errors"]] == ["lot"]


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
            st.sampled_from(["receive", "part", "ship", "adjust", "find", "night", "write off", "reserve"]),
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
            elif step == "reserve":
                shelf.reserve(pieces)
            elif step == "ship":
                # Of what is free: what is reserved leaves with its reservation.
                if StockLevel.objects.get(product=shelf.place[0]).available > pieces:
                    shelf.ship(pieces, 1)
            elif step == "night":
                set_aside_expired()
                assert held_back() == dict(expired_lots(TODAY).values_list("number", "on_hand"))
            elif step == "write off":
                write_off_all()
                assert not expired_lots(TODAY).exists()
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
