"""The forecasting engine: arrays and numbers in, a forecast and a stock policy out. Pure; never imports Django.

history.py       demand as rows by periods: spikes capped, empty shelves filled
level.py         the rate: geometric mean of a slow and a fast average
spread.py        how demand over the protection interval varies, each product's own drawn to what products share
season.py        yearly seasons, pooled over a category
promotions.py    uplift of planned promotions, each product's own drawn to what products share
choice.py        whether another model forecasts a series much better, by rolling origin
patterns.py      what kind of demand this is
distribution.py  random lead times, gamma quantiles
lead_time.py     demand over lead time and review: all of the above put together
policy.py        economics, service level, lots, reorder point and order-up-to level
plan.py          all of it for many series of the nightly job
backtest.py      the company's past replayed under several policies, with what-ifs (world, textbook, bound, verdict)
replay.py        the same functions as a reorder policy, to be measured by a replay of real demand
"""
