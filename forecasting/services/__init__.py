"""Writes of forecasting, by what they write."""

from forecasting.services.adjustments import add_adjustment, withdraw_adjustment
from forecasting.services.backtests import compute_backtest, request_backtest, requeue_lost_backtests
from forecasting.services.calendar import add_calendar, delete_event, remove_calendar, save_event
from forecasting.services.policies import add_rule, apply_policies, end_rule
from forecasting.services.runs import (
    RunInProgress,
    compute_chunk,
    plan_numbers,
    request_run,
    run_forecast,
    start_run,
)
from forecasting.services.successions import delete_succession, save_succession

__all__ = [
    "RunInProgress",
    "add_adjustment",
    "add_calendar",
    "add_rule",
    "apply_policies",
    "compute_backtest",
    "compute_chunk",
    "delete_event",
    "delete_succession",
    "end_rule",
    "plan_numbers",
    "remove_calendar",
    "request_backtest",
    "request_run",
    "requeue_lost_backtests",
    "run_forecast",
    "save_event",
    "save_succession",
    "start_run",
    "withdraw_adjustment",
]
