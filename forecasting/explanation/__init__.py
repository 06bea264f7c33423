"""Why this much: from demand to order-up-to level in sentences that anybody can check."""

from forecasting.explanation.steps import assumptions, explain
from forecasting.explanation.words import Step

__all__ = ["Step", "assumptions", "explain"]
