"""`make demo`: everything on one machine under one process manager. Run: ``python -m config.serve``.

Starts the embedded servers (unless DATABASE_URL and REDIS_URL name others), migrates, loads the demo company once,
then runs web, events, worker and beat until Ctrl-C. Without a terminal it prints log lines and one line when ready.
"""

import os
import shlex
import signal
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

from honcho.manager import Manager

from config.local_servers import ServerProblem, ensure_servers

BASE_DIR = Path(__file__).resolve().parent.parent
LOGINS = [
    ("sales", "sales desk: enter orders, see what can be promised"),
    ("warehouse", "pick, ship, receive, count"),
    ("buyer", "what to buy, and why"),
    ("manager", "dashboards, everything the others see"),
    ("admin", "users and settings"),
]
PASSWORD = "tandem-demo"


def say(text: str) -> None:
    """One line of progress."""
    print(text, flush=True)


def main() -> int:
    """Serve until stopped; returns the exit code."""
    signal.signal(signal.SIGTERM, lambda *_args: sys.exit(143))
    host = os.environ.get("HOST", "127.0.0.1")
    try:
        port = choose_port(host)
        ensure_servers()
    except ServerProblem as problem:
        say(str(problem))
        return 1
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    os.environ |= {"WEB_PORT": str(port), "EVENTS_PORT": str(port + 1)}
    prepare()
    return run(host, port)


def choose_port(host: str) -> int:
    """PORT, or the first of 8000, 8010, … that is free together with the next one (events).

    Raises: ServerProblem when PORT is set and taken.
    """
    if wanted := os.environ.get("PORT"):
        port = int(wanted)
        if not (is_free(host, port) and is_free(host, port + 1)):
            raise ServerProblem(f"Port {port} or {port + 1} is in use: stop what runs there, or set another PORT.")
        return port
    for port in range(8000, 8200, 10):
        if is_free(host, port) and is_free(host, port + 1):
            if port != 8000:
                say(f"Port 8000 is in use; this demo uses {port}.")
            return port
    raise ServerProblem("No free port between 8000 and 8200: set PORT to one that is free.")


def is_free(host: str, port: int) -> bool:
    """Whether nobody listens on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def prepare() -> None:
    """Migrate, and load the demo company into a database that has none."""
    import django

    django.setup()
    from django.core.management import call_command

    say("Checking the database …")
    call_command("migrate", verbosity=0, interactive=False)
    from core.models import Company

    if not Company.objects.exists():
        say("Loading the demo company (once; about two minutes) …")
        call_command("load_demo")
    from django.db import connections

    connections.close_all()


def run(host: str, port: int) -> int:
    """Run the four processes; returns when they have stopped."""
    python = shlex.quote(sys.executable)
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    manager = Manager()
    for name, command in {
        "web": f"-m gunicorn config.wsgi --bind {host}:{port} --workers 2 --threads 4 --timeout 120"
        " --log-level warning --no-control-socket",
        "events": f"-m uvicorn config.events:app --host {host} --port {port + 1} --log-level warning"
        " --timeout-graceful-shutdown 1",
        "worker": "-W ignore -m celery -A config --quiet worker --concurrency 2 --loglevel WARNING",
        "beat": f"-m celery -A config --quiet beat --loglevel WARNING --schedule {shlex.quote(str(schedule_file()))}",
    }.items():
        manager.add_process(name, f"exec {python} {command}", env=environment, cwd=str(BASE_DIR))
    # Daemon: it only prints, and must not keep a stopped demo alive.
    threading.Thread(target=announce, args=(port,), daemon=True).start()
    manager.loop()
    say("Stopped.")
    return 0 if manager.returncode in (0, 130, 143, None) else int(manager.returncode)


def schedule_file() -> Path:
    """Where beat remembers what it ran."""
    from config.local_servers import data_dir

    return data_dir() / "celerybeat-schedule"


def announce(port: int) -> None:
    """Say where to go as soon as everything answers."""
    address = f"http://127.0.0.1:{port}"
    for _second in range(180):
        try:
            with urllib.request.urlopen(f"{address}/health/ready", timeout=2) as answer:
                if answer.status == 200:
                    break
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    else:
        say("Something does not come up; the lines above say what. Still trying.")
        return
    if sys.stdout.isatty():
        say("\nTandem is ready. Sign in with one of these names and the password " + PASSWORD + ":")
        for name, what in LOGINS:
            say(f"  {name:<10} {what}")
        say("Ctrl-C stops everything; `make demo` continues where you left, `make demo-reset` starts afresh.\n")
        say(f"  {address}/\n")
    else:
        say(f"Tandem is ready (password {PASSWORD}; users {', '.join(name for name, _what in LOGINS)}): {address}/")


if __name__ == "__main__":
    sys.exit(main())
