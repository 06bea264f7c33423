"""The Celery application: workers run tasks, beat starts the periodic ones (see BEAT_SCHEDULE in settings)."""

import os
from typing import Any

from celery import Celery
from celery.signals import beat_init, worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
app = Celery("tandem")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_ready.connect
def worker_is_up(**kwargs: Any) -> None:
    """Say so at once; from then on the heartbeat does."""
    from config.health import note_alive

    note_alive("worker")


@beat_init.connect
def beat_is_up(**kwargs: Any) -> None:
    """Say so at once; from then on the heartbeat does."""
    from config.health import note_alive

    note_alive("beat")
