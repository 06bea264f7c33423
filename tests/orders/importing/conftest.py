import csv
import io
from pathlib import Path

import pytest
from django.core.management import call_command


@pytest.fixture
def importer(tmp_path):
    """``importer(text, "--check", …)`` writes the text to a file and imports it; see Import."""
    return Import(tmp_path)


class Import:
    """Runs the command on a file and keeps what it said and reported."""

    def __init__(self, folder: Path) -> None:
        self.path, self.report, self.said = folder / "lines.csv", folder / "lines.report.csv", ""

    def __call__(self, text: str | bytes | None, *options: str, channel: str = "web") -> "Import":
        if text is not None:
            self.path.write_bytes(text.encode() if isinstance(text, str) else text)
        said = io.StringIO()
        call_command("import_orders", str(self.path), "--channel", channel, "-v0", *options, stdout=said)
        self.said = said.getvalue()
        return self

    @property
    def remarks(self) -> list[tuple[str, ...]]:
        """(line, order, what, reason) of every line of the report."""
        if not self.report.exists():
            return []
        with self.report.open(encoding="utf-8-sig", newline="") as stream:
            return [tuple(row) for row in csv.reader(stream)][1:]
