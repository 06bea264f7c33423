"""`import_orders` of a real file: lines a second over all its steps, and the most memory it took."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILE = Path(os.environ.get("IMPORT_FILE", ROOT.parent / "shared/data/public/or2_lines_2011q1.csv.gz"))


def import_file() -> tuple[float, float]:
    """(lines a second, MB) of one run into the benchmark's database: reading, making what is missing, loading."""
    command = [sys.executable, "manage.py", "import_orders", str(FILE), "--channel", "file", "--create-missing"]
    with tempfile.TemporaryDirectory() as folder:
        command += ["--report", f"{folder}/report.csv", "--language", "en"]
        process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert process.stdout is not None
        said = process.stdout.read()
        _pid, status, usage = os.wait4(process.pid, 0)
    process.returncode = status
    steps = re.findall(r"(?:Read|Made|Imported) .*? in ([\d.]+) s", said)
    lines = re.search(r"Read (\d+) lines", said)
    if status or len(steps) != 3 or lines is None:
        raise RuntimeError(f"import_orders failed:\n{said}")
    return int(lines[1]) / sum(map(float, steps)), usage.ru_maxrss / 1024
