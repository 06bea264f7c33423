import pytest

from core import catalogues


@pytest.mark.parametrize("app", catalogues.APPS)
def test_every_string_is_translated(app):
    assert list(catalogues.problems(app)) == []


def test_a_string_of_a_template_is_found():
    assert (None, "Sign in") in catalogues.extract("core")


def test_a_string_of_the_code_is_found():
    assert (None, "Warehouse") not in catalogues.extract("core")
    assert (None, "holding cost rate") in catalogues.extract("core")
