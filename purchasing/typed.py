"""What people type, made safe to ask the database for."""


def whole(text: str) -> int | None:
    """The number that ``text`` is, if it is one from 0 that PostgreSQL can hold."""
    return int(text) if text.isdecimal() and len(text) < 19 else None


def sought(text: str) -> str:
    """What is searched for: without what PostgreSQL cannot hold, and not endless."""
    return text.replace("\x00", "").strip()[:100]
