"""benchmarks/RESULTS.md: one section per measurement, each rewritten by its own run."""

import os
import platform
from pathlib import Path

from django.db import connection
from django.utils import timezone

RESULTS = Path(__file__).resolve().parent / "RESULTS.md"
TITLE = "# Results\n\nWhat was measured, where and when; `make bench` and `make soak` rewrite their sections.\n"


def write_section(heading: str, text: str) -> None:
    """Put ``text`` under ``## heading``, leaving the rest of the file as it is."""
    line = f"## {heading}\n"
    old = RESULTS.read_text() if RESULTS.exists() else TITLE
    before, _heading, after = old.partition(line)
    rest = after[after.find("\n## ") + 1 :] if "\n## " in after else ""
    RESULTS.write_text(f"{before.rstrip()}\n\n{line}\n{text}\n" + (f"\n{rest}" if rest else ""))


def machine() -> str:
    """Where and when: date, cores, versions."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        postgres = cursor.fetchone()[0]
    return (
        f"{timezone.localdate()}, {os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, "
        f"PostgreSQL {postgres} (fsync on, same machine)"
    )
