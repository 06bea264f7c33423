"""What forecasting keeps."""

from forecasting.models.backtests import Backtest
from forecasting.models.calendar import DemandEvent, HolidayCalendar
from forecasting.models.runs import DemandForecast, DemandModel, ForecastChunk, ForecastRun, Pattern
from forecasting.models.wishes import ForecastAdjustment, PolicyRule, Succession

__all__ = [
    "Backtest",
    "DemandEvent",
    "DemandForecast",
    "DemandModel",
    "ForecastAdjustment",
    "ForecastChunk",
    "ForecastRun",
    "HolidayCalendar",
    "Pattern",
    "PolicyRule",
    "Succession",
]
