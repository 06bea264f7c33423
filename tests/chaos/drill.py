"""`make chaos`: everything is killed with ``kill -9`` under load, restarted, and then counted.

Starts PostgreSQL, Valkey, gunicorn and Celery of its own, lets clients order, ship, change, cancel and count through
the API, and kills a web worker, a Celery worker, Valkey and PostgreSQL in turn. A client that got no answer sends the
same request again under the same key. At the end nothing may be lost or doubled. Run: ``python -m tests.chaos.drill``.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from tests.chaos.clients import Client, Journal
from tests.chaos.stage import Stage
from tests.http import Channel
from tests.processes import tail, wait_until

SKUS = ["TEA", "CUP", "POT", "TRAY", "SPOON"]


def say(text: str) -> None:
    """One line of the report."""
    print(text, flush=True)


def found_company() -> str:
    """Migrate and fill the empty database; returns an API token."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connections
    from rest_framework.authtoken.models import Token

    from tests import factories

    call_command("migrate", verbosity=0)
    warehouse = factories.WarehouseFactory(code="MAIN")
    factories.ChannelFactory(code="web")
    factories.CustomerFactory(code="C1")
    for sku in SKUS:
        item = factories.SupplierItemFactory(product__sku=sku)
        factories.stock(item.product, warehouse, 40)
    token = Token.objects.create(user=factories.UserFactory(role="Integrations")).key
    connections.close_all()
    return token


def run(stage: Stage, token: str, *, clients: int, rounds: int, calm: int) -> Journal:
    """Load, and a kill of each kind per round; ``calm`` answers come before the next one."""
    journal = Journal()
    threads = [
        Client(f"client{n}", Channel(stage.web.port, token, timeout=20), SKUS, journal, seed=n) for n in range(clients)
    ]
    for thread in threads:
        thread.start()

    def settle(what: str, answers: int) -> None:
        goal = len(journal.answered) + answers
        wait_until(lambda: len(journal.answered) >= goal or any(t.failure for t in threads), what, seconds=120)
        assert not any(t.failure for t in threads), [t.failure for t in threads if t.failure]

    settle("load before the first kill", calm)
    for _round in range(rounds):
        for name in ("web_worker", "celery", "valkey", "postgres"):
            started, before = time.monotonic(), len(journal.answered)
            pid = getattr(stage, f"kill_{name}")()
            if name != "postgres":  # without the database nothing can be answered
                settle(f"orders go on without {name}", calm // 2)
            during = len(journal.answered) - before
            getattr(stage, f"revive_{name}")()
            settle(f"orders go on after {name} is back", calm)
            say(
                f"killed {name} (pid {pid}) after {before} answers; {during} more while it was down; "
                f"back and serving after {time.monotonic() - started:.1f} s"
            )
    for thread in threads:
        thread.stopping.set()
    for thread in threads:
        thread.join(timeout=60)
    assert not any(thread.is_alive() or thread.failure for thread in threads), [t.failure for t in threads]
    return journal


def main() -> int:
    """Run the drill; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3, help="how often each part is killed")
    parser.add_argument("--calm", type=int, default=100, help="answers between two kills")
    wanted = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    with tempfile.TemporaryDirectory(prefix="tandem-chaos-") as folder:
        stage = Stage(Path(folder))
        token = found_company()
        stage.open()
        try:
            journal = run(stage, token, clients=wanted.clients, rounds=wanted.rounds, calm=wanted.calm)
            from tests.chaos.checks import every_check

            for sentence in every_check(journal, Channel(stage.web.port, token)):
                say(f"checked: {sentence}")
        except AssertionError as failure:
            say(f"FAILED: {failure}")
            for log in sorted([*Path(folder).glob("*.log"), *Path(folder).glob("postgres/*.log")]):
                say(f"--- {log.name}\n{tail(log)}")
            return 1
        finally:
            stage.close()
    say("Nothing lost, nothing doubled.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
