"""Stock policies over HTTP: the levels that count, set by hand with a reason and given back."""

import pytest

from core.errors import IllegalTransition
from core.models import AuditEntry
from purchasing.models import ReorderSuggestion, StockPolicy
from purchasing.services import drain_marks, return_policy_to_forecast, set_policies, set_policy_by_hand
from purchasing.values import PolicyInput
from tests.factories import UserFactory, WarehouseFactory

pytestmark = pytest.mark.django_db
POLICIES = "/purchasing/policies/"
BY_HAND = {"safety_stock": "3", "reorder_point": "8", "order_up_to": "30", "reason": "Trade fair"}


@pytest.fixture
def place(buying):
    """A place whose levels the forecast has set: 2, 5, 20."""
    place = (buying.tea.pk, buying.warehouse.pk)
    set_policies([PolicyInput(*place, 2, 5, 20, 0.95)])
    return place


def url(place) -> str:
    return f"{POLICIES}{place[0]}/{place[1]}/"


def levels() -> tuple:
    policy = StockPolicy.objects.get()
    return policy.source, policy.safety_stock, policy.reorder_point, policy.order_up_to, policy.service_level


def test_the_list_is_searched_and_filtered(buyer, buying, place):
    north = WarehouseFactory()
    set_policy_by_hand((buying.cup.pk, north.pk), safety_stock=0, reorder_point=1, order_up_to=2, reason="test")
    for asked, found in (
        ({}, ["CUP", "TEA"]),
        ({"q": "green"}, ["TEA"]),
        ({"warehouse": north.pk}, ["CUP"]),
        ({"source": "manual"}, ["CUP"]),
        ({"source": "forecast"}, ["TEA"]),
    ):
        assert [policy.product.sku for policy in buyer.get(POLICIES, asked).context["page"]] == found, asked
    assert "No policy fits" in buyer.get(POLICIES, {"q": "x"}).content.decode()


def test_levels_set_by_hand_count_until_they_are_given_back(buyer, place):
    assert buyer.get(url(place)).context["form"].initial == {
        "safety_stock": 2,
        "reorder_point": 5,
        "order_up_to": 20,
    }
    drain_marks()
    assert ReorderSuggestion.objects.get(status="open").quantity == 20
    assert buyer.post(url(place), BY_HAND).url == POLICIES
    assert levels() == ("manual", 3, 8, 30, None)
    drain_marks()
    assert ReorderSuggestion.objects.get(status="open").quantity == 30
    set_policies([PolicyInput(*place, 1, 2, 3, 0.9)])
    assert levels() == ("manual", 3, 8, 30, None)
    assert buyer.post(f"{url(place)}return/").url == POLICIES
    assert levels() == ("forecast", 3, 8, 30, None)
    set_policies([PolicyInput(*place, 1, 2, 3, 0.9)])
    assert levels() == ("forecast", 1, 2, 3, 0.9)
    assert [event.sentence for event in buyer.get(url(place)).context["events"]] == [
        "Set by hand: safety stock 3, reorder point 8, order-up-to level 30. Reason: Trade fair",
        "Given back to the forecast.",
    ]
    before = AuditEntry.objects.filter(verb="set_by_hand").get().data["before"]
    assert before == {"safety_stock": 2, "reorder_point": 5, "order_up_to": 20, "source": "forecast"}


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"reorder_point": "2"}, "reorder_point"),
        ({"order_up_to": "7"}, "order_up_to"),
        ({"safety_stock": "-1"}, "safety_stock"),
        ({"order_up_to": "1000000001"}, "order_up_to"),
        ({"reason": "  "}, "reason"),
        ({"safety_stock": "1.5"}, "safety_stock"),
    ],
)
def test_wrong_levels_are_named_and_stay_typed(buyer, place, wrong, named):
    response = buyer.post(url(place), BY_HAND | wrong)
    assert (response.status_code, list(response.context["form"].errors)) == (422, [named])
    assert response.context["form"].data["order_up_to"] == (BY_HAND | wrong)["order_up_to"]
    assert levels() == ("forecast", 2, 5, 20, 0.95)
    assert not AuditEntry.objects.filter(subject_type="stock_policy").exists()


def test_only_what_is_set_by_hand_is_given_back(buyer, place):
    response = buyer.post(f"{url(place)}return/")
    assert response.status_code == 409
    assert "not set by hand" in response.content.decode()
    with pytest.raises(IllegalTransition):
        return_policy_to_forecast((0, 0))


def test_levels_for_a_place_that_never_had_any(buyer, buying):
    asked = {"label": "tea", "product": "", "warehouse": buying.warehouse.pk}
    address = buyer.get(f"{POLICIES}new/", asked).url
    assert address == url((buying.tea.pk, buying.warehouse.pk))
    assert "Nobody has set levels here yet." in buyer.get(address).content.decode()
    buyer.post(address, BY_HAND)
    assert levels() == ("manual", 3, 8, 30, None)
    refused = buyer.get(f"{POLICIES}new/", asked | {"label": "unknown"})
    assert refused.status_code == 422
    assert 'value="unknown"' in refused.content.decode()
    for wrong in ((0, buying.warehouse.pk), (buying.tea.pk, 0)):
        assert buyer.get(url(wrong)).status_code == 404


def test_looking_is_not_changing(client, place):
    client.force_login(UserFactory(permissions=["purchasing.view_stockpolicy"]))
    page = client.get(POLICIES).content.decode()
    assert "TEA" in page
    assert url(place) not in page
    assert client.post(url(place), BY_HAND).status_code == 403
    assert levels() == ("forecast", 2, 5, 20, 0.95)
