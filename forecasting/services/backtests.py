"""Backtests: asked for on a page, computed by a worker, kept with what came out."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.actor import current_actor_id
from core.errors import InvalidInput
from forecasting.backtesting import replay
from forecasting.models import Backtest

SHORTEST, LONGEST = timedelta(weeks=4), timedelta(weeks=104)
LOST_AFTER = timedelta(minutes=5)  # a worker says that it is alive far more often


@transaction.atomic(durable=True)
def request_backtest(first_day: date, last_day: date, question: Mapping[str, Any]) -> Backtest:
    """Note what is to be replayed; a worker does it. Raises: InvalidInput."""
    check_days(first_day, last_day)
    return Backtest.objects.create(
        first_day=first_day,
        last_day=last_day,
        question=dict(question),
        touched_at=timezone.now(),
        created_by_id=current_actor_id(),
    )


def check_days(first_day: date, last_day: date) -> None:
    """Refuse days that cannot be replayed. Raises: InvalidInput, naming the fields."""
    errors = {}
    if last_day >= timezone.localdate():
        errors["last_day"] = _("Enter a day before today: only the past can be replayed.")
    elif last_day - first_day < SHORTEST:
        errors["last_day"] = _("Replay at least four weeks.")
    elif last_day - first_day > LONGEST:
        errors["first_day"] = _("Replay at most two years.")
    if errors:
        raise InvalidInput(_("The backtest was not started: please correct the fields named."), field_errors=errors)


def compute_backtest(backtest_id: int) -> bool:
    """Replay a queued backtest and keep what came out; False when it is done or somebody else is at it."""
    rows = Backtest.objects.filter(pk=backtest_id)
    if not rows.filter(status=Backtest.Status.QUEUED).update(status=Backtest.Status.RUNNING, touched_at=timezone.now()):
        return False
    backtest = rows.get()

    def progress(done: int, total: int) -> None:
        rows.update(done=done, total=total, touched_at=timezone.now())

    try:
        result = replay(backtest.first_day, backtest.last_day, backtest.question, progress)
    except Exception as exc:  # the page says it; the worker goes on
        rows.update(status=Backtest.Status.FAILED, error=f"{type(exc).__name__}: {exc}"[:300])
        return False
    rows.update(status=Backtest.Status.DONE, result=result, touched_at=timezone.now())
    return True


def requeue_lost_backtests() -> list[int]:
    """Those whose worker has not been heard of for LOST_AFTER are queued again; returns their primary keys."""
    going = [Backtest.Status.QUEUED, Backtest.Status.RUNNING]
    lost = Backtest.objects.filter(status__in=going, touched_at__lt=timezone.now() - LOST_AFTER)
    found = list(lost.order_by("pk").values_list("pk", flat=True))
    lost.filter(pk__in=found).update(status=Backtest.Status.QUEUED, done=0, touched_at=timezone.now())
    return found
