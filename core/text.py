"""Text as people and programs send it."""

from django.utils.translation import gettext as _


def text_error(text: str, max_length: int) -> str | None:
    """What is wrong with a text that is to be stored, None when it is fine."""
    if len(text) > max_length:
        return _("At most %s characters.") % max_length
    # PostgreSQL stores every character but these: NUL, and halves of a surrogate pair.
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        return _("This text has characters that cannot be stored.")
    return None
