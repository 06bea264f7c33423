"""Suppliers with absurd data: each is named, none stops the check of what is beside it, none is ordered by rule."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.urls import reverse

from core.errors import InvalidInput
from purchasing.models import PurchaseOrder, ReorderSuggestion, StockPolicy, Supplier, SupplierItem
from purchasing.services import approve_by_rules, approve_suggestions, drain_marks, mark_for_check
from purchasing.services.rules import add_rule
from tests.factories import SupplierFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)

BIGGEST = 2_147_483_647  # what the columns hold; the forms allow less, an import or another program may not
BASIS = {"lot_weekly_demand": 7.0, "mean": 10.0, "sd": 1.0, "weeks": 1.4}


@pytest.fixture
def absurd(buying, request):
    """Tea from a supplier with these odd terms, cups from an ordinary one; both are due."""
    supplier, item = request.param
    other = SupplierFactory(code="POT", name="Pottery", lead_time_days=7)
    SupplierItem.objects.filter(pk=buying.cup_item.pk).update(supplier=other)
    Supplier.objects.filter(pk=buying.supplier.pk).update(**supplier)
    SupplierItem.objects.filter(pk=buying.tea_item.pk).update(**item)
    for product in (buying.tea, buying.cup):
        buying.suggest(product, 10, 40)
    StockPolicy.objects.update(basis=BASIS)
    mark_for_check((product.pk, buying.warehouse.pk) for product in (buying.tea, buying.cup))
    drain_marks()
    return buying


def _tea(buying) -> ReorderSuggestion:
    return ReorderSuggestion.objects.get(product=buying.tea)


TERMS = [
    ("lead time 0", ({"lead_time_days": 0}, {}), 40, "lead_time_zero"),
    ("MOQ above a year", ({}, {"moq": 400}), 400, "moq_above_year"),
    ("MOQ beyond reason", ({}, {"moq": BIGGEST}), 2_147_483_650, "moq_above_year"),
    ("pack beyond reason", ({}, {"order_multiple": BIGGEST}), BIGGEST, "moq_above_year"),
    ("both", ({}, {"moq": BIGGEST, "order_multiple": BIGGEST - 1}), 2 * (BIGGEST - 1), "moq_above_year"),
    ("price missing", ({}, {"unit_cost": Decimal(0)}), 40, "price_missing"),
    ("expires tomorrow", ({}, {"shelf_life_days": 1}), 10, "shelf_life"),
]


@pytest.mark.parametrize(("absurd", "quantity", "doubt"), [row[1:] for row in TERMS], indirect=["absurd"],
                         ids=[row[0] for row in TERMS])  # fmt: skip
def test_a_doubt_is_said_on_every_page_and_kept_from_the_rules(absurd, client, quantity, doubt):
    client.force_login(UserFactory(is_superuser=True))
    tea = _tea(absurd)
    assert tea.quantity == quantity

    pages = [reverse("purchasing:suggestion", args=[tea.pk]), reverse("purchasing:supplier", args=[absurd.supplier.pk])]
    pages += [reverse(f"purchasing:{name}") for name in ("desk", "cash", "shortages", "policies")]
    assert [client.get(page).status_code for page in pages] == [200] * len(pages)
    add_rule(supplier_id=None, max_value=Decimal(10**13), min_confidence=0)
    assert approve_by_rules() == 1  # the cups
    tea.refresh_from_db()
    assert (tea.status, PurchaseOrder.objects.get().supplier.code) == ("open", "POT")
    assert [check["found"] for check in tea.trace["checks"] if not check["holds"]] == [doubt]


@pytest.mark.parametrize("absurd", [({"lead_time_days": 730, "express_days": 730}, {"shelf_life_days": 36_500}),
                                    ({}, {"learned_days": BIGGEST})], indirect=True)  # fmt: skip
def test_the_longest_terms_stop_nothing(absurd, client):
    client.force_login(UserFactory(is_superuser=True))
    pages = [
        reverse("purchasing:suggestion", args=[_tea(absurd).pk]),
        reverse("purchasing:supplier", args=[absurd.supplier.pk]),
        *(reverse(f"purchasing:{name}") for name in ("desk", "cash", "shortages", "policies")),
    ]
    assert [client.get(page).status_code for page in pages] == [200] * len(pages)
    assert dict(ReorderSuggestion.objects.values_list("product__sku", "quantity")) == {"TEA": 40, "CUP": 40}


@pytest.mark.parametrize("name", ["lead_time_days", "express_days", "shelf_life_days"])
def test_terms_of_centuries_are_refused_with_the_field_and_the_most(buying, name):
    """A day that does not exist once ended the check of every place that was marked with this one."""
    row = buying.tea_item if name == "shelf_life_days" else buying.supplier
    most = 36_500 if name == "shelf_life_days" else 730
    setattr(row, name, most + 1)
    with pytest.raises(ValidationError) as refused:
        row.full_clean()
    assert refused.value.message_dict == {name: [f"Ensure this value is less than or equal to {most}."]}
    with pytest.raises(IntegrityError):
        row.save()


@pytest.mark.parametrize("absurd", [({}, {})], indirect=True)
def test_a_learned_lead_time_of_centuries_stops_nothing(absurd):
    StockPolicy.objects.update(basis=BASIS | {"lead_time_days": 1e12})
    mark_for_check((product.pk, absurd.warehouse.pk) for product in (absurd.tea, absurd.cup))
    drain_marks()
    assert _tea(absurd).quantity == 40


@pytest.mark.parametrize("absurd", [({}, {})], indirect=True)
def test_demand_of_a_piece_in_centuries_stops_nothing(absurd):
    StockPolicy.objects.update(order_up_to=10**9, basis=BASIS | {"lot_weekly_demand": 0.00001})
    mark_for_check((product.pk, absurd.warehouse.pk) for product in (absurd.tea, absurd.cup))
    drain_marks()
    assert _tea(absurd).quantity == 10**9


@pytest.mark.parametrize(
    ("absurd", "field", "sentence"),
    [
        (({}, {"moq": BIGGEST}), "quantity", "Enter a whole number from 1 to 1000000000."),
        (({}, {"unit_cost": Decimal(0)}), "supplier",
         "TEA has no price at Tea farm: enter the unit cost before ordering."),
    ],
    indirect=["absurd"],
)  # fmt: skip
def test_by_hand_it_is_refused_with_the_field_and_the_cure(absurd, field, sentence):
    tea = _tea(absurd)
    with pytest.raises(InvalidInput) as refused:
        approve_suggestions({tea.pk: tea.quantity})
    assert refused.value.field_errors == {f"suggestions.{tea.pk}.{field}": sentence}
    assert not PurchaseOrder.objects.exists()
