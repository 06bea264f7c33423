"""docs/lessons.md names every lesson and only tests that exist."""

import re

from tests.processes import BASE_DIR

TABLE = (BASE_DIR / "docs" / "lessons.md").read_text("utf-8")


def test_every_lesson_has_its_row():
    rows = [int(number) for number in re.findall(r"^\| (\d+) \|", TABLE, flags=re.M)]
    assert rows == [*range(1, 38), *range(47, 54)]


def test_every_test_named_exists():
    missing, file = [], ""
    for named, test in re.findall(r"`([^`:]+)::(\w+)`", TABLE):
        file = file if named == "…" else named
        if f"def {test}(" not in (BASE_DIR / file).read_text("utf-8"):
            missing.append(f"{file}::{test}")
    assert missing == []


def test_every_lesson_tested_here_stands_in_the_table():
    here = [path.read_text("utf-8") for path in (BASE_DIR / "tests" / "lessons").glob("test_*.py")]
    assert [name for text in here for name in re.findall(r"def (test_lessons?_\w+)\(", text) if name not in TABLE] == []
