"""The house rules that a tool can check."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
APPS = ["config", "core", "inventory", "orders", "purchasing", "forecasting", "reports"]


def code(*suffixes: str) -> Iterator[tuple[str, str]]:
    """(path, text) of our own source files, migrations left out."""
    for app in [*APPS, "tests", "templates", "static"]:
        for path in sorted((ROOT / app).rglob("*")):
            if path.suffix in suffixes and "migrations" not in path.parts:
                yield str(path.relative_to(ROOT)), path.read_text("utf-8")


def offenders(pattern: str, *, allowed: tuple[str, ...] = ()) -> list[str]:
    found = []
    for path, text in code(".py"):
        if path.startswith("tests/") or path in allowed:
            continue
        # Over the whole text: a call may go on in the next line.
        found += [f"{path}: {' '.join(match[0].split())}" for match in re.finditer(pattern, text, flags=re.M)]
    return found


def test_layers():
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([lint], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_no_builtin_model_signals():
    assert offenders(r"\bpost_save\b|\bpre_save\b|\bpost_delete\b|\bpre_delete\b|\bm2m_changed\b") == []


def test_only_the_queue_hands_work_to_celery():
    assert offenders(r"\.delay\(|\.apply_async\(|\.send_task\(", allowed=("core/queue.py",)) == []


def test_rows_are_locked_only_in_locks():
    allowed = tuple(f"{app}/locks.py" for app in APPS)
    assert offenders(r"select_for_update\(|FOR (NO KEY )?UPDATE", allowed=allowed) == []


def test_every_transaction_says_what_it_is():
    pattern = r"\batomic(\((?!durable=True|savepoint=(?:True|False))|$)"
    assert offenders(pattern) == []


def test_signals_are_sent_so_that_a_failing_receiver_undoes_the_write():
    assert offenders(r"\.send_robust\(") == []


@pytest.mark.parametrize("name", ["utils.py", "helpers.py", "managers.py"])
def test_no_drawers_for_everything(name):
    assert [str(p) for app in APPS for p in (ROOT / app).rglob(name)] == []


def test_files_stay_readable():
    assert [f"{p}: {t.count(chr(10))}" for p, t in code(".py", ".html", ".js", ".css") if t.count("\n") > 420] == []


def test_nothing_names_this_machine_or_an_index():
    hosts = "|".join(["py" + r"pi\.org", "registry.npm" + "js", "files.python" + "hosted"])
    pattern = re.compile(rf"{hosts}|/wo" + r"rk/main|/wo" + "rk/shared")
    top = [path for path in ROOT.glob("*") if path.name != ".git"]  # a worktree's is a file that names its home
    paths = [*top, *(ROOT / "docs").rglob("*"), *(ROOT / ".ci").rglob("*"), *(ROOT / "deploy").rglob("*")]
    texts = {str(p.relative_to(ROOT)): p.read_text("utf-8") for p in paths if p.is_file() and p.suffix != ".png"}
    texts |= dict(code(".py", ".html", ".js", ".css"))
    assert [path for path, text in texts.items() if pattern.search(text)] == []
