"""The admin of stock and master data."""

import pytest
from django.utils import timezone

from inventory.places import Basket
from inventory.services import reserve_stock
from tests.factories import UserFactory, stock

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("model", ["stocklevel", "stockmove", "reservation"])
def test_the_admin_only_reads_stock(client, tea, here, model):
    level = stock(tea, here, 5)
    reserve_stock([Basket([((tea.pk, here.pk), 1)], allow_short=False)], at=timezone.now())
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    row = {"stocklevel": level, "stockmove": level.moves.get(), "reservation": level.reservations.get()}[model]
    base = f"/admin/inventory/{model}/"
    assert "TEA-1" in client.get(base).content.decode()
    assert client.get(f"{base}{row.pk}/change/").status_code == 200
    assert client.post(f"{base}{row.pk}/change/", {"on_hand": 9, "quantity": 9}).status_code == 403
    assert client.get(f"{base}add/").status_code == 403
    assert client.post(f"{base}{row.pk}/delete/", {"post": "yes"}).status_code == 403


def test_the_admin_edits_products_categories_and_warehouses(client, tea, here):
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    for path in ("product", "category", "warehouse"):
        assert client.get(f"/admin/inventory/{path}/add/").status_code == 200
        assert client.get(f"/admin/inventory/{path}/").status_code == 200
