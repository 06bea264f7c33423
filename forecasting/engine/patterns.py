"""What kind of demand a series is; it decides which models compete for it."""

from enum import StrEnum

import numpy as np

from forecasting.engine.history import FloatArray

NEW_WEEKS = 13
INTERMITTENT_INTERVAL = 1.32  # mean weeks between sales; Syntetos, Boylan & Croston (2005)
DYING_SHARE = 0.3
RECENT_WEEKS, EARLIER_WEEKS = 13, 39
DYING_MIN_SALES = 8


class Pattern(StrEnum):
    """Demand patterns."""

    NONE = "none"
    NEW = "new"
    DYING = "dying"
    INTERMITTENT = "intermittent"
    SEASONAL = "seasonal"
    SMOOTH = "smooth"


def classify(demand: FloatArray, *, is_seasonal: bool) -> Pattern:
    """Pattern of a series' active demand with its season taken out (pieces a week, shape (weeks,))."""
    if not demand.any():
        return Pattern.NONE
    if len(demand) < NEW_WEEKS:
        return Pattern.NEW
    if is_dying(demand):
        return Pattern.DYING
    recent = demand[-104:]
    if len(recent) >= INTERMITTENT_INTERVAL * float(np.count_nonzero(recent)):
        return Pattern.INTERMITTENT
    return Pattern.SEASONAL if is_seasonal else Pattern.SMOOTH


def is_dying(demand: FloatArray) -> bool:
    """The last quarter sold less than a third of what the three quarters before it did, week by week."""
    recent, earlier = demand[-RECENT_WEEKS:], demand[-RECENT_WEEKS - EARLIER_WEEKS : -RECENT_WEEKS]
    if len(earlier) < RECENT_WEEKS or np.count_nonzero(earlier) < DYING_MIN_SALES:
        return False
    return bool(recent.mean() < DYING_SHARE * earlier.mean())
