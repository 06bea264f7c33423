"""Addresses of the forecast pages."""

from django.urls import path

from forecasting.views import adjustments, backtests, calendar, forecasts, policies, seasons, sharing

app_name = "forecasting"
urlpatterns = [
    path("", forecasts.forecast_list, name="list"),
    path("calendar/", calendar.calendar, name="calendar"),
    path("calendar/new/", calendar.event_new, name="event-new"),
    path("calendar/holidays/", calendar.holidays_change, name="holidays-change"),
    path("calendar/<int:pk>/", calendar.event_edit, name="event-edit"),
    path("calendar/<int:pk>/delete/", calendar.event_delete, name="event-delete"),
    path("adjustments/", adjustments.adjustment_list, name="adjustments"),
    path("adjustments/new/", adjustments.adjustment_new, name="adjustment-new"),
    path("adjustments/<int:pk>/withdraw/", adjustments.adjustment_withdraw, name="adjustment-withdraw"),
    path("classes/", policies.classes, name="classes"),
    path("classes/successions/", policies.succession_new, name="succession-new"),
    path("classes/successions/<int:pk>/delete/", policies.succession_delete, name="succession-delete"),
    path("classes/rules/", policies.rule_new, name="rule-new"),
    path("classes/rules/<int:pk>/end/", policies.rule_end, name="rule-end"),
    path("backtests/", backtests.backtest_list, name="backtests"),
    path("backtests/new/", backtests.backtest_new, name="backtest-new"),
    path("backtests/<int:pk>/", backtests.backtest_detail, name="backtest"),
    path("runs/", forecasts.run_list, name="runs"),
    path("runs/start/", forecasts.run_start, name="run-start"),
    path("runs/<int:pk>/", forecasts.run_detail, name="run"),
    path("seasons/", seasons.seasons, name="seasons"),
    path("suppliers/<int:pk>/", sharing.supplier_forecast, name="supplier"),
    path("<int:pk>/year/", seasons.product_year, name="year"),
    path("policy/<int:pk>/", forecasts.forecast_workbook, name="workbook"),
    path("<int:pk>/", forecasts.forecast_product, name="product"),
]
