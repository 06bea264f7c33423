"""CPU seconds of the engine per 1,000 series, beside statsforecast's AutoETS where that is installed.

``OMP_NUM_THREADS=1 python -m benchmarks.forecast``: two years of 1,000 simulated products by day, planned as the
nightly job plans them (without reading and writing); AutoETS fits the same series by week.
"""

import time
from collections.abc import Callable
from datetime import date
from importlib.util import find_spec

import numpy as np

from forecasting.engine.distribution import LeadTime
from forecasting.engine.plan import History, Item, make_plans
from forecasting.engine.policy import Economics
from forecasting.engine.spread import Curve

SERIES, DAYS, CHUNK, HORIZON = 1_000, 728, 200, 8
START = date(2024, 1, 1)


def simulated(series: int = SERIES) -> np.ndarray:
    """Daily demand (series, DAYS): negative binomial at rates from a piece a month to dozens a day."""
    random = np.random.default_rng(0)
    rates = np.exp(random.normal(0, 1.2, (series, 1)))
    return np.asarray(random.negative_binomial(0.3, 0.3 / (0.3 + rates), (series, DAYS)), dtype=np.float64)


def plan_all(demand: np.ndarray) -> None:
    """Every series from history to policy, in chunks as large as the nightly job's."""
    nothing, economics = np.zeros(DAYS), Economics(20, 12, 30, 0.25, 0.5, 1.0, 6, 6)
    items = [
        Item(History(START, row, nothing), LeadTime(10.0 + n % 20, 3.0), 1.0, economics) for n, row in enumerate(demand)
    ]
    for first in range(0, len(items), CHUNK):
        make_plans(items[first : first + CHUNK], Curve())


def auto_ets(demand: np.ndarray) -> None:
    """statsforecast's AutoETS of each series by week."""
    from statsforecast.models import AutoETS

    for row in demand.reshape(len(demand), -1, 7).sum(axis=2):
        AutoETS(season_length=1).forecast(y=row, h=HORIZON)


def cpu_seconds(work: Callable[[np.ndarray], None], demand: np.ndarray) -> float:
    """CPU seconds per 1,000 series, after a warm-up that loads and compiles."""
    work(demand[:2])
    begun = time.process_time()
    work(demand)
    return (time.process_time() - begun) * 1_000 / len(demand)


def main() -> None:
    demand = simulated()
    ours = cpu_seconds(plan_all, demand)
    print(f"engine: {ours:.2f} CPU s per 1,000 daily series of two years")
    if find_spec("statsforecast") is None:
        print("statsforecast is not installed: nothing to compare with")
        return
    theirs = cpu_seconds(auto_ets, demand)
    print(f"statsforecast AutoETS, weekly: {theirs:.2f} CPU s; engine / AutoETS = {ours / theirs:.2f}")


if __name__ == "__main__":
    main()
