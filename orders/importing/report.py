"""The report: every line of the file that is not in as it stands, with the reason."""

import os
from pathlib import Path

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.exports import csv_lines
from orders.importing.loading import DIFFERS, NOT_APPLIED
from orders.importing.problems import FileProblem
from orders.importing.rules import LEFT_OUT, REFUSED
from orders.importing.spool import Spool

VERDICTS = {
    REFUSED: gettext_lazy("refused"),
    LEFT_OUT: gettext_lazy("left out"),
    NOT_APPLIED: gettext_lazy("not applied"),
    DIFFERS: gettext_lazy("differs"),
}


def report_path(source: Path, wanted: Path | None) -> Path:
    """Where the report goes: next to the file, unless said otherwise. Raises: FileProblem when it cannot be written."""
    path = wanted or source.with_name(Path(source.name.removesuffix(".gz")).stem + ".report.csv")
    if not os.access(path if path.exists() else path.parent, os.W_OK) or path.is_dir():
        text = _("The report %s cannot be written: name another place with --report.")
        raise FileProblem(text % path)
    return path


def write_report(spool: Spool, path: Path) -> int:
    """Write what is wrong, by line; returns how many lines that are. Nothing wrong: no report, an older one goes."""
    count = int(spool.value("SELECT count(DISTINCT no) FROM problem"))
    if not count:
        path.unlink(missing_ok=True)
        return 0
    rows = ([p.no, p.reference, str(VERDICTS[p.verdict]), p.reason] for p in spool.problems())
    header = [_("line"), _("order"), _("what"), _("reason")]
    with path.open("w", encoding="utf-8", newline="") as stream:
        stream.writelines(csv_lines(header, rows))
    return count
