import pytest

from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/customers/", "/orders/", "/orders/products/", "/orders/customers/", "/sign-in/"])
def test_a_nul_in_the_address_is_refused(client, path):
    client.force_login(UserFactory(role="Sales"))
    assert client.get(path, {"q": "tea\x00"}).status_code == 400
    assert client.get(path, {"q": "tea"}).status_code in (200, 302)


def test_the_api_names_the_parameter(client):
    client.force_login(UserFactory(role="Sales"))
    answer = client.get("/api/v1/customers/", {"search": "tea\x00"})
    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (400, ["search"])
