"""Arrays go to PostgreSQL as text: whatever stands in them comes back as it was."""

import math
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from core.statements import fetch_all

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("bigint[]", [1, -(2**62), None]),
        ("numeric[]", [Decimal("1.50"), Decimal("-0.0001"), None]),
        ("float8[]", [0.1, 1e300, -math.inf]),
        ("boolean[]", [True, False, None]),
        ("varchar[]", ["", "NULL", None, 'say "yes", {or} \\no', "a,b", "{}", "换行\n制表\t", "O'Brien %s %(x)s"]),
        ("timestamptz[]", [datetime(2026, 3, 31, 14, 5, 0, 123456, tzinfo=UTC), None]),
        ("date[]", [date(2026, 3, 31)]),
        ("jsonb[]", []),
    ],
)
@pytest.mark.parametrize("pgbouncer", [False, True])
def test_a_list_comes_back_as_it_was(settings, kind, values, pgbouncer):
    settings.PGBOUNCER = pgbouncer
    rows = fetch_all("echo", f"SELECT unnest(%s::{kind})", [values])
    assert [value for (value,) in rows] == values


def test_json_is_text():
    rows = fetch_all("echo", "SELECT unnest(%s::jsonb[])::text", [['{"a": "\\"\\\\", "b": [1, null]}']])
    assert rows == [('{"a": "\\"\\\\", "b": [1, null]}',)]
