"""Refusals that a user or an integration can act on. Each has a stable ``code`` and a translated sentence."""

from typing import Any


class DomainError(Exception):
    """A rule of the business refused the request; nothing was changed.

    ``detail`` is a translated sentence for people, ``meta`` holds plain values for machines.
    """

    code = "domain_error"

    def __init__(self, detail: str, **meta: Any) -> None:
        super().__init__(detail)
        self.detail = str(detail)
        self.meta = meta


class InvalidInput(DomainError):
    """The input itself is wrong; ``field_errors`` names every field (``lines.0.quantity``) and what to do."""

    code = "invalid"

    def __init__(self, detail: str, *, field_errors: dict[str, str] | None = None, **meta: Any) -> None:
        super().__init__(detail, **meta)
        self.field_errors = field_errors or {}


class IllegalTransition(DomainError):
    """The document is not in a state that allows this step."""

    code = "illegal_transition"


class InsufficientStock(DomainError):
    """Less is available than was asked for and the caller did not accept a backorder."""

    code = "insufficient_stock"


class Outdated(DomainError):
    """What the user saw and agreed to has changed since; they must look again."""

    code = "outdated"


class Duplicate(DomainError):
    """The same external reference or key was used before with different content."""

    code = "duplicate"
