"""Two years of wishes: how often each product is asked for on each day, by its pattern and the calendar."""

from datetime import date, timedelta

import numpy as np

from config.demo.catalogue import Item

# Chinese New Year's days of the years that a demo may reach over.
NEW_YEAR = [
    date(2023, 1, 22),
    date(2024, 2, 10),
    date(2025, 1, 29),
    date(2026, 2, 17),
    date(2027, 2, 6),
    date(2028, 1, 26),
]
WEEKDAY = np.array([1.15, 1.05, 1.0, 1.05, 1.2, 0.85, 0.7])


def calendar_factor(day: date) -> float:
    """Peak season: the weeks before Chinese New Year and November's sales; quiet days after the feast."""
    factor = float(WEEKDAY[day.weekday()])
    for feast in NEW_YEAR:
        before = (feast - day).days
        if 3 <= before <= 30:
            factor *= 1.7
        elif -8 <= before < 3:
            factor *= 0.25
    if day.month == 11 and 1 <= day.day <= 12:
        factor *= 1.6
    return factor


def season_factor(item: Item, day: date) -> float:
    """Factor of the year for seasonal goods: summer, winter, or gifts before the feasts."""
    if item.pattern != "seasonal":
        return 1.0
    turn = 2 * np.pi * (day.timetuple().tm_yday - 1) / 365.25
    if item.category.startswith("礼盒"):
        near = any(0 <= (feast - day).days <= 35 for feast in NEW_YEAR) or day.month == 9
        return 4.0 if near else 0.35
    peak = 2 * np.pi * (15 if item.category.startswith("冬季") else 197) / 365.25
    return float(np.exp(1.3 * np.cos(turn - peak)) / 1.5)


def rates(item: Item, days: list[date], rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(expected lines, price factor) of one product for every day, over all warehouses.

    The price factor is below 1 while a promotion runs.
    """
    count = len(days)
    calendar = np.array([calendar_factor(day) for day in days])
    season = np.array([season_factor(item, day) for day in days])
    level = np.full(count, item.lines_per_day) * np.exp(np.cumsum(rng.normal(0, 0.004, count)))
    price = np.ones(count)
    if item.pattern == "promoted":
        for start in rng.choice(count, size=max(1, count // 75), replace=False):
            length = int(rng.integers(5, 12))
            level[start : start + length] *= rng.uniform(2.5, 4.5)
            price[start : start + length] = 0.85
    elif item.pattern == "intermittent":
        level *= 0.35
    elif item.pattern == "new":
        launch = int(count * rng.uniform(0.55, 0.9))
        level[:launch] = 0
        level[launch:] *= np.minimum(1.5, 0.3 + np.arange(count - launch) / 45)
    elif item.pattern == "dying":
        end = int(count * rng.uniform(0.5, 0.85))
        level *= np.clip((end - np.arange(count)) / max(end, 1) * 1.6, 0.0, 1.3)
    return level * calendar * season, price


def days_until(today: date, count: int) -> list[date]:
    """The ``count`` days before ``today``, oldest first, and today."""
    return [today - timedelta(days=back) for back in range(count, -1, -1)]
