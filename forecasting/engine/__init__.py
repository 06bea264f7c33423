"""The forecasting engine: arrays and numbers in, a forecast and a stock policy out. Pure; never imports Django.

history.py       weekly demand, lost demand put back, outliers capped
season.py        yearly seasons, pooled over a category
patterns.py      what kind of demand this is
models.py        level and trend models (exponential smoothing by statsmodels, Croston's family)
choice.py        which model forecasts this series best, by rolling origin
distribution.py  random lead times, demand over the lead time, its family and quantiles
policy.py        economics, service level, lots, reorder point and order-up-to level
plan.py          all of it for one series
"""
