"""Translation catalogues without GNU gettext: extract, merge, check and compile with Babel.

Each app keeps ``<app>/locale/zh_Hans/LC_MESSAGES/django.po`` for its code and for ``templates/<app>``; core also
keeps the shared templates. Entries are sorted and carry no line numbers or dates, so that merges stay quiet.
"""

import io
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

BASE_DIR = Path(__file__).resolve().parent.parent
APPS = ["core", "inventory", "orders", "purchasing", "forecasting", "reports", "config"]
SHARED_TEMPLATES = ["*.html", "registration/**/*.html", "core/**/*.html"]
LOCALE = "zh_Hans"
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|%[sd]|\{(\w*)\}")


def po_path(app: str) -> Path:
    """Where the app's catalogue stands."""
    return BASE_DIR / app / "locale" / LOCALE / "LC_MESSAGES" / "django.po"


def sources(app: str) -> Iterator[tuple[Path, str]]:
    """Every file of the app that may carry strings, with its text as Python-like source."""
    for path in sorted((BASE_DIR / app).rglob("*.py")):
        if "migrations" not in path.parts:
            yield path, path.read_text("utf-8")
    templates = BASE_DIR / "templates"
    patterns = SHARED_TEMPLATES if app == "core" else [f"{app}/**/*.html", f"{app}/**/*.txt"]
    for pattern in patterns:
        for path in sorted(templates.glob(pattern)):
            # The template's own indentation means nothing to a tokenizer of Python.
            lines = templatize(path.read_text("utf-8"), origin=str(path)).splitlines()
            yield path, "\n".join(line.lstrip() for line in lines)


def extract(app: str) -> dict[tuple[str | None, str], tuple[str, str] | str]:
    """What the app says: (context, msgid) → msgid, or (singular, plural)."""
    found: dict[tuple[str | None, str], tuple[str, str] | str] = {}
    for _path, text in sources(app):
        stream = io.BytesIO(text.encode("utf-8"))
        for _line, function, arguments, _comments in extract_python(stream, KEYWORDS, [], {"encoding": "utf-8"}):
            values = list(arguments) if isinstance(arguments, list | tuple) else [arguments]
            name = str(function or "")
            context = values.pop(0) if "pgettext" in name else None
            if not values or not isinstance(values[0], str) or not values[0]:
                continue
            plural = values[1] if name.startswith(("ngettext", "npgettext")) else None
            found[context, values[0]] = (values[0], plural) if isinstance(plural, str) else values[0]
    return found


def read(app: str) -> Catalog:
    """The app's catalogue as it stands; empty when there is none yet."""
    path = po_path(app)
    if not path.exists():
        return Catalog(locale=LOCALE)
    with path.open("rb") as stream:
        return read_po(stream, locale=LOCALE)


def update(app: str) -> Catalog:
    """Write the catalogue anew: what the code says now, with the translations it had; what is gone goes."""
    old, new = read(app), Catalog(locale=LOCALE, fuzzy=False)
    for (context, msgid), message in sorted(extract(app).items(), key=lambda item: (item[0][1], item[0][0] or "")):
        known = old.get(msgid, context)
        new.add(message, known.string if known and not known.fuzzy else None, context=context)
    path = po_path(app)
    path.parent.mkdir(parents=True, exist_ok=True)
    buffer = io.BytesIO()
    write_po(buffer, new, omit_header=True, no_location=True, width=0)
    header = 'msgid ""\nmsgstr ""\n"Language: zh_Hans\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n'
    header += '"Plural-Forms: nplurals=1; plural=0;\\n"\n\n'
    path.write_text(header + buffer.getvalue().decode("utf-8"), "utf-8")
    return new


def compile_catalogue(app: str) -> None:
    """Write the .mo file that Django reads."""
    if po_path(app).exists():
        with po_path(app).with_suffix(".mo").open("wb") as stream:
            write_mo(stream, read(app))


def problems(app: str) -> Iterator[str]:
    """Every string of the app that is not translated, or whose placeholders differ."""
    catalogue = read(app)
    for (context, msgid), _message in sorted(extract(app).items(), key=lambda item: item[0][1]):
        known = catalogue.get(msgid, context)
        if known is None or known.fuzzy or not _complete(known):
            yield f"{app}: not translated: {msgid!r}"
        elif wrong := _placeholders_differ(known):
            yield f"{app}: other placeholders in {wrong!r}"


def _strings(message: Message) -> list[str]:
    texts = message.string if isinstance(message.string, list | tuple) else [message.string]
    return [text or "" for text in texts]


def _complete(message: Message) -> bool:
    return all(_strings(message))


def _placeholders_differ(message: Message) -> str | None:
    ids = list(message.id) if isinstance(message.id, list | tuple) else [message.id]
    allowed = {match.group() for text in ids for match in PLACEHOLDER.finditer(text)}
    needed = {match.group() for match in PLACEHOLDER.finditer(ids[-1])}
    for text in _strings(message):
        used = {match.group() for match in PLACEHOLDER.finditer(text)}
        if used - allowed or needed - used:
            return text
    return None
