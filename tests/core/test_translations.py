import pytest

from core import catalogues


@pytest.mark.parametrize("app", catalogues.APPS)
def test_every_string_is_translated(app):
    assert list(catalogues.problems(app)) == []


def test_a_string_means_the_same_in_every_app():
    """Django merges the catalogues, the first app's word wins everywhere: other meanings need a context (pgettext)."""
    meanings = {}
    for app in catalogues.APPS:
        for message in catalogues.read(app):
            if message.id and message.string:
                meanings.setdefault((message.context, message.id), set()).add(message.string)
    assert {key: words for key, words in meanings.items() if len(words) > 1} == {}


def test_a_string_of_a_template_is_found():
    assert (None, "Sign in") in catalogues.extract("core")


def test_a_string_of_the_code_is_found():
    assert (None, "Warehouse") not in catalogues.extract("core")
    assert (None, "holding cost rate") in catalogues.extract("core")
