"""The API tests' little shop and clients."""

from tests.api.conftest import client_of, shop

__all__ = ["client_of", "shop"]
