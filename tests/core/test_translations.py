import ast
from pathlib import Path

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


def test_no_string_to_be_translated_stands_in_an_f_string():
    """Who collects the strings does not look into f-strings: such a sentence stays English for ever, unnoticed."""
    found = []
    for app in catalogues.APPS:
        for path in Path(app).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.JoinedStr):
                    calls = [part for part in ast.walk(node) if isinstance(part, ast.Call)]
                    names = [getattr(call.func, "id", "") for call in calls]
                    found += [f"{path}:{node.lineno}" for name in names if name == "_" or name.endswith("gettext")]
    assert found == []
