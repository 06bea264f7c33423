"""The admin looks at purchasing and changes nothing, for it skips the services."""

import pytest

from purchasing.models import (
    BlanketOrder,
    GoodsReceipt,
    PurchaseOrder,
    ReorderSuggestion,
    StandingOrder,
    StockPolicy,
    Supplier,
    SupplierItem,
)
from purchasing.services import approve_suggestions, receive_goods
from purchasing.values import NewReceipt
from tests.factories import UserFactory
from tests.purchasing.test_agreements import agree
from tests.purchasing.test_standing import stand

MODELS = [
    BlanketOrder,
    GoodsReceipt,
    PurchaseOrder,
    ReorderSuggestion,
    StandingOrder,
    StockPolicy,
    Supplier,
    SupplierItem,
]


@pytest.mark.django_db
def test_everything_is_shown_and_nothing_can_be_changed(client, buying):
    suggestion = buying.suggest(buying.tea, 5, 20)
    (order,) = approve_suggestions({suggestion.pk: 20})
    receive_goods([NewReceipt(order.pk)])
    agree(buying, (buying.tea, "2.00", 100))
    stand(buying)
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    for model in MODELS:
        url = f"/admin/purchasing/{model._meta.model_name}/"
        row = model.objects.first()
        assert client.get(url).status_code == 200, url
        assert client.get(f"{url}{row.pk}/change/").status_code == 200, url
        for path in ("add/", f"{row.pk}/delete/"):
            assert client.get(f"{url}{path}").status_code == 403, url + path
        assert client.post(f"{url}{row.pk}/change/", {"code": "X"}).status_code == 403, url
