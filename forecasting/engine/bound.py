"""The most that could have been earned by whoever knows all demand and all lead times."""

import numpy as np

from forecasting.engine.history import FloatArray, IntArray


def best_receipts(
    demand: FloatArray,
    opening: FloatArray,
    lead_times: IntArray,
    shortage: FloatArray,
    holding: FloatArray,
    order_cost: FloatArray,
) -> FloatArray:
    """Pieces to receive on each day (rows, days) for the highest profit; exact, by dynamic programming.

    demand, lead_times: (rows, days); shortage, holding (a day), order_cost: per piece, piece and order, (rows,). The
    opening stock serves first whatever is done, and a lot is never received while there is any (waiting for the next
    lot costs nothing), so that it is enough to know from which day to which each lot lasts. Minimum lots are left out,
    which can only raise what the bound earns.
    """
    rows, days = demand.shape
    left = np.diff(np.maximum(np.cumsum(demand, axis=1) - opening[:, None], 0.0), axis=1, prepend=0.0)
    pieces = np.concatenate([np.zeros((rows, 1)), np.cumsum(left, axis=1)], axis=1)
    piece_days = np.concatenate([np.zeros((rows, 1)), np.cumsum(left * np.arange(days), axis=1)], axis=1)
    possible = np.zeros((rows, days + 1), dtype=bool)
    arrival = np.arange(days) + lead_times
    possible[np.nonzero(arrival < days)[0], arrival[arrival < days]] = True
    # From each day on with a lot that arrives then: what is earned; on days without an order that would, nothing can.
    worth = np.full((rows, days + 1), -np.inf)
    worth[:, days] = 0.0
    following = np.full((rows, days), days)
    lasts = np.zeros((rows, days), dtype=np.int64)
    for day in range(days - 1, -1, -1):
        served = pieces[:, day + 1 :] - pieces[:, [day]]
        carried = piece_days[:, day + 1 :] - piece_days[:, [day]] - day * served
        # A piece is bought only while it earns more than its keep: the best end of the lot, then the next lot.
        gain = shortage[:, None] * served - holding[:, None] * carried
        total = np.maximum.accumulate(gain, axis=1) + worth[:, day + 1 :]
        best = np.argmax(total, axis=1)
        every = np.arange(rows)
        earned = total[every, best] - order_cost
        worth[:, day] = np.where(possible[:, day], earned, -np.inf)
        following[:, day] = day + 1 + best
        within = np.where(np.arange(gain.shape[1]) <= best[:, None], gain, -np.inf)
        lasts[:, day] = day + 1 + np.argmax(within, axis=1)
    return _plan(worth, following, lasts, pieces)


def _plan(worth: FloatArray, following: IntArray, lasts: IntArray, pieces: FloatArray) -> FloatArray:
    rows, days = following.shape
    receipts = np.zeros((rows, days))
    for row in range(rows):
        day = int(np.argmax(worth[row, :days])) if days else 0
        if not days or worth[row, day] <= 0:
            continue
        while day < days:
            receipts[row, day] = pieces[row, lasts[row, day]] - pieces[row, day]
            day = int(following[row, day])
    return receipts
