"""The yardstick: statsforecast's AutoETS on the series that the engine plans, by week.

``python -m benchmarks.autoets`` prints its CPU seconds per 1,000 series; any interpreter with numpy and statsforecast
will do, so that the product need not depend on it.
"""

import time

import numpy as np

DAYS, HORIZON = 728, 8


def simulated(series: int, days: int = DAYS) -> np.ndarray:
    """Daily demand (series, days): negative binomial at rates from a piece a month to dozens a day."""
    random = np.random.default_rng(0)
    rates = np.exp(random.normal(0, 1.2, (series, 1)))
    return np.asarray(random.negative_binomial(0.3, 0.3 / (0.3 + rates), (series, days)), dtype=np.float64)


def weekly(demand: np.ndarray) -> np.ndarray:
    """Sums of whole weeks."""
    return np.asarray(demand.reshape(len(demand), -1, 7).sum(axis=2))


def auto_ets(demand: np.ndarray) -> None:
    """Fit and forecast each series."""
    from statsforecast.models import AutoETS

    for row in weekly(demand):
        AutoETS(season_length=1).forecast(y=row, h=HORIZON)


def main() -> None:
    demand = simulated(500)
    auto_ets(demand[:2])  # loads and compiles
    begun = time.process_time()
    auto_ets(demand)
    print((time.process_time() - begun) * 1_000 / len(demand))


if __name__ == "__main__":
    main()
