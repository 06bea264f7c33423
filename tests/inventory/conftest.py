"""People, a product and a warehouse."""

import pytest

from tests.factories import CategoryFactory, ProductFactory, UserFactory, WarehouseFactory


@pytest.fixture
def keeper(client):
    """Warehouse staff: sees stock and corrects it, does not see costs."""
    client.force_login(UserFactory(role="Warehouse", first_name="Qiang", last_name="Wang"))
    return client


@pytest.fixture
def manager(client):
    client.force_login(UserFactory(role="Managers"))
    return client


@pytest.fixture
def tea():
    return ProductFactory(sku="TEA-1", name="Green tea", barcode="690001", category=CategoryFactory(name="Drinks"))


@pytest.fixture
def here():
    return WarehouseFactory(code="A1", name="Harbour")
