"""The benchmarks' own servers and database, in var/bench; real durability, as in production."""

import os
from pathlib import Path

import django


def start() -> None:
    """Start the servers, make a fresh database and migrate it; Django is set up afterwards."""
    os.environ.setdefault("TANDEM_DATA_DIR", str(Path(__file__).resolve().parent.parent / "var" / "bench"))
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    from config.local_servers import ensure_servers

    ensure_servers()
    _fresh_database("tandem_bench")
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)


def _fresh_database(name: str) -> None:
    """Drop what an earlier run left, and point DATABASE_URL at an empty database of this name."""
    import dj_database_url

    from benchmarks.floor import connect

    url = os.environ["DATABASE_URL"]
    connection = connect()
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        cursor.execute(f"CREATE DATABASE {name}")
    connection.close()
    os.environ["DATABASE_URL"] = url.replace(f"/{dj_database_url.parse(url)['NAME']}", f"/{name}", 1)
